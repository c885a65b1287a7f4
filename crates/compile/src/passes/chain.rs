//! Recognises Segment … TopK.

use crate::graph::{Graph, Node, NodeId};
use crate::op::Op;
use crate::params::{Average, Band, Detrend, Mask, Padding, Symmetry, WelchPeaksSpec, Window};
use crate::shape::{ValueKind, ValueType, one_sided_bins};

/// A chain that the fused op computes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chain {
    /// The TopK at its end.
    pub(super) top_k: NodeId,
    /// The samples that it reads.
    pub(super) source: NodeId,
    /// The op that replaces it.
    pub(super) spec: WelchPeaksSpec,
}

/// Returns all chains of a graph of these types whose inner values have no other consumer.
pub(super) fn find(graph: &Graph, types: &[ValueType]) -> Vec<Chain> {
    let users = graph.users();
    graph
        .iter()
        .filter_map(|(id, node)| match node.op {
            Op::TopK { k } => Walk { graph, types, users: &users, at: node, keep: None }.chain(id, k),
            _ => None,
        })
        .collect()
}

/// Walks from the TopK towards the samples.
struct Walk<'a> {
    graph: &'a Graph,
    types: &'a [ValueType],
    users: &'a [Vec<NodeId>],
    at: &'a Node,
    /// Bins that the masks of the chain keep.
    keep: Option<Band>,
}

impl<'a> Walk<'a> {
    /// Steps to the operand; `None` if its value has another consumer.
    fn step(&mut self) -> Option<&'a Op> {
        let &id = self.at.inputs.first()?;
        if self.users.get(id.0)?.len() != 1 {
            return None;
        }
        self.at = self.graph.get(id)?;
        Some(&self.at.op)
    }

    /// Steps to the operand, skipping bands, which the fused op supports.
    fn step_over_bands(&mut self) -> Option<&'a Op> {
        loop {
            match self.step()? {
                Op::SpectralMask { mask: Mask::Band(band) } => self.narrow(*band),
                op => return Some(op),
            }
        }
    }

    fn narrow(&mut self, band: Band) {
        self.keep = Some(self.keep.map_or(band, |k| k.intersect(band)));
    }

    fn chain(mut self, top_k: NodeId, k: usize) -> Option<Chain> {
        let average: Average = match self.step_over_bands()? {
            Op::Average { average } => *average,
            _ => return None,
        };
        if !matches!(self.step_over_bands()?, Op::Power { one_sided: true }) {
            return None;
        }
        let n_fft = match self.step_over_bands()? {
            Op::Fft { n_fft, keep, .. } => {
                if let Some(band) = keep {
                    self.narrow(*band);
                }
                *n_fft
            }
            _ => return None,
        };
        let mut op = self.step()?;
        let (mut window, mut symmetry, mut detrend) =
            (Window::Rectangular, Symmetry::Periodic, Detrend::None);
        if let Op::Window { window: w, symmetry: s } = op {
            (window, symmetry) = (w.clone(), *s);
            op = self.step()?;
        }
        if let Op::Detrend { kind } = op {
            detrend = *kind;
            op = self.step()?;
        }
        let Op::Segment { len, hop, pad: Padding::None, drop_last: 0 } = *op else { return None };
        let &source = self.at.inputs.first()?;
        let real = matches!(self.types.get(source.0)?.kind, ValueKind::Samples { complex: false });
        // A two-sided band may end above the one-sided bins, or lie entirely there.
        let all = Band { lo: 0, hi: one_sided_bins(n_fft) };
        let keep = self.keep.map(|k| k.intersect(all)).filter(|&k| k != all);
        let spec =
            WelchPeaksSpec { segment_len: len, hop, n_fft, k, window, symmetry, detrend, average, keep };
        (real && keep.is_none_or(|k| k.width() > 0)).then_some(Chain { top_k, source, spec })
    }
}
