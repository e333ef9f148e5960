//! Any bytes at a server.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sansws::Role;

fuzz_target!(|data: &[u8]| sansws_fuzz::bytes(Role::Server, data));
