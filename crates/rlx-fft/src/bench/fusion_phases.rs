//! The library part of `bench-fusion-phases`: the same peaks by five routes, with their data traffic, predicted and
//! measured times.

use std::collections::BTreeMap;
use std::time::Duration;

use rlx_compile::builders::WelchPeaksShape;
use rlx_compile::cost::{predict_plan, suggested_fused_compute_scale};
use rlx_compile::phases::{FusionPhase, PhasePlan};
use rlx_compile::{IoProfile, PassContext, Plan};
use rlx_dsp::welch::peaks::{PeaksEngine, WelchPeakParams, WelchPeaksScratch};
use rlx_runtime::calibrate::{Spread, interleaved, load, test_signal};
use rlx_runtime::cpu::useful_threads;
use rlx_runtime::{Device, Session, SessionOptions};
use serde::Serialize;

use crate::bench::report::Status;
use crate::error::{Error, Result};

/// Options of the bench.
#[derive(Debug, Clone, PartialEq)]
pub struct FusionPhasesOptions {
    /// Name of the device; `None` is `auto`.
    pub device: Option<String>,
    /// Transform length.
    pub n_fft: usize,
    /// Batch sizes; each is a separate run.
    pub batches: Vec<usize>,
    /// Peaks per row.
    pub k: usize,
    /// Timed iterations per phase.
    pub iters: usize,
    /// Threads of the host, 0: as many as the batch can use.
    pub threads: usize,
}

impl Default for FusionPhasesOptions {
    fn default() -> Self {
        Self { device: None, n_fft: 256, batches: vec![1024], k: 16, iters: 15, threads: 1 }
    }
}

/// A phase of one batch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PhaseRow {
    /// Name of the phase.
    pub path: &'static str,
    /// Measured or skipped.
    pub status: Status,
    /// Why it was skipped.
    pub reason: Option<String>,
    /// Transform length.
    pub n_fft: usize,
    /// Rows.
    pub batch: usize,
    /// Peaks per row.
    pub k: usize,
    /// The device.
    pub device: String,
    /// Route of the plan: `fused_op`, `block_fft`, ….
    pub exec_kind: Option<&'static str>,
    /// IO profile of a run.
    #[serde(serialize_with = "io_fields")]
    pub io: Option<IoProfile>,
    /// Median ms.
    pub ms: Option<f64>,
    /// Smallest time, ms.
    pub ms_min: Option<f64>,
    /// 90th percentile, ms.
    pub ms_p90: Option<f64>,
    /// Time predicted by the cost model, ms.
    pub predicted_ms: Option<f64>,
    /// Median of the baseline divided by this median.
    pub speedup: Option<f64>,
}

/// Returns a profile with the names of the report.
fn io_fields<S: serde::Serializer>(io: &Option<IoProfile>, to: S) -> std::result::Result<S::Ok, S::Error> {
    let fields = io.map(|io| {
        BTreeMap::from([
            ("launches", io.launches),
            ("sync_points", io.sync_points),
            ("upload_bytes", io.upload_bytes),
            ("host_out_bytes", io.host_output_bytes),
            ("host_readback_bytes", io.host_readback_bytes),
            ("device_bytes", io.device_bytes),
        ])
    });
    fields.serialize(to)
}

/// All phases of all batches.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FusionPhasesReport {
    /// Rows, phase by phase, batch by batch.
    pub phases: Vec<PhaseRow>,
    /// The fused compute scale that would have predicted phase 2 of the largest batch.
    pub suggested_fused_io_compute_scale: Option<f64>,
    /// `measured` or `shipped`: source of the predictions.
    pub calibration: &'static str,
}

impl FusionPhasesReport {
    /// Returns the line `suggested fused_io_compute_scale: X`, or the reason why none is suggested.
    pub fn suggestion_line(&self) -> String {
        let fused = |r: &&PhaseRow| r.path == FusionPhase::FusedOp.path() && r.status == Status::Ok;
        let what = match (self.suggested_fused_io_compute_scale, self.phases.iter().any(|r| fused(&r))) {
            (Some(scale), _) => format!("{scale:.3}"),
            (None, true) => format!(
                "none: the fused kernel took no longer than the model's time without its arithmetic ({} coefficients; \
                 run rlx-fft calibrate)",
                self.calibration
            ),
            (None, false) => "none: no fused kernel ran".to_owned(),
        };
        format!("suggested fused_io_compute_scale: {what}")
    }

