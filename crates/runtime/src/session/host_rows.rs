//! Recomputes on the host those rows that contain missing samples.

use rlx_compile::params::{Layout, MaxOver};
use rlx_compile::plan::Place;
use rlx_compile::{Graph, NodeId, Op, Plan, ValueKind};

use super::options::SessionOptions;
use super::samples::Samples;
use crate::cpu::{HostProgram, Part, part};
use crate::error::Result;

/// The device's part of a plan as a host program on one row. Rows that depend on each other (a maximum over the
/// batch) are processed together.
pub(crate) struct HostRows {
    graph: Graph,
    runs: Vec<bool>,
    values: Vec<NodeId>,
    /// Planes of each value: two for a complex value in block layout.
    planes: Vec<usize>,
    /// Number of rows that are inspected separately.
    batch: usize,
    options: SessionOptions,
    /// Lowered at the first row that needs it.
    host: Option<HostProgram>,
}

impl HostRows {
    /// Creates the fallback for the values that the device returns. The policy of the options determines how missing
    /// samples are handled.
    pub(crate) fn new(plan: &Plan, values: &[NodeId], options: &SessionOptions) -> Result<Self> {
        let over_all = |op: &Op| matches!(op, Op::ClampNormalise { scope: MaxOver::Batch, .. });
        let together = plan.graph().nodes().iter().any(|n| over_all(&n.op));
        let rows: Vec<usize> = plan
            .graph()
            .nodes()
            .iter()
            .filter_map(|n| if let Op::Input { batch, .. } = n.op { Some(batch) } else { None })
            .collect();
        let batch = rows.first().copied().unwrap_or(0);
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
        Ok(Self {
            planes: planes.collect(),
            batch: if one { batch } else { 1 },
            runs: plan.places().iter().map(|p| *p == Place::Device).collect(),
            graph,
            values: values.to_vec(),
            options: SessionOptions { threads: if one { 1 } else { options.threads }, ..options.clone() },
            host: None,
        })
    }

    /// Recomputes the rows from `first` on that contain NaN or infinity: one slice per input of the plan, empty for
    /// inputs that the device does not read, and one per value.
    ///
    /// # Errors
    /// Errors of the host program.
    pub(crate) fn repair(
        &mut self,
        first: usize,
        inputs: &[Samples<'_>],
        outputs: &mut [&mut [f32]],
    ) -> Result<()> {
        let batch = self.batch.max(1);
        let first = if first < self.batch { first } else { 0 };
        for row in first..self.batch {
            let given: Vec<_> = inputs
                .iter()
                .map(|i| {
                    let len = i.len() / batch;
                    i.slice(row * len..(row + 1) * len).to_f32()
                })
                .collect();
            if given.iter().all(|x| x.iter().all(|v| v.is_finite())) {
                continue;
            }
            let host = match &mut self.host {
                Some(host) => host,
                none => {
                    let types = self.graph.infer()?;
                    let inputs =
                        self.graph.iter().filter(|(_, n)| matches!(n.op, Op::Input { .. })).map(|(id, _)| id);
                    let runs = |id: NodeId| self.runs[id.0];
                    let of = Part { given: inputs.collect(), wanted: self.values.clone(), runs: &runs };
                    none.insert(part(&self.graph, &types, &self.options, &of)?)
                }
            };
            let given: Vec<&[f32]> = given.iter().map(|g| &**g).collect();
            let mut made: Vec<Vec<f32>> = outputs.iter().map(|o| vec![0.0; o.len() / batch]).collect();
            let mut slices: Vec<&mut [f32]> = made.iter_mut().map(Vec::as_mut_slice).collect();
            crate::session::Program::run(host, &given, &mut slices)?;
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
