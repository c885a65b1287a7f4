//! `stft`.
