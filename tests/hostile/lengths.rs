//! Lengths that promise, lie or overflow: judged at the header, before anything is reserved.

use sansws::frame::{Expect, Header};
use sansws::handshake::{Limits, server};
use sansws::{Config, MessageBuf, Role, Violation};

use crate::common::{self, Api, KEY, ROLES, Run, binary, expect_failure, frame, frames};
use crate::counting::{Flood, measure};

/// No limits but those of the memory.
const UNLIMITED: Config = Config::new().max_frame(u64::MAX).max_message(u64::MAX).max_fragments(u32::MAX);

/// A header as a server sends it, turned into one for `role`: a server wants it masked.
fn header(role: Role, plain: &[u8]) -> Vec<u8> {
    let mut bytes = plain.to_vec();
    if role == Role::Server {
        bytes[1] |= 0x80;
        bytes.extend(KEY);
    }
    bytes
}

/// The longest form of header, for a frame that begins with `first`.
fn long(first: u8, length: u64) -> Vec<u8> {
    [&[first, 0x7f], &length.to_be_bytes()[..]].concat()
}

fn too_big(length: u64) -> Violation {
    Violation::FrameTooBig { length, limit: 16 << 20 }
}

/// A header that fails in both roles, however it arrives, without its masking key and without an allocation.
#[track_caller]
fn refused(config: Config, plain: &[u8], violation: Violation) {
    for role in ROLES {
        let bytes = header(role, plain);
        expect_failure(role, config, &bytes, &[], violation);
        for (end, piece) in [(bytes.len(), 1), (bytes.len(), 14), (plain.len(), 1)] {
            let mut flood = Flood::new(role, config);
            let ((), cost) = measure(|| flood.feed(&bytes[..end], piece));
            assert_eq!((flood.failed, cost.allocations), (Some(violation), 0), "{bytes:x?}");
            assert_eq!((flood.store.capacity(), flood.events), (0, 1));
        }
    }
}

/// V3, V10, V34, V48, V68: 2^63 - 1 bytes declared, none sent.
#[test]
pub(crate) fn v3_v34_v48_v68_cve_2022_35922_declared_capacity() {
    for first in [0x01, 0x02, 0x81, 0x82] {
        refused(Config::default(), &long(first, u64::MAX >> 1), too_big(u64::MAX >> 1));
    }
}

/// A connection that nobody configured has limits.
#[test]
pub(crate) fn v10_cve_2016_10542_limits_are_on_by_default() {
    refused(Config::default(), &long(0x82, 256 << 20), too_big(256 << 20));
    assert_eq!(Config::default(), Config::new());
    let quarter = vec![0; 16 << 20];
    let mut flood = Flood::new(common::CLIENT, Config::default());
    for first in [0x02, 0x00, 0x00, 0x00] {
        flood.feed(&frame(common::CLIENT, first, &quarter), usize::MAX);
    }
    assert_eq!(flood.failed, None);
    flood.feed(&long(0x00, 1 << 20), usize::MAX);
    let (length, limit) = (65 << 20, 64 << 20);
    assert_eq!(flood.failed, Some(Violation::MessageTooBig { length, limit }));
}

/// A length near the greatest number there is does not reach an allocation: memory follows the bytes that came.
#[test]
pub(crate) fn v4_cve_2026_25541_reserve_near_the_end_of_numbers() {
    let top = usize::MAX as u64;
    for length in [top >> 1, (top >> 1) - 1, (top >> 1) - 12, 1 << 62, u64::from(u32::MAX), 1 << 32] {
        for role in ROLES {
            // Behind an earlier fragment, so that lengths are added up.
            let start = frames(role, &[(0x02, b"begun")]);
            let mut flood = Flood::new(role, UNLIMITED);
            let ((), cost) = measure(|| {
                flood.feed(&start, usize::MAX);
                flood.feed(&header(role, &long(0x00, length)), usize::MAX);
                flood.feed(&[0; 1000], 10);
            });
            assert_eq!((flood.failed, flood.events), (None, 0), "{length}");
            assert!(cost.most <= 2 * 1005 && flood.store.capacity() <= 2 * 1005, "{cost:?}");
        }
    }
    // Nor does a limit, however high.
    let ((), cost) = measure(|| {
        assert_eq!(MessageBuf::with_keep(usize::MAX).capacity(), 0);
        let limits = Limits::new().max_head(usize::MAX).max_fields(usize::MAX);
        let mut handshake = server::Handshake::with_limits(limits);
        let mut head = *b"GET / HTTP/1.1\r\nHost: h\r\n\r\n";
        assert!(handshake.receive(&mut sansws::Input::new(&mut head), &mut Vec::new()).is_some());
    });
    assert!(cost.most < 8192, "{cost:?}");
}

