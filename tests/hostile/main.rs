//! Hostile input: what broke other implementations, and what would be cheap to send and dear to receive. Each test
//! is named after the entry in [`list`] that it proves; the last one counts them.
//!
//! Memory is counted by an allocator, work by what can be seen from outside: bytes allocated and moved, events, calls
//! that leave input behind. No test looks at a clock.
//!
//! These entries have no test, because no byte of a peer can reach them in a core without IO:
//!
//! | entry | flaw | why it cannot be here |
//! |---|---|---|
//! | V5 RUSTSEC-2026-0097 | `rand`'s thread-local generator, aliased by a logger | built without it: a client's generator is seeded by an argument and owned by its connection |
//! | V20 CVE-2020-36048, CVE-2022-2421, CVE-2026-33151 | attachments and packets of a protocol on top | the limits on frames, messages and fragments are there for the layer above |
//! | V22 CVE-2017-16031, CVE-2020-28481 | ids that can be guessed, any origin allowed across sites | no ids, and no CORS headers unless the application writes them |
//! | V23 CVE-2016-10536, V79 CVE-2020-15133 | TLS certificates not verified | no TLS |
//! | V30 CVE-2021-33880 | passwords compared in a time that tells | no passwords; header values are handed out |
//! | V61 CVE-2020-36406 | stack overflow in a tree of topics | no publish and subscribe |
//! | V72 CVE-2020-11050 | TLS host name not checked | no TLS |
//! | V80 CVE-2017-7192 | certificate pinning bypassed | no TLS |
//!
//! These are about compression, and are tested with the feature `deflate`: V7, V17, V29, V31, V39, V66, V77, and class
//! 5.3. What a peer can do to a connection that did not agree to compress is tested with and without it.

#[path = "../common/mod.rs"]
mod common;
#[cfg(feature = "deflate")]
#[path = "../deflate_common/mod.rs"]
mod deflate_common;
#[path = "../handshake_common/mod.rs"]
mod handshake_common;

#[cfg(feature = "deflate")]
mod compression;
mod counting;
mod debugging;
mod endings;
mod floods;
mod frames;
mod handshakes;
mod injection;
mod lengths;
mod list;
mod requests;
mod responses;
mod time;

use std::io::Write as _;

/// Neither tested nor testable: see the table above.
const OUT_OF_REACH: [&str; 9] = ["V5", "V20", "V22", "V23", "V30", "V61", "V72", "V79", "V80"];

/// Tested with the feature `deflate` only.
const WITH_COMPRESSION: [&str; 11] =
    ["V7", "V17", "V29", "V31", "V39", "V66", "V77", "5.3-agreed", "5.3-data", "5.3-senders", "5.3-work"];
#[cfg(feature = "deflate")]
use compression::ENTRIES as COMPRESSION;
#[cfg(not(feature = "deflate"))]
const COMPRESSION: &[(&str, &str, &[list::Test])] = &[];

/// The classes of handshakes and budgets, which have no numbers.
const CLASSES: [&str; 17] = [
    "5.2-accept",
    "5.2-reject",
    "5.2-statuses",
    "5.2-reflect",
    "5.2-injection",
    "5.2-subprotocols",
    "5.2-responses",
    "5.2-cross-protocol",
    "5.3-agreed",
    "5.3-data",
    "5.3-offers",
    "5.3-rsv1",
    "5.3-senders",
    "5.3-work",
    "5.4-limits",
    "5.4-deadlines",
    "5.4-work",
];

/// Every entry has its tests, or is one of those without; the table names no other.
#[test]
fn the_count() {
    let numbered = (1..=80).map(|n| format!("V{n}")).chain((1..=25).map(|n| format!("5.1-{n}")));
    let mut expected: Vec<String> = numbered.chain(CLASSES.map(String::from)).collect();
    let entries = || list::ENTRIES.iter().chain(COMPRESSION);
    // Without the feature they are left for a run with it.
    let left: &[&str] = if COMPRESSION.is_empty() { &WITH_COMPRESSION } else { &[] };
    let mut ids: Vec<&str> =
        entries().map(|(id, _, _)| *id).chain(OUT_OF_REACH).chain(left.iter().copied()).collect();
    expected.sort_unstable();
    ids.sort_unstable();
    assert_eq!(ids, expected);
    assert!(COMPRESSION.iter().all(|(id, _, _)| WITH_COMPRESSION.contains(id)));

    let mut tests: Vec<&str> = entries().flat_map(|(_, _, tests)| *tests).map(|test| test.0).collect();
    assert!(entries().all(|(_, what, tests)| !what.is_empty() && !tests.is_empty()));
    tests.sort_unstable();
    tests.dedup();
    // Past the capture of the harness, so that the count is seen.
    let count = format!(
        "hostile: {} entries in {} tests, {} more with compression, {} out of reach\n",
        entries().count(),
        tests.len(),
        left.len(),
        OUT_OF_REACH.len()
    );
    std::io::stdout().write_all(count.as_bytes()).expect("somewhere to print to");
}
