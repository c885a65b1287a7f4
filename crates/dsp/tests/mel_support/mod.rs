//! Inputs that the golden scripts make bit for bit as here, and readers of golden files.
#![allow(dead_code, reason = "each test binary uses a part of this module")]

use std::path::PathBuf;

use serde_json::Value;

/// Uniform in [−1, 1): 64-bit LCG with Knuth's MMIX constants, upper 53 bits (`lcg` of the golden scripts).
pub(crate) fn lcg(seed: u64, n: usize) -> Vec<f64> {
    let mut state = seed;
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64 * 2.0 - 1.0
        })
        .collect()
}

/// A file of the repository's examples.
pub(crate) fn example(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/data").join(name)
}

/// The 1024 int16 samples of `ecg.npy`: a version 1 header, then little-endian data.
pub(crate) fn ecg() -> Vec<f64> {
    let bytes = std::fs::read(example("ecg.npy")).expect("examples/data/ecg.npy");
    let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    bytes[header..].chunks_exact(2).map(|b| f64::from(i16::from_le_bytes([b[0], b[1]]))).collect()
}

/// The yearly sunspot numbers.
pub(crate) fn sunspots() -> Vec<f64> {
    let text = std::fs::read_to_string(example("sunspots.csv")).expect("examples/data/sunspots.csv");
    text.lines()
        .skip(1)
        .map(|l| l.split(',').nth(1).expect("two columns").parse().expect("a number"))
        .collect()
}

/// A golden file under `tests/golden`.
pub(crate) fn golden(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A number, or one of the strings "inf", "-inf", "nan" for values that JSON cannot represent.
pub(crate) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().expect("a number").parse().expect("inf or nan"))
}

/// A list of numbers.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(number).collect()
}

/// A list of indices.
pub(crate) fn indices(value: &Value) -> Vec<usize> {
    value.as_array().expect("a list").iter().map(|v| v.as_u64().expect("an index") as usize).collect()
}
