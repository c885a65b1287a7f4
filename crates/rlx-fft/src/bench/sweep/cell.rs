//! One cell of the grid: every path on the same samples.

use std::time::Duration;

use rlx_compile::builders::WelchPeaksShape;
use rlx_dsp::welch::peaks::{PeaksEngine, WelchPeakParams, WelchPeaksScratch};
use rlx_runtime::calibrate::interleaved;

use super::report::SweepRow;
use super::{SweepOptions, mkl};
use crate::bench::report::Status;
use crate::bench::target::Target;
use crate::bench::welch_peaks::quality::{Twin, judge};
use crate::error::Result;
use crate::welch_peaks_compile::CompiledRlxWelchPeaksExec;

/// The paths on the host that do not depend on a device.
pub(super) const LIBRARIES: [&str; 3] = ["rustfft", "streaming", "mkl"];
/// Rows of a cell whose peaks are compared with `f64`.
const JUDGED: usize = 64;

pub(super) fn path(name: &str) -> String {
    format!("welch_fast_peaks_{name}")
}

pub(super) fn device_path(label: &str) -> String {
    path(&format!("rlx_{label}"))
}

type Call = Box<dyn FnMut(&[f32], &mut [f32]) -> Result<()>>;

/// A path with the call to time, or the reason why there is none.
struct Path {
    path: String,
    device: String,
    call: std::result::Result<Call, String>,
}

/// Measures a cell; `samples` is `None` if the batch is above the limit of memory.
pub(super) fn measure(
    options: &SweepOptions,
    targets: &[Target],
    params: &WelchPeakParams,
    batch: usize,
    samples: Option<&[f32]>,
    relative_to: &str,
) -> Result<Vec<SweepRow>> {
    let len = params.welch.frame_len();
    let paths = match samples {
        Some(_) => paths(options, targets, params, batch)?,
        None => {
            let bytes = 4 * len as u64 * batch as u64;
            let reason = format!("{bytes} bytes of samples, the limit is {}", options.max_bytes);
            without_calls(options, &reason)
        }
    };
    let (samples, width) = (samples.unwrap_or_default(), 2 * params.k_out());
    let mut rows: Vec<SweepRow> = paths.iter().map(|path| row(options, params, batch, path)).collect();
    let mut called = Vec::new();
    for (index, path) in paths.into_iter().enumerate() {
        if let Ok(call) = path.call {
            called.push((index, call, vec![0.0f32; batch * width]));
        }
    }
    let mut calls: Vec<_> =
        called.iter_mut().map(|(_, call, out)| move || -> Result<()> { call(samples, out) }).collect();
    let mut taken: Vec<&mut dyn FnMut() -> Result<()>> = calls.iter_mut().map(|c| c as _).collect();
    let spreads = interleaved(&mut taken, Duration::ZERO, options.iters, options.iters)?;
    drop(calls);
    let judged = batch.min(JUDGED);
    let twin = Twin::new(&params.welch, &samples[..(judged * len).min(samples.len())], len)?;
    for ((index, _, out), spread) in called.iter().zip(spreads) {
        let row = &mut rows[*index];
        row.ms = Some(spread.median * 1e-6);
        row.ms_min = Some(spread.min * 1e-6);
        row.ms_p90 = Some(spread.p90 * 1e-6);
        row.rows_per_s = Some(batch as f64 / (spread.median * 1e-9));
        row.bins_right = Some(judge(params, &out[..judged * width], &twin, &twin)?.bins_right);
    }
    let reference = rows.iter().find(|row| row.path == relative_to).and_then(|row| row.ms);
    for row in &mut rows {
        row.relative = reference.zip(row.ms).map(|(reference, ms)| reference / ms);
    }
    Ok(rows)
}

fn paths(
    options: &SweepOptions,
    targets: &[Target],
    params: &WelchPeakParams,
    batch: usize,
) -> Result<Vec<Path>> {
    let mut paths = Vec::new();
    let mut host = |name: &str, call| paths.push(Path { path: path(name), device: "cpu".to_owned(), call });
    for (name, engine) in LIBRARIES.into_iter().zip([PeaksEngine::StoredPsd, PeaksEngine::Streaming]) {
        let mut scratch = WelchPeaksScratch::new(params.clone(), engine, options.threads)?;
        let call: Call = Box::new(move |x, out| Ok(scratch.peaks_into(x, batch, out)?));
        host(name, Ok(call));
    }
    let call = mkl::peaks(params, batch, options.threads)
        .map(|mut peaks| -> Call { Box::new(move |x, out| Ok(peaks.peaks_into(x, batch, out)?)) });
    host("mkl", call);
    for device in &options.devices {
        let call = match (&device.missing, targets.iter().find(|target| target.label == device.label)) {
            (Some(reason), _) => Err(reason.clone()),
            (None, None) => Err(format!("{} is not open", device.label)),
            (None, Some(target)) => {
                let n_segments = params.welch.n_segments;
                let shape = WelchPeaksShape::new(batch, params.welch.n_fft, n_segments, params.k);
                let plan = CompiledRlxWelchPeaksExec::compile_on(&target.session, &shape)?;
                let executable = plan.executable().clone();
                let call: Call = Box::new(move |x, out| Ok(executable.run(&[x], &mut [out])?));
                Ok(call)
            }
        };
        paths.push(Path { path: device_path(&device.label), device: device.label.clone(), call });
    }
    Ok(paths)
}

fn without_calls(options: &SweepOptions, reason: &str) -> Vec<Path> {
    let of =
        |path: String, device: &str| Path { path, device: device.to_owned(), call: Err(reason.to_owned()) };
    let libraries = LIBRARIES.iter().map(|name| of(path(name), "cpu"));
    libraries.chain(options.devices.iter().map(|d| of(device_path(&d.label), &d.label))).collect()
}

fn row(options: &SweepOptions, params: &WelchPeakParams, batch: usize, path: &Path) -> SweepRow {
    let reason = path.call.as_ref().err().cloned();
    SweepRow {
        path: path.path.clone(),
        status: if reason.is_some() { Status::Skipped } else { Status::Ok },
        iters: if reason.is_some() { 0 } else { options.iters },
        reason,
        n_fft: params.welch.n_fft,
        batch,
        k: params.k_out(),
        segments: params.welch.n_segments,
        device: path.device.clone(),
        threads: options.threads,
        ms: None,
        ms_min: None,
        ms_p90: None,
        rows_per_s: None,
        bins_right: None,
        relative: None,
    }
}
