//! Result of a training.

use super::config::{Init, Schedule, Stop, TrainConfig};
use crate::network::ButterflyNetwork;
use crate::permutation::Permutation;
use crate::record::{Learner, OrderShown, RECORD_VERSION, Shown, TrainingRecord};
use crate::transform::Target;

/// Relative error up to which a training has learned its transform: ten times the error of the largest networks in
/// `f32`.
pub const LEARNED: f64 = 1e-6;

/// A trained network and the course of its training.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The network of the transform itself.
    pub network: ButterflyNetwork,
    /// Relative L2 error of the network as it is stored and run, in `f32`.
    pub rel_l2: f64,
    /// `‖A − Â‖_F / n` with `A` scaled to be unitary.
    pub rmse: f64,
    /// Relative L2 error of the weights before rounding to `f32`.
    pub rel_l2_f64: f64,
    /// Steps of Adam and iterations of L-BFGS that were done.
    pub steps: usize,
    /// Why it ended.
    pub stop: Stop,
    /// The order of the input.
    pub permutation: Permutation,
    /// The schedule that ran, never [`Schedule::Auto`].
    pub schedule: Schedule,
    /// Number of starts that were replaced by another.
    pub restarts: usize,
    /// Data that was compared.
    pub shown: Shown,
    /// Whether the transform was learned: [`rel_l2`](Self::rel_l2) at most [`LEARNED`] or the target of the configuration.
    pub learned: bool,
}

impl Trained {
    /// Returns how this network was made, for its model file. `config` and `target` are those of the training.
    pub fn record(&self, target: &Target, config: &TrainConfig) -> TrainingRecord {
        let learner = match (self.schedule, config.init) {
            (Schedule::Layers, _) => Learner::LayersThenGradient,
            (Schedule::Halves, _) => Learner::ClosedFormThenGradient,
            (_, Init::Exact | Init::Fit) => Learner::ClosedFormThenGradient,
            (_, Init::Random) => Learner::Gradient,
        };
        let named = config.permutation == Permutation::Other;
        TrainingRecord {
            version: RECORD_VERSION,
            method: "train".to_owned(),
            transform: Some(target.transform),
            seed: config.seed,
            steps: self.steps,
            rel_l2: Some(self.rel_l2),
            rmse: Some(self.rmse),
            learner: Some(learner),
            init: Some(config.init),
            parametrisation: Some(config.parametrisation),
            shown: Some(self.shown),
            order_shown: Some(if named { OrderShown::Named } else { OrderShown::Given }),
            order: Some(self.permutation),
            restarts: self.restarts,
            target_seed: target.seed,
            data: Some(target.fingerprint()),
            loss: Some(self.rel_l2_f64 * self.rel_l2_f64).filter(|loss| loss.is_finite()),
            stop: Some(self.stop),
            ..TrainingRecord::default()
        }
    }
}
