//! Times contestants side by side: in every round each of them once, so that a busy moment of the machine hits all.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::row::{Class, Row, Time, print};

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub rounds: usize,
    /// For each contestant in each round.
    pub slice: Duration,
    /// Leave out what takes long.
    pub quick: bool,
}

/// One way to do the work.
#[must_use]
pub struct Contestant {
    name: String,
    class: Class,
    checks: bool,
    /// How many messages one call handles.
    messages: usize,
    pass: Box<dyn FnMut()>,
}

impl Contestant {
    pub fn new(name: &str, class: Class, messages: usize, pass: impl FnMut() + 'static) -> Self {
        Self { name: name.into(), class, checks: true, messages, pass: Box::new(pass) }
    }

    /// Says that it leaves out checks that the others do.
    pub fn unchecked(self) -> Self {
        self.checks(false)
    }

    pub fn checks(mut self, checks: bool) -> Self {
        self.checks = checks;
        self
    }

    fn time(&mut self, passes: usize) -> Duration {
        let start = now();
        for _ in 0..passes {
            (self.pass)();
        }
        now() - start
    }

    /// How many passes fill a slice.
    fn calibrate(&mut self, slice: Duration) -> usize {
        self.time(1);
        let mut passes = 1;
        loop {
            let time = self.time(passes);
            if time * 4 > slice {
                let wanted = passes as f64 * slice.as_secs_f64() / time.as_secs_f64();
                return wanted.round().max(1.0) as usize;
            }
            passes *= 2;
        }
    }
}

/// The processor time of this thread: no contestant ever waits, and what others do meanwhile on this core is not
/// theirs.
fn now() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().expect("time goes forward")
}

/// Measures all of them in one cell of a table and prints a row for each.
pub fn race(table: &str, size: usize, offset: usize, mut contestants: Vec<Contestant>, pace: Pace) {
    eprintln!("{table}, {size} B, offset {offset}");
    let passes: Vec<_> = contestants.iter_mut().map(|one| one.calibrate(pace.slice)).collect();
    let mut times = vec![Vec::new(); contestants.len()];
    for round in 0..pace.rounds {
        for turn in 0..contestants.len() {
            // Nobody always comes after the same neighbour's mess in the caches at the same time of the round.
            let index = (turn + round) % contestants.len();
            let one = &mut contestants[index];
            let messages = (passes[index] * one.messages) as f64;
            times[index].push(one.time(passes[index]).as_nanos() as f64 / messages);
        }
    }
    for (one, rounds) in contestants.into_iter().zip(times) {
        let Contestant { name, class, checks, .. } = one;
        print(&Row::Time(Time { table: table.into(), size, offset, name, class, checks, rounds }));
    }
}
