//! sansws beside its peers: the same work through each one's own API, measured in one run.
//!
//! `bin/measure` and `bin/heap` print one JSON object a line ([`row`]); `bin/report` makes tables, charts and the
//! lines of the targets of them. `run` does it all.

pub mod decode;
pub mod deflate;
pub mod encode;
pub mod handshake;
pub mod limits;
pub mod memory;
pub mod peers;
pub mod race;
pub mod row;
pub mod spanning;
pub mod unmask;
pub mod wire;
