//! DEFLATE by hand (RFC 1951): blocks to send, and a slow decoder that tells what was in a message.

#![allow(dead_code, reason = "each test file uses its part")]

use sansws::deflate::{Agreed, Deflater};
use sansws::{Config, Connection, Role};

/// The four bytes that a sender takes off.
pub const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// "Hello" as RFC 7692 7.2.3.1 has it, and once more behind itself as 7.2.3.2 has it.
pub const HELLO: &[u8] = b"\xf2\x48\xcd\xc9\xc9\x07\x00";
pub const HELLO_AGAIN: &[u8] = b"\xf2\x00\x11\x00\x00";

pub fn config(agreed: Agreed) -> Config {
    Config::new().deflate(agreed)
}

/// An agreement in which both directions are the same.
pub fn both(takeover: bool, bits: u8) -> Agreed {
    Agreed::new()
        .server_no_context_takeover(!takeover)
        .client_no_context_takeover(!takeover)
        .server_max_window_bits(bits)
        .client_max_window_bits(bits)
}

/// A deflater that compresses everything.
pub fn eager() -> Deflater {
    Deflater::new().threshold(0).only_if_smaller(false)
}

/// What a message is once compressed, alone.
pub fn packed(message: &[u8]) -> Vec<u8> {
    let mut conn = Connection::new(Role::Server, config(both(false, 15)));
    let mut out = Vec::new();
    conn.send_compressed(message, &mut eager(), &mut out).expect("open");
    let size = match out[1] {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    assert_eq!(out[0], 0xc2);
    out.split_off(size)
}

/// Bits in the order of RFC 1951 3.1.1.
#[derive(Default)]
pub struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    /// A number, the lowest bit first.
    pub fn number(&mut self, value: u32, count: u32) -> &mut Self {
        for bit in 0..count {
            if self.used % 8 == 0 {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().expect("a byte") |= ((value >> bit & 1) as u8) << (self.used % 8);
            self.used += 1;
        }
        self
    }

    /// A Huffman code, the highest bit first.
    pub fn code(&mut self, code: u32, count: u32) -> &mut Self {
        (0..count).rev().for_each(|bit| {
            self.number(code >> bit & 1, 1);
        });
        self
    }

    /// Up to the next byte.
    pub fn align(&mut self) -> &mut Self {
        self.used = self.used.div_ceil(8) * 8;
        self
    }

    pub fn block(&mut self, last: bool, kind: u32) -> &mut Self {
        self.number(u32::from(last), 1).number(kind, 2)
    }

    /// A stored block of up to 65535 bytes.
    pub fn stored(&mut self, last: bool, bytes: &[u8]) -> &mut Self {
        let length = bytes.len() as u32;
        self.block(last, 0).align().number(length, 16).number(!length & 0xffff, 16);
        bytes.iter().for_each(|byte| {
            self.number(u32::from(*byte), 8);
        });
        self
    }

    /// A literal of a fixed block.
    pub fn literal(&mut self, byte: u8) -> &mut Self {
        match u32::from(byte) {
            byte @ 0..144 => self.code(0x30 + byte, 8),
            byte => self.code(0x190 + byte - 144, 9),
        }
    }

    /// 258 bytes from a distance of one: the most for the least in a fixed block.
    pub fn run(&mut self) -> &mut Self {
        self.code(0xc5, 8).code(0, 5)
    }

    /// Three bytes from a distance, in a fixed block.
    pub fn three_from(&mut self, distance: u32) -> &mut Self {
        let (symbol, extra, base) = (0..30)
            .map(|symbol| (symbol, extra_of(symbol), base_of(symbol)))
            .rfind(|(_, _, base)| *base <= distance)
            .expect("1 to 32768");
        self.code(1, 7).code(symbol, 5).number(distance - base, extra)
    }

    /// The end of a fixed block.
    pub fn end(&mut self) -> &mut Self {
        self.code(0, 7)
    }

    /// Ends a message: the header of an empty stored block, whose rest is taken off.
    pub fn message(&mut self) -> Vec<u8> {
        self.block(false, 0).align();
        self.bytes.clone()
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.clone()
    }
}

fn extra_of(symbol: u32) -> u32 {
    (symbol / 2).saturating_sub(1)
}

fn base_of(symbol: u32) -> u32 {
    if symbol < 4 { 1 + symbol } else { 1 + ((2 + symbol % 2) << extra_of(symbol)) }
}

/// A message in a fixed block of literals, or in a stored one.
pub fn fixed(message: &[u8]) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.block(false, 1);
    message.iter().for_each(|byte| {
        bits.literal(*byte);
    });
    bits.end().message()
}

pub fn stored(message: &[u8]) -> Vec<u8> {
    let mut bits = Bits::default();
    message.chunks(65535).for_each(|part| {
        bits.stored(false, part);
    });
    bits.message()
}

/// What was in a compressed message.
#[derive(Debug, Default)]
pub struct Trace {
    pub plain: Vec<u8>,
    pub farthest: usize,
    /// Of stored, fixed and dynamic blocks, without empty stored ones.
    pub blocks: [usize; 3],
    pub lasts: usize,
}

