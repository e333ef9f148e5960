//! Frame headers of any length: the shortest form, and back (RFC 6455 5.2).

use proptest::prelude::*;
use sansws::Violation;
use sansws::frame::{Expect, Header, MAX_HEADER, MAX_PAYLOAD, Opcode};
use sansws::mask::MaskingKey;

/// Lengths of every order of magnitude.
fn length() -> impl Strategy<Value = u64> {
    (any::<u64>(), 1u32..64).prop_map(|(bits, shift)| bits >> shift)
}

fn header() -> impl Strategy<Value = Header> {
    let data = prop::sample::select(vec![Opcode::Continuation, Opcode::Text, Opcode::Binary]);
    let data = (data, any::<bool>(), length());
    let control = prop::sample::select(vec![Opcode::Close, Opcode::Ping, Opcode::Pong]);
    let control = (control, Just(true), 0u64..=125);
    (prop_oneof![data, control], any::<Option<[u8; 4]>>()).prop_map(|((opcode, fin, payload_len), key)| {
        Header { fin, opcode, key: key.map(MaskingKey::new), payload_len }
    })
}

fn expect(header: &Header) -> Expect {
    let open_message = (header.opcode == Opcode::Continuation).then_some(0);
    Expect { masked: header.key.is_some(), open_message, max_frame: u64::MAX, max_message: u64::MAX }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5000) })]

    /// 6455-5.2-12, 6455-5.2-15, 6455-5.2-16: as few bytes as can be, which mean the same to a receiver, whatever
    /// follows them; and nothing before the last of them.
    #[test]
    fn headers_are_minimal_and_decode_to_themselves(header in header(), after: [u8; 3]) {
        let encoded = header.encode();
        let bytes = encoded.as_bytes();
        let length_bytes = match header.payload_len {
            0..=125 => 0,
            126..=65535 => 2,
            _ => 8,
        };
        prop_assert_eq!(bytes.len(), 2 + length_bytes + if header.key.is_some() { 4 } else { 0 });
        prop_assert!(bytes.len() <= MAX_HEADER);
        let followed = [bytes, &after].concat();
        prop_assert_eq!(Header::decode(&followed, expect(&header)), Ok(Some((header, bytes.len()))));
        for cut in 0..bytes.len() {
            prop_assert_eq!(Header::decode(&bytes[..cut], expect(&header)), Ok(None));
        }
    }

    /// 6455-5.2-12, D-LEN: any length in a longer form than it needs is refused, with the last of its bytes.
    #[test]
    fn longer_forms_are_refused(length in 0u64..=65535, key: Option<[u8; 4]>) {
        let header = Header { fin: true, opcode: Opcode::Binary, key: key.map(MaskingKey::new), payload_len: length };
        let mask_bit = if key.is_some() { 0x80 } else { 0 };
        let mut forms = vec![[&[0x82, mask_bit | 127][..], &length.to_be_bytes()].concat()];
        if length < 126 {
            forms.push([&[0x82, mask_bit | 126][..], &(length as u16).to_be_bytes()].concat());
        }
        for bytes in forms {
            prop_assert_eq!(Header::decode(&bytes, expect(&header)), Err(Violation::LengthNotMinimal(length)));
            prop_assert_eq!(Header::decode(&bytes[..bytes.len() - 1], expect(&header)), Ok(None));
        }
    }

    /// 6455-5.2-11: the most significant bit of a 64-bit length is zero.
    #[test]
    fn lengths_of_64_bits_are_refused(length in MAX_PAYLOAD + 1..) {
        let bytes = [&b"\x82\x7f"[..], &length.to_be_bytes()].concat();
        let header = Header { fin: true, opcode: Opcode::Binary, key: None, payload_len: 0 };
        prop_assert_eq!(Header::decode(&bytes, expect(&header)), Err(Violation::LengthOverflow));
    }
}
