//! Loads frames for a transform: framing, padding, detrending and windows, without materialising all frames.

use num_complex::Complex32;
use rlx_compile::params::{Detrend, Padding};
use rlx_compile::regions::{FrameStep, Framed};
use rlx_dsp::fft::Sample;

use super::program::Step;
use crate::error::Result;

/// A step applied to each frame, with its tables.
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

/// A sample type to which windows apply.
pub(super) trait FrameSample: Sample + std::ops::Mul<f32, Output = Self> {}
impl FrameSample for f32 {}
impl FrameSample for Complex32 {}

impl FrameSource {
    /// Creates the rule of a region for `batch` rows.
    pub(super) fn new(framed: &Framed, batch: usize) -> Result<Self> {
        let mut ops = Vec::new();
        for step in &framed.steps {
            ops.push(match step.clone() {
                FrameStep::Detrend(kind) => FrameOp::Detrend(kind),
                FrameStep::Preemphasis(coefficient) => FrameOp::Preemphasis(coefficient as f32),
                FrameStep::Window(window, symmetry) => {
                    let weights = window.coefficients(framed.len, symmetry)?;
                    FrameOp::Window(weights.into_iter().map(|w| w as f32).collect())
                }
                FrameStep::Affine { scale, offset } => FrameOp::Affine(scale as f32, offset as f32),
            });
        }
        Ok(Self {
            batch,
            segments: framed.segments,
            len: framed.len,
            complex: framed.complex,
            samples: framed.row_len,
            hop: framed.hop,
            pad: framed.pad,
            ops,
        })
    }

    /// Returns the number of frames.
    pub(super) fn count(&self) -> usize {
        self.batch * self.segments
    }

    /// Loads frame `index` (row-major over batch and segments) of real samples into `out`, `len` values.
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

    /// Loads frame `index` of complex samples (pairs).
    pub(super) fn load_complex(&self, samples: &[f32], index: usize, out: &mut [Complex32]) {
        let (row, segment) = (index / self.segments, index % self.segments);
        let row = &samples[2 * row * self.samples..][..2 * self.samples];
        self.gather(segment, out, |i| Complex32::new(row[2 * i], row[2 * i + 1]));
        self.ops.iter().for_each(|op| shared(op, out));
    }

    /// Gathers Kaldi's frames around the middle of each hop, mirrored at the ends as often as necessary.
    fn gather_mirrored<T: Sample>(&self, segment: usize, out: &mut [T], sample: impl Fn(usize) -> T) {
        let period = 2 * self.samples as i64;
        let start = (segment * self.hop + self.hop / 2) as i64 - (self.len / 2) as i64;
        for (i, v) in out.iter_mut().enumerate() {
            let at = (start + i as i64).rem_euclid(period);
            *v = sample(at.min(period - 1 - at) as usize);
        }
    }

    fn gather<T: Sample>(&self, segment: usize, out: &mut [T], sample: impl Fn(usize) -> T) {
        let start = segment * self.hop;
        if self.pad == Padding::None {
            out.iter_mut().enumerate().for_each(|(i, v)| *v = sample(start + i));
            return;
        }
        if self.pad == Padding::Mirror {
            return self.gather_mirrored(segment, out, sample);
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

/// Materialises frames as a value, for a caller that requested them.
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
