//! Implements the policies that skip segments, for device programs.
//!
//! Kernels propagate NaN. Under [`NanPolicy::SkipSegment`] and [`NanPolicy::Interpolate`] a device gets
//! [`NanPolicy::Propagate`], and the host recomputes the rows that contain a missing sample.

use rlx_compile::{NodeId, Plan};
use rlx_dsp::nan::NanPolicy;

use super::backend::Program;
use super::host_rows::HostRows;
use super::options::SessionOptions;
use super::resident::Resident;
use super::samples::Samples;
use super::timed::Timed;
use crate::error::Result;

/// Returns the options for a device's part.
pub(super) fn of_device(options: &SessionOptions) -> SessionOptions {
    let nan = match options.nan {
        NanPolicy::SkipSegment | NanPolicy::Interpolate { .. } => NanPolicy::Propagate,
        other => other,
    };
    options.clone().nan(nan)
}

/// Returns the device's program for these values under the session's policy. Short gaps were interpolated before.
pub(super) fn guarded(
    plan: &Plan,
    values: &[NodeId],
    options: &SessionOptions,
    device: Box<dyn Program>,
) -> Result<Box<dyn Program>> {
    if of_device(options).nan == options.nan {
        return Ok(device);
    }
    Ok(Box::new(NanGuard { device, rows: HostRows::new(plan, values, options)? }))
}

struct NanGuard {
    device: Box<dyn Program>,
    rows: HostRows,
}

impl Program for NanGuard {
    fn run(&mut self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) -> Result<()> {
        self.device.run(inputs, outputs)?;
        let samples: Vec<Samples<'_>> = inputs.iter().map(|i| Samples::F32(i)).collect();
        self.rows.repair(0, &samples, outputs)
    }

    fn run_samples(&mut self, inputs: &[Samples<'_>], outputs: &mut [&mut [f32]]) -> Result<()> {
        self.device.run_samples(inputs, outputs)?;
        self.rows.repair(0, inputs, outputs)
    }

    fn resident(&mut self) -> Option<Resident<'_>> {
        self.device.resident()
    }

    fn timings(&self) -> &[Timed] {
        self.device.timings()
    }

    fn time(
        &mut self,
        timed: Timed,
        runs: usize,
        inputs: &[&[f32]],
        outputs: &mut [&mut [f32]],
    ) -> Result<f64> {
        self.device.time(timed, runs, inputs, outputs)
    }
}
