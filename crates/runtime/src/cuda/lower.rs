//! From a plan's device part to kernels in order.

use std::sync::Arc;

use rlx_compile::params::WelchPeaksSpec;
use rlx_compile::plan::Place;
use rlx_compile::{NodeId, Op, Plan, ValueKind, ValueType};

use super::backend::Toolchain;
use super::blueprint::welch_peaks::{Outputs, welch_peaks};
use super::blueprint::{Blueprint, SampleType};
use super::chain::{Arg, Build, Chain, Chains, Grid, Link};
use super::driver::{Context, DeviceMemory, Function, Module, Stream};
use super::nvrtc::{CubinCache, KernelSource, nvrtc};
use super::program::{DeviceProgram, Layout, Repair};
use super::stage::Value;
use crate::cpu::{Part, part};
use crate::error::{Error, Result};
use crate::session::{Program, SampleFormat, SessionOptions};

/// A kernel of a chain, before it is built for a device and a type of samples.
struct Stage {
    blueprint: Box<dyn Fn(SampleType) -> std::result::Result<Blueprint, String> + Send + Sync>,
    /// Items a row: 1, or its frames.
    items: usize,
    args: Vec<Arg>,
}

/// The program of the values that the device hands out. What no blueprint has after all runs on the host.
pub(super) fn device_program(
    plan: &Plan,
    wanted: &[NodeId],
    contexts: &[Arc<Context>],
    toolchain: &Arc<Toolchain>,
    options: &SessionOptions,
) -> Result<Box<dyn Program>> {
    let Some((layout, stages)) = stages(plan, wanted)? else {
        let graph = plan.graph();
        let given =
            graph.iter().filter(|(_, n)| matches!(n.op, Op::Input { .. })).map(|(id, _)| id).collect();
        let runs = |id: NodeId| plan.places()[id.0] == Place::Device;
        let on_host = Part { given, wanted: wanted.to_vec(), runs: &runs };
        return Ok(Box::new(part(graph, plan.types(), options, &on_host)?));
    };
    let (toolchain, stages) = (toolchain.clone(), Arc::new(stages));
    let build = move |context: &Arc<Context>, format: SampleFormat| -> Result<Chain> {
        let links =
            stages.iter().map(|stage| link(stage, context, format, &toolchain)).collect::<Result<_>>()?;
        Ok(Chain { links })
    };
    let build: Arc<Build> = Arc::new(build);
    let chains =
        |context: &Arc<Context>| (context.clone(), Arc::new(Chains::new(context.clone(), build.clone())));
    let devices = contexts.iter().map(chains).collect();
    let repair = Repair::new(plan, wanted, options)?;
    Ok(Box::new(DeviceProgram::new(layout, devices, options.clone(), repair)?))
}

/// Compiles and loads one kernel, with its tables.
fn link(stage: &Stage, context: &Arc<Context>, format: SampleFormat, tools: &Toolchain) -> Result<Link> {
    let sample = match format {
        SampleFormat::F32 => SampleType::F32,
        SampleFormat::I16 => SampleType::I16,
        SampleFormat::F16 => SampleType::F16,
    };
    let blueprint = (stage.blueprint)(sample).map_err(Error::unsupported)?;
    let fail = |what, reason: String| Error::device(context.id(), what, reason);
    let arch = tools.nvrtc.arch_for(context.arch()?).map_err(|e| fail("compiling a kernel", e))?;
    let source = KernelSource {
        name: blueprint.source,
        source: blueprint.text(),
        headers: Blueprint::headers(),
        options: &blueprint.options(),
    };
    let cubin = tools.cache.cubin(tools.nvrtc, arch, &source).map_err(|e| fail("compiling a kernel", e))?;
    let module =
        Module::load(context, &cubin).map_err(|error| match tools.nvrtc.newer_than(tools.driver) {
            Some(note) => fail("loading a kernel", format!("{error}; {note}")),
            None => error,
        })?;
    let function = Function::new(&module, blueprint.entry, blueprint.shared_bytes as usize)?;
    let stream = Stream::new(context)?;
    let mut tables = Vec::new();
    for table in &blueprint.tables {
        let bytes = size_of_val(&*table.data);
        let memory = DeviceMemory::new(context, bytes)?;
        // SAFETY: both hold `bytes` bytes, and the stream is waited for below.
        unsafe { stream.upload(table.data.as_ptr().cast(), memory.at(), bytes)? };
        tables.push(memory);
    }
    stream.wait()?;
    Ok(Link {
        function,
        grid: Grid { items: stage.items, block: blueprint.rows_per_block as usize },
        threads: blueprint.block,
        shared: blueprint.shared_bytes,
        args: stage.args.clone(),
        tables,
    })
}

