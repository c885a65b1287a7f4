//! Runs regions that are estimates of dsp, with its plans.

use num_complex::Complex32;
use rayon::prelude::*;
use rlx_compile::ValueType;
use rlx_compile::params::{Band, WelchPeaksSpec};
use rlx_compile::regions::{LogMel, Spectrogram, Transform, Welch};
use rlx_dsp::Error as DspError;
use rlx_dsp::fft::Sample;
use rlx_dsp::mel;
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::peaks::top_k_packed_into;
use rlx_dsp::stft;
use rlx_dsp::welch::{self, PsdParams};

use super::program::Step;
use crate::error::{Error, Result};
use crate::session::SessionOptions;

/// Returns the number of rows of a value, and of samples per row.
fn rows_of(ty: &ValueType) -> (usize, usize) {
    (ty.dims.first().copied().unwrap_or(0), ty.last())
}

/// Returns the policy after interpolation: short gaps are filled before the program runs; segments with longer ones
/// are skipped.
pub(super) fn after_gaps(nan: NanPolicy) -> NanPolicy {
    match nan {
        NanPolicy::Interpolate { .. } => NanPolicy::SkipSegment,
        other => other,
    }
}

/// Returns the number of threads of a plan; 0 is rayon's pool, which needs no additional threads.
pub(super) fn threads_of(options: &SessionOptions) -> usize {
    match options.threads {
        1 => 1,
        n if n == 0 || n >= rayon::current_num_threads() => 0,
        n => n,
    }
}

fn no_plan(what: &str) -> Error {
    Error::unsupported(format!("dsp has no plan for this {what}"))
}

/// Zeroes the bins of rows that are not kept.
fn keep_only(keep: Option<Band>, bins: usize, out: &mut [f32]) {
    let Some(keep) = keep else { return };
    for row in out.chunks_exact_mut(bins.max(1)) {
        row[..keep.lo.min(bins)].fill(0.0);
        row[keep.hi.min(bins)..].fill(0.0);
    }
}

/// A plan for rows of samples `S`.
struct WelchRows<S: Sample> {
    plan: welch::Welch<S>,
    scratch: welch::WelchScratch<S>,
    rows: usize,
    len: usize,
    bins: usize,
    keep: Option<Band>,
    /// Whether a row without any valid segment becomes NaN in every bin.
    lenient: bool,
}

impl<S: Sample<Real = f32>> WelchRows<S> {
    fn new(
        params: PsdParams,
        keep: Option<Band>,
        taken: &ValueType,
        options: &SessionOptions,
    ) -> Result<Self> {
        let nan = after_gaps(options.nan);
        let plan = welch::Welch::new(params.clone().nan(nan))?.with_threads(threads_of(options))?;
        let ((rows, len), bins) = (rows_of(taken), plan.n_bins());
        let scratch = plan.scratch();
        Ok(Self { plan, scratch, rows, len, bins, keep, lenient: nan == NanPolicy::SkipSegment })
    }
}

impl<S: Sample<Real = f32>> Estimate<S> for WelchRows<S> {
    fn compute(&mut self, samples: &[S], out: &mut [f32]) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        match self.plan.run_batch_into(samples, self.rows, &mut self.scratch, out) {
            Ok(_) => {}
            Err(DspError::Argument { .. }) if self.lenient => {
                for (x, out) in samples.chunks_exact(self.len).zip(out.chunks_exact_mut(self.bins)) {
                    match self.plan.run_into(x, &mut self.scratch, out) {
                        Ok(_) => {}
                        Err(DspError::Argument { .. }) => out.fill(f32::NAN),
                        Err(error) => return Err(error.into()),
                    }
                }
            }
            Err(error) => return Err(error.into()),
        }
        keep_only(self.keep, self.bins, out);
        Ok(())
    }
}

impl Step for WelchRows<f32> {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        self.compute(input, out)
    }
}

/// An estimate of rows of samples `S`.
pub(super) trait Estimate<S>: Send {
    /// Computes `out` from rows of samples.
    fn compute(&mut self, samples: &[S], out: &mut [f32]) -> Result<()>;
}

/// An estimate of complex samples, which arrive as pairs of numbers.
pub(super) struct OfPairs<E> {
    estimate: E,
    samples: Vec<Complex32>,
}

impl<E> OfPairs<E> {
    pub(super) fn new(estimate: E) -> Self {
        Self { estimate, samples: Vec::new() }
    }
}

impl<E: Estimate<Complex32>> Step for OfPairs<E> {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        self.samples.clear();
        self.samples.extend(input.chunks_exact(2).map(|pair| Complex32::new(pair[0], pair[1])));
        self.estimate.compute(&self.samples, out)
    }
}

pub(super) fn welch(welch: &Welch, taken: &ValueType, options: &SessionOptions) -> Result<Box<dyn Step>> {
    let params = welch.params().ok_or_else(|| no_plan("average"))?;
    let Transform { frames, keep, .. } = &welch.powers.transform;
    if frames.complex {
        return Ok(Box::new(OfPairs::new(WelchRows::<Complex32>::new(params, *keep, taken, options)?)));
    }
    Ok(Box::new(WelchRows::<f32>::new(params, *keep, taken, options)?))
}

