//! Estimates as graphs, which run on whatever device is named.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use num_complex::Complex;
use numpy::PyUntypedArrayMethods;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rlx_compile::builders::{
    SpectrogramMode, cross_spectra, expressible, frames_of, log_mel, psd, psd_peaks, spectrogram_in,
};
use rlx_compile::params::{CrossValue, Rows};
use rlx_compile::plan::Place;
use rlx_compile::{Graph, Plan};
use rlx_fft::dsp::mel::LogMelParams;
use rlx_fft::dsp::nan::NanPolicy;
use rlx_fft::dsp::scaling::Sides;
use rlx_fft::dsp::welch::PsdParams;
use rlx_runtime::{Error, Executable};

use crate::arrays::{borrow, filled, rows_of, with_last};
use crate::mel::MelPlan;
use crate::params::Segments;
use crate::resident::{self, DeviceArray};
use crate::sessions::{
    Kind, Open, cheapest, interruptible, named, on_device, on_host, predictions, refused, session,
};
use crate::threads;

/// From this many samples on a run may take so long that someone wants to interrupt it.
const LONG: usize = 1 << 22;

/// Shapes whose programs are kept.
const SHAPES: usize = 16;

#[derive(Debug, Clone)]
enum What {
    Psd { psd: PsdParams, complex: bool },
    Spectrogram { psd: PsdParams, mode: SpectrogramMode, complex: bool },
    Cross { psd: PsdParams, channels: usize, pairs: Vec<(usize, usize)>, value: CrossValue, complex: bool },
    Peaks { psd: PsdParams, k: usize },
    Mel(LogMelParams),
}

/// A device, what else its session differs in, and the shape.
type Key = (String, Kind, usize, usize);
/// `None`: the device has nothing to do there.
type Made = HashMap<Key, Option<(Arc<Open>, Executable)>>;

/// One estimate of C-contiguous f32 (or complex64) arrays along their last axis.
#[pyclass(frozen)]
pub(crate) struct DevicePlan {
    what: What,
    nan: NanPolicy,
    made: Mutex<Made>,
    /// The choices of `auto`, by shape and threads.
    chosen: Mutex<HashMap<(usize, usize, usize), Option<String>>>,
}

#[pymethods]
impl DevicePlan {
    /// `[…, bins]`, the mean or another average of the segments' powers.
    #[staticmethod]
    fn psd(segments: &Segments, complex: bool) -> Self {
        Self::of(What::Psd { psd: segments.params.clone(), complex }, segments.params.nan)
    }

    /// `[…, segments, bins]`; in mode `"complex"` `[…, segments, bins, 2]`, real and imaginary parts.
    #[staticmethod]
    #[pyo3(signature = (segments, complex, mode="psd"))]
    fn spectrogram(segments: &Segments, complex: bool, mode: &str) -> PyResult<Self> {
        let mode = match mode {
            "psd" => SpectrogramMode::Power,
            "magnitude" => SpectrogramMode::Magnitude,
            "complex" => SpectrogramMode::Complex,
            other => return Err(PyValueError::new_err(format!("mode: {other:?} on a device"))),
        };
        Ok(Self::of(What::Spectrogram { psd: segments.params.clone(), mode, complex }, segments.params.nan))
    }

    /// Creates a plan for pairs of the signals of a row, `[…, channels·n]`, one signal behind the other. The result is the
    /// averaged `conj(X) · Y`, `[…, pairs, bins, 2]` (real and imaginary parts), or the coherence, `[…, pairs, bins]`.
    #[staticmethod]
    fn cross(
        segments: &Segments,
        complex: bool,
        channels: usize,
        pairs: Vec<(usize, usize)>,
        coherence: bool,
    ) -> Self {
        let value = if coherence { CrossValue::Coherence } else { CrossValue::Spectrum };
        let psd = segments.params.clone();
        Self::of(What::Cross { psd, channels, pairs, value, complex }, segments.params.nan)
    }

    /// `[…, k, 2]`: bin and power.
    #[staticmethod]
    fn peaks(segments: &Segments, k: usize) -> Self {
        let psd = segments.params.clone();
        let k = k.min(psd.segments.n_bins());
        Self::of(What::Peaks { psd, k }, segments.params.nan)
    }

    /// `[…, frames, mels]`, of signals without a missing sample.
    #[staticmethod]
    fn mel(plan: &MelPlan) -> Self {
        Self::of(What::Mel(plan.params.clone()), NanPolicy::Error)
    }

