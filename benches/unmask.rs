//! Unmasking alone: every kernel beside a naive loop, `memcpy` and a pure load-xor-store loop.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench unmask`

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use sansws_benches::mask::MaskingKey;
use sansws_benches::{Payloads, limit, private};

const SIZES: [usize; 9] = [16, 64, 125, 256, 1024, 4096, 65536, 1 << 20, 64 << 20];
const KEY: u32 = 0xf4a3_5211;

fn unmask(criterion: &mut Criterion) {
    for (offset, phase) in [(0, 0), (1, 0), (6, 3)] {
        for size in SIZES {
            let mut group = criterion.benchmark_group(format!("unmask at {offset} turned {phase}"));
            let mut payloads = Payloads::new(size, offset, |_| b'a');
            group.throughput(payloads.throughput());
            let key = black_box(KEY.rotate_right(8 * phase));
            let new_key = || MaskingKey::new(key.to_le_bytes());
            macro_rules! bench {
                ($name:expr, $work:expr) => {
                    group.bench_function(criterion::BenchmarkId::new($name, size), |bencher| {
                        bencher.iter(|| payloads.each($work));
                    });
                };
            }

            for (name, pure) in limit::loops() {
                bench!(name, |payload| pure(payload, key));
            }
            let mut copy = vec![0; size];
            bench!("memcpy", |payload| black_box(&mut copy)[..payload.len()].copy_from_slice(payload));
            if size <= 1 << 20 {
                bench!("naive", |payload| {
                    payload
                        .iter_mut()
                        .zip(key.to_le_bytes().iter().cycle())
                        .for_each(|(byte, key)| *byte ^= key);
                });
            }
            bench!("apply", |payload| new_key().apply(payload));
            bench!("apply_checked", |payload| {
                black_box(private::apply_checked(new_key(), payload));
            });
            let mut out = Vec::with_capacity(size);
            bench!("apply_to", |payload| {
                out.clear();
                new_key().apply_to(payload, &mut out);
                black_box(&mut out);
            });
            if size > 128 {
                for (name, kernel) in private::kernels() {
                    bench!(name, |payload| {
                        let bytes = payload.as_mut_ptr();
                        // SAFETY: the kernels take all lengths above 128, in place.
                        black_box(unsafe { kernel(bytes, bytes, payload.len(), key) });
                    });
                }
            }
        }
    }
}

criterion_group! { name = benches; config = sansws_benches::criterion(); targets = unmask }
criterion_main!(benches);
