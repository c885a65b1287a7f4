//! Passes: each rewrites a graph into one that computes the same and moves less.

mod block_layout;
mod chain;
mod compile;
mod dead_outputs;
mod expand;
mod fuse_welch_peaks;
mod list;
mod select_peaks_only;

pub use block_layout::BlockLayout;
pub use compile::{Compiled, compile};
pub use dead_outputs::DeadOutputs;
pub use expand::{ExpandUnsupported, expand_welch_peaks};
pub use fuse_welch_peaks::FuseWelchPeaks;
pub use list::{PassList, PassState, PassTrace};
pub use select_peaks_only::SelectPeaksOnlyOutputs;

use crate::caps::BackendCaps;
use crate::cost::BackendCostModel;
use crate::error::Result;
use crate::graph::Graph;
use crate::regions::Kernels;

/// Whether the fused op is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FusionPolicy {
    /// Where the device has it and the gate passes.
    #[default]
    Auto,
    /// Wherever the device has it.
    Always,
    /// Nowhere.
    Never,
}

/// What a pass may know of the device.
#[derive(Clone, Copy)]
pub struct PassContext<'a> {
    /// What it claims.
    pub caps: &'a BackendCaps,
    /// Its answers; the claims where there is no more.
    pub kernels: &'a dyn Kernels,
    /// What things cost there.
    pub model: &'a BackendCostModel,
    /// Whether to fuse.
    pub policy: FusionPolicy,
}

impl std::fmt::Debug for PassContext<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PassContext")
            .field("caps", &self.caps)
            .field("model", &self.model)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl<'a> PassContext<'a> {
    /// Returns the default policy on this device.
    pub fn new(caps: &'a BackendCaps, model: &'a BackendCostModel) -> Self {
        Self { caps, kernels: caps, model, policy: FusionPolicy::Auto }
    }
}

/// What a pass made of a graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Rewrite {
    /// The graph afterwards; the same when nothing applied.
    pub graph: Graph,
    /// What was done or why nothing was.
    pub note: String,
}

impl Rewrite {
    /// Returns the graph as it was.
    pub fn unchanged(graph: &Graph, note: impl Into<String>) -> Self {
        Self { graph: graph.clone(), note: note.into() }
    }
}

/// A rewrite of a graph that type-checks into one that type-checks, with the same results by name, shape and
/// value.
pub trait Pass {
    /// Returns the name by which it is switched off.
    fn name(&self) -> &'static str;

    /// Rewrites.
    ///
    /// # Errors
    /// When the graph does not type-check. That nothing applies is not an error.
    fn run(&self, graph: &Graph, context: &PassContext<'_>) -> Result<Rewrite>;
}
