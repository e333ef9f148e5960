//! The tables, in Markdown, with their charts.

use std::path::Path;

use compare::decode::{self, table as decode_table};
use compare::memory::READ;
use compare::row::{Class, Time};
use compare::unmask;
use compare::wire::{Content, Role};

use crate::charts::{self, Bar, Line, Panel};
use crate::data::{Data, best, bytes, distinct, figures, is_floor, ns, spread};
use crate::deflate;

/// What stands between the tables.
const FAIRNESS: &str = include_str!("fairness.md");

pub fn all(data: &Data, charts: &Path) -> String {
    let sections =
        [unmask, spanning, decode, encode, handshake, memory, compression, echo, |_: &Data, _: &Path| {
            FAIRNESS.to_string()
        }];
    sections.map(|section| section(data, charts)).concat()
}

fn unmask(data: &Data, charts: &Path) -> String {
    let mut text = String::from("### Unmask, in place\n\n![GB/s over the size](performance/unmask.svg)\n\n");
    let mut panels = Vec::new();
    for offset in unmask::OFFSETS {
        let title = format!("Offset {offset} from a multiple of 64, GB/s.");
        let rows = data.times.iter().filter(|row| row.table == "unmask" && row.offset == offset);
        let rows: Vec<_> = rows.collect();
        text += &table(&title, &rows, gigabytes);
        panels.push((format!("offset {offset}"), unmask_lines(data, offset)));
    }
    charts::lines(&charts.join("unmask.svg"), &panels);
    text +=
        "Only those peers are here whose function is public; the others are in the tables of decoding.\n\n";
    let rows: Vec<_> = data.times.iter().filter(|row| row.table == "unmask with text").collect();
    text + &table(
        "One message that lies whole in the read buffer, received over and over, GB/s.",
        &rows,
        gigabytes,
    )
}

/// The best loop at each size, sansws, and the best peer at each size.
fn unmask_lines(data: &Data, offset: usize) -> Vec<Line> {
    let sizes = data.column("unmask", |row| row.size);
    let line = |label: &str, class: Class| Line {
        label: label.into(),
        class,
        points: sizes
            .iter()
            .filter_map(|&size| {
                let is_one = |row: &Time| row.class == class && (class != Class::Sansws || row.name == label);
                let fastest = best(&data.cell("unmask", size, offset), is_one)?.clone();
                Some((size as f64, gigabytes(&fastest)))
            })
            .collect(),
    };
    vec![
        line("best load-xor-store loop", Class::Floor),
        line("sansws", Class::Sansws),
        line("best peer", Class::Peer),
    ]
}

fn spanning(data: &Data, _: &Path) -> String {
    let rows: Vec<_> = data.times.iter().filter(|row| row.table == "spanning").collect();
    let mut text = String::from("### A message that spans reads\n\n");
    text += &table(
        "1 MiB in reads of 64 KiB, into memory that is there, GB/s. The read itself is left out.",
        &rows,
        gigabytes,
    );
    let rows: Vec<_> = data.times.iter().filter(|row| row.table == "growing").collect();
    text + &table("The same into memory that is got anew for each message, GB/s.", &rows, gigabytes)
}

fn decode(data: &Data, charts: &Path) -> String {
    let mut text = String::from(
        "### Decode\n\nWhole messages out of a stream of many, in reads of 64 KiB unless it says otherwise. The copy into \
         the read buffer is in every figure.\n\n",
    );
    for role in [Role::Server, Role::Client] {
        for content in [Content::Binary, Content::Text, Content::Mixed] {
            let title = decode_table(role, content, READ);
            let rows: Vec<_> = data.times.iter().filter(|row| row.table == title).collect();
            if rows.is_empty() {
                continue;
            }
            let kind = match content {
                Content::Binary => "binary",
                Content::Text => "text in ASCII",
                Content::Mixed => "text in Russian with ASCII in it",
            };
            let what = format!("{role:?}, {kind}");
            if role == Role::Server && content != Content::Mixed {
                let name = format!("decode-{content:?}.svg").to_lowercase();
                text += &format!("![{what}](performance/{name})\n\n");
                let panels = decode::SIZES.map(|size| panel(&data.cell(&title, size, 0), size));
                charts::bars(&charts.join(name), &what, &panels);
            }
            text += &tables_by_size(&what, &rows);
            let small = decode_table(role, content, 16 << 10);
            let rows: Vec<_> = data.times.iter().filter(|row| row.table == small).collect();
            if !rows.is_empty() {
                text += &tables_by_size(&format!("{what}, reads of 16 KiB"), &rows);
            }
        }
    }
    text
}