    /// Adds rows for a device that is absent, before those that ran instead.
    pub fn add_absent(&mut self, device: &str, reason: &str, n_fft: usize, batches: &[usize], k: usize) {
        let absent = batches.iter().flat_map(|&batch| {
            FusionPhase::ALL.map(|phase| PhaseRow {
                path: phase.path(),
                status: Status::Skipped,
                reason: Some(reason.to_owned()),
                n_fft,
                batch,
                k,
                device: device.to_owned(),
                exec_kind: None,
                io: None,
                ms: None,
                ms_min: None,
                ms_p90: None,
                predicted_ms: None,
                speedup: None,
            })
        });
        self.phases.splice(..0, absent.collect::<Vec<_>>());
    }
}

/// Runs every phase of every batch; the phases of a batch are interleaved.
///
/// # Errors
/// An unknown or absent device, an invalid shape, no iteration. A phase that the device does not support is a skipped
/// row.
pub fn bench_fusion_phases(options: &FusionPhasesOptions) -> Result<FusionPhasesReport> {
    if options.iters == 0 {
        return Err(Error::argument("iters", "0 iterations measure nothing"));
    }
    let device = Device::named(options.device.as_deref().unwrap_or("auto"))?;
    let mut report = FusionPhasesReport {
        phases: Vec::new(),
        suggested_fused_io_compute_scale: None,
        calibration: "shipped",
    };
    for &batch in &options.batches {
        let threads = useful_threads(options.threads, batch);
        let session = Session::with_options(&device, SessionOptions::default().threads(threads))?;
        let stored = load(&session.device().host_id());
        let session = match stored.calibration() {
            Some(calibration) => {
                report.calibration = "measured";
                session.calibrated(calibration)?
            }
            None => session,
        };
        one_batch(options, &session, batch, threads, &mut report)?;
    }
    Ok(report)
}

fn one_batch(
    options: &FusionPhasesOptions,
    session: &Session,
    batch: usize,
    threads: usize,
    report: &mut FusionPhasesReport,
) -> Result<()> {
    let shape = WelchPeaksShape::new(batch, options.n_fft, 2, options.k);
    let context = PassContext::new(session.caps(), session.model());
    let samples = test_signal(batch * shape.frame_len()?);
    let plans: Vec<(FusionPhase, PhasePlan)> =
        FusionPhase::ALL.into_iter().map(|p| Ok((p, p.plan(&shape, &context)?))).collect::<Result<_>>()?;
    let mut calls: Vec<Box<dyn FnMut() -> Result<()> + '_>> = Vec::new();
    for (phase, plan) in &plans {
        if let PhasePlan::Runs(plan) = plan {
            calls.push(call(*phase, plan, &shape, session, threads, &samples)?);
        }
    }
    let mut turns: Vec<&mut dyn FnMut() -> Result<()>> = calls.iter_mut().map(|c| &mut **c as _).collect();
    let mut spreads = interleaved(&mut turns, Duration::ZERO, options.iters, options.iters)?.into_iter();
    let mut baseline = None;
    for (phase, plan) in &plans {
        let (row, spread) = match plan {
            PhasePlan::Skipped(reason) => (skipped(*phase, &shape, session, reason.clone()), None),
            PhasePlan::Runs(plan) => {
                let spread = spreads.next();
                (measured(*phase, &shape, session, plan, spread, &mut baseline), spread)
            }
        };
        if let (FusionPhase::FusedOp, PhasePlan::Runs(plan), Some(spread)) = (phase, plan, spread) {
            let suggested = suggested_fused_compute_scale(plan, session.model(), spread.median);
            report.suggested_fused_io_compute_scale = suggested.or(report.suggested_fused_io_compute_scale);
        }
        report.phases.push(row);
    }
    Ok(())
}

