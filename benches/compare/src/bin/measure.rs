//! Prints what it measures, a JSON object a line: `measure [--quick] [TABLES...]`, where tables are among `unmask`,
//! `spanning`, `decode`, `encode`, `handshake` and `deflate`. `COMPARE_ROUNDS` and `COMPARE_SLICE_MS` make it shorter or longer.

use std::time::Duration;

use compare::race::Pace;
use compare::{decode, deflate, encode, handshake, spanning, unmask};

type Measure = fn(Pace);

const TABLES: [(&str, Measure); 6] = [
    ("unmask", unmask::measure),
    ("spanning", spanning::measure),
    ("decode", decode::measure),
    ("encode", encode::measure),
    ("handshake", handshake::measure),
    ("deflate", deflate::measure),
];

fn main() {
    let (options, wanted): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|arg| arg == "--quick");
    if let Some(unknown) = wanted.iter().find(|name| TABLES.iter().all(|(table, _)| table != name)) {
        panic!("no table {unknown}");
    }
    let quick = !options.is_empty();
    let pace = Pace {
        rounds: setting("COMPARE_ROUNDS", if quick { 7 } else { 15 }),
        slice: Duration::from_millis(setting("COMPARE_SLICE_MS", if quick { 15 } else { 40 }) as u64),
        quick,
    };
    // One core, the last: the first has most interrupts.
    let core = core_affinity::get_core_ids().and_then(|cores| cores.last().copied());
    assert!(core.is_some_and(core_affinity::set_for_current), "cannot stay on one core");
    sockudo_ws::init_clock();
    for (table, measure) in TABLES {
        if wanted.is_empty() || wanted.iter().any(|name| name == table) {
            measure(pace);
        }
    }
}

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
}
