//! What is measured, as it is printed and read back: one JSON object a line.

use serde::{Deserialize, Serialize};

/// One line of output. `echo/run` prints the kinds from `Setup` on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "row", rename_all = "lowercase")]
pub enum Row {
    Time(Time),
    Heap(Heap),
    Setup(Setup),
    Note(Note),
    Echo(Echo),
    Idle(Idle),
    Error(Error),
}

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
pub struct Heap {
    pub name: String,
    pub class: Class,
    /// The connection's value without the stream under it, in bytes.
    pub value: usize,
    /// Bytes on the heap when it has been made.
    pub fresh: usize,
    /// Bytes on the heap when it waits after a message of 1 KiB.
    pub idle: usize,
    /// If it compresses: whether with context takeover.
    pub takeover: Option<bool>,
}

/// How the servers were run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Setup {
    pub profile: String,
    pub runtime: String,
    pub rounds: usize,
    pub warm_seconds: f64,
    pub measure_seconds: f64,
    pub idle_connections: usize,
    pub cpu_server: usize,
    pub cpu_load: usize,
}

/// What a server is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Note {
    pub server: String,
    pub version: String,
    pub form: String,
    pub text: String,
}

/// One server in one cell of the echo.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Echo {
    pub server: String,
    /// `simple`: a write for each message. `batched`: one for all that was received.
    pub form: String,
    pub kind: Class,
    pub connections: usize,
    pub depth: usize,
    pub payload: usize,
    /// Processor time of the server.
    pub cpu_ns_per_message: f64,
    pub messages_per_second: f64,
    pub cpu_ratio_to_floor: Option<f64>,
    /// The name of that floor.
    pub floor: Option<String>,
}

/// What an idle connection costs a server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Idle {
    pub server: String,
    pub form: String,
    pub kind: Class,
    pub connections: usize,
    pub bytes_per_connection: f64,
}

/// What could not be measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Error {
    pub server: String,
    pub form: String,
    pub connections: Option<usize>,
    pub depth: Option<usize>,
    pub payload: Option<usize>,
    pub text: String,
}

/// Prints a row for `bin/report`.
pub fn print(row: &Row) {
    println!("{}", serde_json::to_string(row).expect("rows are plain data"));
}
