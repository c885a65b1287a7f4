//! The library part of `rlx-fft calibrate`.

use std::path::PathBuf;
use std::time::Duration;

use rlx_compile::OpKind;
use rlx_compile::cost::{Calibration, Sample};
use rlx_dsp::welch::peaks::RowLayout;
use rlx_learn::FastLearnedFftModel;
use rlx_runtime::calibrate::{CalibrateOptions, calibrate_cpu, calibrate_device, interleaved, load, store};
use rlx_runtime::{Device, Session, SessionOptions, devices};
use serde::Serialize;

use crate::auto_welch_peaks::{AutoSettings, AutoWelchPeaks, CalibrationSource};
use crate::error::Result;
use crate::welch_peaks_picker::{WelchPeaksPickMode, WelchPeaksStrategy};
use rlx_runtime::calibrate::test_signal;

/// A calibration that was measured and stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibrated {
    /// The device.
    pub device: String,
    /// Its file.
    pub path: PathBuf,
    /// Duration of the measurement in seconds.
    pub seconds: f64,
    /// The record.
    pub calibration: Calibration,
}

/// Measures a device (`None`: `auto`) and stores the result in the user's cache. `progress` receives the finished
/// share, 0 … 1.
///
/// # Errors
/// An unknown or absent device; an error of a kernel; a cache directory that cannot be written.
pub fn calibrate(device: Option<&str>, progress: impl FnMut(f64)) -> Result<Calibrated> {
    let (info, calibration, seconds) = measure(device, progress)?;
    let path = store(&calibration)?;
    Ok(Calibrated { device: info, path, seconds, calibration })
}

/// Returns the devices to measure for a name, in order. `all` is every present device except software adapters. A
/// device with a bus includes the CPU if that has no calibration yet, because host strategies are compared with it.
///
/// # Errors
/// An unknown or absent device.
pub fn devices_to_calibrate(name: &str) -> Result<Vec<String>> {
    if name.trim().eq_ignore_ascii_case("all") {
        return Ok(devices().into_iter().filter(|d| !d.software).map(|d| d.id).collect());
    }
    let info = Device::named(name)?.resolve()?;
    let cpu = Device::Cpu.resolve()?;
    let with_cpu = info.class.has_bus() && load(&cpu.host_id()).calibration().is_none();
    Ok(with_cpu.then_some(cpu.id).into_iter().chain([info.id]).collect())
}

/// Measures a device without storing the result; returns device, record and seconds.
///
/// # Errors
/// Those of [`calibrate`].
pub fn measure(device: Option<&str>, progress: impl FnMut(f64)) -> Result<(String, Calibration, f64)> {
    let device = Device::named(device.unwrap_or("auto"))?;
    let start = std::time::Instant::now();
    let info = device.resolve()?;
    let mut calibration = if info.class.has_bus() {
        let open = |threads| Session::with_options(&device, SessionOptions::default().threads(threads));
        calibrate_device(open, &CalibrateOptions::device(), progress)?
    } else {
        calibrate_cpu(&CalibrateOptions::default(), progress)?
    };
    learned(&info.id, &mut calibration)?;
    Ok((info.id, calibration, start.elapsed().as_secs_f64()))
}

/// Adds the times of the learned strategy: a dense model, from which pruned models are scaled. On a device without
/// the op the host runs it, and its calibration contains the times.
fn learned(device: &str, calibration: &mut Calibration) -> Result<()> {
    let (budget, k, strategy) = (Duration::from_millis(10), 16, WelchPeaksStrategy::LearnedCompiled);
    if !Session::open(&device.parse()?)?.caps().claims(OpKind::Butterfly) {
        return Ok(());
    }
    for n_fft in [128, 256, 512, 1024] {
        let model = FastLearnedFftModel::exact(n_fft)?;
        let settings = AutoSettings {
            device: Some(device),
            learned: Some(&model),
            mode: WelchPeaksPickMode::Force(strategy),
            threads: 1,
            calibration: CalibrationSource::Shipped,
            layout: RowLayout::Leading,
            ..AutoSettings::default()
        };
        for batch in [1, 16, 256] {
            let mut plan = AutoWelchPeaks::with_settings(batch, n_fft, k, &settings)?;
            let samples = test_signal(plan.layout_lens().0);
            let mut out = vec![0.0; plan.output_len()];
            let mut run = || plan.welch_peaks_batch_fast_into(&samples, &mut out);
            let spread = interleaved(&mut [&mut run], budget, 3, 51)?;
            let sample = |ns| Sample { strategy, n_fft, segments: 2, k, batch, threads: 1, ns };
            calibration.samples.extend(spread.first().filter(|s| s.median > 0.0).map(|s| sample(s.median)));
        }
    }
    Ok(())
}
