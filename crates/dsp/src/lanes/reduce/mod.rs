//! Reduces the points of a transform to powers, mel energies and peaks, in lanes.

pub(crate) mod log;
pub(crate) mod median;
pub(crate) mod mel;
pub(crate) mod one_sided;
pub(crate) mod products;
pub(crate) mod slopes;
pub(crate) mod sort;
pub(crate) mod topk;
pub(crate) mod two_for_one;
