//! Log-mel spectrograms of rows.

use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rlx_fft::dsp::fft::Real;
use rlx_fft::dsp::mel::{
    LogMel, LogMelParams, MaxOver, MelLayout, MelLog, MelNorm, MelNormalise, MelScale, Preemphasis, Reference,
};
use rlx_fft::dsp::nan::NanPolicy;
use rlx_fft::dsp::stft::{Padding, Placement};
use rlx_fft::dsp::window::{Symmetry, Window};

use crate::arrays::{Number, filled, rows_of, samples, with_last};
use crate::errors::{Refusal, refused};
use crate::rows::{Batch, Plans, compute};
use crate::threads;
use rlx_fft::dsp::Error;

enum Kind {
    F32(Arc<Plans<LogMel<f32>>>),
    F64(Arc<Plans<LogMel<f64>>>),
}

/// A log-mel transform along the last axis of C-contiguous arrays of one type.
#[pyclass(frozen)]
pub(crate) struct MelPlan {
    pub(crate) params: LogMelParams,
    kind: Kind,
}

#[pymethods]
impl MelPlan {
    /// `changes` has what differs from the preset, by the names of `melspectrogram`.
    #[new]
    fn new(dtype: &str, preset: &str, changes: &Bound<'_, PyDict>, nan_policy: &str) -> PyResult<Self> {
        let nan: NanPolicy = nan_policy.parse().map_err(refused)?;
        let mut params = LogMelParams::preset(preset.parse().map_err(refused)?);
        for (name, value) in changes {
            change(&mut params, &name.extract::<String>()?, &value)?;
        }
        let kind = match dtype {
            "f32" => Kind::F32(plans(&params, nan)?),
            "f64" => Kind::F64(plans(&params, nan)?),
            other => return Err(PyTypeError::new_err(format!("x: no log-mel of {other} samples"))),
        };
        Ok(Self { params, kind })
    }

