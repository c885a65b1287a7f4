//! `lanes`.
