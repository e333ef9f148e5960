//! What has to be reached, and whether it is. The bars are the only figures here that were not measured.

use compare::decode::table as decode_table;
use compare::memory::READ;
use compare::row::{Class, Echo, Time};
use compare::wire::{Content, Role};
use compare::{deflate, encode, handshake, unmask};

use crate::data::{Data, best, bytes, is_floor, is_rival, speed};
use crate::deflate::all_tables;

/// On which side of the bar to be.
#[derive(Clone, Copy)]
pub enum Bar {
    AtLeast(f64),
    AtMost(f64),
    Below(f64),
}

pub struct Target {
    name: String,
    what: String,
    measured: f64,
    bar: Bar,
    /// The worst cell, or who was in front.
    at: String,
}

impl Target {
    pub fn line(&self) -> String {
        format!("target {} {} {} {}", self.name, shown(self.measured), self.bar_text(), self.verdict())
    }

    fn bar_text(&self) -> String {
        match self.bar {
            Bar::AtLeast(bar) => format!(">={}", shown(bar)),
            Bar::AtMost(bar) => format!("<={}", shown(bar)),
            Bar::Below(bar) => format!("<{}", shown(bar)),
        }
    }

    fn verdict(&self) -> &'static str {
        // Judged as shown.
        let measured = (self.measured * 100.0).round() / 100.0;
        let ok = match self.bar {
            Bar::AtLeast(bar) => measured >= bar,
            Bar::AtMost(bar) => measured <= bar,
            Bar::Below(bar) => measured < bar,
        };
        if ok { "ok" } else { "short" }
    }
}

fn shown(value: f64) -> String {
    if value.fract() == 0.0 && value >= 10.0 { format!("{value}") } else { format!("{value:.2}") }
}

pub fn table(targets: &[Target], missing: &[String]) -> String {
    let mut text = String::from(
        "### Targets\n\nRatios of speed unless it says otherwise; where several cells count, the worst one.\n\n\
         | target | what | measured | bar | | where |\n|---|---|---|---|---|---|\n",
    );
    for target in targets {
        let (measured, bar) = (shown(target.measured), target.bar_text());
        let (name, what, at) = (&target.name, &target.what, &target.at);
        text += &format!("| {name} | {what} | {measured} | {bar} | {} | {at} |\n", target.verdict());
    }
    for name in missing {
        text += &format!("| {name} | | not measured | | | |\n");
    }
    text + "\n"
}

/// All targets, and the names of those of which something is missing.
pub fn judge(data: &Data) -> (Vec<Target>, Vec<String>) {
    let mut judge = Judge { data, targets: Vec::new(), missing: Vec::new() };
    judge.unmask();
    judge.spanning();
    judge.decode_short();
    judge.decode_long();
    judge.encode();
    judge.handshake();
    judge.echo();
    judge.idle();
    judge.deflate();
    (judge.targets, judge.missing)
}

struct Judge<'a> {
    data: &'a Data,
    targets: Vec<Target>,
    missing: Vec<String>,
}

/// A measured value and where that was.
type Found = Option<(f64, String)>;

