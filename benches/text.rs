//! Text: unmasking and validating together, and messages that come in several reads.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench text`

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sansws_benches::Payloads;
use sansws_benches::mask::MaskingKey;
use sansws_benches::private::{self, Parts};

const KEY: [u8; 4] = [0x11, 0x52, 0xa3, 0xf4];

const TEXTS: [(&str, &str); 3] = [
    ("ASCII", r#"{"type":"update","id":48151623,"ok":true,"tags":["a","b"]},"#),
    ("Cyrillic", "Съешь ещё этих мягких французских булок, да выпей чаю. "),
    ("CJK", "色は匂へど散りぬるを我が世誰ぞ常ならむ"),
];

fn masked(text: &str, size: usize) -> Vec<u8> {
    let mut bytes = text.bytes().cycle().take(size).collect::<Vec<_>>();
    // Whole code points: what is cut goes.
    let whole = std::str::from_utf8(&bytes).map_or_else(|error| error.valid_up_to(), str::len);
    bytes[whole..].fill(b' ');
    MaskingKey::new(KEY).apply(&mut bytes);
    bytes
}

/// A whole message in the read buffer, six bytes behind an aligned header.
fn whole(criterion: &mut Criterion) {
    for (name, text) in TEXTS {
        let mut group = criterion.benchmark_group(format!("text {name}"));
        for size in [16, 64, 125, 1024, 4096, 16384, 65536, 1 << 20] {
            let source = masked(text, size);
            let mut payloads = Payloads::new(size, 6, |at| source[at]);
            group.throughput(payloads.throughput());
            // It has to be text in every round: a key of zeros costs what others cost.
            let key = black_box(MaskingKey::new([0; 4]));
            payloads.each(|payload| MaskingKey::new(KEY).apply(payload));
            macro_rules! bench {
                ($name:expr, $work:expr) => {
                    group.bench_function(BenchmarkId::new($name, size), |bencher| {
                        bencher.iter(|| payloads.each($work));
                    });
                };
            }

            bench!("unmask alone", |payload| { key.clone().apply(payload) });
            bench!("fused", |payload| {
                black_box(private::text(payload, key));
            });
            bench!("two passes, std", |payload| {
                key.clone().apply(payload);
                let _ = black_box(std::str::from_utf8(payload));
            });
            #[cfg(feature = "simdutf8")]
            bench!("two passes, simdutf8", |payload| {
                key.clone().apply(payload);
                let _ = black_box(simdutf8::basic::from_utf8(payload));
            });
        }
    }
}

/// A message in reads of 64 KiB, put together in a buffer. Each read is copied first, as a system does, outside the time.
fn spanning(criterion: &mut Criterion) {
    const READ: usize = 64 << 10;
    const OFFSET: usize = 14;
    for size in [1 << 20, 16 << 20, 256 << 20, 1 << 30] {
        let source = masked(TEXTS[0].1, READ);
        let mut read_buffer = vec![0; OFFSET + READ];
        let mut group = criterion.benchmark_group("spanning");
        group.throughput(Throughput::Bytes(size as u64)).sample_size(10);
        let mut bench = |name: &str, work: &mut dyn FnMut(&mut [u8], bool)| {
            group.bench_function(BenchmarkId::new(name, size), |bencher| {
                bencher.iter_custom(|rounds| {
                    let mut time = Duration::ZERO;
                    for read in 0..rounds as usize * (size / READ) {
                        read_buffer[OFFSET..].copy_from_slice(&source);
                        let start = Instant::now();
                        work(&mut read_buffer[OFFSET..], read % (size / READ) == 0);
                        time += start.elapsed();
                    }
                    time
                });
            });
        };

        let mut store = Vec::with_capacity(size);
        for (name, block) in [
            ("memcpy alone", 0),
            ("memcpy + unmask in 16 KiB", 16 << 10),
            ("memcpy + unmask in 64 KiB", READ),
        ] {
            bench(name, &mut |read, is_first| {
                if is_first {
                    store.clear();
                }
                if block == 0 {
                    store.extend_from_slice(read);
                } else {
                    let mut key = MaskingKey::new(KEY);
                    for block in read.chunks(block) {
                        let start = store.len();
                        store.extend_from_slice(block);
                        key.apply(&mut store[start..]);
                    }
                }
                black_box(&mut store);
            });
        }
        drop(store);
        let mut parts = Parts::with_capacity(size);
        bench("binary", &mut |read, is_first| {
            if is_first {
                parts.clear();
            }
            parts.binary(read, MaskingKey::new(KEY));
        });
        bench("text", &mut |read, is_first| {
            if is_first {
                parts.clear();
            }
            parts.text(read, MaskingKey::new(KEY));
        });
    }
}

criterion_group! { name = benches; config = sansws_benches::criterion(); targets = whole, spanning }
criterion_main!(benches);
