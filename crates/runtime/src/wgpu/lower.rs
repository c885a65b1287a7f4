//! Design → kernels on a device.

use rlx_compile::{Graph, NodeId, Op, Plan};
use rlx_dsp::nan::NanPolicy;

use super::design::{Design, Value};
use super::gpu::Gpu;
use super::kernel::Kernel;
use crate::cpu::host_program;
use crate::error::Result;
use crate::session::{Program, SessionOptions};

/// A kernel and the values that it reads and writes.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) kernel: Kernel,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// Repeats rows whose power is NaN or infinite on the host, which applies the policy.
pub(super) struct Repair {
    /// Input and output of the fused op, by index.
    pub(super) input: usize,
    pub(super) output: usize,
    pub(super) row_len: usize,
    /// Values per output row.
    pub(super) width: usize,
    /// The same op on one row.
    pub(super) host: Box<dyn Program>,
}

/// The device's part of a plan.
pub(super) struct Lowered {
    pub(super) batch: usize,
    pub(super) values: Vec<Value>,
    pub(super) kernels: Vec<Placed>,
    /// Values that the caller provides.
    pub(super) inputs: Vec<usize>,
    /// Values that the caller receives.
    pub(super) outputs: Vec<usize>,
    /// For each input, the length of the rows that are checked for NaN before anything runs.
    pub(super) check_rows: Vec<Option<usize>>,
    pub(super) repairs: Vec<Repair>,
}

/// Compiles the kernels of a design whose outputs are `wanted`.
pub(super) fn lower(
    gpu: &Gpu,
    plan: &Plan,
    design: &Design,
    wanted: &[NodeId],
    options: &SessionOptions,
) -> Result<Lowered> {
    let (graph, types) = (plan.graph(), plan.types());
    let users = graph.users();
    let fused = |u: &NodeId| matches!(graph.nodes()[u.0].op, Op::WelchPeaks(_));
    let check = |&(_, id): &(usize, NodeId)| {
        // The powers of the fused kernel show a row with NaN.
        let look = options.nan == NanPolicy::Error && !users[id.0].iter().all(fused);
        look.then_some(types[id.0].last() * (types[id.0].kind.element_bytes() / 4))
    };
    let mut repairs = Vec::new();
    for (output, &id) in wanted.iter().enumerate() {
        let node = &graph.nodes()[id.0];
        let (Op::WelchPeaks(spec), Some(&operand)) = (&node.op, node.inputs.first()) else { continue };
        let Some(input) = design.inputs.iter().position(|(_, id)| *id == operand) else { continue };
        let row_len = types[operand.0].last();
        let mut one = Graph::new();
        let x = one.push(Op::Input { batch: 1, len: row_len, complex: false }, &[])?;
        one.chain(x, [Op::WelchPeaks(spec.clone()), Op::output("peaks")])?;
        let width = 2 * spec.k.min(spec.n_fft / 2 + 1);
        repairs.push(Repair { input, output, row_len, width, host: host_program(&one, options)? });
    }
    let mut kernels = Vec::new();
    for launched in &design.launches {
        let kernel = Kernel::new(gpu, &launched.blueprint)?;
        kernels.push(Placed { kernel, from: launched.from, to: launched.to });
    }
    Ok(Lowered {
        batch: design.batch,
        values: design.values.clone(),
        kernels,
        inputs: design.inputs.iter().map(|(value, _)| *value).collect(),
        outputs: design.outputs.clone(),
        check_rows: design.inputs.iter().map(check).collect(),
        repairs,
    })
}
