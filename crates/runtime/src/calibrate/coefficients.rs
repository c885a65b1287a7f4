//! The coefficients of the CPU's latency–bandwidth model.

use std::hint::black_box;
use std::time::Duration;

use rlx_compile::builders::{WelchPeaksShape, welch_peaks};
use rlx_compile::cost::{graph_work, suggested_fused_compute_scale};
use rlx_compile::passes::FusionPolicy;
use rlx_compile::{BackendCostModel, DeviceClass};

use super::clock::interleaved;
use super::measure::test_signal;
use crate::error::Result;
use crate::session::Session;

/// How long the coefficients may take.
pub(super) struct Effort {
    /// Timed rounds of one coefficient end after this long.
    budget: Duration,
    /// Rounds, at least.
    rounds: usize,
    /// Samples that are copied; `None` leaves the bandwidth as shipped, or as the fused kernel shows it.
    copied: Option<usize>,
    /// Rows of the plans.
    rows: usize,
}

impl Effort {
    /// Some 300 ms, of a calibration.
    pub(super) const WHOLE: Self =
        Self { budget: Duration::from_millis(60), rounds: 5, copied: Some(1 << 20), rows: 1024 };
    /// Some 5 ms, of a probe.
    pub(super) const PROBE: Self = Self { budget: Duration::ZERO, rounds: 3, copied: None, rows: 64 };

    /// Median ns of one call.
    fn median(&self, call: &mut dyn FnMut() -> Result<()>) -> Result<f64> {
        Ok(interleaved(&mut [call], self.budget, self.rounds, 200)?.first().map_or(f64::NAN, |s| s.median))
    }
}

/// Measures call overhead, memory bandwidth, the rate of single ops and the fused kernel's scale. A coefficient that
/// came out impossible (a clock that stood still) keeps its shipped value.
pub(super) fn measure(session: &Session, effort: &Effort) -> Result<BackendCostModel> {
    let shipped = BackendCostModel::shipped(DeviceClass::Cpu);
    let mut model = shipped;
    let positive =
        |measured: f64, shipped: f64| if measured.is_normal() && measured > 0.0 { measured } else { shipped };

    // L: a run of nothing.
    let empty = session.compile(&welch_peaks(&WelchPeaksShape::new(0, 256, 2, 16))?)?;
    let call = effort.median(&mut || empty.run(&[&[]], &mut [&mut []]))?;
    model.call_ns = positive(call, shipped.call_ns);

    // W: a copy reads and writes; of this size it leaves a core's cache, as most batches do.
    if let Some(len) = effort.copied {
        let source = vec![1.0f32; len];
        let mut target = vec![0.0f32; len];
        let copy = effort.median(&mut || {
            target.copy_from_slice(black_box(&source));
            black_box(&mut target);
            Ok(())
        })?;
        model.device_bytes_per_ns = positive(2.0 * 4.0 * len as f64 / copy, shipped.device_bytes_per_ns);
        model.upload_bytes_per_ns = model.device_bytes_per_ns;
        model.readback_bytes_per_ns = model.device_bytes_per_ns;
    }

    // Compute terms at the shape that most is known of.
    let shape = WelchPeaksShape::new(effort.rows, 256, 2, 16);
    let graph = welch_peaks(&shape)?;
    let samples = test_signal(shape.batch * shape.frame_len()?);
    let mut peaks = vec![0.0; shape.batch * shape.k * 2];
    let ops = session.compile_with(&graph, FusionPolicy::Never)?;
    let took = effort.median(&mut || ops.run(&[&samples], &mut [&mut peaks]))?;
    let (_, work) = graph_work(&graph)?;
    model.flops_per_ns = positive(work / took, shipped.flops_per_ns);
    model.host_flops_per_ns = model.flops_per_ns;
    let fused = session.compile_with(&graph, FusionPolicy::Always)?;
    let took = effort.median(&mut || fused.run(&[&samples], &mut [&mut peaks]))?;
    // A kernel that was seen to move more than the copy did shows that the copy was disturbed.
    let bytes = (4 * (samples.len() + peaks.len())) as f64;
    let seen = positive(1.25 * bytes / took, 0.0);
    model.device_bytes_per_ns = model.device_bytes_per_ns.max(seen);
    let scale = suggested_fused_compute_scale(fused.plan(), &model, took).unwrap_or(f64::NAN);
    model.fused_compute_scale = positive(scale, shipped.fused_compute_scale);
    model.validate()?;
    Ok(model)
}