/// Peaks of averaged powers, which are stored in between.
struct PeaksOfWelch {
    welch: WelchRows<f32>,
    powers: Vec<f32>,
    k: usize,
}

/// Returns the fused op of a shape that the lanes kernel does not support; `None` if dsp has no plan for it.
pub(super) fn peaks(
    spec: &WelchPeaksSpec,
    taken: &ValueType,
    options: &SessionOptions,
) -> Result<Option<Box<dyn Step>>> {
    let params = PsdParams::new(1.0, spec.segment_len)
        .window(spec.window.clone())
        .symmetry(spec.symmetry)
        .hop(spec.hop)
        .n_fft(spec.n_fft)
        .detrend(spec.detrend)
        .scaling(rlx_dsp::scaling::Scaling::Raw)
        .average(spec.average);
    if params.validate::<f32>().is_err() || params.segments.weights().is_err() {
        return Ok(None);
    }
    let welch = WelchRows::<f32>::new(params, spec.keep, taken, options)?;
    let powers = vec![0.0; welch.rows * welch.bins];
    Ok(Some(Box::new(PeaksOfWelch { welch, powers, k: spec.k })))
}

impl Step for PeaksOfWelch {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        self.welch.compute(input, &mut self.powers)?;
        Ok(top_k_packed_into(&self.powers, self.welch.bins, self.k, out)?)
    }
}

/// One plan; each thread that shares the rows has its own scratch.
struct Frames {
    plan: stft::Spectrogram<f32>,
    scratch: Vec<stft::SpectrogramScratch<f32>>,
    len: usize,
    /// Number of values of the result per row.
    size: usize,
    bins: usize,
    keep: Option<Band>,
}

pub(super) fn spectrogram(
    spectrogram: &Spectrogram,
    taken: &ValueType,
    made: &ValueType,
    options: &SessionOptions,
) -> Result<Box<dyn Step>> {
    let params = spectrogram.params().ok_or_else(|| no_plan("spectrogram"))?;
    let params = params.clone().nan(after_gaps(options.nan));
    let (rows, len) = rows_of(taken);
    let threads = match threads_of(options) {
        0 => rayon::current_num_threads(),
        n => n,
    };
    let plan = stft::Spectrogram::new(params)?;
    Ok(Box::new(Frames {
        scratch: (0..threads.min(rows).max(1)).map(|_| plan.scratch()).collect(),
        plan,
        len,
        size: made.dims.iter().skip(1).product(),
        bins: made.last(),
        keep: spectrogram.transform.keep,
    }))
}

impl Step for Frames {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        let Self { plan, scratch, len, size, bins, keep } = self;
        let (len, size) = ((*len).max(1), (*size).max(1));
        let rows = (input.len() / len).div_ceil(scratch.len()).max(1);
        let part = |index: usize, scratch: &mut stft::SpectrogramScratch<f32>, x: &[f32], out: &mut [f32]| {
            for (row, (x, out)) in x.chunks_exact(len).zip(out.chunks_exact_mut(size)).enumerate() {
                plan.run_into(x, scratch, out).map_err(|error| of_row(error, index * rows + row))?;
            }
            Ok(())
        };
        let shares = scratch.iter_mut().zip(input.chunks(rows * len)).zip(out.chunks_mut(rows * size));
        let done: Vec<Result<()>> = if rows * len >= input.len() {
            shares.take(1).map(|((scratch, x), out)| part(0, scratch, x, out)).collect()
        } else {
            let shares: Vec<_> = shares.enumerate().collect();
            shares.into_par_iter().map(|(i, ((scratch, x), out))| part(i, scratch, x, out)).collect()
        };
        done.into_iter().collect::<Result<()>>()?;
        keep_only(*keep, *bins, out);
        Ok(())
    }
}

/// Returns the error with the index of the row, for a row that was computed separately.
fn of_row(error: DspError, row: usize) -> Error {
    Error::Dsp(match error {
        DspError::NonFinite { index, value, .. } => DspError::NonFinite { row, index, value },
        other => other,
    })
}

struct Mel {
    plan: mel::LogMel<f32>,
    len: usize,
}

pub(super) fn log_mel(
    log_mel: &LogMel,
    taken: &ValueType,
    options: &SessionOptions,
) -> Result<Box<dyn Step>> {
    let params = log_mel.params().ok_or_else(|| no_plan("log-mel"))?;
    // Kernels ignore NaN in a maximum; only sums over a band propagate it.
    let nan = match after_gaps(options.nan) {
        NanPolicy::Propagate if log_mel.features.is_none() => NanPolicy::SkipSegment,
        other => other,
    };
    let plan = mel::LogMel::new(params.nan(nan))?.with_threads(threads_of(options))?;
    Ok(Box::new(Mel { plan, len: taken.last().max(1) }))
}

impl Step for Mel {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        let mut rest = out;
        for item in self.plan.run_batch(input, input.len() / self.len)? {
            let (own, others) = rest.split_at_mut(item.values.len());
            own.copy_from_slice(&item.values);
            rest = others;
        }
        Ok(())
    }
}
