//! Times of the fused op over a small grid on a device with a bus.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::{Duration, Instant};

use rlx_compile::builders::{WelchPeaksShape, welch_peaks};
use rlx_compile::cost::{Calibration, Sample};
use rlx_compile::passes::FusionPolicy;
use rlx_compile::picker::WelchPeaksStrategy;
use rlx_compile::plan::ExecKind;

use super::clock::interleaved;
use super::device_coefficients;
use super::measure::{CalibrateOptions, record, test_signal, thread_counts};
use crate::error::Result;
use crate::session::Session;

impl CalibrateOptions {
    /// Returns the grid for a device with a bus. It includes larger batches; the steps are small, because the
    /// division into chunks depends on the batch size.
    pub fn device() -> Self {
        Self {
            batches: vec![1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536],
            edge_batches: vec![1, 1024],
            edges: vec![64, 2048, 4096],
            passes: 3,
            budget: Duration::from_millis(4),
            max_samples: 32 << 20,
            time_limit: Duration::from_secs(40),
            ..Self::default()
        }
    }

    /// What the probe of a device with a bus measures: one transform length, because each has a kernel to compile.
    pub fn device_probe() -> Self {
        Self {
            n_ffts: vec![256],
            ks: vec![16],
            batches: vec![1, 256, 4096, 16_384],
            max_samples: 8 << 20,
            time_limit: Duration::from_millis(100),
            ..Self::probe()
        }
    }
}

/// Measures a device: its coefficients, and the fused op from host memory to host memory, with copies on one thread
/// and on all useful threads. `open` opens a session with the given number of threads. Host strategies are part of
/// the CPU's calibration. `progress` receives the finished share, 0 … 1.
///
/// # Errors
/// Those of `open` and of the device.
pub fn calibrate_device(
    open: impl Fn(usize) -> Result<Session>,
    options: &CalibrateOptions,
    progress: impl FnMut(f64),
) -> Result<Calibration> {
    let first = open(1)?;
    let (id, model) = (first.device().host_id(), device_coefficients::measure(&first, options.probe)?);
    let mut sessions = HashMap::from([(1, first)]);
    let signal = test_signal(options.longest());
    let strategy = WelchPeaksStrategy::RlxCompiled;
    let samples = options.measure(Instant::now(), progress, |shape| {
        let (n_fft, segments, k, batch) = (shape.n_fft, shape.segments, shape.k, shape.batch);
        let mut samples = Vec::new();
        for threads in thread_counts(batch) {
            let session = match sessions.entry(threads) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => entry.insert(open(threads)?),
            };
            let timed = fused_ns(session, shape, options, &signal)?;
            samples.extend(timed.map(|ns| Sample { strategy, n_fft, segments, k, batch, threads, ns }));
        }
        Ok(samples)
    })?;
    Ok(record(id, model, samples, options.source()))
}

/// Number of untimed runs of a plan.
const WARM_RUNS: usize = 3;

/// Returns the median time of one shape, ns; `None` if the device has no kernel for it.
fn fused_ns(
    session: &Session,
    shape: &WelchPeaksShape,
    options: &CalibrateOptions,
    signal: &[f32],
) -> Result<Option<f64>> {
    // Not cached: the buffers of all shapes would accumulate on the device.
    let executable =
        session.compile_once(session.explain(&welch_peaks(shape)?, FusionPolicy::Always)?.plan)?;
    let plan = executable.plan();
    if plan.exec_kind() != ExecKind::FusedOp || !plan.splits().is_empty() {
        return Ok(None);
    }
    let input = &signal[..shape.batch * shape.frame_len()?];
    let mut out = vec![0.0; executable.outputs().iter().map(|o| o.floats).sum()];
    let mut run = || executable.run(&[input], &mut [&mut out]);
    // The first runs allocate buffers and their pages.
    for _ in 0..WARM_RUNS {
        run()?;
    }
    let spread = interleaved(&mut [&mut run], options.budget, options.rounds, 101)?;
    Ok(spread.first().map(|s| options.time_of(s)).filter(|ns| *ns > 0.0))
}
