//! Checkpoints of trainings that continue after the process was ended: everything that the next step depends on, as
//! safetensors.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::store::{serialise, write_whole};
use crate::train::Adam;

const FORMAT: &str = "rlx-fft-checkpoint-2";

/// Inputs of a training besides its state. A checkpoint of any other training is rejected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Key {
    /// Version of the program: losses may change between versions.
    pub(crate) program: String,
    /// All settings.
    pub(crate) settings: String,
    /// Fingerprint of the matrix, pairs or signals.
    pub(crate) data: String,
    /// Fingerprint of the teacher; empty if there is none.
    pub(crate) teacher: String,
}

impl Key {
    pub(crate) fn new(settings: &impl Serialize, data: String, teacher: String) -> Self {
        let settings = serde_json::to_string(settings).unwrap_or_default();
        Self { program: env!("CARGO_PKG_VERSION").to_owned(), settings, data, teacher }
    }

    /// Returns the part in which another key differs.
    fn difference(&self, other: &Self) -> Option<&'static str> {
        let parts = [
            (self.program == other.program, "by another version of the program"),
            (self.settings == other.settings, "with other settings"),
            (self.data == other.data, "on other data"),
            (self.teacher == other.teacher, "with another teacher"),
        ];
        parts.into_iter().find(|(same, _)| !same).map(|(_, said)| said)
    }
}

/// State between two steps. Data depend on seed and step alone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Checkpoint {
    pub(crate) step: usize,
    pub(crate) theta: Vec<f64>,
    pub(crate) adam: Adam,
    /// Numbers of the decided gates; empty before gates are decided.
    pub(crate) hard: Vec<u8>,
    pub(crate) best: Option<(f64, Vec<f64>)>,
    pub(crate) worse: usize,
}

#[derive(Serialize, Deserialize)]
struct Head {
    key: Key,
    step: usize,
    adam_step: u32,
    best: Option<f64>,
    worse: usize,
}

impl Checkpoint {
    pub(crate) fn save(&self, path: &Path, key: &Key) -> Result<()> {
        let bytes = |v: &[f64]| v.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
        let (adam_step, mean, square) = self.adam.parts();
        let best = self.best.as_ref().map_or(&[][..], |b| &b.1);
        let parts = [
            ("theta", bytes(&self.theta)),
            ("mean", bytes(mean)),
            ("square", bytes(square)),
            ("best", bytes(best)),
        ];
        let head = Head {
            key: key.clone(),
            step: self.step,
            adam_step,
            best: self.best.as_ref().map(|b| b.0),
            worse: self.worse,
        };
        let fail = |e: &dyn std::fmt::Display| Error::argument("checkpoint", e.to_string());
        let head = serde_json::to_string(&head).map_err(|e| fail(&e))?;
        let metadata = BTreeMap::from([("format".to_owned(), FORMAT.to_owned()), ("head".to_owned(), head)]);
        let mut views = Vec::new();
        for (name, data) in &parts {
            let view = TensorView::new(Dtype::F64, vec![data.len() / 8], data).map_err(|e| fail(&e))?;
            views.push((*name, view));
        }
        let gates = TensorView::new(Dtype::U8, vec![self.hard.len()], &self.hard).map_err(|e| fail(&e))?;
        views.push(("gates", gates));
        write_whole(path, &serialise(views, metadata).map_err(|e| fail(&e))?)
    }

    /// Reads a checkpoint of the training with this key.
    pub(crate) fn load(path: &Path, key: &Key, len: usize, gates: usize) -> Result<Self> {
        let bad = |reason: String| Error::File {
            path: path.display().to_string(),
            reason: format!("no checkpoint: {reason}"),
        };
        let bytes = std::fs::read(path).map_err(|e| bad(e.to_string()))?;
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| bad(e.to_string()))?;
        let metadata = header.metadata().clone().unwrap_or_default();
        if metadata.get("format").map(String::as_str) != Some(FORMAT) {
            return Err(bad(format!("its format is {:?}", metadata.get("format"))));
        }
        let head: Head = serde_json::from_str(metadata.get("head").map_or("", String::as_str))
            .map_err(|e| bad(e.to_string()))?;
        if let Some(difference) = head.key.difference(key) {
            return Err(bad(format!("it is of a training {difference}; remove it to start again")));
        }
        let tensors = SafeTensors::deserialize(&bytes).map_err(|e| bad(e.to_string()))?;
        let read = |name: &str, want: usize| {
            let view = tensors.tensor(name).map_err(|e| bad(e.to_string()))?;
            let values: Vec<f64> = view
                .data()
                .chunks_exact(8)
                .map(|b| f64::from_le_bytes(b.try_into().unwrap_or_default()))
                .collect();
            if view.dtype() != Dtype::F64 || values.len() != want || !values.iter().all(|x| x.is_finite()) {
                return Err(bad(format!("{name} does not hold {want} finite numbers")));
            }
            Ok(values)
        };
        let hard = tensors.tensor("gates").map_err(|e| bad(e.to_string()))?.data().to_vec();
        if !(hard.is_empty() || hard.len() == gates) {
            return Err(bad(format!("{} gates, not {gates}", hard.len())));
        }
        let best = match head.best {
            Some(value) => Some((value, read("best", len)?)),
            None => None,
        };
        let adam = Adam::of_parts(head.adam_step, read("mean", len)?, read("square", len)?);
        Ok(Self { step: head.step, theta: read("theta", len)?, adam, hard, best, worse: head.worse })
    }
}
