//! Spectra in SQL: functions, mergeable aggregates and tables for [Apache DataFusion](datafusion).
//!
//! [`register_all`] adds them to a session; [`reference`] documents them. Scalar functions call a batched kernel once
//! per record batch. Aggregates keep partial states that merge, in any order, to the result of one pass. The program
//! `rlx-fft-sql` runs queries, also on a Ballista cluster (feature `cluster`), whose processes are `rlx-fft-cluster
//! scheduler` and `rlx-fft-cluster executor`.

mod aggregate;
mod answers;
mod batches;
mod describe;
mod error;
mod options;
mod plans;
#[doc(hidden)]
pub mod program;
mod register;
mod rows;
mod scalar;
mod signals;

pub use register::{aggregate_functions, reference, register_all, register_without_tables, scalar_functions};