/// V16, V50: the upper half of a length of 64 bits is part of it.
#[test]
pub(crate) fn v16_v50_cve_2026_1528_upper_half_of_the_length() {
    for length in [1 << 32, (1 << 32) + 5, 1 << 40, 1 << 55, 0xff_ffff_ffff] {
        refused(Config::default(), &long(0x82, length), too_big(length));
    }
    refused(Config::default(), b"\x82\x7f\x00\x00\x00\x01\x00\x00\x00\x00", too_big(1 << 32));
    refused(Config::default(), b"\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", Violation::LengthOverflow);
}

/// V36: a frame over the limit is refused when its length is there, not when it has been buffered.
#[test]
pub(crate) fn v36_cve_2026_54274_limit_before_buffering() {
    let violation = Violation::FrameTooBig { length: 65535, limit: 1000 };
    refused(Config::new().max_frame(1000), b"\x82\x7e\xff\xff", violation);
    let violation = Violation::MessageTooBig { length: 65535, limit: 1000 };
    refused(Config::new().max_message(1000), b"\x82\x7e\xff\xff", violation);
}

/// V45, 5.1-8: fragments whose lengths add up to more than 63, or 64, bits can tell.
#[test]
pub(crate) fn v45_cve_2020_27813_sum_of_lengths() {
    let most = u64::MAX >> 1;
    for role in ROLES {
        let bytes = [frame(role, 0x02, b"x"), header(role, &long(0x00, most))].concat();
        let config = UNLIMITED.max_message(most);
        let violation = Violation::MessageTooBig { length: 1 << 63, limit: most };
        expect_failure(role, config, &bytes, &[], violation);
    }
    let expect = |received, max_message| Expect {
        masked: false,
        open_message: Some(received),
        max_frame: u64::MAX,
        max_message,
    };
    for received in [u64::MAX, u64::MAX - 1, most + 2] {
        let verdict = Header::decode(&long(0x00, most), expect(received, u64::MAX));
        let violation = Violation::MessageTooBig { length: u64::MAX, limit: u64::MAX };
        assert_eq!(verdict, Err(violation), "{received}");
        // Beyond a limit only what is empty can follow.
        assert!(Header::decode(b"\x00\x00", expect(received, 10)).is_ok_and(|header| header.is_some()));
        assert!(Header::decode(b"\x00\x01", expect(received, 10)).is_err());
    }
    refused(Config::default(), b"\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", Violation::LengthOverflow);
}

/// V47: lengths that 32 bits cannot hold.
#[test]
pub(crate) fn v47_lengths_over_32_bits() {
    for length in [u64::from(u32::MAX), 1 << 32, (1 << 32) + 1, 1 << 33] {
        refused(Config::default(), &long(0x82, length), too_big(length));
        refused(Config::default(), &long(0x01, length), too_big(length));
    }
}