fn encode(data: &Data, charts: &Path) -> String {
    let mut text = String::from("### Encode\n\nBinary. ![125 B](performance/encode.svg)\n\n");
    let mut panels = Vec::new();
    for (table, what) in [
        ("write", "written to a stream, which copies, one by one"),
        ("append", "appended to a buffer of the caller"),
    ] {
        for role in ["client", "server"] {
            let name = format!("{table} {role}");
            let rows: Vec<_> = data.times.iter().filter(|row| row.table == name).collect();
            text += &tables_by_size(&format!("{role}, {what}"), &rows);
            let mut panel = panel(&data.cell(&name, 125, 0), 125);
            panel.title = format!("{name}, {}", panel.title);
            panels.push(panel);
        }
    }
    charts::bars(&charts.join("encode.svg"), "Encode, 125 B", &panels);
    text
}

fn handshake(data: &Data, charts: &Path) -> String {
    let rows: Vec<_> = data.times.iter().filter(|row| row.table == "handshake").collect();
    let text = String::from("### Server handshake\n\n![Microseconds](performance/handshake.svg)\n\n");
    let micros = |row: &Time| ns(row) / 1000.0;
    let bars = rows.iter().map(|row| bar(row, micros)).collect();
    let panel = Panel { title: "microseconds, less is better".into(), bars };
    charts::bars(&charts.join("handshake.svg"), "Server handshake", &[panel]);
    text + &table(
        "A request of 12 header fields, its response, and the connection: microseconds.",
        &rows,
        micros,
    )
}

fn memory(data: &Data, _: &Path) -> String {
    let mut text = String::from(
        "### Memory of a connection\n\nA server's, in bytes: the value without the stream, and what it holds on the \
         heap when new, and when idle after a message of 1 KiB. The read buffer of a core without IO is the \
         caller's, and one serves all connections.\n\n| | value | new | idle |\n|---|---:|---:|---:|\n",
    );
    for row in data.heaps.iter().filter(|row| row.takeover.is_none()) {
        let name = emphasis(&row.name, row.class);
        text += &format!("| {name} | {} | {} | {} |\n", row.value, row.fresh, row.idle);
    }
    text += "\n";
    if !data.idles.is_empty() {
        text += "Resident bytes of the server's process for an idle connection over TCP, sockets in the kernel not \
                 counted:\n\n| | connections | bytes |\n|---|---:|---:|\n";
    }
    for row in &data.idles {
        let (name, value) = (emphasis(&row.server, row.kind), figures(row.bytes_per_connection));
        text += &format!("| {name} ({}) | {} | {value} |\n", row.form, row.connections);
    }
    text + "\n"
}

fn compression(data: &Data, _: &Path) -> String {
    deflate::section(data)
}

fn echo(data: &Data, charts: &Path) -> String {
    if data.echoes.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "### Echo over loopback TCP\n\nProcessor time of the server for a message ranks them; messages a second swing \
         too much on one machine. `simple`: as in its own examples, a write for each message. `batched`: all that was \
         received, then one flush. Floors echo bytes without WebSocket.\n\n![Processor time](performance/echo.svg)\n\n",
    );
    let mut panels = Vec::new();
    for payload in distinct(data.echoes.iter().map(|row| row.payload)) {
        let rows: Vec<_> = data.echoes.iter().filter(|row| row.payload == payload).collect();
        let cells = distinct(rows.iter().map(|row| (row.connections, row.depth)));
        let servers = distinct(rows.iter().map(|row| (&row.server, &row.form, row.kind)));
        type Value = fn(&compare::row::Echo) -> f64;
        let values: [(&str, Value); 2] = [
            ("microseconds of processor time for a message", |row| row.cpu_ns_per_message / 1000.0),
            ("thousand messages a second", |row| row.messages_per_second / 1000.0),
        ];
        for (what, value) in values {
            let heads: Vec<_> = cells.iter().map(|(c, d)| format!("{c} x depth {d}")).collect();
            text += &format!("{}, {what}.\n\n| | {} |\n|---|", bytes(payload), heads.join(" | "));
            text += &"---:|".repeat(cells.len());
            for (server, form, kind) in &servers {
                text += &format!("\n| {} ({form}) |", emphasis(server, *kind));
                for cell in &cells {
                    let found = rows.iter().find(|row| {
                        (&row.server, &row.form, row.connections, row.depth) == (server, form, cell.0, cell.1)
                    });
                    text += &found.map_or(" |".into(), |row| format!(" {} |", figures(value(row))));
                }
            }
            text += "\n\n";
        }
        for &(connections, depth) in cells.iter().filter(|cell| cell.0 == 100 && payload < 1 << 16) {
            let in_cell = rows.iter().filter(|row| (row.connections, row.depth) == (connections, depth));
            let bars = in_cell.map(|row| Bar {
                label: format!("{} ({})", row.server, row.form),
                value: row.cpu_ns_per_message / 1000.0,
                class: row.kind,
            });
            let title = format!("{}, {connections} x depth {depth}, us, less is better", bytes(payload));
            panels.push(Panel { title, bars: bars.collect() });
        }
    }
    charts::bars(&charts.join("echo.svg"), "Processor time of the server for a message", &panels);
    for note in &data.notes {
        text += &format!("- {} {} ({}): {}\n", note.server, note.version, note.form, note.text);
    }
    text + "\n"
}

