//! Masking in pieces, at any offset, against the definition.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sansws::mask::MaskingKey;

fuzz_target!(|input: ([u8; 4], u8, u8, Vec<u8>)| {
    let (key, offset, step, data) = input;
    let offset = usize::from(offset).min(data.len());
    let expected: Vec<u8> =
        data[offset..].iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
    let mut ours = data;
    let mut turning = MaskingKey::new(key);
    ours[offset..].chunks_mut(usize::from(step).max(1)).for_each(|piece| turning.apply(piece));
    assert_eq!(ours[offset..], expected);
});
