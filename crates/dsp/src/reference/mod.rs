//! `reference`.
