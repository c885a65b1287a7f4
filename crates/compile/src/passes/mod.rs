//! Passes: each rewrites a graph into an equivalent one that moves less data.

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

/// When the fused op is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FusionPolicy {
    /// If the device supports it and the gate passes.
    #[default]
    Auto,
    /// Whenever the device supports it.
    Always,
    /// Never.
    Never,
}

/// The information about the device that passes use.
#[derive(Clone, Copy)]
pub struct PassContext<'a> {
    /// Its capabilities.
    pub caps: &'a BackendCaps,
    /// Its answers for regions; derived from the capabilities if the device is not open.
    pub kernels: &'a dyn Kernels,
    /// Its cost model.
    pub model: &'a BackendCostModel,
    /// When to fuse.
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

/// The result of a pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Rewrite {
    /// The graph afterwards; unchanged if nothing applied.
    pub graph: Graph,
    /// The change, or the reason why nothing changed.
    pub note: String,
}

impl Rewrite {
    /// Returns the graph as it was.
    pub fn unchanged(graph: &Graph, note: impl Into<String>) -> Self {
        Self { graph: graph.clone(), note: note.into() }
    }
}

/// A rewrite that preserves well-typedness and every result's name, shape and value.
pub trait Pass {
    /// Returns the name by which it is switched off.
    fn name(&self) -> &'static str;

    /// Rewrites a graph.
    ///
    /// # Errors
    /// If the graph does not type-check. A pass that does not apply is not an error.
    fn run(&self, graph: &Graph, context: &PassContext<'_>) -> Result<Rewrite>;
}
