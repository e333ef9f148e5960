//! What was measured, and how to ask for it.

use compare::row::{Class, Echo, Error, Heap, Idle, Note, Row, Setup, Time};

#[derive(Default)]
pub struct Data {
    pub times: Vec<Time>,
    pub heaps: Vec<Heap>,
    pub setup: Option<Setup>,
    pub notes: Vec<Note>,
    pub echoes: Vec<Echo>,
    pub idles: Vec<Idle>,
    pub errors: Vec<Error>,
}

impl Data {
    pub fn read(text: &str) -> Self {
        let mut data = Self::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            match serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}")) {
                Row::Time(row) => data.times.push(row),
                Row::Heap(row) => data.heaps.push(row),
                Row::Setup(row) => data.setup = Some(row),
                Row::Note(row) => data.notes.push(row),
                Row::Echo(row) => data.echoes.push(row),
                Row::Idle(row) => data.idles.push(row),
                Row::Error(row) => data.errors.push(row),
            }
        }
        data
    }

    /// All contestants of a cell.
    pub fn cell(&self, table: &str, size: usize, offset: usize) -> Vec<&Time> {
        self.times
            .iter()
            .filter(|row| row.table == table && row.size == size && row.offset == offset)
            .collect()
    }

    /// One of them.
    pub fn one(&self, table: &str, size: usize, name: &str) -> Option<&Time> {
        self.times.iter().find(|row| row.table == table && row.size == size && row.name == name)
    }

    /// The values that this column has in a table, in order, each once.
    pub fn column<T: PartialEq>(&self, table: &str, of: impl Fn(&Time) -> T) -> Vec<T> {
        distinct(self.times.iter().filter(|row| row.table == table).map(of))
    }
}

pub fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for one in all {
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

/// The fastest of those.
pub fn best<'a>(rows: &[&'a Time], is_one: impl Fn(&Time) -> bool) -> Option<&'a Time> {
    let candidates = rows.iter().copied().filter(|row| is_one(row));
    candidates.min_by(|a, b| ns(a).total_cmp(&ns(b)))
}

pub fn is_floor(row: &Time) -> bool {
    row.class == Class::Floor
}

/// A peer that does all the checks.
pub fn is_rival(row: &Time) -> bool {
    row.class == Class::Peer && row.checks
}

/// Nanoseconds for a message: the median of the rounds.
pub fn ns(row: &Time) -> f64 {
    median(row.rounds.clone())
}

/// How many times as fast one is as another: the median of what the rounds say, in which both met the same machine.
pub fn speed(one: &Time, other: &Time) -> f64 {
    median(one.rounds.iter().zip(&other.rounds).map(|(one, other)| other / one).collect())
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

/// The spread of the rounds about their median: half of them are within it.
pub fn spread(row: &Time) -> f64 {
    let mut rounds = row.rounds.clone();
    rounds.sort_by(f64::total_cmp);
    let quarter = rounds.len() / 4;
    (rounds[rounds.len() - 1 - quarter] - rounds[quarter]) / median(rounds)
}

pub fn bytes(size: usize) -> String {
    match size {
        0..1024 => format!("{size} B"),
        1024..0x10_0000 => format!("{} KiB", size >> 10),
        0x10_0000..0x4000_0000 => format!("{} MiB", size >> 20),
        _ => format!("{} GiB", size >> 30),
    }
}

/// Three figures that count.
pub fn figures(value: f64) -> String {
    match value {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(rounds: &[f64]) -> Time {
        let (table, name) = (String::new(), String::new());
        Time { table, size: 0, offset: 0, name, class: Class::Peer, checks: true, rounds: rounds.to_vec() }
    }

    #[test]
    fn a_busy_round_counts_for_nothing() {
        let (ours, other) = (time(&[1.0, 9.0, 1.1]), time(&[2.0, 18.0, 0.1]));
        assert_eq!(speed(&ours, &other), 2.0);
        assert_eq!((ns(&ours), spread(&time(&[4.0, 4.0, 4.0, 4.0]))), (1.1, 0.0));
    }

    #[test]
    fn rows_of_the_echo_are_understood() {
        let data = Data::read(
            r#"{"row":"echo","server":"s","form":"simple","kind":"peer","floor":"f","connections":1,"depth":1,"payload":16,"cpu_ns_per_message":1.5,"cpu_ns_min":1,"messages_per_second":9,"cpu_ratio_to_floor":null,"rounds":3}
            {"row":"error","server":"s","form":"simple","connections":10,"depth":null,"payload":null,"text":"t"}"#,
        );
        assert_eq!((data.echoes[0].cpu_ns_per_message, data.echoes[0].cpu_ratio_to_floor), (1.5, None));
        assert_eq!(data.errors[0].connections, Some(10));
    }
}