    /// `[…, mels, frames]` (Kaldi's layout: `[…, frames, mels]`) of `[…, len]`.
    #[pyo3(signature = (x, threads=None))]
    fn __call__<'py>(&self, x: &Bound<'py, PyAny>, threads: Option<usize>) -> PyResult<Bound<'py, PyAny>> {
        match &self.kind {
            Kind::F32(plans) => self.call(plans, x, threads),
            Kind::F64(plans) => self.call(plans, x, threads),
        }
    }

    /// Weights of the filters, `[mels, bins]`.
    fn filterbank<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let bins = self.params.n_fft / 2 + 1;
        let matrix = filled::<f64>(py, &[self.params.n_mels, bins], |out| {
            let bank = rlx_fft::dsp::mel::MelFilterbank::<f64>::new(&self.params.filterbank());
            let bank = bank.map_err(Refusal::of_mel)?;
            for ((first, weights), row) in bank.rows().zip(out.chunks_exact_mut(bins)) {
                row[first..first + weights.len()].copy_from_slice(weights);
            }
            Ok(())
        })?;
        Ok(matrix.into_any())
    }

    /// Bytes that it holds, estimated.
    #[getter]
    fn nbytes(&self) -> usize {
        let count = match &self.kind {
            Kind::F32(plans) => plans.count(),
            Kind::F64(plans) => plans.count(),
        };
        count * (1024 + 96 * self.params.n_fft + 16 * self.params.n_mels * 64)
    }

    /// Filters that no bin falls into.
    #[getter]
    fn empty_filters(&self) -> PyResult<Vec<usize>> {
        let bank = rlx_fft::dsp::mel::MelFilterbank::<f64>::new(&self.params.filterbank());
        Ok(bank.map_err(Refusal::of_mel)?.empty_filters())
    }

    /// The parameters, by name.
    fn core<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let p = &self.params;
        let (signal, frame) = match p.preemphasis {
            Preemphasis::None => (0.0, 0.0),
            Preemphasis::Signal(c) => (c, 0.0),
            Preemphasis::Frame(c) => (0.0, c),
        };
        let pad_mode = match p.padding {
            Padding::None => "none",
            Padding::Constant => "constant",
            Padding::Reflect => "reflect",
            Padding::Mirror => "mirror",
        };
        let mut ref_max = false;
        let log: (&str, f64, Option<f64>) = match p.log {
            MelLog::Linear => ("linear", 0.0, None),
            MelLog::Decibel { amin, reference, top_db } => {
                ref_max = matches!(reference, Reference::Max);
                ("decibel", amin, top_db)
            }
            MelLog::Log10 { floor } => ("log10", floor, None),
            MelLog::Ln { floor } => ("ln", floor, None),
            MelLog::LnPlus { offset } => ("ln-plus", offset, None),
        };
        let normalise = match p.normalise {
            MelNormalise::None => ("none", 0.0, 0.0, 1.0),
            MelNormalise::Clamp { range, shift, divisor } => ("clamp", range, shift, divisor),
            MelNormalise::PerFeature { epsilon } => ("per-feature", epsilon, 0.0, 1.0),
        };
        let core = PyDict::new(py);
        core.set_item("preemphasis_signal", signal)?;
        core.set_item("preemphasis_frame", frame)?;
        core.set_item("pad_mode", pad_mode)?;
        core.set_item("drop_last_frame", p.drop_last_frame)?;
        core.set_item("remove_dc", p.remove_dc)?;
        core.set_item("window", p.window.to_string())?;
        core.set_item("symmetric", p.symmetry == Symmetry::Symmetric)?;
        core.set_item("win_length", p.win_length)?;
        core.set_item("n_fft", p.n_fft)?;
        core.set_item("centred", p.placement == Placement::Center)?;
        core.set_item("hop_length", p.hop)?;
        core.set_item("power", p.power)?;
        core.set_item("n_mels", p.n_mels)?;
        core.set_item("log", log)?;
        core.set_item("ref_max", ref_max)?;
        core.set_item("normalise", normalise)?;
        core.set_item("max_over_batch", p.max_over == MaxOver::Batch)?;
        core.set_item("frames_by_mels", p.layout == MelLayout::FramesByMels)?;
        Ok(core)
    }

    /// Middles of the first `n` frames in seconds.
    fn times(&self, n: usize) -> PyResult<Vec<f64>> {
        match &self.kind {
            Kind::F32(plans) => plans.with(|plan| Ok::<_, Error>((0..n).map(|i| plan.time(i)).collect())),
            Kind::F64(plans) => plans.with(|plan| Ok::<_, Error>((0..n).map(|i| plan.time(i)).collect())),
        }
        .map_err(refused)
    }
}

impl MelPlan {
    fn call<'py, T: Real + Number<Real = T>>(
        &self,
        plans: &Arc<Plans<LogMel<T>>>,
        x: &Bound<'py, PyAny>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = x.py();
        let (x, shape) = samples::<T>(x, "x")?;
        let (rows, len) = rows_of(&shape)?;
        let mels = self.params.n_mels;
        let frames = plans.with(|plan| Ok::<_, Error>(plan.n_frames(len))).map_err(refused)?;
        let inner = match self.params.layout {
            MelLayout::MelsByFrames => [mels, frames],
            MelLayout::FramesByMels => [frames, mels],
        };
        // A maximum over the batch needs all of it in one plan.
        let whole = self.params.max_over == MaxOver::Batch;
        let threads = if whole { 1 } else { threads::resolve(threads)? };
        let width = mels * frames;
        let cost = frames.saturating_mul(self.params.n_fft).max(len);
        let batch = if whole {
            Batch { rows: rows.min(1), cost: rows * cost, width: rows * width, threads }
        } else {
            Batch { rows, cost, width, threads }
        };
        if width == 0 && rows > 0 {
            // Let the core say why a signal has no frame.
            plans.with(|plan| plan.run(&x[..len]).map(drop)).map_err(Refusal::of_mel)?;
        }
        let out = compute(py, plans, batch, &with_last(&shape, &inner), move |plan, range, out| {
            if width == 0 {
                return Ok(());
            }
            let items: Vec<&[T]> = if whole {
                x.chunks_exact(len).collect()
            } else {
                x[range.start * len..range.end * len].chunks_exact(len).collect()
            };
            let (size, width) = if whole { (rows, rows * width) } else { (1, width) };
            let groups = items.chunks(size).zip(out.chunks_exact_mut(width));
            for (index, (group, out)) in groups.enumerate() {
                let done = plan.run_items(group).map_err(|e| Refusal::of_mel(e).after(index))?;
                for (item, out) in done.iter().zip(out.chunks_exact_mut(width / group.len())) {
                    out.copy_from_slice(&item.values);
                }
            }
            Ok(())
        })?;
        Ok(out.into_any())
    }
}

