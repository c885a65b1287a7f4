//! The regions of a device part in order, each with its kernels.

use rlx_compile::params::Layout as ComplexLayout;
use rlx_compile::plan::Place;
use rlx_compile::regions::{Asked, Task};
use rlx_compile::{NodeId, Op, Plan, ValueKind, ValueType};

use super::super::blueprint::{Operand, Passes, SampleType};
use super::super::chain::{Arg, Grid};
use super::super::program::Layout;
use super::super::stage::Value;
use super::{Stage, frames, learned, mel, mixed, ops, transforms, welch};
use crate::error::{Error, Result};
use crate::session::SessionOptions;

/// Makes the kernels for a type of samples.
type Make = Box<dyn Fn(SampleType) -> std::result::Result<Passes, String> + Send + Sync>;

/// Kernels of a region.
pub(super) struct Taken {
    /// Largest dynamic shared memory of any of them, bytes.
    pub(super) shared: usize,
    /// Whether they load samples in pairs, which is not possible for rows that start between two samples of a pair.
    pairs: bool,
    make: Make,
}

impl Taken {
    /// Returns kernels for samples that may start anywhere, or why there are none.
    pub(super) fn of(
        make: impl Fn(SampleType) -> std::result::Result<Passes, String> + Send + Sync + 'static,
    ) -> std::result::Result<Self, String> {
        let passes = make(SampleType::F32)?.passes;
        let shared = passes.iter().map(|pass| pass.blueprint.shared_bytes as usize).max().unwrap_or(0);
        Ok(Self { shared, pairs: false, make: Box::new(make) })
    }

    /// Returns the kernels for a type of samples.
    pub(super) fn passes(&self, sample: SampleType) -> std::result::Result<Passes, String> {
        (self.make)(sample)
    }

    /// Returns these kernels followed by others.
    pub(super) fn then(
        self,
        more: impl Fn(Passes) -> std::result::Result<Passes, String> + Send + Sync + 'static,
    ) -> std::result::Result<Self, String> {
        let pairs = self.pairs;
        Ok(Self { pairs, ..Self::of(move |sample| more(self.passes(sample)?))? })
    }

    /// Returns kernels for samples in pairs.
    pub(super) fn in_pairs(
        make: impl Fn(SampleType) -> std::result::Result<Passes, String> + Send + Sync + 'static,
    ) -> std::result::Result<Self, String> {
        Ok(Self { pairs: true, ..Self::of(make)? })
    }
}

/// Returns the kernels of a region, or why there are none.
pub(super) fn kernel(asked: &Asked<'_>, options: &SessionOptions) -> std::result::Result<Taken, String> {
    let first = asked.graph.iter().find(|(_, n)| matches!(n.op, Op::Input { .. })).map(|(id, _)| id);
    if asked.reads_input() && first != Some(asked.region.source) {
        return Err("one stream of samples feeds a program".to_owned());
    }
    let samples = || match asked.reads_input() {
        true => Ok(()),
        false => Err("kernels of frames read the caller's samples".to_owned()),
    };
    match &asked.region.task {
        Task::WelchPeaks(spec) => samples().and_then(|()| welch::peaks(asked, spec)),
        Task::Welch(welch) => {
            samples().and_then(|()| welch::average(asked, welch).or_else(|_| mixed::average(asked, welch)))
        }
        Task::LogMel(mel) => samples().and_then(|()| mel::kernel(asked, mel)),
        Task::Spectrogram(powers) => {
            samples().and_then(|()| frames::powers(powers).or_else(|_| mixed::powers(powers)))
        }
        Task::Transform(transform) => samples().and_then(|()| transforms::kernel(transform)),
        Task::Learned(learned) => samples().and_then(|()| learned::kernel(asked, learned, options)),
        Task::Frames(_) => Err("frames stay in the registers of a transform".to_owned()),
        Task::Op(op) => ops::kernel(asked, op),
    }
}

