//! Cepstral coefficients, decibels, deltas, Kaldi features and streams of log-mel frames.

use std::sync::{Arc, Mutex, PoisonError};

use numpy::{Element, IntoPyArray, PyArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use rlx_fft::dsp::fft::Real;
use rlx_fft::dsp::mel::{
    self, DecibelParams, Delta, DeltaEdges, DeltaParams, Dither, FrameEnergy, KaldiFeatures, KaldiParams,
    KaldiScratch, Lifter, LogMelParams, LogMelStream, MelLog, Mfcc, MfccParams, Preemphasis, Reference,
};
use rlx_fft::dsp::stft::Padding;
use rlx_fft::dsp::window::Window;

use crate::arrays::{rows_of, samples, with_last};
use crate::errors::{Refusal, refused};
use crate::mel::MelPlan;
use crate::rows::{Batch, Plans, compute};
use crate::threads;

macro_rules! real_array {
    ($dtype:expr, $function:ident($($arg:expr),*)) => {
        match $dtype {
            "f32" => $function::<f32>($($arg),*),
            "f64" => $function::<f64>($($arg),*),
            other => Err(PyTypeError::new_err(format!("S: no features of {other} values"))),
        }
    };
}

/// Cepstral coefficients `[…, n_mfcc, frames]` of log-mel spectrograms `[…, mels, frames]`.
#[pyfunction]
#[pyo3(signature = (s, dtype, n_mfcc, dct_type, ortho, lifter, threads=None))]
pub(crate) fn mfcc<'py>(
    s: &Bound<'py, PyAny>,
    dtype: &str,
    n_mfcc: usize,
    dct_type: &str,
    ortho: bool,
    lifter: f64,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let lifter = if lifter == 0.0 { Lifter::None } else { Lifter::Librosa(lifter) };
    let dct = dct_type.parse().map_err(refused)?;
    let params = |n_mels| MfccParams::new(n_mels, n_mfcc).dct(dct).ortho(ortho).lifter(lifter);
    real_array!(dtype, coefficients(s, params, threads))
}

fn coefficients<'py, T: Real + Element>(
    s: &Bound<'py, PyAny>,
    params: impl FnOnce(usize) -> MfccParams,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let (values, shape) = samples::<T>(s, "S")?;
    let [outer @ .., mels, frames] = &shape[..] else {
        return Err(PyValueError::new_err("S: needs two dimensions or more"));
    };
    let (rows, size) = (outer.iter().product::<usize>(), mels * frames);
    let plan = Mfcc::new(params(*mels)).map_err(refused)?;
    let n_mfcc = plan.params().n_mfcc;
    let plans = Arc::new(Plans::new(|| Ok(())).map_err(refused)?);
    let width = n_mfcc * frames;
    let batch = Batch { rows, cost: size * n_mfcc / 4, width, threads: threads::resolve(threads)? };
    let out = compute(s.py(), &plans, batch, &[outer, &[n_mfcc, *frames]].concat(), move |(), rows, out| {
        for (row, out) in rows.zip(out.chunks_exact_mut(width.max(1))) {
            plan.run_into(&values[row * size..(row + 1) * size], out)?;
        }
        Ok(())
    })?;
    Ok(out.into_any())
}

/// Powers to decibels; a `reference` of None is the largest value.
#[pyfunction]
#[pyo3(signature = (s, dtype, reference, amin, top_db))]
pub(crate) fn power_to_db<'py>(
    s: &Bound<'py, PyAny>,
    dtype: &str,
    reference: Option<f64>,
    amin: f64,
    top_db: Option<f64>,
) -> PyResult<Bound<'py, PyAny>> {
    let reference = reference.map_or(Reference::Max, Reference::Power);
    let params = DecibelParams::new().reference(reference).amin(amin).top_db(top_db);
    real_array!(dtype, decibels(s, params))
}

fn decibels<'py, T: Real + Element>(
    s: &Bound<'py, PyAny>,
    params: DecibelParams,
) -> PyResult<Bound<'py, PyAny>> {
    let py = s.py();
    let (values, shape) = samples::<T>(s, "S")?;
    let mut out = values.to_vec();
    py.detach(|| mel::power_to_db(&mut out, params)).map_err(|error| match error {
        rlx_fft::dsp::Error::Argument { reason, .. } => {
            let name = if reason.contains("top_db") {
                "top_db"
            } else if reason.contains("amin") {
                "amin"
            } else {
                "ref"
            };
            PyValueError::new_err(format!("{name}: {reason}"))
        }
        other => refused(other),
    })?;
    Ok(out.into_pyarray(py).reshape(shape)?.into_any())
}

