//! `default()` is `new()`, wherever there are both.

use sansws::handshake::{Limits, server};
use sansws::timer::Timeouts;
use sansws::{Config, Input, MessageBuf};

#[test]
fn default_is_new() {
    assert_eq!(Config::default(), Config::new());
    assert_eq!(Limits::default(), Limits::new());
    assert_eq!(Timeouts::default(), Timeouts::new());
    assert_eq!(format!("{:?}", MessageBuf::default()), format!("{:?}", MessageBuf::new()));
    assert!(Input::default().is_empty());
    let shown = |mut handshake: server::Handshake| {
        let verdict =
            handshake.receive(&mut Input::new(&mut b"GET / HTTP/1.1\r\n".to_vec()), &mut Vec::new());
        assert!(verdict.is_none());
        format!("{handshake:?}")
    };
    assert_eq!(shown(server::Handshake::default()), shown(server::Handshake::new()));
}

#[cfg(feature = "deflate")]
#[test]
fn default_is_new_with_compression() {
    use sansws::deflate::{self, Agreed, Deflater};

    assert_eq!(Agreed::default(), Agreed::new());
    assert_eq!(format!("{:?}", deflate::Config::default()), format!("{:?}", deflate::Config::new()));
    assert_eq!(format!("{:?}", Deflater::default()), format!("{:?}", Deflater::new()));
}
