//! Trains the models of the bench.

use std::ops::ControlFlow;

use rlx_learn::{
    E2eConfig, E2eOutcome, FastLearnedFftModel, GateKind, LossWeights, QuantisedNetwork, Signals, train_e2e,
};

/// A model, or the reason why there is none.
pub(super) type Maybe<T> = std::result::Result<T, String>;

/// The learned models of the bench; rows of a missing one contain the reason.
#[derive(Debug, Clone)]
pub struct E2eModels {
    pub(super) learned: Maybe<FastLearnedFftModel>,
    pub(super) hard: Maybe<FastLearnedFftModel>,
    pub(super) distilled: Maybe<FastLearnedFftModel>,
    pub(super) ternary: Maybe<FastLearnedFftModel>,
    /// Quantised learned model, or quantised FFT if nothing was learned.
    pub(super) q8: Maybe<(FastLearnedFftModel, QuantisedNetwork)>,
}

/// Training options of the bench.
#[derive(Debug, Clone, Copy)]
pub struct E2eModelOptions {
    /// Points of the transform.
    pub n_fft: usize,
    /// Rows per step.
    pub batch: usize,
    /// Peaks of each row.
    pub k: usize,
    /// Mel bands.
    pub n_mels: usize,
    /// Steps of each training.
    pub steps: usize,
    /// Seed of data and start.
    pub seed: u64,
    /// Whether the learned model is trained.
    pub train: bool,
    /// Whether its students with half of the butterflies are trained.
    pub distil: bool,
    /// Whether the learned model is also measured with decided gates.
    pub hard_gates: bool,
}

impl E2eModels {
    /// Trains the requested models.
    pub fn train(options: E2eModelOptions) -> Self {
        let E2eModelOptions { n_fft, batch, k, n_mels, steps, seed, train, distil, hard_gates } = options;
        let config = E2eConfig {
            batch,
            n_mels,
            steps,
            seed,
            peak_k: k.min(n_fft / 2 + 1),
            validate_every: steps.max(1),
            ..E2eConfig::new(n_fft)
        };
        let learn = |config: &E2eConfig, teacher: Option<&FastLearnedFftModel>| -> Maybe<E2eOutcome> {
            train_e2e(config, &Signals::Generated(seed), teacher, None, &mut |_| ControlFlow::Continue(()))
                .map_err(|error| error.to_string())
        };
        let outcome =
            if train { learn(&config, None) } else { Err("no model: give --train-first".to_owned()) };
        let learned = outcome.as_ref().map_err(String::clone).and_then(|o| {
            o.soft.clone().ok_or_else(|| "its gates were decided before the first step".to_owned())
        });
        let decided = outcome.map(|o| o.model);
        let hard = if hard_gates { decided.clone() } else { Err("left out by --no-hard-gates".to_owned()) };
        let student = |gates: GateKind| {
            if !distil {
                return Err("no student: give --distill-first".to_owned());
            }
            let teacher = match &decided {
                Ok(model) => model.clone(),
                Err(_) => FastLearnedFftModel::exact(n_fft).map_err(|e| e.to_string())?,
            };
            let weights = LossWeights { spectrum: 1.0, ..config.weights };
            let config = E2eConfig { gates, weights, target_gates: Some(0.5), ..config.clone() };
            learn(&config, Some(&teacher)).map(|o| o.model)
        };
        let (distilled, ternary) = (student(GateKind::Soft), student(GateKind::Ternary));
        let base = decided.or_else(|_| FastLearnedFftModel::exact(n_fft)).map_err(|e| e.to_string());
        let q8 = base.and_then(|model| {
            let network = QuantisedNetwork::new(model.network(), 8, true).map_err(|e| e.to_string())?;
            Ok((model, network))
        });
        Self { learned, hard, distilled, ternary, q8 }
    }
}