/// Returns the kernels of a device part and their values.
pub(super) fn stages(
    plan: &Plan,
    wanted: &[NodeId],
    options: &SessionOptions,
) -> Result<(Layout, Vec<Stage>)> {
    let (graph, types) = (plan.graph(), plan.types());
    let is_input = |id: NodeId| matches!(graph.nodes()[id.0].op, Op::Input { .. });
    let inputs: Vec<NodeId> = graph.iter().map(|(id, _)| id).filter(|id| is_input(*id)).collect();
    let lost = |id: NodeId| Error::unsupported(format!("{id} is no value of the device"));
    // For each value of the chain, its node.
    let mut nodes: Vec<NodeId> = Vec::new();
    let mut found: Vec<Found> = Vec::new();
    let mut source: Option<NodeId> = None;
    let mut pairs = false;
    for region in plan.regions_on(Place::Device) {
        let asked = Asked { region, graph, types };
        let taken = kernel(&asked, options).map_err(Error::unsupported)?;
        let from = if is_input(region.source) {
            source = Some(region.source);
            pairs |= taken.pairs;
            None
        } else {
            let place = nodes.iter().position(|n| *n == region.source);
            Some(place.ok_or_else(|| lost(region.source))?)
        };
        let to = nodes.len();
        nodes.extend(&region.results);
        let second = (region.results.len() > 1).then_some(to + 1);
        found.push(Found { from, to, second, make: taken.make });
    }
    let source = source.ok_or_else(|| Error::unsupported("the device reads no samples"))?;
    let place = |id: &NodeId| nodes.iter().position(|n| n == id).ok_or_else(|| lost(*id));
    let results = wanted.iter().map(place).collect::<Result<Vec<usize>>>()?;

    let taken = &types[source.0];
    let row_len = taken.last() * (taken.kind.element_bytes() / 4);
    let mut layout = Layout {
        input: inputs.iter().position(|i| *i == source).unwrap_or(0),
        inputs: inputs.len(),
        batch: taken.dims.first().copied().unwrap_or(0),
        row_len,
        checked: None,
        values: nodes.iter().map(|n| value_of(&types[n.0], wanted.iter().position(|w| w == n))).collect(),
        results,
        whole: false,
        pairs,
    };
    let mut stages = Vec::new();
    for Found { from, to, second, make } in found {
        let passes = make(SampleType::F32).map_err(Error::unsupported)?;
        if from.is_none() {
            layout.checked = passes.checked;
        }
        layout.whole |= passes.whole_batch;
        let scratch = layout.values.len();
        let floats = |len: usize| Value { row: 4 * len, planes: 1, fixed: 0, result: None, direct: false };
        layout.values.extend(passes.scratch.iter().map(|len| floats(*len)));
        let planes = [from.map_or(1, |v| layout.values[v].planes), layout.values[to].planes];
        let make = std::sync::Arc::new(make);
        for (index, pass) in passes.passes.iter().enumerate() {
            let args = pass
                .operands
                .iter()
                .map(|o| arg(*o, from, [to, second.unwrap_or(to)], planes, scratch))
                .collect();
            let grid = Grid {
                items: usize::try_from(pass.items).unwrap_or(usize::MAX),
                block: pass.blueprint.rows_per_block as usize,
            };
            let make = make.clone();
            let blueprint = move |sample| -> std::result::Result<_, String> {
                let mut passes = make(sample)?.passes;
                if index < passes.len() {
                    Ok(passes.swap_remove(index).blueprint)
                } else {
                    Err("no pass".to_owned())
                }
            };
            stages.push(Stage { blueprint: Box::new(blueprint), grid, args });
        }
    }
    Ok((layout, stages))
}

/// Kernels and the positions of their values.
struct Found {
    from: Option<usize>,
    to: usize,
    second: Option<usize>,
    make: Make,
}

fn arg(
    operand: Operand,
    from: Option<usize>,
    [to, second]: [usize; 2],
    planes: [usize; 2],
    scratch: usize,
) -> Arg {
    match operand {
        Operand::Input => from.map_or(Arg::Input, Arg::Value),
        Operand::InputPlane if planes[0] == 2 => from.map_or(Arg::U64(0), Arg::Plane),
        Operand::OutputPlane if planes[1] == 2 => Arg::Plane(to),
        Operand::InputPlane | Operand::OutputPlane => Arg::U64(0),
        Operand::Output => Arg::Value(to),
        Operand::Second => Arg::Value(second),
        Operand::Scratch(index) => Arg::Value(scratch + index),
        Operand::Table(index) => Arg::Table(index),
        Operand::Status => Arg::Status,
        Operand::Rows => Arg::Rows(1),
        Operand::RowsTimes(count) => Arg::Rows(count),
        Operand::Count(number) => Arg::U64(number),
        Operand::Factor(number) => Arg::F32(number),
    }
}

