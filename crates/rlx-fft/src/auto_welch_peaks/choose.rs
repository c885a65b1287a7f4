//! Which device, and by which strategy on it.

use rlx_compile::builders::WelchPeaksShape;
use rlx_compile::cost::{CostSource, fused_welch_peaks_auto_viable};
use rlx_compile::picker::pick;
use rlx_compile::{BackendCaps, BackendCostModel};
use rlx_runtime::calibrate::Stored;
use rlx_runtime::cpu::useful_threads;
use rlx_runtime::{Device, DeviceInfo, Session, SessionOptions, select};
use serde::Serialize;

use super::machine::{Machine, calibration};
use super::settings::{AutoSettings, CalibrationSource};
use crate::environment;
use crate::error::Result;
use crate::learned_plan::with_model;
use crate::welch_peaks_picker::{
    LearnedCandidate, Pick, PickRequest, StrategyModels, WelchPeaksPickMode, WelchPeaksStrategy,
};

/// What `auto` compared: a device, what it would run there, and how long that was predicted to take.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConsideredDevice {
    /// The device.
    pub device: String,
    /// The strategy that would run.
    pub strategy: WelchPeaksStrategy,
    /// Its predicted ms.
    pub predicted_ms: f64,
    /// Where the prediction comes from.
    pub calibration: CostSource,
    /// Why it was not taken although it was the cheapest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// The open device with what was predicted for it.
pub(super) struct Chosen {
    pub(super) session: Session,
    pub(super) models: StrategyModels,
    pub(super) request: PickRequest,
    pub(super) pick: Pick,
    /// What runs: the picked strategy, or the one that was forced.
    pub(super) strategy: WelchPeaksStrategy,
    /// Stored calibrations that are corrupt or of another machine.
    pub(super) complaints: Vec<String>,
    pub(super) considered: Vec<ConsideredDevice>,
}

/// A device before it is opened.
struct Candidate {
    info: DeviceInfo,
    model: BackendCostModel,
    models: StrategyModels,
    request: PickRequest,
    pick: Pick,
}

struct Chooser<'a> {
    shape: WelchPeaksShape,
    settings: &'a AutoSettings<'a>,
    machine: &'a dyn Machine,
    threads: usize,
    cpu: DeviceInfo,
    complaints: Vec<String>,
}

/// Opens the device that the settings name, or the cheapest predicted one of `auto`.
pub(super) fn choose(
    shape: &WelchPeaksShape,
    settings: &AutoSettings<'_>,
    machine: &dyn Machine,
) -> Result<Chosen> {
    let device = Device::named(settings.device.unwrap_or("auto"))?;
    let threads = useful_threads(settings.threads, shape.batch);
    let cpu = Device::Cpu.resolve()?;
    let mut chooser = Chooser { shape: *shape, settings, machine, threads, cpu, complaints: Vec::new() };
    match device {
        Device::Auto => chooser.cheapest(),
        device => {
            let session = machine.open(&device, chooser.options())?;
            chooser.probe(session.device());
            let candidate = chooser.candidate(session.device().clone(), session.caps())?;
            chooser.opened(session, candidate, Vec::new())
        }
    }
}

