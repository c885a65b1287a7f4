//! Segment → [Detrend, Preemphasis, Window, Affine in any order]: frames as a rule over samples.

use crate::graph::{Graph, NodeId};
use crate::op::Op;
use crate::params::{Detrend, Padding, Symmetry, Window};
use crate::shape::{ValueKind, ValueType};

/// A step that is applied to each frame.
#[derive(Debug, Clone, PartialEq)]
pub enum FrameStep {
    /// The mean or the line is subtracted.
    Detrend(Detrend),
    /// `y[i] = x[i] − c · x[i−1]`, the first sample its own predecessor.
    Preemphasis(f64),
    /// The frame is weighted.
    Window(Window, Symmetry),
    /// `x · scale + offset`.
    Affine {
        /// Factor.
        scale: f64,
        /// Added after it.
        offset: f64,
    },
}

/// Frames `[batch, segments, len]` as a rule over samples `[batch, row_len]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Framed {
    /// The samples.
    pub source: NodeId,
    /// The ops, in data order.
    pub nodes: Vec<NodeId>,
    /// Samples in a row.
    pub row_len: usize,
    /// Frames in a row.
    pub segments: usize,
    /// Samples in a frame.
    pub len: usize,
    /// Distance between the starts of consecutive frames, in samples.
    pub hop: usize,
    /// Padding beyond the ends of a row.
    pub pad: Padding,
    /// Frames left out at the end.
    pub drop_last: usize,
    /// Whether samples are complex.
    pub complex: bool,
    /// The steps applied to each frame, in order.
    pub steps: Vec<FrameStep>,
}

/// Steps in the order of an estimate: detrend, pre-emphasis, window.
#[derive(Debug, Clone, PartialEq)]
pub struct Plain {
    /// Detrending.
    pub detrend: Detrend,
    /// Pre-emphasis of the frame.
    pub preemphasis: Option<f64>,
    /// Window; rectangular if there is none.
    pub window: Window,
    /// Whether the window is periodic or symmetric.
    pub symmetry: Symmetry,
}

impl Framed {
    /// Returns the rule of a frames value.
    pub fn of(graph: &Graph, types: &[ValueType], frames: NodeId) -> Option<Self> {
        let (mut nodes, mut steps) = (Vec::new(), Vec::new());
        let mut at = frames;
        loop {
            let node = graph.get(at)?;
            let operand = *node.inputs.first()?;
            nodes.push(at);
            match &node.op {
                Op::Detrend { kind: Detrend::None } => {}
                Op::Detrend { kind } => steps.push(FrameStep::Detrend(*kind)),
                Op::Preemphasis { coefficient, per_frame: true } => {
                    steps.push(FrameStep::Preemphasis(*coefficient));
                }
                Op::Window { window, symmetry } => steps.push(FrameStep::Window(window.clone(), *symmetry)),
                Op::Affine { scale, offset } => {
                    steps.push(FrameStep::Affine { scale: *scale, offset: *offset })
                }
                &Op::Segment { len, hop, pad, drop_last } => {
                    nodes.reverse();
                    steps.reverse();
                    let samples = types.get(operand.0)?;
                    return Some(Self {
                        source: operand,
                        nodes,
                        row_len: samples.last(),
                        segments: types.get(at.0)?.dims.get(1).copied()?,
                        len,
                        hop,
                        pad,
                        drop_last,
                        complex: samples.kind == ValueKind::Samples { complex: true },
                        steps,
                    });
                }
                Op::Input { .. }
                | Op::Preemphasis { per_frame: false, .. }
                | Op::Fft { .. }
                | Op::InverseFft { .. }
                | Op::Butterfly(_)
                | Op::Power { .. }
                | Op::Magnitude
                | Op::CrossSpectra(_)
                | Op::LimbPsd(_)
                | Op::Average { .. }
                | Op::Psd { .. }
                | Op::TopK { .. }
                | Op::LocalPeaks(_)
                | Op::WelchPeaks(_)
                | Op::MelFilterbank(_)
                | Op::Log { .. }
                | Op::ClampNormalise { .. }
                | Op::NormaliseFeatures { .. }
                | Op::SpectralMask { .. }
                | Op::Output { .. } => return None,
            }
            at = operand;
        }
    }

    /// Returns the steps, if each occurs at most once and they are in the usual order.
    pub fn plain(&self) -> Option<Plain> {
        let mut plain = Plain {
            detrend: Detrend::None,
            preemphasis: None,
            window: Window::Rectangular,
            symmetry: Symmetry::Periodic,
        };
        let mut reached = 0;
        for step in &self.steps {
            let place = match step {
                FrameStep::Detrend(kind) => {
                    plain.detrend = *kind;
                    1
                }
                FrameStep::Preemphasis(c) => {
                    plain.preemphasis = Some(*c);
                    2
                }
                FrameStep::Window(window, symmetry) => {
                    (plain.window, plain.symmetry) = (window.clone(), *symmetry);
                    3
                }
                FrameStep::Affine { .. } => return None,
            };
            if place <= reached {
                return None;
            }
            reached = place;
        }
        Some(plain)
    }

    /// Returns the whether all frames lie inside their rows.
    pub fn is_inside(&self) -> bool {
        self.pad == Padding::None && self.drop_last == 0
    }
}
