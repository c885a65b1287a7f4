//! Settings and progress of a training.

use serde::{Deserialize, Serialize};

use super::weights::Parametrisation;
use crate::error::{Error, Result};
use crate::permutation::Permutation;
use crate::transform::Target;

/// Start of a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Init {
    /// Random weights.
    Random,
    /// The transform's own factors.
    Exact,
    /// The closed-form factors of the matrix.
    Fit,
}

/// Which weights are trained together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// [`Halves`](Self::Halves) for real parts, [`Layers`](Self::Layers) for two products, if that is possible and
    /// weights are random; otherwise [`Whole`](Self::Whole).
    Auto,
    /// All weights, from the first step on.
    Whole,
    /// Two products of general butterflies after bit reversals: the outermost stages first, with a free matrix
    /// between them that is then learned the same way; all together at the end.
    Layers,
    /// One product whose real part is compared: bases of rank two and their complex structure in closed form; all weights
    /// together at the end.
    Halves,
}

/// Settings of a training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainConfig {
    /// Free parameters of a butterfly.
    pub parametrisation: Parametrisation,
    /// Start of the weights.
    pub init: Init,
    /// Steps of Adam.
    pub steps: usize,
    /// Initial learning rate (cosine schedule).
    pub rate: f64,
    /// Largest number of iterations of L-BFGS.
    pub polish: usize,
    /// Relative L2 error at which to stop.
    pub target: f64,
    /// Seed.
    pub seed: u64,
    /// The order of the input. With [`Permutation::Other`], the known orders are tried.
    pub permutation: Permutation,
    /// Compares the network of a real transform with the complex matrix whose real part the transform is. That matrix
    /// has `n²` numbers that the transform does not contain; every start then succeeds.
    pub complex_target: bool,
    /// Which weights are trained together.
    pub schedule: Schedule,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            parametrisation: Parametrisation::General,
            init: Init::Random,
            steps: 3000,
            rate: 0.03,
            polish: 2000,
            target: 1e-8,
            seed: 0,
            permutation: Permutation::BitReversal,
            complex_target: false,
            schedule: Schedule::Auto,
        }
    }
}

impl TrainConfig {
    /// Returns whether only the network's real part is compared.
    pub(crate) fn by_real_parts(&self, target: &Target) -> bool {
        target.real && !(self.complex_target && target.complex.is_some())
    }

    /// Returns the schedule that runs for `target` in this order.
    pub(crate) fn schedule_of(&self, target: &Target, permutation: Permutation) -> Result<Schedule> {
        let general = self.parametrisation == Parametrisation::General && self.init == Init::Random;
        let layers = general && target.depth == 2 && permutation == Permutation::BitReversal;
        let halves = general && target.depth == 1 && self.by_real_parts(target);
        let refused = |reason: &str| Err(Error::argument("schedule", reason));
        match self.schedule {
            Schedule::Auto if layers => Ok(Schedule::Layers),
            Schedule::Auto if halves => Ok(Schedule::Halves),
            Schedule::Auto | Schedule::Whole => Ok(Schedule::Whole),
            Schedule::Layers if !layers => refused(
                "layers are for two products of general butterflies after bit reversals, from random weights",
            ),
            Schedule::Halves if !halves => refused(
                "halves are for real parts of one product of general butterflies, from random weights",
            ),
            other => Ok(other),
        }
    }
}

/// State of a running training.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Steps and iterations done.
    pub step: usize,
    /// Largest number of steps and iterations.
    pub steps: usize,
    /// Relative L2 error.
    pub rel_l2: f64,
}

/// Why training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// The target was reached.
    Target,
    /// No step makes the error smaller.
    Floor,
    /// The steps are used up.
    Steps,
    /// The caller requested it.
    Interrupted,
    /// The loss was no longer finite; the best weights before are kept.
    NotFinite,
}
