//! The coefficients of a device's latency–bandwidth model, from the times of plans and what the device says of itself.

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
/// Rows at which bandwidths are looked at: some 12 MB, far above any latency.
const ROWS: usize = 8192;

/// Measures what there is a plan for; the rest keeps its shipped value, as does what came out impossible.
/// Of a probe (`short`), only what the device says of itself.
pub(super) fn measure(session: &Session, short: bool) -> Result<BackendCostModel> {
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
    if short {
        put(&mut model.round_trip_ns, probe.round_trip_ns);
        put(&mut model.upload_bytes_per_ns, probe.upload_bytes_per_ns);
        put(&mut model.readback_bytes_per_ns, probe.readback_bytes_per_ns);
        model.validate()?;
        return Ok(model);
    }

    // L: a run of nothing is the call; what one row takes beyond it and its launches is the wait for its answer.
    let shape = WelchPeaksShape::new(ROWS, 256, 2, 16);
    put(&mut model.call_ns, Some(host_ns(&fused(session, &shape.with_batch(0))?)?));
    let messages = if model.unified_memory { 1.0 } else { 2.0 };
    let row = host_ns(&fused(session, &WelchPeaksShape::new(1, 64, 1, 1))?)?;
    put(
        &mut model.round_trip_ns,
        probe.round_trip_ns.or(Some(row - model.call_ns - messages * model.launch_ns)),
    );

    // The bus, by what ROWS more rows take: samples in and next to nothing out, then their spectra out too.
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

    // Compute: the block kernels' rate, where they can be timed alone; then the fused kernel's scale against it.
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

/// Returns the fused op as a plan, whatever the gate says (what the device lacks of it runs on the host).
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

/// Spectra of two segments per row, handed out whole.
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

/// Median ns of a run from the caller's memory to the caller's memory.
fn host_ns(executable: &Executable) -> Result<f64> {
    with_buffers(executable, |inputs, outputs| {
        let mut run = || executable.run(inputs, outputs);
        Ok(interleaved(&mut [&mut run], BUDGET, 5, 200)?.first().map_or(f64::NAN, |s| s.median))
    })
}

/// ns of the kernels alone, with their data on the device; `None` where the device cannot tell.
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
