//! Limits: inclusive, judged at the header, and named in the error (RFC 6455 10.4).

mod common;

use common::*;
use sansws::{Config, MessageBuf, Violation};

/// 6455-10.4-2: a frame of the limit passes, one byte more fails before its payload.
#[test]
fn frames_are_limited() {
    for role in ROLES {
        for limit in [0, 1, 125, 126, 200, 65535, 65536] {
            let config = Config::new().max_frame(limit);
            let mut run = Run::new(role, config);
            run.feed(Api::Messages, &frame(role, 0x82, &vec![1; limit as usize]));
            assert_eq!(run.got, [binary(&vec![1; limit as usize])]);
            let mut bytes = frame(role, 0x82, &vec![1; limit as usize + 1]);
            bytes.truncate(bytes.len() - limit as usize - 1);
            expect_failure(role, config, &bytes, &[], Violation::FrameTooBig { length: limit + 1, limit });
        }
        // Control frames are as short as they are, whatever the limit.
        expect_bytes_with(role, Config::new().max_frame(0), &frame(role, 0x8a, b"12345"), &[pong(b"12345")]);
    }
}

/// 6455-10.4-3, V57, V75: a message of the limit passes in any number of frames, one byte more fails at the header
/// that goes beyond.
#[test]
fn messages_are_limited() {
    for role in ROLES {
        let config = Config::new().max_message(10);
        let violation = |length| Violation::MessageTooBig { length, limit: 10 };
        expect_bytes_with(role, config, &frame(role, 0x82, &[1; 10]), &[binary(&[1; 10])]);
        let fragments = frames(role, &[(0x02, &[1; 7]), (0x00, b""), (0x80, &[1; 3])]);
        expect_bytes_with(role, config, &fragments, &[binary(&[1; 10])]);
        // The count begins anew with each message.
        let twice = [fragments.clone(), fragments].concat();
        expect_bytes_with(role, config, &twice, &[binary(&[1; 10]), binary(&[1; 10])]);

        expect_failure(role, config, &frame(role, 0x82, &[1; 11]), &[], violation(11));
        let mut bytes = frames(role, &[(0x02, &[1; 7]), (0x80, &[1; 4])]);
        bytes.truncate(bytes.len() - 4);
        expect_failure(role, config, &bytes, &[], violation(11));
    }
}

/// V45, hostile 5.1-8: lengths whose sum overflows 64 bits, with no limits at all.
#[test]
fn sums_do_not_overflow() {
    for role in ROLES {
        let config = Config::new().max_frame(u64::MAX).max_message(u64::MAX);
        let mut bytes = frame(role, 0x02, b"x");
        let mut huge = frame(role, 0x00, &[0; 65536]);
        huge.truncate(huge.len() - 65536);
        huge[2..10].copy_from_slice(&(u64::MAX >> 1).to_be_bytes());
        bytes.extend(&huge);
        let mut run = Run::new(role, config);
        run.feed(Api::Messages, &bytes);
        run.feed(Api::Messages, &[0; 1000]);
        assert!(run.got.is_empty());
        assert!(run.store.capacity() < 4096, "memory for bytes received only");
    }
}

/// 6455-5.4-19, V15: frames of a message are counted, empty ones too.
#[test]
fn fragments_are_limited() {
    for role in ROLES {
        let config = Config::new().max_fragments(3);
        let three = frames(role, &[(0x02, b""), (0x00, b""), (0x80, b"x")]);
        let twice = [three.clone(), three].concat();
        expect_bytes_with(role, config, &twice, &[binary(b"x"), binary(b"x")]);
        let four = frames(role, &[(0x02, b"a"), (0x00, b""), (0x89, b""), (0x00, b"b"), (0x80, b"")]);
        expect_failure(role, config, &four, &[ping(b"")], Violation::TooManyFragments { limit: 3 });
    }
}

/// D-LIMITS: the defaults are those of the documentation.
#[test]
fn default_limits() {
    for role in ROLES {
        let header = |first: u8, length: u64| {
            let mut bytes = frame(role, first, &[0; 65536]);
            bytes.truncate(bytes.len() - 65536);
            bytes[2..10].copy_from_slice(&length.to_be_bytes());
            bytes
        };
        let mut run = Run::new(role, Config::default());
        run.feed(Api::Messages, &header(0x82, 16 << 20));
        assert!(run.got.is_empty());
        let (length, limit) = ((16 << 20) + 1, 16 << 20);
        expect_failure(
            role,
            Config::default(),
            &header(0x82, length),
            &[],
            Violation::FrameTooBig { length, limit },
        );

        let mut run = Run::new(role, Config::default());
        let quarter = vec![0; 16 << 20];
        for first in [0x02, 0x00, 0x00, 0x00] {
            run.feed(Api::Chunks, &frame(role, first, &quarter));
        }
        assert!(run.got.is_empty());
        run.feed(Api::Chunks, &frame(role, 0x80, b"x"));
        let (length, limit) = ((64 << 20) + 1, 64 << 20);
        assert_eq!(run.got, [failed(Violation::MessageTooBig { length, limit })]);
    }
}

/// Changing the message buffer or the receive function inside a message is misuse: 1011, never a message with a
/// hole.
#[test]
fn changing_the_buffer_inside_a_message_fails() {
    for role in ROLES {
        let (start, end) = (frame(role, 0x01, b"start"), frame(role, 0x80, b"end"));
        let mut run = Run::new(role, Config::default());
        run.feed(Api::Messages, &start);
        run.store = MessageBuf::new();
        run.feed(Api::Messages, &end);
        assert_eq!(run.got, [failed(Violation::Internal)]);

        for (first, then) in [(Api::Messages, Api::Chunks), (Api::Chunks, Api::Messages)] {
            let mut run = Run::new(role, Config::default());
            run.feed(first, &start);
            run.feed(then, &end);
            assert_eq!(run.got, [failed(Violation::Internal)]);
        }

        // A buffer that holds the beginning of another connection's message.
        let mut other = Run::new(role, Config::default());
        other.feed(Api::Messages, &start);
        let mut run = Run::new(role, Config::default());
        run.store = other.store;
        run.feed(Api::Messages, &frame(role, 0x01, b"st"));
        assert_eq!(run.got, [failed(Violation::Internal)]);
    }
}

fn expect_bytes_with(role: sansws::Role, config: Config, bytes: &[u8], events: &[Got]) {
    every_way(role, config, bytes, |run| assert_eq!(run.got, events));
}

/// No frame of data at all: also behind control frames, and whichever way a message takes.
#[test]
fn no_fragments_allow_no_message() {
    for role in ROLES {
        let violation = Violation::TooManyFragments { limit: 0 };
        let bytes = frames(role, &[(0x8a, b""), (0x8a, b"p"), (0x8a, b""), (0x81, b"a")]);
        expect_failure(
            role,
            Config::new().max_fragments(0),
            &bytes,
            &[pong(b""), pong(b"p"), pong(b"")],
            violation,
        );
    }
}
