//! Where, when and with what it was measured.

use std::fs;
use std::process::Command;

use crate::data::Data;

const LOCK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock");

const PEERS: [&str; 10] = [
    "tungstenite",
    "fastwebsockets",
    "tokio-websockets",
    "web-socket",
    "soketto",
    "yawc",
    "sockudo-ws",
    "wtx",
    "websocket-sans-io",
    "embedded-websocket",
];

pub fn describe(data: &Data) -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = cpuinfo.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown").to_string()
    };
    let lock = fs::read_to_string(LOCK).unwrap_or_default();
    let versions: Vec<_> = PEERS.iter().map(|name| format!("{name} {}", version(&lock, name))).collect();
    let rounds = data.times.iter().map(|row| row.rounds.len()).min().unwrap_or(0);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    let flags = if flags.is_empty() { String::new() } else { format!(", RUSTFLAGS `{flags}`") };
    let cores = cpuinfo.lines().filter(|line| line.starts_with("processor")).count();
    let mut text = format!(
        "## Beside its peers\n\n\
         Written by `benches/compare/run`; do not edit by hand. Every figure of a table comes from the same run.\n\n\
         - Machine: {}, family {} model {}, {cores} cores{}; Linux {}.\n\
         - {}; release, `lto = \"thin\"`, `codegen-units = 1`, default target-cpu{flags}.\n\
         - Peers: {}.\n\
         - In memory: one core, processor time of the thread, {rounds} rounds, in each of them all contestants in turn. \
           Figures are medians of the rounds, ratios are medians of the ratios of the rounds.\n",
        field("model name"),
        field("cpu family"),
        field("model\t"),
        if cpuinfo.contains(" hypervisor ") { ", virtual" } else { "" },
        kernel.trim(),
        rustc(),
        versions.join(", "),
    );
    if let Some(setup) = &data.setup {
        text += &format!(
            "- Echo: {}; {}; server on core {}, load on core {}; {} rounds of {} s after {} s to warm up.\n",
            setup.profile,
            setup.runtime,
            setup.cpu_server,
            setup.cpu_load,
            setup.rounds,
            setup.measure_seconds,
            setup.warm_seconds,
        );
    }
    text + "\n"
}

fn rustc() -> String {
    let output = Command::new("rustc").arg("--version").output();
    output.map_or("rustc".into(), |output| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// The version that was built.
fn version<'a>(lock: &'a str, name: &str) -> &'a str {
    let entry = lock.split_once(&format!("name = \"{name}\"\nversion = \""));
    entry.and_then(|(_, rest)| rest.split('"').next()).unwrap_or("of unknown version")
}