/// Deltas along the last axis.
#[pyfunction]
#[pyo3(signature = (x, dtype, width, order, mode, threads=None))]
pub(crate) fn delta<'py>(
    x: &Bound<'py, PyAny>,
    dtype: &str,
    width: usize,
    order: usize,
    mode: &str,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let edges: DeltaEdges = mode.parse().map_err(refused)?;
    let params = DeltaParams::new(width).order(order).edges(edges);
    real_array!(dtype, deltas(x, params, threads))
}

fn deltas<'py, T: Real + Element>(
    x: &Bound<'py, PyAny>,
    params: DeltaParams,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let (values, shape) = samples::<T>(x, "data")?;
    let (rows, len) = rows_of(&shape)?;
    let plan = Delta::new(params).map_err(refused)?;
    let plans = Arc::new(Plans::new(|| Ok(())).map_err(refused)?);
    let cost = len * params.width / 2;
    let batch = Batch { rows, cost, width: len, threads: threads::resolve(threads)? };
    let out = compute(x.py(), &plans, batch, &shape, move |(), rows, out| {
        for (row, out) in rows.zip(out.chunks_exact_mut(len.max(1))) {
            plan.run_into(&values[row * len..(row + 1) * len], out)?;
        }
        Ok(())
    })?;
    Ok(out.into_any())
}

enum Kaldi {
    F32(Kept<f32>),
    F64(Kept<f64>),
}

struct Kept<T: Real> {
    plan: Arc<KaldiFeatures<T>>,
    scratch: Arc<Plans<KaldiScratch<T>>>,
}

/// Kaldi's features along the last axis of C-contiguous arrays of one type.
#[pyclass(frozen)]
pub(crate) struct KaldiPlan {
    kind: Kaldi,
    hop: usize,
}

#[pymethods]
impl KaldiPlan {
    /// Lengths in samples. `mfcc` is the number of coefficients and the lifter, 0 for none; `energy` whether it is raw, and
    /// its floor; `dither` the amplitude and the seed.
    #[new]
    #[expect(clippy::too_many_arguments, reason = "Kaldi's list")]
    fn new(
        dtype: &str,
        rate: f64,
        win_length: usize,
        hop: usize,
        n_fft: usize,
        window: &str,
        snip_edges: bool,
        remove_dc: bool,
        preemphasis: f64,
        n_mels: usize,
        f_min: f64,
        f_max: f64,
        use_log: bool,
        use_power: bool,
        energy: Option<(bool, f64)>,
        dither: Option<(f64, u64)>,
        mfcc: Option<(usize, f64)>,
        subtract_mean: bool,
        htk_compat: bool,
    ) -> PyResult<Self> {
        let window: Window = window.parse().map_err(named)?;
        let mut mel: LogMelParams = KaldiParams::new()
            .mel
            .sample_rate(rate)
            .win_length(win_length)
            .hop(hop)
            .n_fft(n_fft)
            .window(window)
            .padding(if snip_edges { Padding::None } else { Padding::Mirror })
            .remove_dc(remove_dc)
            .preemphasis(if preemphasis == 0.0 { Preemphasis::None } else { Preemphasis::Frame(preemphasis) })
            .n_mels(n_mels)
            .f_min(f_min)
            .f_max(f_max)
            .power(if use_power { 2.0 } else { 1.0 });
        if !use_log {
            mel = mel.log(MelLog::Linear);
        }
        let mfcc = mfcc.map(|(count, lifter)| {
            let lifter = if lifter == 0.0 { Lifter::None } else { Lifter::Kaldi(lifter) };
            MfccParams::new(n_mels, count).lifter(lifter)
        });
        let params = KaldiParams::new()
            .mel(mel)
            .energy(energy.map(|(raw, floor)| FrameEnergy { raw, floor }))
            .dither(dither.map(|(amplitude, seed)| Dither { amplitude, seed }))
            .mfcc(mfcc)
            .subtract_mean(subtract_mean)
            .htk_compat(htk_compat);
        let kind = match dtype {
            "f32" => Kaldi::F32(kaldi(params)?),
            "f64" => Kaldi::F64(kaldi(params)?),
            other => return Err(PyTypeError::new_err(format!("waveform: no features of {other} samples"))),
        };
        Ok(Self { kind, hop })
    }

    /// Bytes that it holds, estimated.
    #[getter]
    fn nbytes(&self) -> usize {
        1 << 18
    }

    /// Features `[…, frames, columns]` of `[…, len]`.
    #[pyo3(signature = (x, threads=None))]
    fn __call__<'py>(&self, x: &Bound<'py, PyAny>, threads: Option<usize>) -> PyResult<Bound<'py, PyAny>> {
        match &self.kind {
            Kaldi::F32(kept) => self.call(kept, x, threads),
            Kaldi::F64(kept) => self.call(kept, x, threads),
        }
    }
}

