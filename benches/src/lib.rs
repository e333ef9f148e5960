//! What the benches share: payloads as they lie in a read buffer, the loops that are the limit, and what is private in
//! sansws and is built here once more.

extern crate alloc;

pub mod limit;
#[allow(dead_code)]
#[path = "../../src/mask/mod.rs"]
pub mod mask;
pub mod private;
#[allow(dead_code)]
#[path = "../../src/utf8.rs"]
pub mod utf8;

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput};

/// Payloads of one size behind each other, each at the same offset from a cache line.
///
/// Small ones are many, so that what is measured is not one that was stored a moment ago.
pub struct Payloads {
    buf: Vec<u8>,
    first: usize,
    size: usize,
    stride: usize,
    count: usize,
}

impl Payloads {
    pub fn new(size: usize, offset: usize, fill: impl Fn(usize) -> u8) -> Self {
        let stride = (size + offset).next_multiple_of(64);
        let count = (16384 / stride).max(1);
        let buf = vec![0; stride * count + 128];
        let first = buf.as_ptr().align_offset(64) + offset;
        let mut payloads = Self { buf, first, size, stride, count };
        payloads.each(|payload| payload.iter_mut().enumerate().for_each(|(at, byte)| *byte = fill(at)));
        payloads
    }

    /// Bytes that one round is about.
    pub fn throughput(&self) -> Throughput {
        Throughput::Bytes((self.size * self.count) as u64)
    }

    /// One round. The compiler does not learn the size.
    #[inline(always)]
    pub fn each(&mut self, mut work: impl FnMut(&mut [u8])) {
        for index in 0..self.count {
            let start = self.first + index * self.stride;
            work(&mut self.buf[start..start + black_box(self.size)]);
        }
    }
}

/// Many short benches instead of few long ones.
pub fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(400))
        .sample_size(20)
        .without_plots()
        .configure_from_args()
}
