//! Reads files as blocks of samples of the selected channels.

mod axis;
mod blocks;
mod choose;
mod clock;
mod each;
mod explain;
mod sample;
mod select;

pub(crate) use axis::Axis;
pub(crate) use blocks::{Blocks, Step};
pub(crate) use each::{Meant, for_each_meant, for_each_signal};
pub(crate) use explain::explain;
pub(crate) use sample::{InputSample, with_samples};
pub(crate) use select::{Signal, source_name};
