//! Complete kernels, from samples in memory to results in memory.

pub(crate) mod band;
pub(crate) mod complex;
pub(crate) mod cross;
pub(crate) mod frames;
pub(crate) mod row;
pub(crate) mod tape;
pub(crate) mod welch;