    /// Why no device computes this; the length of the rows does not matter.
    fn lacks(&self) -> Option<String> {
        match &self.what {
            What::Mel(params) => expressible(params).err().map(|error| error.to_string()),
            _ => None,
        }
    }

    /// Returns a line per region of the plan for rows of this shape: its ops, its device and, if the CPU runs it for a
    /// device, the reason. Before them for `auto` the predictions.
    #[pyo3(signature = (rows, len, device, threads=None))]
    fn explain(
        &self,
        py: Python<'_>,
        rows: usize,
        len: usize,
        device: &str,
        threads: Option<usize>,
    ) -> PyResult<Vec<String>> {
        let threads = threads::resolve(threads)?;
        let mut lines = Vec::new();
        let id = match named(device)? {
            Some(info) => info.id,
            None => {
                let graph = self.graph(rows, len).map_err(refused)?;
                let (best, said) = predictions(&graph, threads).map_err(refused)?;
                lines.push(said);
                best.map_or_else(|| "cpu".to_owned(), |info| info.id)
            }
        };
        let kind = Kind { nan: self.nan, threads, stream: None };
        let (_, plan) = py.detach(|| self.plan(&id, kind, rows, len)).map_err(refused)?;
        lines.extend(plan.regions_text(&id).lines().map(|line| line.trim().to_owned()));
        Ok(lines)
    }

    /// Why the named device leaves rows of this shape, or a part of their estimate, to the CPU; `None`: it does not.
    fn refusal(&self, device: &str, rows: usize, len: usize) -> PyResult<Option<String>> {
        let Some(info) = named(device)?.filter(|info| info.id != "cpu") else { return Ok(None) };
        let kind = Kind { nan: self.nan, threads: 1, stream: None };
        let (_, plan) = self.plan(&info.id, kind, rows, len).map_err(refused)?;
        let host = plan.regions().iter().filter(|region| region.place == Place::Host);
        let said: Vec<String> = host
            .map(|placed| match &placed.reason {
                Some(reason) => format!("{} ({reason})", placed.region.task.name()),
                None => placed.region.task.name().to_owned(),
            })
            .collect();
        Ok((!said.is_empty()).then(|| said.join(", ")))
    }

    /// The result and the device that computed it; `None`: the CPU has to.
    #[pyo3(signature = (x, device, threads=None))]
    fn run<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        device: &str,
        threads: Option<usize>,
    ) -> PyResult<Option<(Bound<'py, PyAny>, String)>> {
        let py = x.py();
        let threads = threads::resolve(threads)?;
        let (real, pairs);
        let (shape, x): (Vec<usize>, &[f32]) = if self.complex() {
            pairs = borrow::<Complex<f32>>(x, "x")?;
            (pairs.shape().to_vec(), floats(pairs.as_slice()?))
        } else {
            real = borrow::<f32>(x, "x")?;
            (real.shape().to_vec(), real.as_slice()?)
        };
        let (rows, len) = rows_of(&shape)?;
        let Some(id) = self.device(device, rows, len, threads)? else { return Ok(None) };
        let auto = device.trim().eq_ignore_ascii_case("auto");
        let kind = Kind { nan: self.nan, threads, stream: None };
        let (open, executable) = match self.executable(&id, kind, rows, len) {
            Ok(Some(made)) => made,
            Ok(None) => {
                log::info!(target: crate::LOG, "{id} has nothing of {:?} rows of {len} samples: the CPU answers", rows);
                return Ok(None);
            }
            // What a device cannot build is the CPU's, under whatever name it was asked for.
            Err(Error::Unsupported(reason)) => {
                log::info!(target: crate::LOG, "{id}: {reason}: the CPU answers");
                return Ok(None);
            }
            Err(error) => return self.given_up(auto, error),
        };
        let mut outcome = Ok(());
        let out = filled(py, &with_last(&shape, &inner(&executable)), |out: &mut [f32]| {
            let run = || executable.run(&[x], &mut [out]);
            outcome = if x.len() >= LONG { interruptible(py, &open.cancel, run)? } else { py.detach(run) };
            Ok(())
        })?;
        py.check_signals()?;
        match outcome {
            Ok(()) => Ok(Some((out.into_any(), id))),
            Err(error) => self.given_up(auto, error),
        }
    }

    /// The result of a tensor of another library that lies on an NVIDIA device, on the same device: in this stream, which
    /// is not waited for, or else in a stream of our own, which is.
    #[pyo3(signature = (x, stream=None))]
    fn resident(&self, x: &Bound<'_, PyAny>, stream: Option<u64>) -> PyResult<DeviceArray> {
        resident::run(self, x, stream)
    }
}

