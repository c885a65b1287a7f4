//! `peaks`.
