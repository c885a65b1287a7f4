//! Spectral peaks.

pub mod insert;
