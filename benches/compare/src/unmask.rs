//! Unmasking alone, and unmasking with the check of text.

use std::hint::black_box;

use fastrand::Rng;
use sansws::mask::MaskingKey;
use sansws::{Config, Connection, Event, Input, Message, MessageBuf, Role};

use crate::limits;
use crate::race::{Contestant, Pace, race};
use crate::row::Class;
use crate::wire::{self, Content};

pub const SIZES: [usize; 8] = [16, 64, 125, 1 << 10, 4 << 10, 64 << 10, 1 << 20, 64 << 20];
pub const OFFSETS: [usize; 3] = [0, 1, 6];
pub const TEXT_SIZES: [usize; 4] = [1 << 10, 16 << 10, 64 << 10, 1 << 20];

const KEY: u32 = 0x1234_5678;

pub fn measure(pace: Pace) {
    for size in SIZES {
        for offset in OFFSETS {
            race("unmask", size, offset, kernels(size, offset), pace);
        }
    }
    for size in TEXT_SIZES {
        let contestants = vec![receive(Content::Binary, size), receive(Content::Text, size)];
        race("unmask with text", size, 0, contestants, pace);
    }
}

/// Those of the peers are there that are public.
fn kernels(size: usize, offset: usize) -> Vec<Contestant> {
    let bytes = KEY.to_le_bytes();
    let floor = Class::Floor;
    // Each is called by name, so that none pays for a call that another does not.
    let mut all = vec![kernel("loop: words", floor, size, offset, |payload| limits::words(payload, KEY))];
    if is_x86_feature_detected!("avx2") {
        all.push(kernel("loop: AVX2 x4", floor, size, offset, |payload| {
            // SAFETY: the processor has it.
            unsafe { limits::avx2(payload, KEY) }
        }));
    }
    if is_x86_feature_detected!("avx512bw") {
        all.push(kernel("loop: AVX-512 x4, masked tail", floor, size, offset, |payload| {
            // SAFETY: the processor has it.
            unsafe { limits::avx512(payload, KEY) }
        }));
        all.push(kernel("loop: the same, aligned", floor, size, offset, |payload| {
            // SAFETY: the processor has it.
            unsafe { limits::avx512_aligned(payload, KEY) }
        }));
    }
    all.push(kernel("sansws", Class::Sansws, size, offset, move |payload| {
        MaskingKey::new(bytes).apply(payload);
    }));
    all.push(kernel("fastwebsockets", Class::Peer, size, offset, move |payload| {
        fastwebsockets::unmask(payload, bytes);
    }));
    all.push(kernel("websocket-sans-io", Class::Peer, size, offset, move |payload| {
        websocket_sans_io::apply_mask(bytes, payload, 0);
    }));
    all.push(kernel("yawc", Class::Peer, size, offset, move |payload| {
        yawc::mask::apply_mask(payload, bytes);
    }));
    all.push(kernel("sockudo-ws", Class::Peer, size, offset, move |payload| {
        sockudo_ws::simd::apply_mask(payload, bytes);
    }));
    all
}

/// Short payloads lie one after the other in 16 KiB, so that none waits for its own bytes to be stored.
fn kernel(
    name: &str,
    class: Class,
    size: usize,
    offset: usize,
    unmask: impl Fn(&mut [u8]) + 'static,
) -> Contestant {
    let stride = (offset + size).next_multiple_of(64);
    let count = ((16 << 10) / stride).max(1);
    let mut arena = vec![0; stride * count + 64];
    let start = arena.as_ptr().align_offset(64);

    arena[start + offset..][..size].copy_from_slice(&wire::payload(Content::Binary, size, &mut Rng::new()));
    let expected: Vec<u8> = arena[start + offset..][..size]
        .iter()
        .zip(KEY.to_le_bytes().iter().cycle())
        .map(|(byte, key)| byte ^ key)
        .collect();
    unmask(&mut arena[start + offset..][..size]);
    assert!(arena[start + offset..][..size] == expected, "{name} is wrong");

    Contestant::new(name, class, count, move || {
        for slot in arena[start..].chunks_exact_mut(stride).take(count) {
            unmask(black_box(&mut slot[offset..offset + size]));
        }
    })
}

/// Receives one message, which lies whole in the buffer, over and over. The key has no high bits, so that what is
/// ASCII stays ASCII however often it is masked, and nothing has to be put back in between.
fn receive(content: Content, size: usize) -> Contestant {
    let mut frame = Vec::new();
    wire::frame(
        content,
        &wire::payload(content, size, &mut Rng::with_seed(1)),
        Some([1, 2, 3, 4]),
        &mut frame,
    );
    let name = format!("sansws, {content:?}").to_lowercase();
    let mut conn = Connection::new(Role::Server, Config::new());
    let (mut store, mut out) = (MessageBuf::new(), Vec::new());
    Contestant::new(&name, Class::Sansws, 1, move || {
        let mut input = Input::new(black_box(&mut frame));
        match conn.receive_message(&mut input, &mut store, &mut out) {
            Some(Event::Data(Message::Text(text))) => assert_eq!(black_box(text).len(), size),
            Some(Event::Data(Message::Binary(bytes))) => assert_eq!(black_box(bytes).len(), size),
            other => panic!("{other:?}"),
        }
    })
}
