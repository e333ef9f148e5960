//! Tells the crate whether this compiler knows AVX-512, as all do from Rust 1.89 on.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(avx512)");
    if minor_version().is_some_and(|minor| minor >= 89) {
        println!("cargo::rustc-cfg=avx512");
    }
}

/// The 89 in `rustc 1.89.0 (29483883e 2025-08-04)`.
fn minor_version() -> Option<u32> {
    let output = Command::new(env::var_os("RUSTC")?).arg("--version").output().ok()?;
    String::from_utf8_lossy(&output.stdout).strip_prefix("rustc 1.")?.split('.').next()?.parse().ok()
}
