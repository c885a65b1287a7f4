//! Record of how a model was made and how accurate it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::permutation::Permutation;
use crate::train::{Init, Parametrisation, Stop};
use crate::transform::{Target, Transform};

/// Version of [`TrainingRecord`]. Records only gain fields: older ones are read with those fields empty.
pub const RECORD_VERSION: u32 = 2;

/// How the weights were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Learner {
    /// By formula: the FFT's own twiddles.
    Exact,
    /// In closed form, from the entries of a matrix.
    ClosedForm,
    /// In closed form, then by gradient over all weights.
    ClosedFormThenGradient,
    /// Stage by stage from the outermost, with the matrix between solved for in every step; then by gradient over all
    /// weights.
    LayersThenGradient,
    /// By gradient over all weights at once.
    Gradient,
}

/// Data that the learner was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// The transform's own entries.
    Matrix,
    /// The real entries of a real transform, compared with the network's real part.
    RealParts,
    /// A complex matrix whose real part is the transform; it contains more information than the transform.
    ComplexMatrix,
    /// Pairs of inputs and outputs.
    Pairs,
    /// Signals, and the results of a reference for them.
    Signals,
    /// Another model.
    Teacher,
}

/// Information about the order of the input that the learner was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderShown {
    /// The order itself.
    Given,
    /// Only the names of the known orders.
    Named,
    /// Nothing: the order was recovered from the matrix.
    Recovered,
}

/// How a model was made; stored in its file with the weights.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainingRecord {
    /// [`RECORD_VERSION`] of the writer; 0 in files older than the fields from `learner` on.
    pub version: u32,
    /// The command: `exact`, `fit`, `train`, `train-e2e`, `train-distill`, `train-distill-ternary`.
    pub method: String,
    /// The transform that the model represents.
    pub transform: Option<Transform>,
    /// Seed.
    pub seed: u64,
    /// Steps.
    pub steps: usize,
    /// Share of the reference's peaks found on held-out data, 0 … 1, measured on the present weights.
    pub recall: Option<f64>,
    /// Relative L2 error against the transform, measured on the present weights.
    pub rel_l2: Option<f64>,
    /// `‖A − Â‖_F / n` with `A` scaled to be unitary.
    pub rmse: Option<f64>,
    /// Other measurements on held-out data, by name.
    pub measured: BTreeMap<String, f64>,
    /// How the weights were found.
    pub learner: Option<Learner>,
    /// Start of the weights.
    pub init: Option<Init>,
    /// Free parameters of a butterfly.
    pub parametrisation: Option<Parametrisation>,
    /// Whether the model has a window of its own that was learned.
    pub window_learned: bool,
    /// Data that the learner was given.
    pub shown: Option<Shown>,
    /// Information about the order that the learner was given.
    pub order_shown: Option<OrderShown>,
    /// The order of the first product.
    pub order: Option<Permutation>,
    /// Number of starts that were replaced by another.
    pub restarts: usize,
    /// Seed of the convolution's filter, for a convolution.
    pub target_seed: Option<u64>,
    /// Fingerprint of the matrix, pairs or signals used for learning.
    pub data: Option<String>,
    /// Fingerprint of the teacher's file.
    pub teacher: Option<String>,
    /// Loss at the end.
    pub loss: Option<f64>,
    /// Why the learning ended.
    pub stop: Option<Stop>,
}

impl TrainingRecord {
    /// Clears measurements that no longer apply once the model is changed.
    pub(crate) fn forget(&mut self) {
        (self.recall, self.rel_l2, self.rmse) = (None, None, None);
        self.measured.clear();
    }

    /// Returns in one line how the model was made; information that older files do not contain is omitted.
    pub fn summary(&self) -> String {
        let mut parts = vec![match self.learner {
            Some(learner) => name(&learner),
            None if self.version == 0 => format!("{} (an older file, which tells no more)", self.method),
            None => self.method.clone(),
        }];
        let mut tell = |what: &str, value: Option<String>| {
            parts.extend(value.map(|value| if what.is_empty() { value } else { format!("{what} {value}") }));
        };
        let learned = self.learner.is_some_and(|learner| learner != Learner::Exact);
        tell("from", self.init.filter(|_| learned).map(|init| format!("{} weights", name(&init))));
        tell("", self.parametrisation.map(|free| format!("{} butterflies", name(&free))));
        tell("", self.window_learned.then(|| "learned window".to_owned()));
        tell("shown", self.shown.map(|shown| name(&shown)));
        let told = self.order_shown.map(|shown| match shown {
            OrderShown::Given => "given",
            OrderShown::Named => "found among the named ones",
            OrderShown::Recovered => "recovered",
        });
        tell("order", self.order.zip(told).map(|(order, told)| format!("{} ({told})", name(&order))));
        tell("steps", (self.steps > 0).then(|| self.steps.to_string()));
        tell("restarts", (self.restarts > 0).then(|| self.restarts.to_string()));
        tell("ended:", self.stop.map(|stop| name(&stop)));
        tell("loss", self.loss.map(|loss| format!("{loss:.2e}")));
        tell("seed", Some(self.seed.to_string()));
        tell("data", self.data.clone());
        tell("teacher", self.teacher.clone());
        parts.join(", ")
    }

    /// Returns the target of `n` points that the model represents: that of its transform's name, or the DFT if it has
    /// none.
    ///
    /// # Errors
    /// A matrix without a name; a convolution from a file that does not contain its filter's seed.
    pub fn target(&self, n: usize) -> Result<Target> {
        let unknown = |reason: &str| Err(Error::argument("transform", reason));
        match (self.transform, self.target_seed) {
            (Some(Transform::Matrix), _) => unknown("the model was learned from a matrix: give the matrix"),
            (Some(Transform::Convolution), None) => {
                unknown("the file is older than version 2 and does not tell the filter of its convolution")
            }
            (transform, seed) => transform.unwrap_or(Transform::Dft).target(n, seed.unwrap_or(0)),
        }
    }
}

/// Returns the name of a value as written in files.
fn name(value: &impl Serialize) -> String {
    let text = serde_json::to_value(value).ok();
    text.as_ref().and_then(|text| text.as_str()).unwrap_or_default().replace('-', " ")
}

/// FNV-1a, for fingerprints that distinguish data sets; not for security.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    pub(crate) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(crate) fn add(&mut self, words: impl IntoIterator<Item = u64>) {
        for word in words {
            self.0 = (self.0 ^ word).wrapping_mul(0x0100_0000_01b3);
            // Words of 64 bits instead of bytes: their upper halves must reach the lower ones.
            self.0 ^= self.0 >> 29;
        }
    }

    pub(crate) fn text(self) -> String {
        format!("{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_older_files_are_read() {
        let old = r#"{"method":"train","transform":"dct2","seed":3,"steps":9,"rel_l2":1e-7}"#;
        let record: TrainingRecord = serde_json::from_str(old).unwrap();
        assert_eq!((record.version, record.learner, record.data.clone()), (0, None, None));
        assert_eq!(record.target(8).unwrap().transform, Transform::Dct2);
        let convolution = TrainingRecord { transform: Some(Transform::Convolution), ..record.clone() };
        assert!(convolution.target(8).unwrap_err().to_string().contains("older than version 2"));
        let matrix = TrainingRecord { transform: Some(Transform::Matrix), ..record };
        assert!(matrix.target(8).is_err());
        assert!(matrix.summary().starts_with("train (an older file"), "{}", matrix.summary());
        let exact = crate::FastLearnedFftModel::exact(8).unwrap();
        assert_eq!(exact.record().summary(), "exact, seed 0");
    }
}