/// Returns the bytes of a value per row and plane.
fn value_of(ty: &ValueType, result: Option<usize>) -> Value {
    let block = matches!(ty.kind, ValueKind::Spectrum { layout: ComplexLayout::Block, .. });
    let planes = if block { 2 } else { 1 };
    let inner: u64 = ty.dims.iter().skip(1).map(|d| *d as u64).product();
    // Type inference has bounded the whole value by `isize::MAX`.
    let bytes = usize::try_from(inner).unwrap_or(usize::MAX / 16) * ty.kind.element_bytes();
    // Only the caller reads packed peaks.
    let direct = ty.kind == ValueKind::Peaks;
    Value { row: bytes / planes, planes, fixed: 0, result, direct }
}

#[cfg(test)]
mod tests {
    use rlx_compile::builders::{WelchPeaksShape, psd, welch_peaks};
    use rlx_compile::params::{Average, Rows, Sides, Window};
    use rlx_compile::passes::FusionPolicy;
    use rlx_compile::{
        BackendCaps, BackendCostModel, DeviceClass, Graph, Kernels, OpKind, PassContext, PassList, Refusal,
        compile,
    };

    use rlx_dsp::welch::PsdParams;

    use super::*;

    /// The kernels without a device.
    struct Blueprints;

    impl Kernels for Blueprints {
        fn class(&self) -> DeviceClass {
            DeviceClass::Cuda
        }

        fn kernel(&self, asked: &Asked<'_>) -> std::result::Result<(), Refusal> {
            kernel(asked, &SessionOptions::default()).map(drop).map_err(Refusal::from)
        }
    }

    /// Returns the stages of a graph; `None` if the host runs a part.
    fn of(graph: &Graph, policy: FusionPolicy) -> Option<(Layout, usize)> {
        let mut caps = BackendCaps::shipped(DeviceClass::Cuda);
        caps.ops = OpKind::ALL.into_iter().collect();
        let model = BackendCostModel::shipped(DeviceClass::Cuda);
        let context = PassContext { policy, kernels: &Blueprints, ..PassContext::new(&caps, &model) };
        let plan = compile(graph, &context, &PassList::standard()).unwrap().plan;
        let wanted: Vec<NodeId> =
            plan.graph().outputs().map(|id| plan.graph().nodes()[id.0].inputs[0]).collect();
        if plan.regions_on(Place::Host).next().is_some() {
            return None;
        }
        let (layout, stages) = stages(&plan, &wanted, &SessionOptions::default()).unwrap();
        Some((layout, stages.len()))
    }

    #[test]
    fn peaks_and_a_psd_are_one_kernel_each() {
        let shape = WelchPeaksShape::new(100, 256, 2, 16);
        let (layout, count) = of(&welch_peaks(&shape).unwrap(), FusionPolicy::Always).unwrap();
        assert_eq!((layout.batch, layout.row_len, layout.checked, count), (100, 384, Some(384), 1));
        assert_eq!(layout.values, [Value { row: 128, planes: 1, fixed: 0, result: Some(0), direct: true }]);

        let mut params = PsdParams::new(48e3, 1024);
        let rows = Rows::new(3, 5000);
        let (layout, count) = of(&psd(&params, rows).unwrap(), FusionPolicy::Auto).unwrap();
        assert_eq!((layout.values[0].row, layout.results.clone(), count), (4 * 513, vec![0], 1));
        assert_eq!(layout.checked, Some(1024 + 7 * 512));
        // The powers of all segments, then their median.
        params.average = Average::Median;
        let (layout, count) = of(&psd(&params, rows).unwrap(), FusionPolicy::Auto).unwrap();
        assert_eq!((layout.values[1].row, count), (4 * 8 * 513, 2));
        // A length with other prime factors: its convolution does not fit in a block.
        params = PsdParams::new(48e3, 32_771);
        assert!(of(&psd(&params, Rows::new(3, 50_000)).unwrap(), FusionPolicy::Auto).is_none());
    }

