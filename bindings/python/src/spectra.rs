//! Spectra of every segment of rows: spectrograms.

use std::sync::Arc;

use num_complex::Complex;
use numpy::Element;
use pyo3::prelude::*;
use rlx_fft::dsp::Result as DspResult;
use rlx_fft::dsp::fft::{Real, Sample};
use rlx_fft::dsp::nan::NanPolicy;
use rlx_fft::dsp::scaling::{Sides, is_doubled};
use rlx_fft::dsp::stft::{Spectrogram, SpectrogramParams, SpectrogramScratch};
use rlx_fft::dsp::welch::{PsdParams, SegmentSpectra};

use crate::arrays::{Number, each_type, for_dtype, on_each, rows_of, samples, with_last};
use crate::errors::refused;
use crate::params::{Segments, plan_bytes, work};
use crate::rows::{Batch, Plans, compute};
use crate::threads;

each_type!(Kind, Plan);

struct Plan<S: Sample> {
    params: PsdParams,
    factor: f64,
    plans: Arc<Plans<SegmentSpectra<S>>>,
}

/// A plan and what it works in.
type Frames<T> = (Spectrogram<T>, SpectrogramScratch<T>);

enum Lanes {
    F32(Arc<Plans<Frames<f32>>>),
    F64(Arc<Plans<Frames<f64>>>),
    None,
}

fn lanes<T: Real>(params: &PsdParams) -> PyResult<Arc<Plans<Frames<T>>>> {
    let n_fft = params.segments.n_fft;
    let params = SpectrogramParams::frames_of(params).nan(NanPolicy::Propagate);
    let build = move || {
        let plan = Spectrogram::new(params.clone())?;
        let scratch = plan.scratch();
        Ok((plan, scratch))
    };
    Plans::of_points(n_fft, build)?.map_err(refused)
}

/// Spectra of the segments along the last axis of C-contiguous arrays of one type.
#[pyclass(frozen)]
pub(crate) struct SpectraPlan {
    kind: Kind,
    /// The faster plan for powers of real samples, one-sided.
    lanes: Lanes,
}

#[pymethods]
impl SpectraPlan {
    #[new]
    fn new(dtype: &str, segments: &Segments) -> PyResult<Self> {
        let lanes = match dtype {
            _ if segments.exact.sides == Sides::Two => Lanes::None,
            "f32" => Lanes::F32(lanes(&segments.exact)?),
            "f64" => Lanes::F64(lanes(&segments.exact)?),
            _ => Lanes::None,
        };
        Ok(Self { kind: for_dtype!(dtype, Kind => Plan::new(segments)), lanes })
    }

    /// Bytes that it holds, estimated.
    #[getter]
    fn nbytes(&self) -> usize {
        let lanes = match &self.lanes {
            Lanes::F32(plans) => plans.count(),
            Lanes::F64(plans) => plans.count(),
            Lanes::None => 0,
        };
        on_each!(&self.kind, Kind, plan => (lanes + plan.plans.count()) * plan_bytes(&plan.params))
    }

    /// Scaled powers, one-sided as the parameters say: `[…, segments, bins]`.
    #[pyo3(signature = (x, threads=None))]
    fn powers<'py>(&self, x: &Bound<'py, PyAny>, threads: Option<usize>) -> PyResult<Bound<'py, PyAny>> {
        match (&self.lanes, &self.kind) {
            (Lanes::F32(lanes), Kind::F32(plan)) => plan.call(lanes, x, threads, frames_into),
            (Lanes::F64(lanes), Kind::F64(plan)) => plan.call(lanes, x, threads, frames_into),
            _ => on_each!(&self.kind, Kind, plan => plan.powers(x, threads)),
        }
    }

    /// Complex spectra, unscaled; of real samples the non-negative frequencies: `[…, segments, bins]`.
    #[pyo3(signature = (x, threads=None))]
    fn complex<'py>(&self, x: &Bound<'py, PyAny>, threads: Option<usize>) -> PyResult<Bound<'py, PyAny>> {
        on_each!(&self.kind, Kind, plan => plan.complex(x, threads))
    }
}

fn frames_into<T: Real>((plan, scratch): &mut Frames<T>, x: &[T], out: &mut [T]) -> DspResult<()> {
    plan.run_into(x, scratch, out).map(drop)
}

impl<S: Number> Plan<S>
where
    Complex<S::Real>: Element,
{
    fn new(segments: &Segments) -> PyResult<Self> {
        let params = segments.exact.clone();
        let weights = params.segments.weights().map_err(refused)?;
        let factor = params.scaling.factor(&weights, params.sample_rate);
        let plans = {
            let params = params.clone();
            Plans::of_points(params.segments.n_fft, move || SegmentSpectra::<S>::new(params.clone()))
        };
        Ok(Self { params, factor, plans: plans?.map_err(refused)? })
    }

    fn complex<'py>(&self, x: &Bound<'py, PyAny>, threads: Option<usize>) -> PyResult<Bound<'py, PyAny>> {
        self.call(&self.plans, x, threads, |plan: &mut SegmentSpectra<S>, x, out: &mut [Complex<S::Real>]| {
            plan.spectra_into(x, out)
        })
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

    fn call<'py, P: Send + 'static, T: Element + Send + 'static>(
        &self,
        plans: &Arc<Plans<P>>,
        x: &Bound<'py, PyAny>,
        threads: Option<usize>,
        transform: impl Fn(&mut P, &[S], &mut [T]) -> DspResult<()> + Send + Sync + 'static,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = x.py();
        let (x, shape) = samples::<S>(x, "x")?;
        let (rows, len) = rows_of(&shape)?;
        let bins = if S::COMPLEX { self.params.segments.n_fft } else { self.params.segments.n_bins() };
        let segments = self.params.segment_count(len);
        let width = segments * bins;
        let cost = work(&self.params, len).max(width);
        let batch = Batch { rows, cost, width, threads: threads::resolve(threads)? };
        let shape = with_last(&shape, &[segments, bins]);
        let out = compute(py, plans, batch, &shape, move |plan, rows, out| {
            for (row, out) in rows.zip(out.chunks_exact_mut(width.max(1))) {
                transform(plan, &x[row * len..(row + 1) * len], out)?;
            }
            Ok(())
        })?;
        Ok(out.into_any())
    }
}
