//! Short-time transforms and their inverses, and what belongs to their windows.

use std::sync::Arc;

use num_complex::Complex;
use numpy::{Element, IntoPyArray, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rlx_fft::dsp::fft::Sample;
use rlx_fft::dsp::stft::{
    self, InverseScratch, ShortTimeFft, ShortTimeInverse, ShortTimeParams, ShortTimeScratch,
};
use rlx_fft::dsp::{Error, Result as DspResult};

use crate::arrays::{Number, each_type, for_dtype, on_each, rows_of, samples, with_last};
use crate::errors::{Refusal, refused};
use crate::rows::{Batch, Plans, compute};
use crate::threads;

each_type!(Kind, Plan);

struct Plan<S: Sample> {
    plan: Arc<ShortTimeFft<S>>,
    forward: Arc<Plans<ShortTimeScratch<S>>>,
}

/// Short-time transforms along the last axis of C-contiguous arrays of one type. Immutable.
#[pyclass(frozen)]
pub(crate) struct ShortTimePlan(Kind);

type Weights<'py> = PyReadonlyArray1<'py, Complex<f64>>;

#[pymethods]
impl ShortTimePlan {
    /// `window` and `dual` are complex arrays; real types take their real parts.
    #[new]
    #[expect(clippy::too_many_arguments, reason = "SciPy's list")]
    fn new(
        dtype: &str,
        window: Weights<'_>,
        hop: usize,
        mfft: usize,
        sides: &str,
        gain: f64,
        phase_shift: Option<isize>,
        padding: &str,
        detrend: &str,
        dual: Option<Weights<'_>>,
    ) -> PyResult<Self> {
        let parse = || Ok((sides.parse()?, padding.parse()?, detrend.parse()?));
        let (sides, padding, detrend) = parse().map_err(named)?;
        let dual = dual.as_ref();
        Ok(Self(for_dtype!(dtype, Kind => Plan::new(&window, dual, hop, mfft, |params| {
            params.sides(sides).inner_gain(gain).phase_shift(phase_shift).extension(padding).detrend(detrend)
        }))))
    }

    /// Bytes that it holds, estimated.
    #[getter]
    fn nbytes(&self) -> usize {
        on_each!(&self.0, Kind, plan => plan.forward.count() * 64 * plan.plan.params().n_fft)
    }

    #[getter]
    fn p_min(&self) -> isize {
        on_each!(&self.0, Kind, plan => plan.plan.slices().p_min())
    }

    #[getter]
    fn k_min(&self) -> isize {
        on_each!(&self.0, Kind, plan => plan.plan.slices().k_min())
    }

    fn p_max(&self, n: usize) -> PyResult<isize> {
        on_each!(&self.0, Kind, plan => plan.plan.slices().p_max(n)).map_err(named)
    }

    fn k_max(&self, n: usize) -> PyResult<isize> {
        on_each!(&self.0, Kind, plan => plan.plan.slices().k_max(n)).map_err(named)
    }

    #[getter]
    fn lower_border_end(&self) -> (isize, isize) {
        on_each!(&self.0, Kind, plan => plan.plan.slices().lower_border_end())
    }

    fn upper_border_begin(&self, n: usize) -> PyResult<(isize, isize)> {
        on_each!(&self.0, Kind, plan => plan.plan.slices().upper_border_begin(n)).map_err(named)
    }

    fn frequencies(&self, fs: f64) -> Vec<f64> {
        on_each!(&self.0, Kind, plan => plan.plan.frequencies(fs))
    }

    /// Spectra `[…, count, bins]` of slices `first …` of `x`, `[…, len]`, moved by `offset` samples; slices see the
    /// padding beyond samples `inside`.
    #[pyo3(signature = (x, first, count, offset, inside, threads=None))]
    fn forward<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        first: isize,
        count: usize,
        offset: isize,
        inside: (usize, usize),
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        on_each!(&self.0, Kind, plan => plan.forward(x, first, count, offset, inside, threads))
    }

    /// Samples `[…, chunks · chunk]` from `start` on of spectra `[…, slices, bins]`.
    #[pyo3(signature = (spectra, start, chunks, chunk, threads=None))]
    fn inverse<'py>(
        &self,
        spectra: &Bound<'py, PyAny>,
        start: isize,
        chunks: usize,
        chunk: usize,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        on_each!(&self.0, Kind, plan => plan.inverse(spectra, start, chunks, chunk, threads))
    }
}

fn narrow<S: Sample>(weights: &Weights<'_>) -> Vec<S> {
    weights.as_array().iter().map(|w| S::from_parts(w.re, w.im)).collect()
}

