//! Regions: ops that one kernel runs, recognised once for every backend.
//!
//! [`candidates`] lists the regions that may begin at an op, the largest first; [`cover`] walks a graph and asks for each
//! op whether one of them is accepted. A backend answers with [`Kernels`]; the host's answer is [`on_host`].

mod candidates;
mod cover;
mod framed;
mod host;
mod kernels;
mod task;

pub use candidates::{View, candidates};
pub use cover::{Cover, cover};
pub use framed::{FrameStep, Framed, Plain};
pub use host::on_host;
pub use kernels::{Asked, Kernels, Refusal};
pub use task::{Learned, LogMel, Region, Spectrogram, Task, Transform, Welch};

#[cfg(test)]
mod tests;
