//! From a plan's device part to kernels in order.
//!
//! `welch`, `transforms`, `frames`, `learned`, `mel` and `ops` each know one family of kernels; `walk` takes the part's ops in order and asks them,
//! the ones that fuse most first.

mod frames;
mod learned;
mod mel;
mod ops;
mod transforms;
mod walk;
mod welch;

use std::sync::Arc;

use rlx_compile::plan::Place;
use rlx_compile::{NodeId, Op, Plan};

use super::backend::Toolchain;
use super::blueprint::{Blueprint, SampleType};
use super::chain::{Arg, Build, Chain, Chains, Grid, Link};
use super::driver::{Context, DeviceMemory, Function, Module, Stream};
use super::nvrtc::{CubinCache, KernelSource, nvrtc};
use super::program::{DeviceProgram, Repair};
use crate::cpu::{Part, part};
use crate::error::{Error, Result};
use crate::session::{Program, SampleFormat, SessionOptions, handed_out};

/// A kernel of a chain, before it is built for a device and a type of samples.
struct Stage {
    blueprint: Box<dyn Fn(SampleType) -> std::result::Result<Blueprint, String> + Send + Sync>,
    grid: Grid,
    args: Vec<Arg>,
}

/// Why no kernels run the device part of a plan whose ops the caps claim.
pub(super) fn refuses(plan: &Plan, options: &SessionOptions) -> Result<Option<String>> {
    let values = handed_out(plan).values;
    if values.is_empty() || walk::stages(plan, &values, options)?.is_some() {
        return Ok(None);
    }
    Ok(Some("no kernel takes these ops in this order and with these parameters".to_owned()))
}

/// The program of the values that the device hands out. What no blueprint has after all runs on the host.
pub(super) fn device_program(
    plan: &Plan,
    wanted: &[NodeId],
    contexts: &[Arc<Context>],
    toolchain: &Arc<Toolchain>,
    options: &SessionOptions,
) -> Result<Box<dyn Program>> {
    let Some((layout, stages)) = walk::stages(plan, wanted, options)? else {
        let graph = plan.graph();
        let given =
            graph.iter().filter(|(_, n)| matches!(n.op, Op::Input { .. })).map(|(id, _)| id).collect();
        let runs = |id: NodeId| plan.places()[id.0] == Place::Device;
        let on_host = Part { given, wanted: wanted.to_vec(), runs: &runs };
        return Ok(Box::new(part(graph, plan.types(), options, &on_host)?));
    };
    let (toolchain, stages) = (toolchain.clone(), Arc::new(stages));
    let plane_rows: Vec<usize> = layout.values.iter().map(|v| v.row).collect();
    let build = move |context: &Arc<Context>, format: SampleFormat| -> Result<Chain> {
        let links =
            stages.iter().map(|stage| link(stage, context, format, &toolchain)).collect::<Result<_>>()?;
        Ok(Chain { links, plane_rows: plane_rows.clone() })
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
        grid: stage.grid,
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