/// Decodes a message behind what came before it; `None` if it is malformed or does not end where it has to.
pub fn trace(message: &[u8], past: &[u8]) -> Option<Trace> {
    let bytes = [message, &TAIL].concat();
    let mut reader = Reader { bytes: &bytes, at: 0 };
    let mut trace = Trace { plain: past.to_vec(), ..Trace::default() };
    while reader.at < 8 * bytes.len() {
        let (last, kind) = (reader.number(1)?, reader.number(2)? as usize);
        if kind == 0 {
            reader.at = reader.at.div_ceil(8) * 8;
            let (length, check) = (reader.number(16)?, reader.number(16)?);
            if length != !check & 0xffff {
                return None;
            }
            for _ in 0..length {
                trace.plain.push(reader.number(8)? as u8);
            }
            trace.blocks[0] += usize::from(length > 0);
        } else {
            let (literals, distances) = match kind {
                1 => fixed_tables(),
                2 => reader.tables()?,
                _ => return None,
            };
            trace.blocks[kind] += 1;
            reader.block(&literals, &distances, &mut trace)?;
        }
        if last == 1 {
            trace.lasts += 1;
            reader.at = reader.at.div_ceil(8) * 8;
        }
    }
    trace.plain.drain(..past.len());
    Some(trace)
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

/// The symbols in the order of their codes, and how many codes there are of each length (RFC 1951 3.2.2).
struct Table {
    symbols: Vec<u32>,
    counts: [u32; 16],
}

impl Reader<'_> {
    fn number(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for bit in 0..count {
            value |= u32::from(*self.bytes.get(self.at / 8)? >> (self.at % 8) & 1) << bit;
            self.at += 1;
        }
        Some(value)
    }

    fn symbol(&mut self, table: &Table) -> Option<u32> {
        let (mut code, mut first, mut before) = (0, 0, 0);
        for count in &table.counts[1..] {
            code = code << 1 | self.number(1)?;
            if code < first + count {
                return table.symbols.get((before + code - first) as usize).copied();
            }
            before += count;
            first = (first + count) << 1;
        }
        None
    }

    fn block(&mut self, literals: &Table, distances: &Table, trace: &mut Trace) -> Option<()> {
        loop {
            let length = match self.symbol(literals)? {
                literal @ 0..256 => {
                    trace.plain.push(literal as u8);
                    continue;
                }
                256 => return Some(()),
                285 => 258,
                symbol @ 257..265 => symbol - 254,
                symbol @ 265..285 => {
                    let (group, extra) = ((symbol - 261) % 4, (symbol - 261) / 4);
                    3 + ((4 + group) << extra) + self.number(extra)?
                }
                _ => return None,
            };
            let symbol = self.symbol(distances)?;
            let distance = (base_of(symbol) + self.number(extra_of(symbol))?) as usize;
            trace.farthest = trace.farthest.max(distance);
            for _ in 0..length {
                let from = trace.plain.len().checked_sub(distance)?;
                trace.plain.push(trace.plain[from]);
            }
        }
    }

    fn tables(&mut self) -> Option<(Table, Table)> {
        let (literals, distances, count) = (self.number(5)? + 257, self.number(5)? + 1, self.number(4)? + 4);
        let mut lengths = vec![0; 19];
        for index in
            [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15].iter().take(count as usize)
        {
            lengths[*index] = self.number(3)?;
        }
        let codes = table(&lengths);
        let mut lengths = Vec::new();
        while lengths.len() < (literals + distances) as usize {
            let (value, times) = match self.symbol(&codes)? {
                16 => (*lengths.last()?, 3 + self.number(2)?),
                17 => (0, 3 + self.number(3)?),
                18 => (0, 11 + self.number(7)?),
                length => (length, 1),
            };
            lengths.extend((0..times).map(|_| value));
        }
        let (literals, distances) = lengths.split_at(literals as usize);
        Some((table(literals), table(distances)))
    }
}

fn fixed_tables() -> (Table, Table) {
    let lengths: Vec<u32> = (0..288)
        .map(|symbol| match symbol {
            0..144 => 8,
            144..256 => 9,
            256..280 => 7,
            _ => 8,
        })
        .collect();
    (table(&lengths), table(&[5; 30]))
}

fn table(lengths: &[u32]) -> Table {
    let mut symbols: Vec<u32> =
        (0..lengths.len() as u32).filter(|symbol| lengths[*symbol as usize] > 0).collect();
    symbols.sort_by_key(|symbol| lengths[*symbol as usize]);
    let mut counts = [0; 16];
    lengths.iter().filter(|length| **length > 0).for_each(|length| counts[*length as usize] += 1);
    Table { symbols, counts }
}

/// Text that compresses a little, and not the same for every seed.
pub fn json(length: usize, seed: u32) -> String {
    let mut text = String::new();
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12345);
    while text.len() < length {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text +=
            &format!("{{\"id\":{},\"name\":\"user{}\",\"ok\":{}}},", state >> 8, state >> 24, state & 1 == 0);
    }
    text.truncate(length);
    text
}

/// Bytes that do not compress.
pub fn noise(length: usize, seed: u32) -> Vec<u8> {
    let mut state = u64::from(seed) * 2 + 1;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as u8
        })
        .collect()
}