impl Chooser<'_> {
    fn cheapest(&mut self) -> Result<Chosen> {
        let host = self.candidate(self.cpu.clone(), &self.caps_of(&self.cpu))?;
        let stays = matches!(
            self.settings.mode,
            WelchPeaksPickMode::Force(WelchPeaksStrategy::UltraFast | WelchPeaksStrategy::FastStreaming)
        );
        let legacy = host.request.legacy;
        let mut considered = Vec::new();
        if !stays && (legacy || select::worth_asking(self.cost(&host))) {
            let mut gpus = Vec::new();
            for info in self.machine.gpus().into_iter().filter(select::eligible) {
                let caps = self.caps_of(&info);
                gpus.push(self.candidate(info, &caps)?);
            }
            gpus.sort_by(|a, b| self.cost(a).total_cmp(&self.cost(b)));
            considered.push(self.considered(&host, None));
            for gpu in gpus {
                if !self.beats(&gpu, &host) {
                    considered.push(self.considered(&gpu, None));
                    continue;
                }
                match self.open(&gpu.info) {
                    // What was found may be less than what the class has.
                    Ok(session) => {
                        self.probe(session.device());
                        let opened = self.candidate(gpu.info, session.caps())?;
                        considered.push(self.considered(&opened, None));
                        if self.beats(&opened, &host) {
                            return self.opened(session, opened, considered);
                        }
                    }
                    Err(error) => considered.push(self.considered(&gpu, Some(error.to_string()))),
                }
            }
        }
        let session = self.open(&self.cpu)?;
        self.opened(session, host, considered)
    }

    /// Predicted ns of two-segment peaks on the host, with shipped values: what a probe's time is compared with.
    fn shipped_host_ns(&self) -> f64 {
        StrategyModels::cpu(None).predict_ns(WelchPeaksStrategy::FastStreaming, &self.shape, self.threads)
    }

    /// Probes a GPU that was opened for the first time on this machine; what is found is kept, and loaded with the rest.
    fn probe(&self, info: &DeviceInfo) {
        let wanted = matches!(self.settings.calibration, CalibrationSource::Cache) && select::eligible(info);
        let nothing = || matches!(self.machine.load(&info.host_id(), 0.0), Stored::None);
        if let (true, Ok(device)) = (wanted && nothing(), info.id.parse()) {
            self.machine.probe(&device);
        }
    }

    fn options(&self) -> SessionOptions {
        with_model(SessionOptions::default().threads(self.threads), self.settings.learned)
    }

    fn open(&self, info: &DeviceInfo) -> Result<Session> {
        self.machine.open(&info.id.parse()?, self.options())
    }

    fn opened(
        &mut self,
        session: Session,
        candidate: Candidate,
        considered: Vec<ConsideredDevice>,
    ) -> Result<Chosen> {
        let strategy = self.strategy(&candidate);
        let Candidate { model, models, request, pick, .. } = candidate;
        let session = session.with_model(model)?;
        let complaints = std::mem::take(&mut self.complaints);
        Ok(Chosen { session, models, request, pick, strategy, complaints, considered })
    }

    /// Returns whether a device would be opened in the host's place; fixed thresholds ask for no prediction.
    fn beats(&self, gpu: &Candidate, host: &Candidate) -> bool {
        host.request.legacy || (self.leaves_the_host(gpu) && self.cost(gpu) < self.cost(host))
    }

    /// What the class of a device ships with: enough to predict without opening it.
    fn caps_of(&self, info: &DeviceInfo) -> BackendCaps {
        BackendCaps::shipped(info.class)
    }

    fn candidate(&mut self, info: DeviceInfo, caps: &BackendCaps) -> Result<Candidate> {
        let settings = self.settings;
        let work_ns = self.shipped_host_ns();
        let mut load = |info: &DeviceInfo| -> Result<_> {
            let (record, complaint) = calibration(&settings.calibration, self.machine, info, work_ns)?;
            self.complaints.extend(complaint.filter(|c| !self.complaints.contains(c)));
            Ok(record)
        };
        let own = load(&info)?;
        let model = own.as_ref().map_or(BackendCostModel::shipped(info.class), |c| c.model);
        let models = if info.class.has_bus() {
            let host = load(&self.cpu)?;
            let samples = own.as_ref().map_or(&[][..], |c| &c.samples);
            let source = own.as_ref().map_or(CostSource::Shipped, |c| c.source);
            StrategyModels::device(host.as_ref(), model, samples, source)
        } else {
            StrategyModels::cpu(own.as_ref())
        };
        let learned = settings.learned.map(|model| LearnedCandidate {
            dead_share: model.dead_share(),
            recall: model.recall().unwrap_or(0.0),
        });
        let models = match learned {
            Some(l) => models.with_live_share(1.0 - l.dead_share),
            None => models,
        };
        // A device with a bus gets segments without the samples between them.
        let hop = if info.class.has_bus() { self.shape.hop.min(self.shape.n_fft) } else { self.shape.hop };
        let shape = WelchPeaksShape { hop, ..self.shape };
        let request = PickRequest {
            shape,
            threads: self.threads,
            gpu: info.class.has_bus(),
            same_answer: settings.same_answer,
            rlx_viable: fused_welch_peaks_auto_viable(&shape, caps, &model),
            learned,
            legacy: environment::legacy_picker(),
        };
        let pick = pick(&models, &request);
        Ok(Candidate { info, model, models, request, pick })
    }

    fn strategy(&self, candidate: &Candidate) -> WelchPeaksStrategy {
        match self.settings.mode {
            WelchPeaksPickMode::Auto => candidate.pick.strategy,
            WelchPeaksPickMode::Force(strategy) => strategy,
        }
    }

    /// Returns whether the candidate would run anything on its device.
    fn leaves_the_host(&self, candidate: &Candidate) -> bool {
        use WelchPeaksStrategy::{FastStreaming, UltraFast};
        !matches!(self.strategy(candidate), UltraFast | FastStreaming)
    }

    /// Predicted ns of what would run.
    fn cost(&self, candidate: &Candidate) -> f64 {
        candidate.models.predict_ns(self.strategy(candidate), &candidate.request.shape, self.threads)
    }

    fn considered(&self, candidate: &Candidate, refused: Option<String>) -> ConsideredDevice {
        ConsideredDevice {
            device: candidate.info.id.clone(),
            strategy: self.strategy(candidate),
            predicted_ms: self.cost(candidate) * 1e-6,
            calibration: candidate.models.source(),
            refused,
        }
    }
}
