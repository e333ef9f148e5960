//! Frames as they go over the wire, lawful or not: RFC 6455 5.2 read from the diagram.

/// How many bits the header spends on the length, seven and maybe 16 or 64 more.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Form {
    Seven,
    Sixteen,
    SixtyFour,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub fin: bool,
    /// Three bits.
    pub rsv: u8,
    /// Four bits.
    pub opcode: u8,
    pub key: Option<[u8; 4]>,
    pub form: Form,
    /// What the header says, which may be more than comes.
    pub length: u64,
    pub payload: Vec<u8>,
}

impl Frame {
    pub fn new(fin: bool, opcode: u8, key: Option<[u8; 4]>, payload: &[u8]) -> Self {
        let length = payload.len() as u64;
        Self { fin, rsv: 0, opcode, key, form: shortest(length), length, payload: payload.into() }
    }

    pub fn is_control(&self) -> bool {
        self.opcode >= 8
    }

    /// How many bytes it takes to know the length.
    pub fn length_end(&self) -> usize {
        match self.form {
            Form::Seven => 2,
            Form::Sixteen => 4,
            Form::SixtyFour => 10,
        }
    }

    pub fn header_end(&self) -> usize {
        self.length_end() + if self.key.is_some() { 4 } else { 0 }
    }

    pub fn end(&self) -> usize {
        self.header_end() + self.payload.len()
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mask = if self.key.is_some() { 128 } else { 0 };
        let mut bytes = vec![if self.fin { 128 } else { 0 } + self.rsv * 16 + self.opcode];
        match self.form {
            Form::Seven => bytes.push(mask + self.length as u8),
            Form::Sixteen => bytes.extend([mask + 126, (self.length >> 8) as u8, self.length as u8]),
            Form::SixtyFour => {
                bytes.push(mask + 127);
                bytes.extend((0..8).rev().map(|place| (self.length >> (8 * place)) as u8));
            }
        }
        bytes.extend(self.key.iter().flatten());
        bytes.extend(masked(self.key, &self.payload));
        bytes
    }

    /// The first frame in `bytes`, which begin with a whole one, and what follows it.
    pub fn split(bytes: &[u8]) -> (Self, &[u8]) {
        let number = |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum * 256 + u64::from(*byte));
        let (form, length, mut at) = match bytes[1] % 128 {
            126 => (Form::Sixteen, number(&bytes[2..4]), 4),
            127 => (Form::SixtyFour, number(&bytes[2..10]), 10),
            length => (Form::Seven, u64::from(length), 2),
        };
        let key = (bytes[1] >= 128).then(|| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        at += key.map_or(0, |key| key.len());
        let end = at + length as usize;
        let frame = Self {
            fin: bytes[0] >= 128,
            rsv: bytes[0] / 16 % 8,
            opcode: bytes[0] % 16,
            key,
            form,
            length,
            payload: masked(key, &bytes[at..end]),
        };
        (frame, &bytes[end..])
    }
}

pub fn shortest(length: u64) -> Form {
    match length {
        0..=125 => Form::Seven,
        126..=65535 => Form::Sixteen,
        _ => Form::SixtyFour,
    }
}

fn masked(key: Option<[u8; 4]>, payload: &[u8]) -> Vec<u8> {
    let key = key.unwrap_or_default();
    payload.iter().enumerate().map(|(index, byte)| byte ^ key[index % 4]).collect()
}