/// A kernel that does nothing.
pub(super) fn empty_kernel(context: &Arc<Context>) -> Result<Function> {
    let nvrtc = nvrtc().map_err(Error::unsupported)?;
    let fail = |reason: String| Error::device(context.id(), "compiling a kernel", reason);
    let arch = nvrtc.arch_for(context.arch()?).map_err(fail)?;
    let text = "extern \"C\" __global__ void nothing() {}";
    let source = KernelSource { name: "nothing.cu", source: text, headers: &[], options: &[] };
    let cubin = CubinCache::of_user().cubin(nvrtc, arch, &source).map_err(fail)?;
    Function::new(&Module::load(context, &cubin)?, "nothing", 0)
}

/// Bytes of a value, by row and plane.
fn value_of(ty: &ValueType, result: Option<usize>) -> Value {
    let batch = ty.dims.first().copied().unwrap_or(0).max(1) as u64;
    let block = matches!(ty.kind, ValueKind::Spectrum { layout: rlx_compile::params::Layout::Block, .. });
    let planes = if block { 2 } else { 1 };
    // Inference has bounded the whole value by `isize::MAX`.
    let row = usize::try_from(4 * ty.floats() / batch).unwrap_or(usize::MAX) / planes;
    Value { row, planes, fixed: 0, result }
}

/// The kernels of a device part and what they compute, or nothing where a blueprint is missing.
fn stages(plan: &Plan, wanted: &[NodeId]) -> Result<Option<(Layout, Vec<Stage>)>> {
    let (graph, types) = (plan.graph(), plan.types());
    let inputs: Vec<NodeId> =
        graph.iter().filter(|(_, n)| matches!(n.op, Op::Input { .. })).map(|(id, _)| id).collect();
    let &[value] = wanted else { return Ok(None) };
    let Some(node) = graph.get(value) else { return Ok(None) };
    let Some(&operand) = node.inputs.first() else { return Ok(None) };
    let Some(input) = inputs.iter().position(|i| *i == operand) else { return Ok(None) };
    let Op::WelchPeaks(spec) = node.op else { return Ok(None) };
    let taken = &types[operand.0];
    let row_len = taken.last() * (taken.kind.element_bytes() / 4);
    let Some((frame_len, stage)) = welch_stage(&spec, row_len) else { return Ok(None) };
    let ty = &types[value.0];
    // An empty batch has no rows to take the size of one from; nothing is moved then.
    let layout = Layout {
        input,
        inputs: inputs.len(),
        batch: taken.dims.first().copied().unwrap_or(0),
        row_len,
        checked: Some(frame_len),
        values: vec![value_of(ty, Some(0))],
        results: vec![0],
        whole: false,
    };
    Ok(Some((layout, vec![stage])))
}

fn welch_stage(spec: &WelchPeaksSpec, row_len: usize) -> Option<(usize, Stage)> {
    let segments = row_len.checked_sub(spec.segment_len)? / spec.hop.max(1) + 1;
    let outputs = Outputs { peaks: true, psd: false };
    let spec = *spec;
    let blueprint =
        move |sample| welch_peaks(&spec, segments, sample, outputs).map(|kernel| kernel.blueprint);
    let kernel = welch_peaks(&spec, segments, SampleType::F32, outputs).ok()?;
    let args = vec![
        Arg::Input,
        Arg::Value(0),
        Arg::U64(0),
        Arg::Table(0),
        Arg::Table(1),
        Arg::Status,
        Arg::Rows,
        Arg::U64(row_len as u64),
        Arg::F32(1.0),
    ];
    Some((kernel.frame_len, Stage { blueprint: Box::new(blueprint), items: 1, args }))
}
