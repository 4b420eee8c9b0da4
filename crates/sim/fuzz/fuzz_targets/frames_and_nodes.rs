//! Bytes from strangers, as streams and as decrypted frames.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| waygate_sim::fuzzing::take(input));
