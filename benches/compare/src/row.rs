//! What is measured, as it is printed and read back: one JSON object a line.

use serde::{Deserialize, Serialize};

/// Who did the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    Sansws,
    Peer,
    /// No protocol at all: what the work costs at least.
    Floor,
}

/// One contestant in one cell.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "row", rename = "time")]
pub struct Time {
    /// The table, such as `decode server binary`.
    pub table: String,
    /// Bytes of payload.
    pub size: usize,
    /// How the payload lies, where that is varied.
    pub offset: usize,
    pub name: String,
    pub class: Class,
    /// Whether it does all the checks that the work asks for; a peer that does not is shown, but not compared with.
    pub checks: bool,
    /// Nanoseconds for one message, one figure for each round.
    pub rounds: Vec<f64>,
}

/// What a connection holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "row", rename = "heap")]
pub struct Heap {
    pub name: String,
    pub class: Class,
    /// The connection's value without the stream under it, in bytes.
    pub value: usize,
    /// Bytes on the heap when it has been made.
    pub fresh: usize,
    /// Bytes on the heap when it waits after a message of 1 KiB.
    pub idle: usize,
}

/// Prints a row for `bin/report`.
pub fn print(row: &impl Serialize) {
    println!("{}", serde_json::to_string(row).expect("rows are plain data"));
}
