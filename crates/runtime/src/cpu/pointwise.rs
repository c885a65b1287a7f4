//! Ops that keep the shape. All of them propagate NaN.

use rlx_compile::params::{Layout, LogBase, Mask, MaxOver};
use rlx_compile::{ValueKind, ValueType};

use super::frames::preemphasise;
use super::program::Step;
use crate::error::Result;

/// A map of one value to one value.
struct Map<F>(F);

impl<F: Fn(f32) -> f32 + Send> Step for Map<F> {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        out.iter_mut().zip(input).for_each(|(out, v)| *out = (self.0)(*v));
        Ok(())
    }
}

pub(super) fn affine(scale: f64, offset: f64) -> Box<dyn Step> {
    // In f64: the factor of a density may be below the smallest f32 while the product is not.
    Box::new(Map(move |v| (f64::from(v) * scale + offset) as f32))
}

pub(super) fn log(base: LogBase, floor: f64, add: f64) -> Box<dyn Step> {
    let (floor, add) = (floor as f32, add as f32);
    Box::new(Map(move |v| {
        let v = v + add;
        // `max` would turn NaN into the floor.
        let v = if v < floor { floor } else { v };
        match base {
            LogBase::Ln => v.ln(),
            LogBase::Log10 => v.log10(),
            LogBase::Db => 10.0 * v.log10(),
        }
    }))
}

struct ClampNormalise {
    below_max: f32,
    offset: f32,
    scale: f32,
    /// Values that share a maximum.
    group: usize,
}

pub(super) fn clamp_normalise(numbers: [f64; 3], scope: MaxOver, taken: &ValueType) -> Box<dyn Step> {
    let [below_max, offset, scale] = numbers.map(|v| v as f32);
    let item: usize = taken.dims.iter().skip(1).product();
    let group = match scope {
        MaxOver::Item => item,
        MaxOver::Batch => item * taken.dims.first().copied().unwrap_or(1),
    };
    Box::new(ClampNormalise { below_max, offset, scale, group: group.max(1) })
}

impl Step for ClampNormalise {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        for (input, out) in input.chunks(self.group).zip(out.chunks_mut(self.group)) {
            let floor = input.iter().copied().fold(f32::NEG_INFINITY, f32::max) - self.below_max;
            for (out, &v) in out.iter_mut().zip(input) {
                *out = (if v < floor { floor } else { v } + self.offset) * self.scale;
            }
        }
        Ok(())
    }
}

/// Pre-emphasis of rows of `len` samples, preceded by zero.
struct Preemphasis {
    coefficient: f32,
    len: usize,
}

pub(super) fn preemphasis(coefficient: f64, taken: &ValueType) -> Box<dyn Step> {
    Box::new(Preemphasis { coefficient: coefficient as f32, len: taken.last().max(1) })
}

impl Step for Preemphasis {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        out.copy_from_slice(input);
        out.chunks_exact_mut(self.len).for_each(|row| preemphasise(row, self.coefficient, 0.0));
        Ok(())
    }
}

/// `[frames, bands]` items, each band standardised over its frames.
struct NormaliseFeatures {
    epsilon: f64,
    frames: usize,
    bands: usize,
    /// Sums of each band, then of its squared distances from the mean.
    sums: Vec<f64>,
    squares: Vec<f64>,
}

pub(super) fn normalise_features(epsilon: f64, taken: &ValueType) -> Box<dyn Step> {
    let (frames, bands) = (taken.dims.get(1).copied().unwrap_or(1), taken.last());
    Box::new(NormaliseFeatures { epsilon, frames, bands, sums: vec![0.0; bands], squares: vec![0.0; bands] })
}

impl Step for NormaliseFeatures {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        let Self { epsilon, frames, bands, sums, squares } = self;
        let item = (*frames * *bands).max(1);
        for (input, out) in input.chunks_exact(item).zip(out.chunks_exact_mut(item)) {
            sums.fill(0.0);
            squares.fill(0.0);
            for frame in input.chunks_exact(*bands) {
                sums.iter_mut().zip(frame).for_each(|(sum, v)| *sum += f64::from(*v));
            }
            sums.iter_mut().for_each(|sum| *sum /= *frames as f64);
            for frame in input.chunks_exact(*bands) {
                for ((square, mean), v) in squares.iter_mut().zip(&*sums).zip(frame) {
                    *square += (f64::from(*v) - mean).powi(2);
                }
            }
            let degrees = frames.saturating_sub(1).max(1) as f64;
            for (frame, out) in input.chunks_exact(*bands).zip(out.chunks_exact_mut(*bands)) {
                for (((out, v), mean), square) in out.iter_mut().zip(frame).zip(&*sums).zip(&*squares) {
                    *out = ((f64::from(*v) - mean) / ((square / degrees).sqrt() + *epsilon)) as f32;
                }
            }
        }
        Ok(())
    }
}

struct Masking {
    keep: Vec<bool>,
    /// Adjacent values per bin: 2 in an interleaved spectrum.
    width: usize,
}

pub(super) fn mask(mask: &Mask, taken: &ValueType) -> Box<dyn Step> {
    let mut keep = vec![false; taken.last()];
    match mask {
        Mask::Band(band) => keep[band.lo..band.hi].fill(true),
        Mask::Bins(bins) => bins.iter().for_each(|&bin| keep[bin] = true),
    }
    let interleaved = matches!(taken.kind, ValueKind::Spectrum { layout: Layout::Interleaved, .. });
    Box::new(Masking { keep, width: if interleaved { 2 } else { 1 } })
}

impl Step for Masking {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        let row = self.keep.len() * self.width;
        if row == 0 {
            return Ok(());
        }
        for (input, out) in input.chunks_exact(row).zip(out.chunks_exact_mut(row)) {
            let bins = input.chunks_exact(self.width).zip(out.chunks_exact_mut(self.width));
            for ((input, out), &keep) in bins.zip(&self.keep) {
                if keep { out.copy_from_slice(input) } else { out.fill(0.0) }
            }
        }
        Ok(())
    }
}