/// Messages a second for small ones, gigabytes a second for large ones.
fn tables_by_size(title: &str, rows: &[&Time]) -> String {
    let (small, large): (Vec<_>, Vec<_>) = rows.iter().copied().partition(|row| row.size <= 1 << 10);
    let mut text = table(&format!("{title}, million messages a second."), &small, megamessages);
    text += &table(&format!("{title}, GB/s."), &large, gigabytes);
    text
}

/// A row for each contestant, a column for each size.
fn table(title: &str, rows: &[&Time], value: impl Fn(&Time) -> f64) -> String {
    let sizes = distinct(rows.iter().map(|row| row.size));
    let mut names = distinct(rows.iter().map(|row| (&row.name, row.class, row.checks)));
    // A row that begins with a later column stays with its like.
    names.sort_by_key(|(_, class, _)| match class {
        Class::Floor => 0,
        Class::Sansws => 1,
        Class::Peer => 2,
    });
    let mut chars = title.chars();
    let title: String = chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect();
    let heads: Vec<_> = sizes.iter().map(|&size| bytes(size)).collect();
    let mut text = format!("{title}\n\n| | {} |\n|---|{}\n", heads.join(" | "), "---:|".repeat(sizes.len()));
    for (name, class, checks) in names {
        text += &format!("| {}{} |", emphasis(name, class), if checks { "" } else { " *" });
        for &size in &sizes {
            let found = rows.iter().find(|row| (row.size, &row.name) == (size, name));
            text += &found.map_or(" |".into(), |row| format!(" {} |", figures(value(row))));
        }
        text += "\n";
    }
    let spreads: Vec<_> = rows.iter().map(|row| spread(row)).collect();
    if !spreads.is_empty() {
        let middle = crate::data::median(spreads) * 100.0;
        text += &format!("\nHalf of the rounds lie within {middle:.0} % (the median of the rows).\n");
    }
    if rows.iter().any(|row| !row.checks) {
        text += "\\* leaves out checks that the others do: see below.\n";
    }
    text + "\n"
}

fn panel(cell: &[&Time], size: usize) -> Panel {
    let (title, value): (_, fn(&Time) -> f64) = if size <= 1 << 10 {
        (format!("{}, million messages/s", bytes(size)), megamessages)
    } else {
        (format!("{}, GB/s", bytes(size)), gigabytes)
    };
    // The floor of short messages is so far away that nothing else could be told apart.
    let rows = cell.iter().filter(|row| size > 1 << 10 || !is_floor(row));
    Panel { title, bars: rows.map(|row| bar(row, value)).collect() }
}

fn bar(row: &Time, value: impl Fn(&Time) -> f64) -> Bar {
    let mark = if row.checks { "" } else { " *" };
    Bar { label: format!("{}{mark}", row.name), value: value(row), class: row.class }
}

pub fn emphasis(name: &str, class: Class) -> String {
    match class {
        Class::Sansws => format!("**{name}**"),
        Class::Peer => name.into(),
        Class::Floor => format!("*{name}*"),
    }
}

fn megamessages(row: &Time) -> f64 {
    1000.0 / ns(row)
}

fn gigabytes(row: &Time) -> f64 {
    row.size as f64 / ns(row)
}