impl Judge<'_> {
    fn add(&mut self, name: &str, what: &str, bar: Bar, found: Found) {
        match found {
            None => self.missing.push(name.into()),
            Some((measured, at)) => {
                self.targets.push(Target { name: name.into(), what: what.into(), measured, bar, at });
            }
        }
    }

    fn unmask(&mut self) {
        let data = self.data;
        let worst_of = |is_one: fn(&Time) -> bool| {
            worst(unmask::SIZES.iter().flat_map(|&size| unmask::OFFSETS.map(|offset| (size, offset))).map(
                |(size, offset)| {
                    let cell = data.cell("unmask", size, offset);
                    let (value, other) = ahead(&cell, "sansws", is_one)?;
                    Some((value, format!("{} at offset {offset}, {other}", bytes(size))))
                },
            ))
        };
        let what = "unmask in place, to the best load-xor-store loop";
        self.add("unmask-limit", what, Bar::AtLeast(0.95), worst_of(is_floor));
        let what = "unmask in place, to the best peer";
        self.add("unmask-peers", what, Bar::AtLeast(1.0), worst_of(is_rival));
        let found = worst(unmask::TEXT_SIZES.map(|size| {
            let text = data.one("unmask with text", size, "sansws, text")?;
            let binary = data.one("unmask with text", size, "sansws, binary")?;
            Some((speed(text, binary), bytes(size)))
        }));
        let what = "receive ASCII text, to binary: unmask and UTF-8, to unmask alone";
        self.add("unmask-text", what, Bar::AtLeast(0.9), found);
    }

    fn spanning(&mut self) {
        let data = self.data;
        let found = ahead(&data.cell("spanning", 1 << 20, 0), "sansws", is_floor);
        let what = "1 MiB in 64 KiB reads, to the best way of memcpy and unmask by hand";
        self.add("spanning-1MiB", what, Bar::AtLeast(0.9), found);

        // Caches and page faults are the same for the floor, so what is not linear shows in the ratio to it.
        let sizes = data.column("growing", |row| row.size);
        let ratio = |size| {
            let cell = data.cell("growing", size, 0);
            ahead(&cell, "sansws", is_floor).map(|(value, _)| value)
        };
        let found = sizes
            .first()
            .copied()
            .and_then(ratio)
            .and_then(|first| worst(sizes.iter().map(|&size| Some((ratio(size)? / first, bytes(size))))));
        let what =
            "a growing message stays linear: its ratio to memory that was there, to the ratio at 1 MiB";
        self.add("spanning-linear", what, Bar::AtLeast(0.9), found);
    }

    fn decode_short(&mut self) {
        let data = self.data;
        for content in [Content::Binary, Content::Text] {
            let table = decode_table(Role::Server, content, READ);
            let kind = format!("{content:?}").to_lowercase();
            for (size, bar) in [(16, 6.0), (125, 4.0), (1 << 10, 2.2)] {
                let cell = data.cell(&table, size, 0);
                let name = format!("decode-server-{kind}-{}", bytes(size).replace(' ', ""));
                let what = format!("decode, server, {kind}, {}, to tungstenite", bytes(size));
                let found = ahead(&cell, "sansws", |row| row.name.starts_with("tungstenite"));
                self.add(&name, &what, Bar::AtLeast(bar), found);
                if content == Content::Text {
                    let what = "the same, to the best peer that validates";
                    let found = ahead(&cell, "sansws", is_rival);
                    self.add(&format!("{name}-peers"), what, Bar::AtLeast(1.0), found);
                }
            }
        }
    }

    fn decode_long(&mut self) {
        let data = self.data;
        let cells = [
            (Content::Text, 64 << 10, 0.9),
            (Content::Binary, 64 << 10, 0.95),
            (Content::Binary, 1 << 20, 0.95),
        ];
        for (content, size, bar) in cells {
            let cell = data.cell(&decode_table(Role::Server, content, READ), size, 0);
            let kind = format!("{content:?}").to_lowercase();
            let name = format!("decode-server-{kind}-{}", bytes(size).replace(' ', ""));
            let what = format!("decode, server, {kind}, {}, to memcpy and xor in place", bytes(size));
            let is_default = |row: &Time| ["sansws", "sansws, read into place"].contains(&row.name.as_str());
            let ours = best(&cell, is_default).map_or("", |row| &row.name);
            let found = ahead(&cell, ours, |row| row.name == "floor: memcpy and xor in place");
            self.add(&name, &what, Bar::AtLeast(bar), found);
            let found = ahead(&cell, ours, is_rival);
            let what = "the same, to the best peer that validates";
            self.add(&format!("{name}-peers"), what, Bar::AtLeast(1.0), found);
        }
    }

    fn encode(&mut self) {
        let data = self.data;
        for table in ["write", "append"] {
            let cell = data.cell(&format!("{table} client"), 125, 0);
            let found = best(&cell, |row| row.class == Class::Sansws)
                .and_then(|ours| ahead(&cell, &ours.name, is_rival));
            let what = format!("encode, client, 125 B ({table}), to the best peer");
            self.add(&format!("encode-client-125B-{table}"), &what, Bar::AtLeast(1.5), found);
        }
        for table in ["write", "append"] {
            let found = worst(encode::SIZES.map(|size| {
                let cell = data.cell(&format!("{table} server"), size, 0);
                let ours = best(&cell, |row| row.class == Class::Sansws)?;
                let (value, _) = ahead(&cell, &ours.name, is_floor)?;
                Some((value, format!("{}, {}", bytes(size), ours.name)))
            }));
            let what = format!("encode, server ({table}), to header and memcpy");
            self.add(&format!("encode-server-{table}"), &what, Bar::AtLeast(0.95), found);
        }
    }

    fn handshake(&mut self) {
        let cell = self.data.cell("handshake", handshake::REQUEST.len(), 0);
        let found = ahead(&cell, "sansws", |row| row.name == "tungstenite");
        let found = found.map(|(value, other)| (1.0 / value, other));
        self.add("handshake", "server handshake, time to that of tungstenite", Bar::AtMost(0.35), found);
        let found = ahead(&cell, "sansws", is_rival);
        let what = "server handshake, to the best peer that validates as much";
        self.add("handshake-peers", what, Bar::AtLeast(1.0), found);
    }

    fn echo(&mut self) {
        let cells: Vec<_> = [100, 1000]
            .into_iter()
            .flat_map(|connections| [1, 16].map(|depth| (connections, depth)))
            .flat_map(|(connections, depth)| [16, 1024].map(|payload| (connections, depth, payload)))
            .collect();
        let data = self.data;
        let in_cell = |cell: (usize, usize, usize)| {
            let rows = data.echoes.iter();
            rows.filter(move |row| (row.connections, row.depth, row.payload) == cell)
        };
        let at = |cell: (usize, usize, usize)| {
            format!("{} connections, depth {}, {}", cell.0, cell.1, bytes(cell.2))
        };
        let found = worst(cells.iter().map(|&cell| {
            let ours = in_cell(cell).find(|row| row.server == "sansws echo_epoll")?;
            Some((1.0 / ours.cpu_ratio_to_floor?, at(cell)))
        }));
        let found = found.map(|(value, at)| (1.0 / value, at));
        let what = "`echo_epoll`, processor time for a message, to that of a raw TCP echo";
        self.add("echo-epoll", what, Bar::AtMost(1.05), found);
        for form in ["simple", "batched"] {
            let found = worst(cells.iter().map(|&cell| {
                let ours = in_cell(cell).find(|row| row.server == "sansws echo_tokio")?;
                let rivals = in_cell(cell).filter(|row| row.kind == Class::Peer && row.form == form);
                let found = rivals.map(|peer| (dearer(peer, ours), format!("{}, {}", at(cell), peer.server)));
                found.min_by(|a, b| a.0.total_cmp(&b.0))
            }));
            let what = format!("`echo_tokio`, processor time of the best peer ({form}) to ours");
            self.add(&format!("echo-tokio-{form}"), &what, Bar::AtLeast(1.0), found);
        }
    }

    fn idle(&mut self) {
        let idle = self.data.idles.iter().find(|row| row.server == "sansws echo_epoll");
        let found = idle.map(|row| (row.bytes_per_connection, format!("{} connections", row.connections)));
        let what = "`echo_epoll`, resident bytes for an idle connection";
        self.add("idle-epoll", what, Bar::Below(262.0), found);
        let heap = self.data.heaps.iter().find(|row| row.class == Class::Sansws && row.takeover.is_none());
        let found =
            heap.map(|row| (row.fresh.max(row.idle) as f64, format!("and a value of {} bytes", row.value)));
        self.add("idle-heap", "heap bytes of an idle connection in the core", Bar::AtMost(0.0), found);
    }

    fn deflate(&mut self) {
        let data = self.data;
        let to = |is_one: fn(&Time) -> bool| {
            move |(table, size): (String, usize)| {
                let (value, other) = ahead(&data.cell(&table, size, 0), "sansws", is_one)?;
                Some((value, format!("{table}, {}, {other}", bytes(size))))
            }
        };
        for size in deflate::SIZES {
            let short = bytes(size).replace(" KiB", "K");
            let tables = [true, false].map(|on| (deflate::inflate_table(on, Content::Binary), size));
            let what = format!("decode compressed JSON, binary, {}, to the library alone", bytes(size));
            let found = worst(tables.map(to(is_floor)));
            self.add(&format!("deflate-decode-{short}"), &what, Bar::AtLeast(0.97), found);
        }
        for size in deflate::SIZES {
            let short = bytes(size).replace(" KiB", "K");
            let tables = [true, false].map(|on| (deflate::deflate_table(on), size));
            let what = format!("encode compressed JSON, {}, to the library alone", bytes(size));
            let found = worst(tables.map(to(is_floor)));
            self.add(&format!("deflate-encode-{short}"), &what, Bar::AtLeast(0.97), found);
        }
        let cells = all_tables().into_iter().map(|(table, _)| table);
        let cells = cells.flat_map(|table| deflate::SIZES.map(|size| (table.clone(), size)));
        let found = worst(cells.map(to(is_rival)));
        self.add("deflate-peers", "all compressed JSON, to the best peer", Bar::AtLeast(1.0), found);
        let heap = data.heaps.iter().find(|row| row.class == Class::Sansws && row.takeover == Some(false));
        let found =
            heap.map(|row| (row.fresh.max(row.idle) as f64, format!("and a value of {} bytes", row.value)));
        let what = "heap bytes of an idle connection that compresses without context takeover";
        self.add("deflate-idle-bytes", what, Bar::Below(1024.0), found);
    }
}

/// How many times as much it costs, by the ratios to the same floor in the same round where there are such.
fn dearer(one: &Echo, other: &Echo) -> f64 {
    match (one.cpu_ratio_to_floor, other.cpu_ratio_to_floor) {
        (Some(one_ratio), Some(other_ratio)) if one.floor == other.floor => one_ratio / other_ratio,
        _ => one.cpu_ns_per_message / other.cpu_ns_per_message,
    }
}

/// How many times as fast it is as the fastest of those, and who that is.
fn ahead(cell: &[&Time], name: &str, is_one: impl Fn(&Time) -> bool) -> Found {
    let ours = cell.iter().find(|row| row.name == name)?;
    let other = best(cell, |row| row.name != name && is_one(row))?;
    Some((speed(ours, other), other.name.clone()))
}

/// The least of them; nothing if one is missing.
fn worst(all: impl IntoIterator<Item = Found>) -> Found {
    let all: Option<Vec<_>> = all.into_iter().collect();
    all?.into_iter().min_by(|a, b| a.0.total_cmp(&b.0))
}
