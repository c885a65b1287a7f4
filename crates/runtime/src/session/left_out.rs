//! Rows with missing samples, done again by the host, under a policy that leaves segments out.

use rlx_compile::params::{Layout, MaxOver};
use rlx_compile::plan::Place;
use rlx_compile::{Graph, NodeId, Op, Plan, ValueKind};
use rlx_dsp::nan::{NanPolicy, first_non_finite};

use super::backend::Program;
use super::options::SessionOptions;
use super::resident::Resident;
use super::timed::Timed;
use crate::cpu::{HostProgram, Part, part};
use crate::error::Result;

/// The options for a device's part. Kernels take every sample as it is: under a policy that leaves segments out the host
/// does the rows again that need it.
pub(super) fn of_device(options: &SessionOptions) -> SessionOptions {
    let nan = match options.nan {
        NanPolicy::SkipSegment | NanPolicy::Interpolate { .. } => NanPolicy::Propagate,
        other => other,
    };
    options.clone().nan(nan)
}

/// The device's program, which hands these values out, under the session's policy: rows in which samples are missing (short gaps
/// were bridged before) get the host's values.
pub(super) fn by_policy(
    plan: &Plan,
    values: &[NodeId],
    options: &SessionOptions,
    device: Box<dyn Program>,
) -> Result<Box<dyn Program>> {
    if of_device(options).nan == options.nan {
        return Ok(device);
    }
    let over_all = |op: &Op| matches!(op, Op::ClampNormalise { scope: MaxOver::Batch, .. });
    let together = plan.graph().nodes().iter().any(|n| over_all(&n.op));
    let rows: Vec<usize> = plan
        .graph()
        .nodes()
        .iter()
        .filter_map(|n| if let Op::Input { batch, .. } = n.op { Some(batch) } else { None })
        .collect();
    let batch = rows.first().copied().unwrap_or(0);
    // Rows that depend on one another are all done again.
    let one = !together && rows.iter().all(|r| *r == batch);
    let mut graph = Graph::new();
    for (_, node) in plan.graph().iter() {
        let op = match &node.op {
            Op::Input { len, complex, .. } if one => Op::Input { batch: 1, len: *len, complex: *complex },
            op => op.clone(),
        };
        graph.push(op, &node.inputs)?;
    }
    let planes = values.iter().map(|v| match plan.types()[v.0].kind {
        ValueKind::Spectrum { layout: Layout::Block, .. } => 2,
        _ => 1,
    });
    let left_out = LeftOut {
        planes: planes.collect(),
        batch: if one { batch } else { 1 },
        runs: plan.places().iter().map(|p| *p == Place::Device).collect(),
        graph,
        values: values.to_vec(),
        options: SessionOptions { threads: if one { 1 } else { options.threads }, ..options.clone() },
        host: None,
        device,
    };
    Ok(Box::new(left_out))
}

struct LeftOut {
    device: Box<dyn Program>,
    /// The device's part of the plan on one row, or on all of them.
    host: Option<HostProgram>,
    graph: Graph,
    runs: Vec<bool>,
    values: Vec<NodeId>,
    /// Planes of each value: a complex one in the block layout has two.
    planes: Vec<usize>,
    /// Rows that are looked at one by one; 1 where they are one.
    batch: usize,
    options: SessionOptions,
}

impl LeftOut {
    fn repair(&mut self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) -> Result<()> {
        let batch = self.batch.max(1);
        let lens: Vec<usize> = inputs.iter().map(|i| i.len() / batch).collect();
        let row_of = |row: usize| inputs.iter().zip(&lens).map(move |(i, len)| &i[row * len..][..*len]);
        for row in 0..self.batch {
            if row_of(row).all(|x| first_non_finite(x).is_none()) {
                continue;
            }
            let host = match &mut self.host {
                Some(host) => host,
                none => {
                    let types = self.graph.infer()?;
                    let given =
                        self.graph.iter().filter(|(_, n)| matches!(n.op, Op::Input { .. })).map(|(id, _)| id);
                    let runs = |id: NodeId| self.runs[id.0];
                    let of = Part { given: given.collect(), wanted: self.values.clone(), runs: &runs };
                    none.insert(part(&self.graph, &types, &self.options, &of)?)
                }
            };
            let given: Vec<&[f32]> = row_of(row).collect();
            let mut made: Vec<Vec<f32>> = outputs.iter().map(|o| vec![0.0; o.len() / batch]).collect();
            let mut slices: Vec<&mut [f32]> = made.iter_mut().map(Vec::as_mut_slice).collect();
            host.run(&given, &mut slices)?;
            for ((out, made), &planes) in outputs.iter_mut().zip(&made).zip(&self.planes) {
                let width = made.len() / planes;
                for plane in 0..planes {
                    out[(plane * batch + row) * width..][..width]
                        .copy_from_slice(&made[plane * width..][..width]);
                }
            }
        }
        Ok(())
    }
}

impl Program for LeftOut {
    fn run(&mut self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) -> Result<()> {
        self.device.run(inputs, outputs)?;
        self.repair(inputs, outputs)
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