fn kaldi<T: Real>(params: KaldiParams) -> PyResult<Kept<T>> {
    let plan = Arc::new(KaldiFeatures::new(params).map_err(named)?);
    let shared = Arc::clone(&plan);
    let scratch = Plans::new(move || Ok(shared.scratch())).map_err(named)?;
    Ok(Kept { plan, scratch: Arc::new(scratch) })
}

impl KaldiPlan {
    fn call<'py, T: Real + Element>(
        &self,
        kept: &Kept<T>,
        x: &Bound<'py, PyAny>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (values, shape) = samples::<T>(x, "waveform")?;
        let (rows, len) = rows_of(&shape)?;
        let plan = Arc::clone(&kept.plan);
        let (frames, columns) = (plan.n_frames(len), plan.n_columns());
        let width = frames * columns;
        let cost = len.max(self.hop) * 4;
        let batch = Batch { rows, cost, width, threads: threads::resolve(threads)? };
        let shape = with_last(&shape, &[frames, columns]);
        let out = compute(x.py(), &kept.scratch, batch, &shape, move |scratch, rows, out| {
            if width == 0 {
                return Ok(());
            }
            for (index, (row, out)) in rows.zip(out.chunks_exact_mut(width)).enumerate() {
                let features = plan.run_with(&values[row * len..(row + 1) * len], scratch);
                out.copy_from_slice(&features.map_err(|error| waveform(error).after(index))?);
            }
            Ok(())
        })?;
        Ok(out.into_any())
    }
}

fn waveform(error: rlx_fft::dsp::Error) -> Refusal {
    Refusal { argument: "waveform", ..Refusal::renamed(error, kaldi_name) }
}

fn named(error: rlx_fft::dsp::Error) -> PyErr {
    waveform(error).into()
}

fn kaldi_name(name: &'static str) -> &'static str {
    match name {
        "sample_rate" => "sample_frequency",
        "win_length" | "n_fft" => "frame_length",
        "hop" => "frame_shift",
        "f_min" => "low_freq",
        "f_max" => "high_freq",
        "n_mels" => "num_mel_bins",
        "window" => "window_type",
        "n_mfcc" => "num_ceps",
        "lifter" => "cepstral_lifter",
        "preemphasis" => "preemphasis_coefficient",
        other => other,
    }
}

enum Streams {
    F32(Option<LogMelStream<f32>>),
    F64(Option<LogMelStream<f64>>),
}

/// The log-mel transform of one signal that arrives in blocks.
#[pyclass(frozen)]
pub(crate) struct MelStream {
    state: Mutex<Streams>,
    n_mels: usize,
}

#[pymethods]
impl MelStream {
    #[new]
    fn new(dtype: &str, plan: &MelPlan) -> PyResult<Self> {
        let params = plan.params.clone();
        let n_mels = params.n_mels;
        let streams = match dtype {
            "f32" => Streams::F32(Some(LogMelStream::new(params).map_err(Refusal::of_mel)?)),
            "f64" => Streams::F64(Some(LogMelStream::new(params).map_err(Refusal::of_mel)?)),
            other => return Err(PyTypeError::new_err(format!("dtype: no stream of {other} samples"))),
        };
        Ok(Self { state: Mutex::new(streams), n_mels })
    }

    /// The frames that a block completes, `[frames, mels]`.
    fn push<'py>(&self, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *state {
            Streams::F32(stream) => self.pushed(stream, x),
            Streams::F64(stream) => self.pushed(stream, x),
        }
    }

    /// The frames that are left, `[frames, mels]`; the stream takes no more samples.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *state {
            Streams::F32(stream) => self.finished(py, stream),
            Streams::F64(stream) => self.finished(py, stream),
        }
    }
}

impl MelStream {
    fn pushed<'py, T: Real + Element>(
        &self,
        stream: &mut Option<LogMelStream<T>>,
        x: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let stream = stream.as_mut().ok_or_else(ended)?;
        let (values, _) = samples::<T>(x, "x")?;
        let mut out = Vec::new();
        let done = x.py().detach(|| stream.push(&values, |_, mels| out.extend_from_slice(mels)));
        done.map_err(Refusal::of_mel)?;
        self.array(x.py(), out)
    }

    fn finished<'py, T: Real + Element>(
        &self,
        py: Python<'py>,
        stream: &mut Option<LogMelStream<T>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let stream = stream.take().ok_or_else(ended)?;
        let mut out = Vec::new();
        stream.finish(|_, mels| out.extend_from_slice(mels)).map_err(Refusal::of_mel)?;
        self.array(py, out)
    }

    fn array<'py, T: Element>(&self, py: Python<'py>, values: Vec<T>) -> PyResult<Bound<'py, PyAny>> {
        let frames = values.len() / self.n_mels;
        Ok(values.into_pyarray(py).reshape([frames, self.n_mels])?.into_any())
    }
}

fn ended() -> PyErr {
    PyValueError::new_err("x: the stream is finished")
}
