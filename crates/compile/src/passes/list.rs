//! The ordered list of passes, each with a switch.

use super::{
    BlockLayout, DeadOutputs, ExpandUnsupported, FuseWelchPeaks, Pass, PassContext, SelectPeaksOnlyOutputs,
};
use crate::error::{Error, Result};
use crate::graph::Graph;

/// Outcome of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassState {
    /// Switched off.
    Off,
    /// Ran, nothing applied.
    Unchanged,
    /// Rewrote the graph.
    Changed,
}

/// One pass of one compilation.
#[derive(Debug, Clone, PartialEq)]
pub struct PassTrace {
    /// Its name.
    pub name: &'static str,
    /// Its outcome.
    pub state: PassState,
    /// The change, or the reason why nothing changed.
    pub note: String,
    /// The graph before it.
    pub before: Graph,
    /// The graph after it.
    pub after: Graph,
}

/// Passes in the order in which they run.
pub struct PassList {
    passes: Vec<(Box<dyn Pass + Send + Sync>, bool)>,
}

impl std::fmt::Debug for PassList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.passes.iter().map(|(p, on)| (p.name(), on))).finish()
    }
}

impl Default for PassList {
    fn default() -> Self {
        Self::standard()
    }
}

impl PassList {
    /// No pass.
    pub fn empty() -> Self {
        Self { passes: Vec::new() }
    }

    /// Returns the standard passes, all switched on.
    ///
    /// Outputs are selected first, so that only the peaks need the spectrum; then dead bins are removed, so that
    /// bands reach the fused op; fused ops that the device does not support are expanded last.
    pub fn standard() -> Self {
        let mut list = Self::empty();
        list.push(SelectPeaksOnlyOutputs);
        list.push(DeadOutputs);
        list.push(BlockLayout);
        list.push(FuseWelchPeaks);
        list.push(ExpandUnsupported);
        list
    }

    /// Appends a pass, switched on.
    pub fn push(&mut self, pass: impl Pass + Send + Sync + 'static) {
        self.passes.push((Box::new(pass), true));
    }

    /// Returns the names in order, and whether each pass is on.
    pub fn names(&self) -> impl Iterator<Item = (&'static str, bool)> {
        self.passes.iter().map(|(p, on)| (p.name(), *on))
    }

    /// The same list with a pass switched on or off.
    ///
    /// # Errors
    /// [`Error::Argument`] with the known names.
    pub fn switch(mut self, name: &str, on: bool) -> Result<Self> {
        match self.passes.iter_mut().find(|(p, _)| p.name() == name) {
            Some((_, state)) => {
                *state = on;
                Ok(self)
            }
            None => {
                let names: Vec<&str> = self.names().map(|(n, _)| n).collect();
                Err(Error::argument(
                    "pass",
                    format!("{name:?} is unknown; expected one of {}", names.join(", ")),
                ))
            }
        }
    }

    /// Runs the passes that are on; returns the graph and what each did.
    ///
    /// # Errors
    /// When the graph does not type-check.
    pub fn run(&self, graph: &Graph, context: &PassContext<'_>) -> Result<(Graph, Vec<PassTrace>)> {
        graph.infer()?;
        let mut graph = graph.clone();
        let mut traces = Vec::with_capacity(self.passes.len());
        for (pass, on) in &self.passes {
            let before = graph.clone();
            let (state, note) = if *on {
                let rewrite = pass.run(&before, context)?;
                graph = rewrite.graph;
                (if graph == before { PassState::Unchanged } else { PassState::Changed }, rewrite.note)
            } else {
                (PassState::Off, "switched off".to_owned())
            };
            traces.push(PassTrace { name: pass.name(), state, note, before, after: graph.clone() });
        }
        Ok((graph, traces))
    }
}