/// V58: a length that overflows when a position is added, in a masked frame and in one that is not.
#[test]
pub(crate) fn v58_cve_2026_0716_position_and_length() {
    for config in [Config::default(), UNLIMITED] {
        refused(config, b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xf0", Violation::LengthOverflow);
    }
}

/// V70: the highest bit of the length set, with limits and without.
#[test]
pub(crate) fn v70_cve_2020_13935_length_msb() {
    for config in [Config::default(), UNLIMITED] {
        refused(config, b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", Violation::LengthOverflow);
        refused(config, b"\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x01", Violation::LengthOverflow);
    }
}

/// V60: a limit is the greatest length that passes.
#[test]
pub(crate) fn v60_limits_are_inclusive() {
    for role in ROLES {
        for config in [Config::new().max_frame(200), Config::new().max_message(200)] {
            let mut run = Run::new(role, config);
            run.feed(Api::Messages, &frame(role, 0x82, &[1; 200]));
            assert_eq!(run.got, [binary(&[1; 200])]);
        }
    }
    let violation = Violation::FrameTooBig { length: 201, limit: 200 };
    refused(Config::new().max_frame(200), b"\x82\x7e\x00\xc9", violation);
}

/// V69: lengths that overflow, truncated headers, and fragments with control frames between them, cut anywhere.
#[test]
pub(crate) fn v69_cve_2017_2921_fragments_and_truncated_headers() {
    for role in ROLES {
        let script: [(u8, &[u8]); 5] =
            [(0x02, &[1; 130]), (0x89, b"ping"), (0x00, b""), (0x8a, &[2; 125]), (0x80, &[3; 4])];
        let bytes = frames(role, &script);
        let events = [common::ping(b"ping"), common::pong(&[2; 125])];
        common::every_way(role, Config::default(), &bytes[..bytes.len() - 1], |run| {
            assert_eq!(run.got, events, "need more");
        });
        let whole = binary(&[&[1; 130][..], &[3; 4]].concat());
        common::every_way(role, Config::default(), &bytes, |run| {
            assert_eq!((run.got.len(), run.got.last()), (3, Some(&whole)));
        });
        for first in [0x00, 0x80] {
            let bytes = [frame(role, 0x02, &[1; 130]), header(role, &long(first, u64::MAX))].concat();
            expect_failure(role, Config::default(), &bytes, &[], Violation::LengthOverflow);
        }
    }
}

/// 5.1-6: a length in a longer form than it needs.
#[test]
pub(crate) fn c5_1_6_lengths_not_minimal() {
    for length in [0, 1, 125] {
        let bytes = [&b"\x82\x7e"[..], &(length as u16).to_be_bytes()].concat();
        refused(Config::default(), &bytes, Violation::LengthNotMinimal(length));
    }
    for length in [0, 125, 126, 65535] {
        refused(Config::default(), &long(0x82, length), Violation::LengthNotMinimal(length));
    }
}

/// 5.1-7: what the highest bit, the limit and the address space say, in this order.
#[test]
pub(crate) fn c5_1_7_too_long_for_the_form_the_limit_the_machine() {
    let none = Config::new().max_frame(0).max_message(0);
    refused(none, &long(0x82, 1 << 63), Violation::LengthOverflow);
    refused(none, &long(0x82, 1 << 62), Violation::FrameTooBig { length: 1 << 62, limit: 0 });
    refused(none, &long(0x82, 3), Violation::LengthNotMinimal(3));
    refused(none.max_frame(1), b"\x82\x01", Violation::MessageTooBig { length: 1, limit: 0 });
}

/// 5.1-22: limits off, 2^63 - 1 bytes declared: the buffer doubles with the bytes received.
#[test]
pub(crate) fn c5_1_22_no_limit_grows_with_the_bytes_received() {
    for role in ROLES {
        let mut flood = Flood::new(role, UNLIMITED);
        flood.feed(&header(role, &long(0x82, u64::MAX >> 1)), usize::MAX);
        let chunk = [7; 1000];
        let ((), cost) = measure(|| {
            for received in 1..=1000 {
                flood.feed(&chunk, usize::MAX);
                assert!(flood.store.capacity() <= 2 * 1000 * received);
            }
        });
        assert_eq!((flood.failed, flood.events), (None, 0));
        assert!(cost.allocations <= 12 && cost.most <= 2_000_000, "{cost:?}");
    }
}
