//! NVIDIA's run-time compiler: found, called, and what it made kept.
//!
//! It is bound here and not through cudarc, which loads the library by its name alone: `RLX_NVRTC`, a toolkit and a
//! Python environment have to be looked through, and the newest one that the driver still understands has to win.

mod api;
mod cache;
mod find;

pub(crate) use api::{Nvrtc, nvrtc};
pub(crate) use cache::{CubinCache, KernelSource};
