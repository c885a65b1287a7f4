//! Plan → kernels and the values between them.

use rlx_compile::params::WelchPeaksSpec;
use rlx_compile::plan::Place;
use rlx_compile::{Graph, NodeId, Op, Plan, ValueKind, ValueType};
use rlx_dsp::nan::NanPolicy;

use super::blueprint::{Blueprint, SampleFormat, WelchPeaks};
use super::gpu::Gpu;
use super::kernel::Kernel;
use crate::cpu::host_program;
use crate::error::{Error, Result};
use crate::session::{Program, SessionOptions};

/// A value on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value {
    /// Bytes of a row of the batch.
    pub(super) row_bytes: usize,
    /// Planes that lie one after the other, each with all rows.
    pub(super) planes: usize,
}

/// A kernel and the values that it takes and makes.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) kernel: Kernel,
    pub(super) from: usize,
    pub(super) to: Vec<usize>,
}

/// Rows whose power came out NaN or infinite are done again on the host, which knows the policy.
pub(super) struct Repair {
    /// Input and output of the fused op, by index.
    pub(super) input: usize,
    pub(super) output: usize,
    pub(super) row_len: usize,
    /// Values of an output row.
    pub(super) width: usize,
    /// The same op on one row.
    pub(super) host: Box<dyn Program>,
}

/// The device's part of a plan.
pub(super) struct Lowered {
    pub(super) batch: usize,
    pub(super) values: Vec<Value>,
    pub(super) kernels: Vec<Placed>,
    /// Values that the caller fills.
    pub(super) inputs: Vec<usize>,
    /// Values that the caller gets.
    pub(super) outputs: Vec<usize>,
    /// Length of the rows of each input in which NaN is looked for before anything runs.
    pub(super) check_rows: Vec<Option<usize>>,
    pub(super) repairs: Vec<Repair>,
}

/// The kernels that compute `wanted` from the inputs of a plan.
pub(super) fn lower(gpu: &Gpu, plan: &Plan, wanted: &[NodeId], options: &SessionOptions) -> Result<Lowered> {
    let (graph, types) = (plan.graph(), plan.types());
    let mut lowering = Lowering {
        gpu,
        graph,
        types,
        users: graph.users(),
        options,
        value_of: vec![None; types.len()],
        lowered: Lowered {
            batch: types.first().and_then(|t| t.dims.first()).copied().unwrap_or(0),
            values: Vec::new(),
            kernels: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            check_rows: Vec::new(),
            repairs: Vec::new(),
        },
    };
    for (id, node) in graph.iter() {
        match node.op {
            Op::Output { .. } => {}
            Op::Input { .. } => lowering.input(id)?,
            _ if plan.places().get(id.0) == Some(&Place::Device) => lowering.node(id, wanted)?,
            _ => {}
        }
    }
    for id in wanted {
        let value = lowering.place(*id)?;
        lowering.lowered.outputs.push(value);
    }
    Ok(lowering.lowered)
}

struct Lowering<'a> {
    gpu: &'a Gpu,
    graph: &'a Graph,
    types: &'a [ValueType],
    users: Vec<Vec<NodeId>>,
    options: &'a SessionOptions,
    value_of: Vec<Option<usize>>,
    lowered: Lowered,
}

impl Lowering<'_> {
    fn place(&self, id: NodeId) -> Result<usize> {
        self.value_of[id.0].ok_or_else(|| Error::unsupported(format!("{id} has no place on the device")))
    }

    fn value(&mut self, id: NodeId) -> Result<usize> {
        let ty = &self.types[id.0];
        let rows = ty.dims.first().copied().unwrap_or(0);
        if rows != self.lowered.batch {
            return Err(Error::unsupported(format!("inputs of {} and {rows} rows", self.lowered.batch)));
        }
        let row: usize = ty.dims.iter().skip(1).product();
        let planes = match ty.kind {
            ValueKind::Spectrum { layout: rlx_compile::params::Layout::Block, .. } => 2,
            _ => 1,
        };
        self.lowered.values.push(Value { row_bytes: row * ty.kind.element_bytes(), planes });
        self.value_of[id.0] = Some(self.lowered.values.len() - 1);
        Ok(self.lowered.values.len() - 1)
    }

    fn input(&mut self, id: NodeId) -> Result<()> {
        let value = self.value(id)?;
        self.lowered.inputs.push(value);
        // The fused kernel shows a row with NaN by its powers.
        let fused = |u: &NodeId| matches!(self.graph.nodes()[u.0].op, Op::WelchPeaks(_));
        let check = self.options.nan == NanPolicy::Error && !self.users[id.0].iter().all(fused);
        let ty = &self.types[id.0];
        self.lowered.check_rows.push(check.then_some(ty.last() * (ty.kind.element_bytes() / 4)));
        Ok(())
    }

    fn node(&mut self, id: NodeId, wanted: &[NodeId]) -> Result<()> {
        let node = &self.graph.nodes()[id.0];
        let Some(&operand) = node.inputs.first() else { return Ok(()) };
        match &node.op {
            // Applied while a transform loads.
            op if op.is_prologue() => Ok(()),
            Op::WelchPeaks(spec) => self.welch_peaks(id, operand, spec, wanted),
            op => Err(Error::unsupported(format!("{id}: {} has no {}", self.gpu.id, op.kind()))),
        }
    }

    fn welch_peaks(
        &mut self,
        id: NodeId,
        operand: NodeId,
        spec: &WelchPeaksSpec,
        wanted: &[NodeId],
    ) -> Result<()> {
        let row_len = self.types[operand.0].last();
        let kernel = WelchPeaks { spec: *spec, row_len, samples: SampleFormat::F32, peaks: true, psd: false };
        let (from, to) = (self.place(operand)?, self.value(id)?);
        self.push(&kernel.blueprint(&self.gpu.group_limits())?, from, vec![to])?;
        let input = self.lowered.inputs.iter().position(|&v| v == from);
        let output = wanted.iter().position(|&w| w == id);
        if let (Some(input), Some(output)) = (input, output) {
            let mut one = Graph::new();
            let x = one.push(Op::Input { batch: 1, len: row_len, complex: false }, &[])?;
            one.chain(x, [Op::WelchPeaks(*spec), Op::output("peaks")])?;
            let host = host_program(&one, self.options)?;
            self.lowered.repairs.push(Repair { input, output, row_len, width: 2 * kernel.k_out(), host });
        }
        Ok(())
    }

    fn push(&mut self, blueprint: &Blueprint, from: usize, to: Vec<usize>) -> Result<()> {
        let kernel = Kernel::new(self.gpu, blueprint)?;
        self.lowered.kernels.push(Placed { kernel, from, to });
        Ok(())
    }
}
