//! `welch`.
