//! Programs of plans that run partly on a device and partly on the host.

use rlx_compile::plan::Place;
use rlx_compile::{NodeId, Op, Plan};
use rlx_dsp::nan::NanPolicy;

use super::backend::Program;
use super::nan_guard::{guarded, of_device};
use super::options::SessionOptions;
use crate::cpu::{HostProgram, of_regions, over_gaps, refuse_non_finite};
use crate::error::{Error, Result};

/// Returns the program of a plan whose device part another backend builds: `device` receives the values that its
/// program must return, in the order of its outputs (its inputs are all those of the plan), and its options; the host
/// runs the ops that follow.
///
/// A device must support only the NaN policies `Error` and `Propagate`. Under policies that skip segments it gets
/// `Propagate`: short gaps are interpolated before the upload, and the host recomputes the rows that still contain
/// NaN. If the host runs a part, samples that the policy rejects are found before anything runs. If the device has
/// nothing to do, `device` is not called.
///
/// # Errors
/// Errors of `device`; ops that the host cannot run; a value that does not fit in memory.
pub fn lower_split(
    plan: &Plan,
    options: &SessionOptions,
    device: impl FnOnce(&[NodeId], &SessionOptions) -> Result<Box<dyn Program>>,
) -> Result<Box<dyn Program>> {
    let (graph, types) = (plan.graph(), plan.types());
    let is_input = |id: NodeId| matches!(graph.get(id).map(|n| &n.op), Some(Op::Input { .. }));
    let HandedOut { results, values, needs, host_runs } = handed_out(plan);
    let host_results: Vec<usize> = (0..results.len()).filter(|&i| !values.contains(&results[i])).collect();
    if !host_runs && host_results.is_empty() && values == results {
        let program = guarded(plan, &values, options, device(&values, &of_device(options))?)?;
        return Ok(over_gaps(graph, types, options, program));
    }

    let inputs: Vec<NodeId> = graph.iter().map(|(id, _)| id).filter(|&id| is_input(id)).collect();
    let given: Vec<NodeId> = inputs.iter().chain(&needs).copied().collect();
    let wanted: Vec<NodeId> = host_results.iter().map(|&i| results[i]).collect();
    let host = of_regions(graph, types, options, &given, &wanted, plan.regions_on(Place::Host))?;

    let mut buffers = Vec::new();
    let mut places = Vec::new();
    for value in &values {
        places.push(match results.iter().position(|r| r == value) {
            Some(output) => Some(output),
            None => {
                buffers.push(zeros(types[value.0].floats())?);
                None
            }
        });
    }
    let first = |i: usize| values.iter().position(|v| *v == results[i]);
    let copies = (0..results.len()).filter_map(|i| {
        let value = first(i)?;
        (places[value] != Some(i)).then_some((value, i))
    });
    let row = |id: &NodeId| types[id.0].last() * (types[id.0].kind.element_bytes() / 4);
    let of = |device: Box<dyn Program>| guarded(plan, &values, options, device);
    let program = SplitProgram {
        check_rows: (options.nan == NanPolicy::Error).then(|| inputs.iter().map(row).collect()),
        device: if values.is_empty() { None } else { Some(of(device(&values, &of_device(options))?)?) },
        copies: copies.collect(),
        needs: needs.iter().filter_map(|n| values.iter().position(|v| v == n)).collect(),
        places,
        buffers,
        host,
        host_results,
    };
    Ok(over_gaps(graph, types, options, Box::new(program)))
}

/// Values that cross from the device part of a plan to the host.
struct HandedOut {
    /// Nodes of the plan's outputs.
    results: Vec<NodeId>,
    /// Values that the device returns: results, and operands of host nodes.
    values: Vec<NodeId>,
    /// Operands of host nodes.
    needs: Vec<NodeId>,
    /// Whether the host computes anything.
    host_runs: bool,
}

fn handed_out(plan: &Plan) -> HandedOut {
    let graph = plan.graph();
    let made: Vec<NodeId> =
        plan.regions_on(Place::Device).flat_map(|region| region.results.iter().copied()).collect();
    let results: Vec<NodeId> =
        graph.outputs().filter_map(|id| graph.get(id)?.inputs.first().copied()).collect();
    let (mut values, mut needs): (Vec<NodeId>, Vec<NodeId>) = (Vec::new(), Vec::new());
    let add = |list: &mut Vec<NodeId>, id: NodeId| {
        if made.contains(&id) && !list.contains(&id) {
            list.push(id);
        }
    };
    results.iter().for_each(|id| add(&mut values, *id));
    let mut host_runs = false;
    for region in plan.regions_on(Place::Host) {
        host_runs = true;
        add(&mut values, region.source);
        add(&mut needs, region.source);
    }
    HandedOut { results, values, needs, host_runs }
}

fn zeros(floats: u64) -> Result<Vec<f32>> {
    let too_large = || Error::unsupported(format!("{floats} values do not fit in memory"));
    let floats = usize::try_from(floats).map_err(|_| too_large())?;
    let mut values = Vec::new();
    values.try_reserve_exact(floats).map_err(|_| too_large())?;
    values.resize(floats, 0.0);
    Ok(values)
}

struct SplitProgram {
    device: Option<Box<dyn Program>>,
    /// For each value of the device the output it is written to; `None`: the next buffer of `buffers`.
    places: Vec<Option<usize>>,
    buffers: Vec<Vec<f32>>,
    /// Values that are copied to another output: (value, output).
    copies: Vec<(usize, usize)>,
    /// Values that the host reads.
    needs: Vec<usize>,
    host: HostProgram,
    /// Outputs that the host writes.
    host_results: Vec<usize>,
    /// Row length of each input, if NaN and infinity are rejected.
    check_rows: Option<Vec<usize>>,
}

impl Program for SplitProgram {
    fn run(&mut self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) -> Result<()> {
        for (input, &row) in inputs.iter().zip(self.check_rows.iter().flatten()) {
            refuse_non_finite(input, row)?;
        }
        let mut free: Vec<Option<&mut [f32]>> = outputs.iter_mut().map(|o| Some(&mut **o)).collect();
        let mut take = |at: usize| free.get_mut(at).and_then(Option::take).unwrap_or_default();
        let mut buffers = self.buffers.iter_mut();
        let mut values: Vec<&mut [f32]> = Vec::with_capacity(self.places.len());
        for place in &self.places {
            values.push(match place {
                Some(output) => take(*output),
                None => buffers.next().map(Vec::as_mut_slice).unwrap_or_default(),
            });
        }
        if let Some(device) = &mut self.device {
            device.run(inputs, &mut values)?;
        }
        for &(value, output) in &self.copies {
            take(output).copy_from_slice(values[value]);
        }
        let given: Vec<&[f32]> =
            inputs.iter().copied().chain(self.needs.iter().map(|&i| &*values[i])).collect();
        let mut results: Vec<&mut [f32]> = self.host_results.iter().map(|&o| take(o)).collect();
        self.host.run(&given, &mut results)
    }
}
