//! The incremental validator against the standard library.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sansws::utf8::Validator;

fuzz_target!(|data: &[u8]| {
    let Some((&step, data)) = data.split_first() else { return };
    let mut validator = Validator::new();
    let pushed: Result<(), _> =
        data.chunks(usize::from(step % 16).max(1)).try_for_each(|piece| validator.push(piece));
    match std::str::from_utf8(data) {
        Ok(_) => assert!(pushed.is_ok() && validator.is_complete()),
        Err(error) if error.error_len().is_none() => assert!(pushed.is_ok() && !validator.is_complete()),
        Err(_) => assert!(pushed.is_err()),
    }
});
