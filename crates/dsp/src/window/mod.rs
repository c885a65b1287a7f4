//! `window`.
