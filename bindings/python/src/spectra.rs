//! Spectra of every segment of rows: spectrograms.

use num_complex::Complex;
use numpy::{Element, PyUntypedArrayMethods};
use pyo3::prelude::*;
use rlx_fft::dsp::Result as DspResult;
use rlx_fft::dsp::fft::{Real, Sample};
use rlx_fft::dsp::nan::NanPolicy;
use rlx_fft::dsp::scaling::{Scaling, Sides, is_doubled};
use rlx_fft::dsp::stft::{Spectrogram, SpectrogramParams, SpectrogramScratch};
use rlx_fft::dsp::welch::{PsdParams, SegmentSpectra};

use crate::arrays::{Number, borrow, each_type, filled, for_dtype, on_each, rows_of, with_last};
use crate::errors::refused;
use crate::params::Segments;
use crate::rows::{Batch, Plans, run};
use crate::threads;

each_type!(Kind, Plan);

struct Plan<S: Sample> {
    params: PsdParams,
    factor: f64,
    plans: Plans<SegmentSpectra<S>>,
}

/// Spectra of the segments along the last axis of C-contiguous arrays of one type.
#[pyclass(frozen)]
pub(crate) struct SpectraPlan {
    kind: Kind,
    /// The faster plan for powers of f32 samples under a window that the core names.
    lanes: Option<Plans<(Spectrogram<f32>, SpectrogramScratch<f32>)>>,
}

#[pymethods]
impl SpectraPlan {
    #[new]
    fn new(dtype: &str, segments: &Segments) -> PyResult<Self> {
        let params = in_lanes(&segments.params);
        let fast = dtype == "f32" && segments.named && segments.params.sides != Sides::Two;
        let build = move || {
            let plan = Spectrogram::new(params.clone())?;
            let scratch = plan.scratch();
            Ok((plan, scratch))
        };
        let lanes = fast.then(|| Plans::new(build)).transpose().map_err(refused)?;
        Ok(Self { kind: for_dtype!(dtype, Kind => Plan::new(segments)), lanes })
    }

    /// Scaled powers, one-sided as the parameters say: `[…, segments, bins]`.
    #[pyo3(signature = (x, threads=None))]
    fn powers<'py>(&self, x: &Bound<'py, PyAny>, threads: Option<usize>) -> PyResult<Bound<'py, PyAny>> {
        if let (Some(lanes), Kind::F32(plan)) = (&self.lanes, &self.kind) {
            return plan.call(lanes, x, threads, |(plan, scratch), x, out: &mut [f32]| {
                plan.run_into(x, scratch, out)?;
                Ok(())
            });
        }
        on_each!(&self.kind, Kind, plan => plan.powers(x, threads))
    }

    /// Complex spectra, unscaled; of real samples the non-negative frequencies: `[…, segments, bins]`.
    #[pyo3(signature = (x, threads=None))]
    fn complex<'py>(&self, x: &Bound<'py, PyAny>, threads: Option<usize>) -> PyResult<Bound<'py, PyAny>> {
        on_each!(&self.kind, Kind, plan => plan.complex(x, threads))
    }
}

fn in_lanes(params: &PsdParams) -> SpectrogramParams {
    SpectrogramParams::frames_of(params).nan(NanPolicy::Propagate)
}

impl<S: Number> Plan<S>
where
    Complex<S::Real>: Element,
{
    fn new(segments: &Segments) -> PyResult<Self> {
        let params = segments.params.clone();
        let weights = params.segments.weights().map_err(refused)?;
        let factor = params.scaling.factor(&weights, params.sample_rate);
        let plans = {
            let params = params.clone();
            Plans::new(move || SegmentSpectra::<S>::new(params.clone())).map_err(refused)?
        };
        Ok(Self { params, factor, plans })
    }

    fn complex<'py>(&self, x: &Bound<'py, PyAny>, threads: Option<usize>) -> PyResult<Bound<'py, PyAny>> {
        self.call(&self.plans, x, threads, SegmentSpectra::spectra_into)
    }

    fn powers<'py>(&self, x: &Bound<'py, PyAny>, threads: Option<usize>) -> PyResult<Bound<'py, PyAny>> {
        let one_sided = self.params.one_sided::<S>();
        let (n_fft, factor) = (self.params.segments.n_fft, self.factor);
        self.call(&self.plans, x, threads, move |plan, x, out: &mut [S::Real]| {
            plan.powers_into(x, out)?;
            for row in out.chunks_exact_mut(plan.n_bins()) {
                for (bin, power) in row.iter_mut().enumerate() {
                    let doubled = one_sided && is_doubled(bin, n_fft);
                    *power = S::Real::narrow(power.widen() * if doubled { 2.0 * factor } else { factor });
                }
            }
            Ok(())
        })
    }

    fn call<'py, P: Send, T: Element>(
        &self,
        plans: &Plans<P>,
        x: &Bound<'py, PyAny>,
        threads: Option<usize>,
        work: impl Fn(&mut P, &[S], &mut [T]) -> DspResult<()> + Sync,
    ) -> PyResult<Bound<'py, PyAny>> {
        let array = borrow::<S>(x, "x")?;
        let (rows, len) = rows_of(array.shape())?;
        let x = &array.as_slice()?;
        let bins = if S::COMPLEX { self.params.segments.n_fft } else { self.params.segments.n_fft / 2 + 1 };
        let segments = self.params.segment_count(len);
        let width = segments * bins;
        let batch = Batch { rows, cost: len.max(width), width, threads: threads::resolve(threads)? };
        let out = filled(array.py(), &with_last(array.shape(), &[segments, bins]), |out: &mut [T]| {
            run(array.py(), plans, batch, out, |plan, rows, out| {
                for (row, out) in rows.zip(out.chunks_exact_mut(width.max(1))) {
                    work(plan, &x[row * len..(row + 1) * len], out)?;
                }
                Ok(())
            })
        })?;
        Ok(out.into_any())
    }
}