/// Returns one iteration of a phase as a callable.
fn call<'a>(
    phase: FusionPhase,
    plan: &Plan,
    shape: &WelchPeaksShape,
    session: &Session,
    threads: usize,
    samples: &'a [f32],
) -> Result<Box<dyn FnMut() -> Result<()> + 'a>> {
    let native = phase == FusionPhase::Native;
    if native && !session.device().class.has_bus() {
        let params = WelchPeakParams::fast_for_n_fft(shape.n_fft, shape.k);
        let mut scratch = WelchPeaksScratch::new(params.clone(), PeaksEngine::Lanes, threads)?;
        let mut out = vec![0.0; shape.batch * params.k_out() * 2];
        let batch = shape.batch;
        return Ok(Box::new(move || Ok(scratch.peaks_into(samples, batch, &mut out)?)));
    }
    if native {
        // On a device the native kernel is the lowered fused op, called without an executable.
        let mut program = session.lower(plan)?;
        let mut out = vec![0.0; shape.batch * shape.k.min(shape.bins()) * 2];
        return Ok(Box::new(move || Ok(program.run(&[samples], &mut [&mut out])?)));
    }
    let executable = session.compile_plan(plan.clone())?;
    let mut buffers: Vec<Vec<f32>> = executable.outputs().iter().map(|o| vec![0.0; o.floats]).collect();
    Ok(Box::new(move || {
        let mut outs: Vec<&mut [f32]> = buffers.iter_mut().map(Vec::as_mut_slice).collect();
        Ok(executable.run(&[samples], &mut outs)?)
    }))
}

fn skipped(phase: FusionPhase, shape: &WelchPeaksShape, session: &Session, reason: String) -> PhaseRow {
    PhaseRow {
        path: phase.path(),
        status: Status::Skipped,
        reason: Some(reason),
        n_fft: shape.n_fft,
        batch: shape.batch,
        k: shape.k,
        device: session.device().id.clone(),
        exec_kind: None,
        io: None,
        ms: None,
        ms_min: None,
        ms_p90: None,
        predicted_ms: None,
        speedup: None,
    }
}

fn measured(
    phase: FusionPhase,
    shape: &WelchPeaksShape,
    session: &Session,
    plan: &Plan,
    spread: Option<Spread>,
    baseline: &mut Option<f64>,
) -> PhaseRow {
    if phase == FusionPhase::BaselineInterleavedReadback {
        *baseline = spread.map(|s| s.median);
    }
    PhaseRow {
        status: Status::Ok,
        reason: None,
        exec_kind: Some(plan.exec_kind().label()),
        io: Some(*plan.io()),
        ms: spread.map(|s| s.median * 1e-6),
        ms_min: spread.map(|s| s.min * 1e-6),
        ms_p90: spread.map(|s| s.p90 * 1e-6),
        predicted_ms: Some(predict_plan(plan, session.model()).total_ns() * 1e-6),
        speedup: spread.and_then(|s| baseline.map(|b| b / s.median)),
        ..skipped(phase, shape, session, String::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(n_fft: usize) -> FusionPhasesReport {
        let options =
            FusionPhasesOptions { n_fft, batches: vec![8, 32], iters: 3, ..FusionPhasesOptions::default() };
        bench_fusion_phases(&options).unwrap()
    }

    #[test]
    fn every_phase_runs_on_the_cpu_and_output_falls_32_times() {
        let report = run(256);
        let paths: Vec<_> = report.phases.iter().map(|r| r.path).collect();
        assert_eq!(paths[..5], FusionPhase::ALL.map(FusionPhase::path));
        assert_eq!(paths[5..], paths[..5]);
        for row in &report.phases {
            assert_eq!(row.status, Status::Ok);
            assert!(row.ms.unwrap() > 0.0 && row.predicted_ms.unwrap() > 0.0 && row.speedup.unwrap() > 0.0);
        }
        let out = |i: usize| report.phases[i].io.unwrap().host_output_bytes;
        assert_eq!(out(0), 32 * out(2));
        assert_eq!(report.phases[0].speedup, Some(1.0));
        // A number or a reason, depending on the machine.
        let line = report.suggestion_line();
        let what = line.strip_prefix("suggested fused_io_compute_scale: ").unwrap();
        assert!(what.parse::<f64>().is_ok() || what.starts_with("none: "), "{line}");
    }

    #[test]
    fn a_skipped_phase_says_why_and_has_no_number() {
        let report = run(250);
        let fused = report.phases.iter().find(|r| r.path == FusionPhase::FusedOp.path()).unwrap();
        assert_eq!(fused.status, Status::Skipped);
        assert!(fused.reason.as_ref().unwrap().contains("250"));
        assert_eq!((fused.ms, fused.speedup, fused.predicted_ms, fused.io), (None, None, None, None));
        assert_eq!(report.phases[0].status, Status::Ok);
        assert_eq!(report.suggested_fused_io_compute_scale, None);
        assert!(report.suggestion_line().ends_with("none: no fused kernel ran"));
        let none = FusionPhasesOptions { iters: 0, ..FusionPhasesOptions::default() };
        assert!(bench_fusion_phases(&none).is_err());
    }
}
