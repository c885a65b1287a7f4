//! `peak`.
