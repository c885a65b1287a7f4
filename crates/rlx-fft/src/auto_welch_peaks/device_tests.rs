//! Devices that a test makes up: the processor behind another class's costs, and one that is lost on the way.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rlx_compile::cost::{CALIBRATION_SCHEMA, Calibration, CostSource, HostId};
use rlx_compile::{BackendCaps, BackendCostModel, DeviceClass};
use rlx_dsp::welch::peaks::RowLayout;
use rlx_runtime::calibrate::{CalibrateOptions, Stored, calibrate_device};
use rlx_runtime::cpu::useful_threads;
use rlx_runtime::{Device, DeviceInfo, Session, SessionOptions};
use rlx_testkit::fake::Posing;

use super::machine::Machine;
use super::*;
use crate::error::Error;
use crate::welch_peaks_picker::WelchPeaksStrategy as S;

/// Runs that are left before the device is lost.
type Left = Arc<AtomicUsize>;

fn info(class: DeviceClass, software: bool) -> DeviceInfo {
    let cpu = Device::Cpu.resolve().unwrap();
    DeviceInfo {
        id: format!("{}:0", if class == DeviceClass::Cuda { "cuda" } else { "wgpu" }),
        class,
        software,
        ..cpu
    }
}

struct FakeMachine {
    gpus: Vec<DeviceInfo>,
    opens: bool,
    left: Left,
    asked: Cell<usize>,
}

impl FakeMachine {
    fn new(gpus: Vec<DeviceInfo>) -> Self {
        Self { gpus, opens: true, left: Arc::new(AtomicUsize::new(usize::MAX)), asked: Cell::new(0) }
    }
}

impl Machine for FakeMachine {
    fn gpus(&self) -> Vec<DeviceInfo> {
        self.asked.set(self.asked.get() + 1);
        self.gpus.clone()
    }

    fn open(&self, device: &Device, options: SessionOptions) -> Result<Session> {
        let Some(info) = self.gpus.iter().find(|g| g.id == device.to_string()) else {
            return Ok(Session::with_options(&Device::Cpu, options)?);
        };
        if !self.opens {
            let reason = "it does not open".to_owned();
            let (device, available) = (device.to_string(), "cpu".to_owned());
            return Err(rlx_runtime::Error::AbsentDevice { name: device, reason, available }.into());
        }
        let device = Posing::new(BackendCaps::shipped(info.class)).named(info.clone()).whole();
        Ok(device.lost_after(Arc::clone(&self.left)).session(options))
    }

    fn load(&self, _host: &HostId, _work_ns: f64) -> Stored {
        Stored::None
    }

    fn probe(&self, _device: &Device) {}
}

/// Returns a calibration that makes a device as quick as this many times the shipped one.
fn quick(info: &DeviceInfo, times: f64) -> Calibration {
    let shipped = BackendCostModel::shipped(info.class);
    let model = BackendCostModel {
        call_ns: shipped.call_ns / times,
        launch_ns: shipped.launch_ns / times,
        round_trip_ns: shipped.round_trip_ns / times,
        upload_bytes_per_ns: shipped.upload_bytes_per_ns * times,
        min_gain_ns: 0.0,
        ..shipped
    };
    Calibration {
        schema: CALIBRATION_SCHEMA,
        host: info.host_id(),
        unix_time: 0,
        source: CostSource::Measured,
        model,
        samples: Vec::new(),
    }
}

fn settings<'a>(device: Option<&'a str>, records: &'a [Calibration]) -> AutoSettings<'a> {
    let calibration = CalibrationSource::Given(records);
    AutoSettings { device, threads: 1, calibration, same_answer: true, ..AutoSettings::default() }
}

fn tones(len: usize) -> Vec<f32> {
    (0..len)
        .map(|i| (i as f32 * 0.4).sin() + 0.5 * (i as f32 * 1.1).sin() + (i * i % 13) as f32 * 0.01)
        .collect()
}

fn build(batch: usize, settings: &AutoSettings<'_>, machine: &FakeMachine) -> Result<AutoWelchPeaks> {
    AutoWelchPeaks::on_machine(batch, 256, 16, settings, machine)
}

