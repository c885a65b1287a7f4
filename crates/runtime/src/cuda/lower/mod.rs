//! Lowering of a plan's device part to kernels in order.
//!
//! `welch`, `transforms`, `frames`, `mixed`, `cross`, `limb_psd`, `learned`, `mel` and `ops` each handle one family of kernels; `regions`
//! selects the family of each region, both for the planner and for the program.

mod cross;
mod frames;
mod learned;
mod limb_psd;
mod mel;
mod mixed;
mod ops;
mod regions;
mod transforms;
mod welch;

use std::sync::Arc;

use rlx_compile::regions::Asked;
use rlx_compile::{NodeId, Plan};
use rlx_dsp::nan::NanPolicy;

use super::backend::Toolchain;
use super::blueprint::{Blueprint, SampleType};
use super::chain::{Arg, Build, Chain, Chains, Grid, Link};
use super::driver::{Context, DeviceMemory, Function, Module, Stream};
use super::nvrtc::{CubinCache, KernelSource, nvrtc};
use super::program::DeviceProgram;
use crate::error::{Error, Result};
use crate::session::{HostRows, Program, SampleFormat, SessionOptions};

/// A kernel of a chain, before it is built for a device and a type of samples.
struct Stage {
    blueprint: Box<dyn Fn(SampleType) -> std::result::Result<Blueprint, String> + Send + Sync>,
    grid: Grid,
    args: Vec<Arg>,
}

/// Checks that there are kernels for a region on a device with `shared` bytes of shared memory per block.
///
/// # Errors
/// The reason why there are none.
pub(super) fn accepts(
    asked: &Asked<'_>,
    options: &SessionOptions,
    shared: usize,
) -> std::result::Result<(), String> {
    let needed = regions::kernel(asked, options)?.shared;
    if needed <= shared {
        return Ok(());
    }
    Err(format!("{needed} bytes of shared memory, and a block of the device has {shared}"))
}

/// Returns the program that computes the values the device delivers.
pub(super) fn device_program(
    plan: &Plan,
    wanted: &[NodeId],
    contexts: &[Arc<Context>],
    toolchain: &Arc<Toolchain>,
    options: &SessionOptions,
) -> Result<Box<dyn Program>> {
    let (layout, stages) = regions::stages(plan, wanted, options)?;
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
    let propagate = SessionOptions { threads: 1, ..options.clone() }.nan(NanPolicy::Propagate);
    let repair = HostRows::new(plan, wanted, &propagate)?;
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
