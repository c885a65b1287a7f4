//! All tests in one program: each one more would link DataFusion again.

mod aggregates;
mod arguments;
#[cfg(feature = "cluster")]
mod cluster;
mod common;
mod partitions;
mod program;
mod reference;
mod scalars;
mod signals;