#[test]
fn auto_takes_the_cheapest_device_and_never_a_software_adapter() {
    let (cuda, lavapipe) = (info(DeviceClass::Cuda, false), info(DeviceClass::Wgpu, true));
    let records = [quick(&cuda, 1000.0), quick(&lavapipe, 1e6)];
    let machine = FakeMachine::new(vec![lavapipe.clone(), cuda.clone()]);
    let auto = build(512, &settings(None, &records), &machine).unwrap();
    assert_eq!((auto.device().id.as_str(), auto.strategy()), ("cuda:0", S::RlxCompiled));
    let seen: Vec<&str> = auto.considered().iter().map(|d| d.device.as_str()).collect();
    assert_eq!(seen, ["cpu", "cuda:0"]);
    let line = auto.trace_lines(&[]).pop().unwrap();
    assert!(line.contains("cuda:0") && line.contains("run rlx-fft calibrate"), "{line}");

    // By shipped costs a launch alone takes longer than these rows on the CPU.
    let small = build(64, &settings(None, &[]), &machine).unwrap();
    assert_eq!(small.device().id, "cpu");
    // And a single row is done before any driver could be asked.
    let asked = machine.asked.get();
    let one = build(1, &settings(None, &[]), &machine).unwrap();
    assert_eq!((one.device().id.as_str(), machine.asked.get()), ("cpu", asked));

    // Named, the software adapter is taken.
    let named = build(512, &settings(Some("wgpu:0"), &records), &machine).unwrap();
    assert_eq!(named.device().id, "wgpu:0");
    // A forced host strategy stays on the host.
    let fast = AutoSettings { mode: WelchPeaksPickMode::Force(S::FastStreaming), ..settings(None, &records) };
    assert_eq!(build(512, &fast, &machine).unwrap().device().id, "cpu");
}

#[test]
fn a_device_that_does_not_open_is_passed_over_in_auto_and_an_error_by_name() {
    let cuda = info(DeviceClass::Cuda, false);
    let records = [quick(&cuda, 1000.0)];
    let machine = FakeMachine { opens: false, ..FakeMachine::new(vec![cuda]) };
    let auto = build(512, &settings(Some("auto"), &records), &machine).unwrap();
    assert_eq!(auto.device().id, "cpu");
    assert!(auto.considered()[1].refused.as_ref().unwrap().contains("does not open"));
    assert!(build(512, &settings(Some("cuda:0"), &records), &machine).is_err());
}

#[test]
fn host_strategies_stay_on_the_host_and_the_gate_holds_on_a_device() {
    let metal = info(DeviceClass::Metal, false);
    let machine = FakeMachine::new(vec![metal]);
    let at = |batch, same_answer| {
        let settings = AutoSettings { same_answer, ..settings(Some("wgpu:0"), &[]) };
        build(batch, &settings, &machine).unwrap()
    };
    assert!(!at(256, true).trace().candidates.contains(&"rlx_compiled"), "below Metal's gate");
    assert!(at(1024, true).trace().candidates.contains(&"rlx_compiled"));
    assert!(at(128, false).trace().candidates.contains(&"ultra_fast_rustfft"));
    assert!(!at(129, false).trace().candidates.contains(&"ultra_fast_rustfft"), "a GPU's limit");
    let mut small = at(16, true);
    assert_eq!((small.strategy(), small.device().id.as_str()), (S::FastStreaming, "wgpu:0"));
    assert_eq!(small.welch_peaks_batch(&tones(16 * 384)).unwrap().len(), 16 * 32);
}

