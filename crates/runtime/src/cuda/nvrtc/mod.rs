//! NVIDIA's run-time compiler: located, called, and its results cached.
//!
//! It is bound here and not through cudarc, which loads the library only by name: this module searches `RLX_NVRTC`, a
//! toolkit and a Python environment, and takes the newest library that the driver supports.

mod api;
mod cache;
mod find;

pub(crate) use api::{Nvrtc, nvrtc};
pub(crate) use cache::{CubinCache, KernelSource};
