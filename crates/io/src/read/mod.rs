//! Readers of signals, in blocks.
