//! The CPU backend: regions run as plans of `rlx_dsp`; ops without a plan run one by one on `f32` buffers.
//!
//! Regions that a device does not support run here too ([`lower_split`](crate::session::lower_split)).

mod average;
mod backend;
mod cross;
mod estimates;
mod frames;
mod fused;
mod gaps;
mod inverse;
mod limb_psd;
mod lower;
mod pointwise;
mod power;
mod program;
mod reduce;
mod transform;

pub use backend::CpuBackend;
pub use fused::useful_threads;
pub use lower::host_program;

pub(crate) use gaps::over_gaps;
pub(crate) use lower::{Part, of_regions, part};
#[cfg(any(feature = "cuda", feature = "gpu"))]
pub(crate) use power::psd_factor;
pub(crate) use program::{HostProgram, refuse_non_finite};
