//! Regions that a plan places on the device run there, and the CPU computes refused regions as dsp does.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use rlx_compile::builders::{frames_of, log_mel, psd, psd_peaks, spectrogram};
use rlx_compile::params::Rows;
use rlx_compile::plan::Place;
use rlx_compile::regions::{Asked, Task};
use rlx_compile::{
    BackendCaps, BackendCostModel, DeviceClass, Graph, Kernels, NodeId, OpKind, Plan, Refusal,
};
use rlx_dsp::detrend::Detrend;
use rlx_dsp::mel::{LogMel, LogMelParams, MelLayout, Preset};
use rlx_dsp::scaling::Average;
use rlx_dsp::stft::Spectrogram;
use rlx_dsp::welch::{PsdParams, Welch};
use rlx_runtime::cpu::host_program;
use rlx_runtime::session::{Backend, Program, lower_split};
use rlx_runtime::{DeviceInfo, Result, Session, SessionOptions, devices};
use rlx_testkit::{fake::handing_out, tone_in_noise};

fn relative(got: &[f32], want: &[f32]) -> f64 {
    assert_eq!(got.len(), want.len());
    let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
        got.iter().zip(want).map(|(g, w)| f(f64::from(*g), f64::from(*w))).sum()
    };
    (sum(&|g, w| (g - w).powi(2)) / sum(&|_, w| w * w)).sqrt()
}

/// Kinds of ops that a device refuses.
#[derive(Clone)]
struct Lacking {
    ops: Vec<OpKind>,
    /// Whether the estimates are one kernel each.
    whole: bool,
}

impl Kernels for Lacking {
    fn class(&self) -> DeviceClass {
        DeviceClass::Wgpu
    }

    fn kernel(&self, asked: &Asked<'_>) -> std::result::Result<(), Refusal> {
        let kinds = asked.region.nodes.iter().filter_map(|id| Some(asked.graph.get(*id)?.op.kind()));
        if let Some(kind) = kinds.clone().find(|kind| self.ops.contains(kind)) {
            return Err(format!("no {kind} here").into());
        }
        match asked.region.task {
            Task::Welch(_) | Task::Spectrogram(_) | Task::LogMel(_) if !self.whole => {
                Err("one op at a time".into())
            }
            _ => Ok(()),
        }
    }
}

/// The processor as a device of these kernels, which writes down what it was given.
struct Recording {
    info: DeviceInfo,
    caps: BackendCaps,
    kernels: Lacking,
    given: Arc<Mutex<Vec<NodeId>>>,
}

impl Backend for Recording {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn caps(&self) -> &BackendCaps {
        &self.caps
    }

    fn kernels(&self) -> &dyn Kernels {
        &self.kernels
    }

    fn shipped_model(&self) -> BackendCostModel {
        BackendCostModel::shipped(DeviceClass::Wgpu)
    }

    fn lower(&self, plan: &Plan) -> Result<Box<dyn Program>> {
        lower_split(plan, &SessionOptions::default(), |values, options| {
            let mut given = self.given.lock().unwrap();
            given.clear();
            given.extend(plan.regions_on(Place::Device).flat_map(|r| r.results.iter().copied()));
            assert!(values.iter().all(|v| given.contains(v)), "{}", plan.explain());
            host_program(&handing_out(plan.graph(), values)?, options)
        })
    }
}

fn recording(kernels: Lacking) -> (Session, Arc<Mutex<Vec<NodeId>>>) {
    let given = Arc::new(Mutex::new(Vec::new()));
    let info = DeviceInfo { id: "wgpu:0".into(), class: DeviceClass::Wgpu, ..devices().swap_remove(0) };
    let caps = BackendCaps::shipped(DeviceClass::Wgpu);
    let backend = Recording { info, caps, kernels, given: given.clone() };
    (Session::on_backend(Box::new(backend)), given)
}

