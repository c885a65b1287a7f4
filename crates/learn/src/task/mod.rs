//! Learning for a task: a student that sees two segments, taught by the full eight.

mod checkpoint;
mod e2e;
mod loss;
mod recall;
mod signals;
mod student;

pub use e2e::{E2eConfig, E2eOutcome, E2eProgress, HardenAt, train_e2e};
pub use loss::LossWeights;
pub use recall::{RecallStudy, recall_of, study};
pub use signals::{Signals, Split};
#[cfg(test)]
pub(crate) use student::bank_params;
pub use student::{GateKind, Losses};
