//! The tables of compression.

use compare::deflate::{self, deflate_table, inflate_table};
use compare::row::{Class, Heap, Time};
use compare::wire::Content;

use crate::data::{Data, best, bytes, distinct, figures, is_floor, is_rival, ns, speed};
use crate::tables::emphasis;

/// All tables of messages, with what they say.
pub fn all_tables() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for takeover in [true, false] {
        let context = if takeover { "with context takeover" } else { "without context takeover" };
        for (content, kind) in [(Content::Binary, "binary"), (Content::Text, "text")] {
            all.push((inflate_table(takeover, content), format!("Decode, {kind}, {context}")));
        }
        all.push((deflate_table(takeover), format!("Encode, {context}")));
    }
    all
}

pub fn section(data: &Data) -> String {
    let mut text = format!(
        "### Compression\n\nA server receives and sends JSON with permessage-deflate: level {}, windows of 15 bits. The \
         floor is the library that sansws compresses with, alone: no frames, no copies, no check of UTF-8, all output \
         into memory that is there. In each cell microseconds for a message, and MB/s of JSON.\n\n",
        deflate::LEVEL
    );
    for (table, title) in all_tables() {
        text += &times(data, &table, &title);
    }
    text += &ratios(data);
    text + &memory(&data.heaps)
}

fn times(data: &Data, table: &str, title: &str) -> String {
    let rows: Vec<_> = data.times.iter().filter(|row| row.table == table).collect();
    let heads = deflate::SIZES.map(bytes).join(" | ");
    let mut text = format!("{title}.\n\n| | {heads} |\n|---|---:|---:|\n");
    for (name, class) in distinct(rows.iter().map(|row| (&row.name, row.class))) {
        text += &format!("| {} |", emphasis(name, class));
        for size in deflate::SIZES {
            let found = rows.iter().find(|row| (row.size, &row.name) == (size, name));
            let cell = found.map(|row| format!(" {} ({}) |", figures(ns(row) / 1000.0), figures(rate(row))));
            text += &cell.unwrap_or(" |".into());
        }
        text += "\n";
    }
    text + "\n"
}

/// Megabytes a second.
fn rate(row: &Time) -> f64 {
    row.size as f64 * 1000.0 / ns(row)
}

fn ratios(data: &Data) -> String {
    let mut text = String::from(
        "Speed of sansws, to the library alone and to the best peer.\n\n| | size | library | peer | |\n|---|---|---:|---:|---|\n",
    );
    for (table, title) in all_tables() {
        for size in deflate::SIZES {
            let cell = data.cell(&table, size, 0);
            let ours = best(&cell, |row| row.class == Class::Sansws);
            let (floor, peer) = (best(&cell, is_floor), best(&cell, is_rival));
            let (Some(ours), Some(floor), Some(peer)) = (ours, floor, peer) else { continue };
            let (floor, to_peer, name) = (speed(ours, floor), speed(ours, peer), &peer.name);
            text += &format!("| {title} | {} | {floor:.2} | {to_peer:.2} | {name} |\n", bytes(size));
        }
    }
    text + "\n"
}

fn memory(heaps: &[Heap]) -> String {
    let mut text = String::from(
        "Bytes of a connection that agreed to compress, as above: idle after one compressed message of 1 KiB received \
         and sent back. What threads share is not a connection's: the read buffer, and here sansws's `Deflater` and \
         `MessageBuf`, and the pool of yawc; their rows say how much it is.\n\n\
         | | takeover | value | new | idle |\n|---|---|---:|---:|---:|\n",
    );
    for row in heaps {
        let Some(takeover) = row.takeover else { continue };
        let (name, takeover) = (emphasis(&row.name, row.class), if takeover { "yes" } else { "no" });
        text += &format!("| {name} | {takeover} | {} | {} | {} |\n", row.value, row.fresh, row.idle);
    }
    text + "\n"
}
