//! Entry point for fuzzers and tests: arbitrary bytes as a request to a small engine.

use crate::{Engine, EngineOptions, Opener, Recording, Session};
use rlx_io::read::{OpenOptions, Source, open_source};
use std::sync::Arc;

/// Answers `bytes` as a request about two small recordings, one real and one complex. Errors are expected; panics and
/// large allocations are faults.
pub fn drive(bytes: &[u8]) {
    let engine = Engine::new(
        ["s16le", "iq-f32le"].into_iter().flat_map(recordings).collect(),
        EngineOptions { cache_bytes: 1 << 20, ..EngineOptions::default() },
    );
    if let Ok(reply) = engine.handle(bytes, &Session::default()) {
        let _ = reply.into_bytes();
    }
}

fn recordings(raw: &str) -> Vec<Recording> {
    let samples: Vec<u8> =
        (0..40_000u32).flat_map(|i| (i.wrapping_mul(2_654_435_761) >> 8).to_le_bytes()).collect();
    let options = OpenOptions {
        raw: raw.parse().ok(),
        rate: Some(1000.0),
        channels: Some(2),
        ..OpenOptions::default()
    };
    let open: Opener = Arc::new(move || open_source(Source::from_bytes("fuzz", samples.clone()), &options));
    Recording::open(open).unwrap_or_default()
}
