//! The device's part of a plan as a program.

use std::sync::Arc;

use rlx_compile::{NodeId, Plan};

use super::design::design;
use super::flow::Flow;
use super::gpu::Gpu;
use super::lower::{Repair, lower};
use crate::cpu::refuse_non_finite;
use crate::error::{Error, Result};
use crate::session::{Kind, Program, Resident, SampleFormat, Samples, SessionOptions, Timed};

/// Kernels for `f32` samples, and for one other type after its first use.
pub(crate) struct WgpuProgram {
    maker: Maker,
    floats: Flow,
    /// `None`: there are no kernels for the type, and samples are converted first.
    other: Option<(SampleFormat, Option<Flow>)>,
}

/// Parts from which a flow is made.
struct Maker {
    gpu: Arc<Gpu>,
    plan: Plan,
    wanted: Vec<NodeId>,
    options: SessionOptions,
    threads: usize,
}

/// Reasons why a program cannot be made.
pub(super) enum Fault {
    /// There is no kernel for a region with samples of this type.
    Lacks(Error),
    /// Anything else.
    Other(Error),
}

impl Maker {
    fn flow(&self, format: SampleFormat) -> std::result::Result<Flow, Fault> {
        let design =
            design(&self.plan, &self.wanted, format, &self.gpu.group_limits()).map_err(Fault::Lacks)?;
        lower(&self.gpu, &self.plan, &design, &self.wanted, &self.options)
            .and_then(|lowered| Flow::new(&self.gpu, lowered, self.threads))
            .map_err(Fault::Other)
    }
}

impl WgpuProgram {
    /// Makes the kernels that compute `wanted`, with `threads` threads for copies.
    pub(super) fn new(
        gpu: &Arc<Gpu>,
        plan: &Plan,
        wanted: &[NodeId],
        options: &SessionOptions,
        threads: usize,
    ) -> std::result::Result<Self, Fault> {
        let (gpu, plan) = (Arc::clone(gpu), plan.clone());
        let maker = Maker { gpu, plan, wanted: wanted.to_vec(), options: options.clone(), threads };
        Ok(Self { floats: maker.flow(SampleFormat::F32)?, maker, other: None })
    }

    /// Records the plan over buffers on its adapter: values of this format per input, `f32` per output.
    pub(super) fn record(
        &mut self,
        gpu: &Arc<Gpu>,
        encoder: &mut wgpu::CommandEncoder,
        format: SampleFormat,
        inputs: &[wgpu::Buffer],
        outputs: &[wgpu::Buffer],
    ) -> Result<()> {
        if !Arc::ptr_eq(gpu, &self.maker.gpu) {
            return Err(Error::unsupported("the plan was compiled for another adapter"));
        }
        let flow = self.flow(format)?;
        let flow = flow.ok_or_else(|| Error::unsupported(format!("no kernels for {format:?} samples")))?;
        flow.record(encoder, inputs, outputs)
    }

    /// Returns the flow for a type of samples; `None` if they must be converted.
    fn flow(&mut self, format: SampleFormat) -> Result<Option<&mut Flow>> {
        if format == SampleFormat::F32 {
            return Ok(Some(&mut self.floats));
        }
        if self.other.as_ref().is_none_or(|(known, _)| *known != format) {
            let made = match self.maker.flow(format) {
                Ok(flow) => Some(flow),
                Err(Fault::Lacks(..)) => None,
                Err(Fault::Other(error)) => return Err(error),
            };
            self.other = Some((format, made));
        }
        Ok(self.other.as_mut().and_then(|(_, flow)| flow.as_mut()))
    }
}

/// Repeats rows without finite powers on the host, which returns an error or the powers, according to the policy.
fn repair(repair: &mut Repair, samples: &Samples<'_>, out: &mut [f32]) -> Result<()> {
    let Repair { row_len, width, host, .. } = repair;
    for (row, out) in out.chunks_exact_mut(*width).enumerate() {
        if out[1].is_finite() {
            continue;
        }
        let at = row * *row_len;
        let values: Vec<f32> = (at..at + *row_len).filter_map(|i| samples.get(i)).collect();
        host.run(&[&values], &mut [out]).map_err(|error| match error {
            Error::Dsp(rlx_dsp::Error::NonFinite { index, value, .. }) => {
                Error::Dsp(rlx_dsp::Error::NonFinite { row, index, value })
            }
            other => other,
        })?;
    }
    Ok(())
}

fn bytes<'a>(samples: &Samples<'a>) -> &'a [u8] {
    match samples {
        Samples::F32(v) => bytemuck::cast_slice(v),
        Samples::I16(v) => bytemuck::cast_slice(v),
        Samples::F16(v) => bytemuck::cast_slice(v),
    }
}

impl Program for WgpuProgram {
    fn run(&mut self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) -> Result<()> {
        let samples: Vec<Samples<'_>> = inputs.iter().map(|i| Samples::F32(i)).collect();
        self.run_samples(&samples, outputs)
    }

    fn run_samples(&mut self, inputs: &[Samples<'_>], outputs: &mut [&mut [f32]]) -> Result<()> {
        let format = inputs.first().map_or(SampleFormat::F32, Samples::format);
        let cancel = self.maker.options.cancel.clone();
        let flow = if inputs.iter().all(|i| i.format() == format) { self.flow(format)? } else { None };
        let Some(flow) = flow else {
            let converted: Vec<_> = inputs.iter().map(Samples::to_f32).collect();
            let slices: Vec<&[f32]> = converted.iter().map(|c| &**c).collect();
            return self.run(&slices, outputs);
        };
        for (input, row_len) in inputs.iter().zip(&flow.lowered.check_rows) {
            // Integers are finite.
            if let Some(row_len) = row_len.filter(|_| format != SampleFormat::I16) {
                refuse_non_finite(&input.to_f32(), row_len)?;
            }
        }
        let inputs_bytes: Vec<&[u8]> = inputs.iter().map(bytes).collect();
        flow.run(&inputs_bytes, outputs, cancel.as_deref())?;
        for r in &mut flow.lowered.repairs {
            let (samples, out) = (&inputs[r.input], &mut *outputs[r.output]);
            repair(r, samples, out)?;
        }
        Ok(())
    }

    fn resident(&mut self) -> Option<Resident<'_>> {
        Some(Resident(Kind::Wgpu(self)))
    }

    fn timings(&self) -> &[Timed] {
        if self.maker.gpu.timestamps { &[Timed::Resident] } else { &[] }
    }

    fn time(
        &mut self,
        timed: Timed,
        runs: usize,
        inputs: &[&[f32]],
        outputs: &mut [&mut [f32]],
    ) -> Result<f64> {
        if timed != Timed::Resident || !self.maker.gpu.timestamps {
            return Err(Error::unsupported(format!("{} is not timed {timed}", self.maker.gpu.id)));
        }
        let bytes: Vec<&[u8]> = inputs.iter().map(|i| bytemuck::cast_slice(i)).collect();
        self.floats.time_resident(runs, &bytes, outputs)
    }
}
