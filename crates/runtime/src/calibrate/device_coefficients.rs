//! The coefficients of a device's latency–bandwidth model, from the times of plans and the device's probe.

use std::time::Duration;

use rlx_compile::builders::{PEAKS, WelchPeaksShape, welch_peaks};
use rlx_compile::cost::{graph_work, suggested_fused_compute_scale};
use rlx_compile::params::{Layout, Padding, Sides, Symmetry, Window};
use rlx_compile::plan::ExecKind;
use rlx_compile::{BackendCostModel, Graph, Op, Plan};

use super::clock::interleaved;
use super::measure::test_signal;
use crate::error::Result;
use crate::session::{Executable, Session, Timed};

const BUDGET: Duration = Duration::from_millis(80);
/// Rows for the measurement of bandwidths: about 12 MB, whose time is far above any latency.
const ROWS: usize = 8192;

/// Measures the coefficients for which there is a plan; the others, and those with an invalid result, keep their
/// shipped values.
pub(super) fn measure(session: &Session) -> Result<BackendCostModel> {
    let mut model = BackendCostModel::shipped(session.device().class);
    let probe = session.probe()?;
    let put = |to: &mut f64, measured: Option<f64>| {
        if let Some(value) = measured.filter(|m| m.is_normal() && *m > 0.0) {
            *to = value;
        }
    };
    model.unified_memory = probe.unified_memory.unwrap_or(model.unified_memory);
    put(&mut model.launch_ns, probe.launch_ns);
    put(&mut model.device_bytes_per_ns, probe.device_bytes_per_ns);

    // L: an empty run measures the call; the additional time of one row, without its launches, is the round trip.
    let shape = WelchPeaksShape::new(ROWS, 256, 2, 16);
    put(&mut model.call_ns, Some(host_ns(&fused(session, &shape.with_batch(0))?)?));
    let messages = if model.unified_memory { 1.0 } else { 2.0 };
    let row = host_ns(&fused(session, &WelchPeaksShape::new(1, 64, 1, 1))?)?;
    put(
        &mut model.round_trip_ns,
        probe.round_trip_ns.or(Some(row - model.call_ns - messages * model.launch_ns)),
    );

    // The bus, from the additional time of ROWS rows: first with samples in and little out, then with their spectra
    // out.
    let slope = |of: &dyn Fn(usize) -> Result<Executable>| -> Result<(f64, Executable)> {
        let (once, twice) = (of(ROWS)?, of(2 * ROWS)?);
        Ok((host_ns(&twice)? - host_ns(&once)?, once))
    };
    let (up, peaks) = slope(&|batch| fused(session, &WelchPeaksShape::new(batch, 256, 2, 1)))?;
    let kernel = resident_ns(&peaks)?.unwrap_or(0.0);
    put(
        &mut model.upload_bytes_per_ns,
        probe.upload_bytes_per_ns.or(Some(bytes(peaks.inputs()) / (up - kernel).max(0.5 * up))),
    );
    let (both, spectra) = slope(&|batch| spectrum(session, batch))?;
    let lens: Vec<usize> = spectra.outputs().iter().map(|o| o.floats).collect();
    let transformed = spectra.plan().exec_kind() != ExecKind::Host;
    let down = both - bytes(spectra.inputs()) / model.upload_bytes_per_ns;
    let readback = probe.readback_bytes_per_ns.or(transformed.then(|| bytes(&lens) / down));
    put(&mut model.readback_bytes_per_ns, readback);

    // Compute: the rate of the block kernels, if they can be timed alone; then the scale of the fused kernel relative
    // to it.
    let (_, work) = graph_work(spectra.plan().graph())?;
    if let Some(took) = resident_ns(&spectra)?.filter(|_| transformed) {
        put(&mut model.flops_per_ns, Some(work / took));
    }
    let executable = fused(session, &shape)?;
    let scale = match resident_ns(&executable)? {
        Some(took) => {
            let (fused_work, _) = graph_work(executable.plan().graph())?;
            Some(took * model.flops_per_ns / fused_work)
        }
        None => suggested_fused_compute_scale(executable.plan(), &model, host_ns(&executable)?),
    };
    put(&mut model.fused_compute_scale, scale);
    model.validate()?;
    Ok(model)
}

/// Returns the fused op as a plan, regardless of the gate (unsupported parts run on the host).
fn fused(session: &Session, shape: &WelchPeaksShape) -> Result<Executable> {
    let mut graph = Graph::new();
    let input = Op::Input { batch: shape.batch, len: shape.frame_len()?, complex: false };
    let x = graph.push(input, &[])?;
    graph.chain(x, [Op::WelchPeaks(shape.spec()), Op::output(PEAKS)])?;
    let plan = Plan::new(graph, session.caps())?;
    if plan.splits().is_empty() {
        return session.compile_plan(plan);
    }
    session.compile(&welch_peaks(shape)?)
}

/// Compiles the spectra of two segments per row as an output.
fn spectrum(session: &Session, batch: usize) -> Result<Executable> {
    let mut graph = Graph::new();
    let x = graph.push(Op::Input { batch, len: 384, complex: false }, &[])?;
    graph.chain(
        x,
        [
            Op::Segment { len: 256, hop: 128, pad: Padding::None, drop_last: 0 },
            Op::Window { window: Window::Hann, symmetry: Symmetry::Periodic },
            Op::Fft { n_fft: 256, sides: Sides::One, layout: Layout::Block, keep: None },
            Op::output("spectrum"),
        ],
    )?;
    session.compile_plan(Plan::new(graph, session.caps())?)
}

fn bytes(floats: &[usize]) -> f64 {
    4.0 * floats.iter().sum::<usize>() as f64
}

/// Returns the median time of a run from host memory to host memory, ns.
fn host_ns(executable: &Executable) -> Result<f64> {
    with_buffers(executable, |inputs, outputs| {
        let mut run = || executable.run(inputs, outputs);
        Ok(interleaved(&mut [&mut run], BUDGET, 5, 200)?.first().map_or(f64::NAN, |s| s.median))
    })
}

/// Returns the time of the kernels alone with resident data, ns; `None` if the device cannot measure it.
fn resident_ns(executable: &Executable) -> Result<Option<f64>> {
    if !executable.timings().contains(&Timed::Resident) {
        return Ok(None);
    }
    with_buffers(executable, |inputs, outputs| {
        executable.time(Timed::Resident, 3, inputs, outputs)?;
        executable.time(Timed::Resident, 50, inputs, outputs).map(Some)
    })
}

fn with_buffers<T>(
    executable: &Executable,
    run: impl FnOnce(&[&[f32]], &mut [&mut [f32]]) -> Result<T>,
) -> Result<T> {
    let samples: Vec<Vec<f32>> = executable.inputs().iter().map(|&len| test_signal(len)).collect();
    let inputs: Vec<&[f32]> = samples.iter().map(Vec::as_slice).collect();
    let mut buffers: Vec<Vec<f32>> = executable.outputs().iter().map(|o| vec![0.0; o.floats]).collect();
    let mut outputs: Vec<&mut [f32]> = buffers.iter_mut().map(Vec::as_mut_slice).collect();
    run(&inputs, &mut outputs)
}