impl<S: Number> Plan<S>
where
    Complex<S::Real>: Element,
{
    fn new(
        window: &Weights<'_>,
        dual: Option<&Weights<'_>>,
        hop: usize,
        mfft: usize,
        set: impl FnOnce(ShortTimeParams<S>) -> ShortTimeParams<S>,
    ) -> PyResult<Self> {
        let mut params = set(ShortTimeParams::new(narrow(window), hop)).n_fft(mfft);
        if let Some(dual) = dual {
            params = params.dual(narrow(dual));
        }
        let plan = Arc::new(ShortTimeFft::new(params).map_err(named)?);
        let shared = Arc::clone(&plan);
        let forward = Plans::new(move || Ok(shared.scratch())).map_err(refused)?;
        Ok(Self { plan, forward: Arc::new(forward) })
    }

    fn forward<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        first: isize,
        count: usize,
        offset: isize,
        (begin, end): (usize, usize),
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = x.py();
        let (x, shape) = samples::<S>(x, "x")?;
        let (rows, len) = rows_of(&shape)?;
        if begin >= end || end > len {
            return Err(PyValueError::new_err(format!("x: samples {begin} to {end} of {len}")));
        }
        let plan = Arc::clone(&self.plan);
        let bins = plan.params().n_bins();
        let offset = offset - begin as isize;
        let batch = Batch {
            rows: rows * count,
            cost: 4 * plan.params().n_fft,
            width: bins,
            threads: threads::resolve(threads)?,
        };
        let shape = with_last(&shape, &[count, bins]);
        let out = compute(py, &self.forward, batch, &shape, move |scratch, mut slices, out| {
            let mut out = out;
            while !slices.is_empty() {
                let (row, slice) = (slices.start / count, slices.start % count);
                let taken = slices.len().min(count - slice);
                let (head, rest) = out.split_at_mut(taken * bins);
                let x = &x[row * len + begin..row * len + end];
                let range = first + slice as isize..first + (slice + taken) as isize;
                plan.run_into(x, range, offset, scratch, head)?;
                (out, slices.start) = (rest, slices.start + taken);
            }
            Ok(())
        })?;
        Ok(out.into_any())
    }

    fn inverse<'py>(
        &self,
        spectra: &Bound<'py, PyAny>,
        start: isize,
        chunks: usize,
        chunk: usize,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = spectra.py();
        let (spectra, shape) = samples::<Complex<S::Real>>(spectra, "S")?;
        let [outer @ .., slices, bins] = &shape[..] else {
            return Err(PyValueError::new_err("S: needs two dimensions or more"));
        };
        let (rows, size) = (outer.iter().product::<usize>(), slices * bins);
        if *bins != self.plan.params().n_bins() {
            return Err(PyValueError::new_err(format!(
                "S: {bins} bins, expected {}",
                self.plan.params().n_bins()
            )));
        }
        let inverse: Arc<ShortTimeInverse<S>> = Arc::new(self.plan.inverse_plan().map_err(named)?);
        let shared = Arc::clone(&inverse);
        let build = move || -> DspResult<InverseScratch<S::Real>> { Ok(shared.scratch()) };
        let plans = Arc::new(Plans::new(build).map_err(refused)?);
        let cost = 4 * chunk.div_ceil(self.plan.params().hop).saturating_mul(self.plan.params().n_fft);
        let batch = Batch { rows: rows * chunks, cost, width: chunk, threads: threads::resolve(threads)? };
        let shape = [outer, &[chunks * chunk]].concat();
        let out = compute(py, &plans, batch, &shape, move |scratch, parts, out| {
            for (part, out) in parts.zip(out.chunks_exact_mut(chunk.max(1))) {
                let (row, at) = (part / chunks, part % chunks);
                let spectra = &spectra[row * size..(row + 1) * size];
                inverse.run_into(spectra, start + (at * chunk) as isize, scratch, out)?;
            }
            Ok(())
        })?;
        Ok(out.into_any())
    }
}

/// With SciPy's names.
fn named(error: Error) -> PyErr {
    Refusal::renamed(error, |name| match name {
        "window" => "win",
        "dual" => "dual_win",
        "n_fft" => "mfft",
        "sides" => "fft_mode",
        other => other,
    })
    .into()
}

/// The canonical dual window, complex.
#[pyfunction]
pub(crate) fn canonical_dual<'py>(
    py: Python<'py>,
    window: Weights<'py>,
    hop: usize,
    resolution: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let dual = stft::canonical_dual::<Complex<f64>>(&narrow(&window), hop, resolution).map_err(named)?;
    Ok(dual.into_pyarray(py).into_any())
}

/// The dual window nearest to `desired`, complex, and the parts of its scale.
#[pyfunction]
pub(crate) fn closest_dual<'py>(
    py: Python<'py>,
    window: Weights<'py>,
    hop: usize,
    desired: Weights<'py>,
    scaled: bool,
    resolution: f64,
) -> PyResult<(Bound<'py, PyAny>, (f64, f64))> {
    let (window, desired) = (narrow::<Complex<f64>>(&window), narrow(&desired));
    let (dual, scale) = stft::closest_dual(&window, hop, &desired, scaled, resolution).map_err(named)?;
    Ok((dual.into_pyarray(py).into_any(), (scale.re, scale.im)))
}

/// Returns whether overlapping windows add up to a constant.
#[pyfunction]
pub(crate) fn check_cola(window: PyReadonlyArray1<'_, f64>, hop: usize, tol: f64) -> PyResult<bool> {
    stft::check_cola(&window.as_array().to_vec(), hop, tol).map_err(refused)
}

/// Returns whether every sample has weight in some window.
#[pyfunction]
pub(crate) fn check_nola(window: PyReadonlyArray1<'_, f64>, hop: usize, tol: f64) -> PyResult<bool> {
    stft::check_nola(&window.as_array().to_vec(), hop, tol).map_err(refused)
}