fn kinds() -> impl Strategy<Value = Vec<OpKind>> {
    let ops = [
        OpKind::Fft,
        OpKind::Power,
        OpKind::Average,
        OpKind::Psd,
        OpKind::TopK,
        OpKind::MelFilterbank,
        OpKind::Log,
        OpKind::ClampNormalise,
        OpKind::Detrend,
    ];
    prop::collection::vec(prop::sample::select(ops.to_vec()), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_refused_is_what_the_library_computes(
        ops in kinds(),
        whole in any::<bool>(),
        what in 0usize..3,
        len in 8usize..90,
        zeros in 0usize..20,
        rows in 1usize..4,
        detrend in prop::sample::select(vec![Detrend::None, Detrend::Constant, Detrend::Linear]),
        average in prop::sample::select(vec![Average::Mean, Average::Median, Average::Max, Average::Min]),
    ) {
        let n_fft = len + zeros;
        let params = PsdParams::new(8e3, len).n_fft(n_fft).detrend(detrend).average(average);
        let mel = LogMelParams::preset(Preset::Whisper).n_mels(12).layout(MelLayout::FramesByMels);
        let row_len = if what == 2 { 4000 } else { 5 * len + 3 };
        let (x, at) = (tone_in_noise(5, rows * row_len), Rows::new(rows, row_len));
        let (graph, want): (Graph, Vec<f32>) = match what {
            0 => (psd(&params, at).unwrap(), Welch::new(params).unwrap().run_batch(&x, rows).unwrap().values),
            1 => {
                let frames = frames_of(&params);
                let want = Spectrogram::new(frames.clone()).unwrap().run_batch(&x, x.len() / row_len).unwrap();
                (spectrogram(&frames, at).unwrap(), want.into_iter().flat_map(|row| row.values).collect())
            }
            _ => {
                let items = LogMel::new(mel.clone()).unwrap().run_batch(&x, x.len() / row_len).unwrap();
                (log_mel(&mel, at).unwrap(), items.into_iter().flat_map(|item| item.values).collect())
            }
        };
        let lacking = Lacking { ops, whole };
        let (session, given) = recording(lacking.clone());
        let executable = session.compile(&graph).unwrap();
        let plan = executable.plan();
        let got = executable.run_to_vecs(&[&x]).unwrap().remove(0);
        let (error, bound) = (relative(&got, &want), 32.0 * f64::from(f32::EPSILON) * (n_fft as f64).log2().max(8.0));
        prop_assert!(error <= bound, "{error:e} > {bound:e}\n{}", plan.explain());
        // The device was given what the plan says, and nothing that it refuses.
        let said: Vec<NodeId> = plan.regions_on(Place::Device).flat_map(|r| r.results.clone()).collect();
        prop_assert_eq!(&*given.lock().unwrap(), &said);
        for region in plan.regions_on(Place::Device) {
            let asked = Asked { region, graph: plan.graph(), types: plan.types() };
            prop_assert!(lacking.kernel(&asked).is_ok(), "{}", plan.explain());
        }
        let on_host = plan.regions_on(Place::Host).next().is_some();
        prop_assert_eq!(on_host, !plan.splits().is_empty(), "{}", plan.explain());
    }
}

#[test]
fn an_average_that_the_device_lacks_leaves_the_whole_estimate_to_the_cpu() {
    let (session, given) = recording(Lacking { ops: vec![OpKind::Average], whole: true });
    let params = PsdParams::new(8e3, 256);
    let plan = session.explain(&psd(&params, Rows::new(4, 4096)).unwrap(), Default::default()).unwrap().plan;
    assert!(plan.regions_on(Place::Device).next().is_none(), "{}", plan.explain());
    assert_eq!((plan.io().upload_bytes, plan.io().launches), (0, 0));
    assert!(plan.explain().contains("wgpu: no average here"), "{}", plan.explain());
    session.compile_plan(plan).unwrap();
    assert!(given.lock().unwrap().is_empty());
    // The little that a selection reads does not.
    let (session, _) = recording(Lacking { ops: vec![OpKind::TopK], whole: true });
    let graph = psd_peaks(&params, 5, Rows::new(4, 4096)).unwrap();
    let plan = session.explain(&graph, Default::default()).unwrap().plan;
    let places: Vec<_> = plan.regions().iter().map(|r| (r.region.task.name(), r.place)).collect();
    assert_eq!(places, [("welch", Place::Device), ("top_k", Place::Host)]);
}

#[test]
fn a_plan_made_from_claims_is_not_run_against_the_kernels() {
    let (session, given) = recording(Lacking { ops: vec![OpKind::Fft], whole: false });
    let graph = psd(&PsdParams::new(8e3, 256), Rows::new(2, 2048)).unwrap();
    let claimed = Plan::new(graph, &BackendCaps::shipped(DeviceClass::Wgpu)).unwrap();
    assert!(claimed.regions_on(Place::Device).next().is_some());
    let executable = session.compile_plan(claimed).unwrap();
    assert!(executable.plan().regions_on(Place::Device).next().is_none());
    assert!(executable.plan().explain().contains("no fft here"), "{}", executable.plan().explain());
    assert!(given.lock().unwrap().is_empty());
}
