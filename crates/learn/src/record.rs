//! What is known of how a model came about and how good it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::transform::Transform;

/// Kept in the file beside the weights.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainingRecord {
    /// `exact`, `fit`, `train`, `train-e2e`, `train-distill`, `train-distill-ternary`.
    pub method: String,
    /// The transform it stands for.
    pub transform: Option<Transform>,
    /// Seed.
    pub seed: u64,
    /// Steps.
    pub steps: usize,
    /// Share of the reference's peaks found on held-out data, 0 … 1, measured on the model as it is.
    pub recall: Option<f64>,
    /// Relative L2 error against the transform, measured on the model as it is.
    pub rel_l2: Option<f64>,
    /// `‖A − Â‖_F / n` with `A` scaled to be unitary.
    pub rmse: Option<f64>,
    /// What else was measured on held-out data, by name.
    pub measured: BTreeMap<String, f64>,
}

impl TrainingRecord {
    /// What no longer holds once the model is changed.
    pub(crate) fn forget(&mut self) {
        (self.recall, self.rel_l2, self.rmse) = (None, None, None);
        self.measured.clear();
    }
}
