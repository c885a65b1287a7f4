//! `CrossSpectra` with the plans of dsp.

use num_complex::Complex32;
use rayon::prelude::*;
use rlx_compile::params::{Average, CrossSpec, CrossValue};
use rlx_compile::{ValueKind, ValueType};
use rlx_dsp::Error as DspError;
use rlx_dsp::fft::Sample;
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::welch::{Csd, PsdParams, cross_spectral_matrix};

use super::estimates::{Estimate, OfPairs, after_gaps, threads_of};
use super::program::Step;
use crate::error::{Error, Result};
use crate::session::SessionOptions;

/// Cross spectra of rows of signals `S`.
struct Cross<S: Sample> {
    spec: CrossSpec,
    params: PsdParams,
    /// For medians, which the matrix of all pairs does not have.
    csd: Option<Csd<S>>,
    /// Samples per signal.
    len: usize,
    bins: usize,
    alone: bool,
}

pub(super) fn step(
    spec: &CrossSpec,
    taken: &ValueType,
    made: &ValueType,
    options: &SessionOptions,
) -> Result<Box<dyn Step>> {
    Ok(match taken.kind {
        ValueKind::Samples { complex: true } => {
            Box::new(OfPairs::new(Cross::<Complex32>::new(spec, taken, made, options)?))
        }
        _ => Box::new(Cross::<f32>::new(spec, taken, made, options)?),
    })
}

impl<S: Sample<Real = f32>> Cross<S> {
    fn new(spec: &CrossSpec, taken: &ValueType, made: &ValueType, options: &SessionOptions) -> Result<Self> {
        let params = spec.estimate.clone().nan(after_gaps(options.nan));
        let csd = (params.average != Average::Mean).then(|| Csd::new(params.clone())).transpose()?;
        let len = taken.last() / spec.channels.max(1);
        let alone = threads_of(options) == 1;
        Ok(Self { spec: spec.clone(), params, csd, len, bins: made.last(), alone })
    }

    fn row(&self, row: &[S], out: &mut [f32]) -> rlx_dsp::Result<()> {
        match self.values(row, out) {
            // A row without any valid segment.
            Err(DspError::Argument { .. }) if self.params.nan == NanPolicy::SkipSegment => out.fill(f32::NAN),
            done => return done,
        }
        Ok(())
    }

    fn values(&self, row: &[S], out: &mut [f32]) -> rlx_dsp::Result<()> {
        let channels: Vec<&[S]> = row.chunks_exact(self.len).collect();
        let width = out.len() / self.spec.pairs.len().max(1);
        let pairs = self.spec.pairs.iter().zip(out.chunks_exact_mut(width.max(1)));
        if let Some(csd) = &self.csd {
            for (&(x, y), out) in pairs {
                let cross = csd.run(channels[x], channels[y])?;
                match self.spec.value {
                    CrossValue::Spectrum => interleave(&cross.re, &cross.im, out),
                    CrossValue::Coherence => out.copy_from_slice(&cross.coherence),
                }
            }
            return Ok(());
        }
        let matrix = cross_spectral_matrix(&channels, &self.params)?;
        let at = |i: usize, j: usize| (i * self.spec.channels + j) * self.bins..;
        for (&(x, y), out) in pairs {
            let (re, im) = (&matrix.re[at(x, y)][..self.bins], &matrix.im[at(x, y)][..self.bins]);
            if self.spec.value == CrossValue::Spectrum {
                interleave(re, im, out);
                continue;
            }
            let (xx, yy) = (&matrix.re[at(x, x)], &matrix.re[at(y, y)]);
            for (bin, out) in out.iter_mut().enumerate() {
                let [re, im, xx, yy] = [re[bin], im[bin], xx[bin], yy[bin]].map(f64::from);
                *out = ((re * re + im * im) / xx / yy) as f32;
            }
        }
        Ok(())
    }

    /// Converts the signal and position of a missing sample to those of its row.
    fn placed(&self, error: DspError, row: usize) -> Error {
        Error::Dsp(match error {
            DspError::NonFinite { row: channel, index, value } => {
                DspError::NonFinite { row, index: (channel * self.len) as u64 + index, value }
            }
            other => other,
        })
    }
}

impl<S: Sample<Real = f32>> Estimate<S> for Cross<S> {
    fn compute(&mut self, samples: &[S], out: &mut [f32]) -> Result<()> {
        let (row, size) = (self.len * self.spec.channels, out.len() * self.len * self.spec.channels);
        let size = size / samples.len().max(1);
        if row == 0 || size == 0 {
            return Ok(());
        }
        let rows = samples.chunks_exact(row).zip(out.chunks_exact_mut(size)).enumerate();
        let one = |(index, (x, out)): (usize, (&[S], &mut [f32]))| {
            self.row(x, out).map_err(|e| self.placed(e, index))
        };
        if self.alone {
            let mut rows = rows;
            return rows.try_for_each(one);
        }
        let rows: Vec<_> = rows.collect();
        rows.into_par_iter().map(one).collect::<Vec<_>>().into_iter().collect()
    }
}

fn interleave(re: &[f32], im: &[f32], out: &mut [f32]) {
    for ((out, re), im) in out.chunks_exact_mut(2).zip(re).zip(im) {
        out.copy_from_slice(&[*re, *im]);
    }
}

impl Step for Cross<f32> {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        self.compute(input, out)
    }
}