    #[test]
    fn complex_averages_are_one_launch_whatever_is_subtracted() {
        use rlx_compile::params::Detrend;
        for detrend in [Detrend::None, Detrend::Constant, Detrend::Linear] {
            let (params, rows) = (PsdParams::new(48e3, 256).detrend(detrend), Rows::complex(3, 5000));
            let (layout, count) = of(&psd(&params, rows).unwrap(), FusionPolicy::Auto).unwrap();
            assert_eq!((layout.row_len, layout.checked, count), (10_000, Some(10_000), 2));
            assert!(layout.pairs);
        }
    }

    #[test]
    fn lengths_of_other_primes_have_kernels_and_few_rows_are_shared_by_many_items() {
        for n_fft in [100, 255, 300, 551, 1009, 10_000, 16_384] {
            let params = PsdParams::new(48e3, n_fft);
            let launches = |rows: usize, segments: usize| {
                let rows = Rows::new(rows, n_fft + (segments - 1) * (n_fft - n_fft / 2));
                of(&psd(&params, rows).unwrap(), FusionPolicy::Auto).unwrap().1
            };
            assert_eq!((launches(3000, 8), launches(1, 3), launches(1, 2000)), (1, 1, 2), "{n_fft}");
        }
    }

    #[test]
    fn rows_that_are_frames_go_without_the_kernel_of_frames() {
        let launches = |len, complex, window: bool, hop, n_fft| {
            let mut graph = Graph::new();
            let x = graph.push(Op::Input { batch: 4, len, complex }, &[]).unwrap();
            let mut ops = vec![Op::Segment { len: n_fft, hop, pad: Default::default(), drop_last: 0 }];
            ops.extend(window.then_some(Op::Window { window: Window::Hann, symmetry: Default::default() }));
            ops.push(Op::Fft { n_fft, sides: Sides::Auto, layout: ComplexLayout::Interleaved, keep: None });
            ops.push(Op::InverseFft { n_fft, real: !complex });
            graph.chain(x, ops.into_iter().chain([Op::output("samples")])).unwrap();
            let plan = Plan::new(graph, &Blueprints).unwrap();
            let wanted = [NodeId(plan.graph().nodes().len() - 2)];
            let (layout, stages) = stages(&plan, &wanted, &SessionOptions::default()).unwrap();
            let sources: Vec<_> =
                stages.iter().map(|s| (s.blueprint)(SampleType::F32).unwrap().source).collect();
            (sources, layout.pairs, layout.checked)
        };
        let real = vec!["real_fft.cu"; 2];
        assert_eq!(launches(768, false, false, 256, 256), (real, true, Some(768)));
        assert_eq!(launches(256, true, false, 256, 256), (vec!["fft.cu"; 2], true, Some(512)));
        let framed = vec!["spectrogram.cu", "real_fft.cu"];
        assert_eq!(launches(768, false, true, 128, 256), (framed, false, Some(768)));
        let framed = vec!["mixed.cu", "fft.cu"];
        assert_eq!(launches(768, true, true, 128, 256), (framed, true, Some(1536)));
    }

    #[test]
    fn a_psd_and_its_peaks_are_one_launch() {
        for k in [9, 65] {
            let mut graph = welch_peaks(&WelchPeaksShape::new(3, 256, 2, k)).unwrap();
            let (average, _) = graph.iter().find(|(_, n)| matches!(n.op, Op::Average { .. })).unwrap();
            graph.push(Op::output("power"), &[average]).unwrap();
            let (layout, count) = of(&graph, FusionPolicy::Auto).unwrap();
            assert_eq!(layout.results.len(), 2);
            // Above the largest K of the kernel, the selection is a separate launch.
            assert_eq!(count, if k == 9 { 1 } else { 2 });
        }
    }

    #[test]
    fn nothing_of_a_batch_is_nothing_of_a_value() {
        let (layout, _) =
            of(&welch_peaks(&WelchPeaksShape::new(0, 64, 1, 3)).unwrap(), FusionPolicy::Always).unwrap();
        assert_eq!((layout.batch, layout.values[0].row), (0, 24));
    }
}
