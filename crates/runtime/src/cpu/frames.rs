//! Segments as a transform loads them: framing, padding, detrending and windows, without a copy of all frames.

use num_complex::Complex32;
use rlx_compile::params::{Detrend, Padding};
use rlx_compile::{Graph, NodeId, Op, ValueKind, ValueType};
use rlx_dsp::fft::Sample;

use super::program::Step;
use crate::error::{Error, Result};

/// What happens to each frame, in order.
#[derive(Debug, Clone)]
enum FrameOp {
    Detrend(Detrend),
    Preemphasis(f32),
    Window(Vec<f32>),
    Affine(f32, f32),
}

/// Frames `[b, s, len]` as a rule over samples `[b, n]`.
#[derive(Debug, Clone)]
pub(super) struct FrameSource {
    pub(super) batch: usize,
    pub(super) segments: usize,
    pub(super) len: usize,
    pub(super) complex: bool,
    samples: usize,
    hop: usize,
    pad: Padding,
    ops: Vec<FrameOp>,
}

/// A sample that windows apply to.
pub(super) trait FrameSample: Sample + std::ops::Mul<f32, Output = Self> {}
impl FrameSample for f32 {}
impl FrameSample for Complex32 {}

impl FrameSource {
    /// The rule behind a value of frames, and the samples that it is applied to.
    pub(super) fn new(graph: &Graph, types: &[ValueType], frames: NodeId) -> Result<(Self, NodeId)> {
        let unsupported = |id: NodeId| Error::unsupported(format!("{id} does not make frames of samples"));
        let mut ops = Vec::new();
        let mut at = frames;
        loop {
            let node = graph.get(at).ok_or_else(|| unsupported(at))?;
            let operand = *node.inputs.first().ok_or_else(|| unsupported(at))?;
            match &node.op {
                Op::Detrend { kind: Detrend::None } => {}
                Op::Detrend { kind } => ops.push(FrameOp::Detrend(*kind)),
                Op::Preemphasis { coefficient, per_frame: true } => {
                    ops.push(FrameOp::Preemphasis(*coefficient as f32));
                }
                Op::Window { window, symmetry } => {
                    let weights = window.coefficients(types[at.0].last(), *symmetry)?;
                    ops.push(FrameOp::Window(weights.into_iter().map(|w| w as f32).collect()));
                }
                Op::Affine { scale, offset } => ops.push(FrameOp::Affine(*scale as f32, *offset as f32)),
                Op::Segment { len, hop, pad, .. } => {
                    ops.reverse();
                    let (dims, samples) = (&types[at.0].dims, &types[operand.0]);
                    let complex = matches!(samples.kind, ValueKind::Samples { complex: true });
                    let source = Self {
                        batch: dims[0],
                        segments: dims[1],
                        len: *len,
                        complex,
                        samples: samples.last(),
                        hop: *hop,
                        pad: *pad,
                        ops,
                    };
                    return Ok((source, operand));
                }
                _ => return Err(unsupported(at)),
            }
            at = operand;
        }
    }

    /// Number of frames.
    pub(super) fn count(&self) -> usize {
        self.batch * self.segments
    }

    /// Frame `index` (row-major over batch and segments) of real samples into `out`, `len` values.
    pub(super) fn load_real(&self, samples: &[f32], index: usize, out: &mut [f32]) {
        let (row, segment) = (index / self.segments, index % self.segments);
        let row = &samples[row * self.samples..][..self.samples];
        self.gather(segment, out, |i| row[i]);
        for op in &self.ops {
            match op {
                FrameOp::Preemphasis(c) => preemphasise(out, *c, out.first().copied().unwrap_or(0.0)),
                FrameOp::Affine(scale, offset) => out.iter_mut().for_each(|v| *v = *v * scale + offset),
                other => shared(other, out),
            }
        }
    }

    /// The same of complex samples (pairs).
    pub(super) fn load_complex(&self, samples: &[f32], index: usize, out: &mut [Complex32]) {
        let (row, segment) = (index / self.segments, index % self.segments);
        let row = &samples[2 * row * self.samples..][..2 * self.samples];
        self.gather(segment, out, |i| Complex32::new(row[2 * i], row[2 * i + 1]));
        self.ops.iter().for_each(|op| shared(op, out));
    }

    fn gather<T: Sample>(&self, segment: usize, out: &mut [T], sample: impl Fn(usize) -> T) {
        let start = segment * self.hop;
        if self.pad == Padding::None {
            out.iter_mut().enumerate().for_each(|(i, v)| *v = sample(start + i));
            return;
        }
        let side = self.len / 2;
        for (i, v) in out.iter_mut().enumerate() {
            let at = start + i;
            *v = if at >= side && at - side < self.samples {
                sample(at - side)
            } else if self.pad == Padding::Constant {
                T::default()
            } else if at < side {
                sample(side - at)
            } else {
                // Mirrored about the last sample; inference has checked that there are enough.
                sample(2 * (self.samples - 1) - (at - side))
            };
        }
    }
}

/// `x[i] − c · x[i−1]` in place; `before` is the sample before the first one.
pub(super) fn preemphasise(x: &mut [f32], c: f32, before: f32) {
    let mut before = before;
    for v in x {
        let this = *v;
        *v = this - c * before;
        before = this;
    }
}

fn shared<T: FrameSample>(op: &FrameOp, out: &mut [T]) {
    match op {
        FrameOp::Detrend(kind) => kind.apply(out),
        FrameOp::Window(weights) => out.iter_mut().zip(weights).for_each(|(v, &w)| *v = *v * w),
        // Inference allows these on real values only.
        FrameOp::Affine(..) | FrameOp::Preemphasis(_) => {}
    }
}

/// Frames as a value of their own, for a caller who wants them.
pub(super) struct CopyFrames {
    source: FrameSource,
    frame: Vec<Complex32>,
}

impl CopyFrames {
    pub(super) fn new(source: FrameSource) -> Self {
        let frame = vec![Complex32::default(); if source.complex { source.len } else { 0 }];
        Self { source, frame }
    }
}

impl Step for CopyFrames {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        if !self.source.complex {
            for (index, out) in out.chunks_exact_mut(self.source.len).enumerate() {
                self.source.load_real(input, index, out);
            }
            return Ok(());
        }
        for (index, out) in out.chunks_exact_mut(2 * self.source.len).enumerate() {
            self.source.load_complex(input, index, &mut self.frame);
            for (pair, z) in out.chunks_exact_mut(2).zip(&self.frame) {
                pair.copy_from_slice(&[z.re, z.im]);
            }
        }
        Ok(())
    }
}
