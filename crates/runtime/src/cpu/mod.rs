//! The CPU: regions are plans of `rlx_dsp`, what no plan has goes op by op on `f32` buffers.
//!
//! A device that lacks an op leaves the rest of a plan to the host, which runs it here too
//! ([`lower_split`](crate::session::lower_split)).

mod average;
mod backend;
mod estimates;
mod frames;
mod fused;
mod gaps;
mod inverse;
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