impl DevicePlan {
    fn of(what: What, nan: NanPolicy) -> Self {
        Self { what, nan, made: Mutex::default(), chosen: Mutex::default() }
    }

    /// Whether samples are pairs.
    pub(crate) fn complex(&self) -> bool {
        matches!(
            self.what,
            What::Psd { complex: true, .. }
                | What::Spectrogram { complex: true, .. }
                | What::Cross { complex: true, .. }
        )
    }

    /// The id of the device that is meant; `None` for the CPU.
    fn device(&self, name: &str, rows: usize, len: usize, threads: usize) -> PyResult<Option<String>> {
        let gpu = |id: String| (id != "cpu").then_some(id);
        if let Some(info) = named(name)? {
            return Ok(gpu(info.id));
        }
        // No lock is held while something is logged, which may let another thread of Python in.
        let known = || self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (rows, len, threads);
        if let Some(found) = known().get(&key) {
            return Ok(found.clone());
        }
        let id = self.graph(rows, len).ok().and_then(|graph| cheapest(&graph, threads)).map(|info| info.id);
        let mut known = known();
        if known.len() >= 4 * SHAPES {
            known.clear();
        }
        known.insert(key, id.clone());
        Ok(id)
    }

    /// `auto` goes on with the CPU.
    fn given_up<T>(&self, auto: bool, error: Error) -> PyResult<Option<T>> {
        let device = matches!(
            error,
            Error::AbsentDevice { .. }
                | Error::Device { .. }
                | Error::DeviceLost { .. }
                | Error::DeviceMemory { .. }
        );
        if auto && device {
            log::warn!(target: crate::LOG, "{error}: the CPU answers");
            return Ok(None);
        }
        Err(refused(error))
    }

    /// Returns the executable for rows of this shape.
    pub(crate) fn executable(
        &self,
        id: &str,
        kind: Kind,
        rows: usize,
        len: usize,
    ) -> Result<Option<(Arc<Open>, Executable)>, Error> {
        let key = (id.to_owned(), kind, rows, len);
        let made = || self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = made().get(&key) {
            return Ok(found.clone());
        }
        let (open, plan) = self.plan(id, kind, rows, len)?;
        let value = if on_device(&plan) {
            let host = on_host(&plan);
            if !host.is_empty() {
                log::info!(target: crate::LOG, "{id}: the host runs {}", host.join(", "));
            }
            // Kept here, with its buffers, and nowhere else.
            let executable = open.session.compile_once(plan)?;
            Some((open, executable))
        } else {
            None
        };
        let mut made = made();
        if made.len() >= SHAPES {
            made.clear();
        }
        made.insert(key, value.clone());
        Ok(value)
    }

    /// Returns the plan for rows of this shape, and the session for it.
    fn plan(&self, id: &str, kind: Kind, rows: usize, len: usize) -> Result<(Arc<Open>, Plan), Error> {
        let open = session(id, kind)?;
        let plan = open.session.explain(&self.graph(rows, len)?, Default::default())?.plan;
        Ok((open, plan))
    }

    fn graph(&self, batch: usize, len: usize) -> Result<Graph, Error> {
        let rows = Rows { batch, len, complex: self.complex() };
        // The caller mirrors one-sided powers where both sides are asked for.
        let one_sided = |params: &PsdParams| params.clone().sides(Sides::Auto);
        Ok(match &self.what {
            What::Psd { psd: params, .. } => psd(&one_sided(params), rows)?,
            What::Spectrogram { psd, mode, .. } => spectrogram_in(&frames_of(psd), *mode, rows)?,
            What::Cross { psd, channels, pairs, value, .. } => {
                cross_spectra(psd, *channels, pairs.clone(), *value, rows)?
            }
            What::Peaks { psd, k } => psd_peaks(&one_sided(psd), *k, rows)?,
            What::Mel(params) => log_mel(params, rows)?,
        })
    }
}

/// Dimensions of a result behind the batch; complex numbers are a last axis of two.
pub(crate) fn inner(executable: &Executable) -> Vec<usize> {
    let Some(output) = executable.outputs().first() else { return Vec::new() };
    let dims = output.ty.dims.get(1..).unwrap_or_default().iter().copied();
    dims.chain((output.ty.kind.element_bytes() == 8).then_some(2)).collect()
}

fn floats(pairs: &[Complex<f32>]) -> &[f32] {
    // SAFETY: a complex number is `repr(C)` with two f32, without padding.
    unsafe { std::slice::from_raw_parts(pairs.as_ptr().cast(), 2 * pairs.len()) }
}