fn plans<T: Real>(params: &LogMelParams, nan: NanPolicy) -> PyResult<Arc<Plans<LogMel<T>>>> {
    let params = params.clone();
    let n_fft = params.n_fft;
    let build = move || LogMel::new(params.clone().nan(nan));
    Plans::of_points(n_fft, build)?.map_err(|error| Refusal::of_mel(error).into())
}

/// Sets one parameter by its Python name.
fn change(params: &mut LogMelParams, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let text = || value.extract::<String>();
    match name {
        "sr" => params.sample_rate = value.extract()?,
        "n_fft" => params.n_fft = value.extract()?,
        "hop_length" => params.hop = value.extract()?,
        "win_length" => params.win_length = value.extract()?,
        "n_mels" => params.n_mels = value.extract()?,
        "fmin" => params.f_min = value.extract()?,
        "fmax" => params.f_max = value.extract()?,
        "power" => params.power = value.extract()?,
        "window" => {
            params.window = match value.extract::<Vec<f64>>() {
                Ok(weights) => Window::Custom(weights.into()),
                Err(_) => text()?.parse().map_err(refused)?,
            };
        }
        "symmetric" => {
            params.symmetry = if value.extract()? { Symmetry::Symmetric } else { Symmetry::Periodic };
        }
        "pad_mode" => {
            params.padding = match text()?.as_str() {
                "none" => Padding::None,
                "constant" => Padding::Constant,
                "reflect" => Padding::Reflect,
                "mirror" => Padding::Mirror,
                other => return Err(unknown("pad_mode", other, "none, constant, reflect, mirror")),
            }
        }
        "scale" => {
            params.scale = match text()?.as_str() {
                "slaney" => MelScale::Slaney,
                "htk" => MelScale::Htk,
                "kaldi" => MelScale::Kaldi,
                other => return Err(unknown("scale", other, "slaney, htk, kaldi")),
            }
        }
        "norm" => {
            params.norm = match value.extract::<Option<String>>()?.as_deref() {
                None | Some("none") => MelNorm::None,
                Some("slaney") => MelNorm::Slaney,
                Some(other) => return Err(unknown("norm", other, "slaney, none")),
            }
        }
        "preemphasis" => {
            let c: f64 = value.extract()?;
            params.preemphasis = match params.preemphasis {
                Preemphasis::Frame(_) => Preemphasis::Frame(c),
                Preemphasis::None | Preemphasis::Signal(_) => Preemphasis::Signal(c),
            };
        }
        "log" => {
            if !value.extract::<bool>()? {
                params.log = MelLog::Linear;
                params.normalise = MelNormalise::None;
            }
        }
        "top_db" => {
            if let MelLog::Decibel { amin, reference, .. } = params.log {
                params.log = MelLog::Decibel { amin, reference, top_db: value.extract()? };
            } else {
                return Err(not_in_db("top_db"));
            }
        }
        "ref_max" => {
            if let MelLog::Decibel { amin, top_db, .. } = params.log {
                let reference = if value.extract()? { Reference::Max } else { Reference::Power(1.0) };
                params.log = MelLog::Decibel { amin, reference, top_db };
            } else {
                return Err(not_in_db("ref_max"));
            }
        }
        "max_over" => {
            params.max_over = match text()?.as_str() {
                "item" => MaxOver::Item,
                "batch" => MaxOver::Batch,
                other => return Err(unknown("max_over", other, "item, batch")),
            }
        }
        other => return Err(PyTypeError::new_err(format!("{other}: melspectrogram has no such argument"))),
    }
    Ok(())
}

fn unknown(name: &'static str, got: &str, known: &str) -> PyErr {
    refused(Error::Argument { name, reason: format!("{got:?} is none of {known}") })
}

fn not_in_db(name: &'static str) -> PyErr {
    refused(Error::Argument { name, reason: "this preset's logarithm is not in dB".to_owned() })
}
