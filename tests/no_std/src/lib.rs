//! Links the core without `std`: with a panic handler of its own this does not build if anything brings `std` in.

#![no_std]

extern crate alloc;

use alloc::vec::Vec;
use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;
use core::time::Duration;

use sansws::handshake::server::{Accept, Handshake};
use sansws::timer::{Timeouts, Timers};
use sansws::{Config, Event, Input, MessageBuf};

/// An echo server's whole life on one buffer; never run, only linked.
#[unsafe(no_mangle)]
pub extern "C" fn echo(bytes: *mut u8, length: usize) -> usize {
    // SAFETY: the caller lends `length` bytes.
    let bytes = unsafe { core::slice::from_raw_parts_mut(bytes, length) };
    let (mut input, mut store, mut out) = (Input::new(bytes), MessageBuf::new(), Vec::new());
    let Some(Ok(request)) = Handshake::new().receive(&mut input, &mut out) else { return 0 };
    let Ok(mut conn) = request.accept(&Accept::new(), Config::default(), &mut out) else { return 0 };
    let mut timers = Timers::new(Timeouts::new(), Duration::ZERO);
    while let Some(event) = conn.receive_message(&mut input, &mut store, &mut out) {
        if let Event::Data(message) = event {
            let _ = conn.send(message, &mut out);
        }
    }
    timers.poll(Duration::from_secs(60), conn.sender(), &mut out);
    out.len()
}

struct NoMemory;

// SAFETY: it never gives any memory.
unsafe impl GlobalAlloc for NoMemory {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: NoMemory = NoMemory;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}