#[test]
fn a_lost_device_is_finished_by_the_cpu_in_auto_only() {
    let cuda = info(DeviceClass::Cuda, false);
    let records = [quick(&cuda, 1000.0)];
    let (batch, full) = (512, tones(512 * 1152));
    let want = {
        let mut cpu = build(batch, &settings(Some("cpu"), &[]), &FakeMachine::new(Vec::new())).unwrap();
        cpu.welch_peaks_batch(&full).unwrap()
    };
    let machine = || {
        let machine = FakeMachine::new(vec![cuda.clone()]);
        machine.left.store(1, Ordering::SeqCst);
        machine
    };
    let mut auto = build(batch, &settings(None, &records), &machine()).unwrap();
    assert_eq!(auto.welch_peaks_batch(&full).unwrap(), want);
    assert_eq!((auto.device().id.as_str(), auto.fell_back()), ("cuda:0", None));
    // The second run loses the device, in either layout; the answer is whole all the same.
    assert_eq!(auto.welch_peaks_batch(&full).unwrap(), want);
    assert_eq!(auto.fell_back(), Some("device cuda:0 is lost: the test pulled it out"));
    assert_eq!((auto.device().id.as_str(), auto.strategy()), ("cpu", S::RlxCompiled));
    assert_eq!(auto.welch_peaks_batch(&full).unwrap(), want);

    let forced = WelchPeaksPickMode::Force(S::RlxCompiled);
    for given in
        [settings(Some("cuda:0"), &records), AutoSettings { mode: forced, ..settings(None, &records) }]
    {
        let mut plan = build(batch, &given, &machine()).unwrap();
        assert_eq!(plan.device().id, "cuda:0");
        plan.welch_peaks_batch(&full).unwrap();
        let lost = plan.welch_peaks_batch(&full).unwrap_err();
        assert!(matches!(lost, Error::Runtime(rlx_runtime::Error::DeviceLost { .. })), "{lost}");
        assert_eq!(plan.fell_back(), None);
    }
}

#[test]
fn the_picker_models_both_layouts() {
    let cuda = info(DeviceClass::Cuda, false);
    let machine = FakeMachine::new(vec![cuda]);
    let at = |layout| {
        let settings = AutoSettings { layout, ..settings(Some("cuda:0"), &[]) };
        let auto = build(65_536, &settings, &machine).unwrap();
        assert_eq!(auto.trace().layout, layout.to_string());
        let predictions = auto.predictions().predictions;
        predictions.iter().find(|p| p.strategy == S::RlxCompiled).unwrap().ns
    };
    // Two segments without overlap are a third more samples to upload.
    let ratio = at(RowLayout::Spread) / at(RowLayout::Leading);
    assert!(ratio > 1.05 && ratio < 1.35, "{ratio}");
}

#[test]
fn a_calibration_of_a_device_covers_its_grid_and_is_used() {
    let wgpu = info(DeviceClass::Wgpu, false);
    let machine = FakeMachine::new(vec![wgpu.clone()]);
    let device = Device::Wgpu(rlx_runtime::device::WgpuSelect::Index(0));
    let opened = std::cell::RefCell::new(Vec::new());
    let open = |threads| {
        opened.borrow_mut().push(threads);
        Ok(machine.open(&device, SessionOptions::default().threads(threads)).unwrap())
    };
    let mut heard = Vec::new();
    let options = CalibrateOptions { batches: vec![1, 16, 64], ..CalibrateOptions::tiny() };
    let record = calibrate_device(open, &options, |share| heard.push(share)).unwrap();
    record.validate().unwrap();
    record.matches(&wgpu.host_id()).unwrap();
    assert_eq!(heard.last(), Some(&1.0));
    // On one thread and on all that there is work for; each kind of session is opened once.
    let all = |batch: usize| (batch, useful_threads(0, batch));
    let mut want: Vec<(usize, usize)> = [1, 16, 64].iter().flat_map(|&b| [(b, 1), all(b)]).collect();
    want.dedup();
    let mut of: Vec<(usize, usize)> = record.samples.iter().map(|s| (s.batch, s.threads)).collect();
    of.sort_unstable();
    assert_eq!(of, want);
    let mut opened = opened.into_inner();
    let count = opened.len();
    opened.sort_unstable();
    opened.dedup();
    assert_eq!(opened.len(), count);
    assert!(record.samples.iter().all(|s| s.strategy == S::RlxCompiled));
    let shipped = BackendCostModel::shipped(DeviceClass::Wgpu);
    assert!(record.model != shipped && record.model.call_ns < shipped.call_ns, "{:?}", record.model);

    // At a measured point the prediction is what was measured.
    let given = std::slice::from_ref(&record);
    let settings = AutoSettings { layout: RowLayout::Leading, ..settings(Some("wgpu:0"), given) };
    let auto = AutoWelchPeaks::on_machine(16, 128, 4, &settings, &machine).unwrap();
    let measured = record.samples.iter().find(|s| s.batch == 16).unwrap().ns * 1e-6;
    let predicted = auto.trace().predicted_ms["rlx_compiled"];
    assert!((predicted / measured - 1.0).abs() < 1e-9, "{predicted} {measured}");
    assert!(!auto.is_calibrated(), "the CPU is not");
}
