//! Extension lists and URIs: what is parsed prints as something that parses to itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sansws::handshake::{Extension, Uri, accept_key};

fuzz_target!(|data: &[u8]| {
    if let Some(list) = Extension::parse_list(data) {
        assert!(!list.is_empty());
        let printed: Vec<String> = list.iter().map(Extension::to_string).collect();
        assert_eq!(Extension::parse_list(printed.join(", ").as_bytes()), Some(list));
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = accept_key(text);
    let base: Uri = "ws://host/a/b?c".parse().expect("a URI");
    for uri in [text.parse::<Uri>(), base.join(text)].into_iter().flatten() {
        assert_eq!(uri.to_string().parse::<Uri>(), Ok(uri.clone()));
        assert!(
            uri.resource().starts_with('/') && uri.resource().bytes().all(|byte| byte.is_ascii_graphic())
        );
        assert!(!uri.host().is_empty() && uri.port() != 0);
    }
});
