//! Learning for a task: a student that sees two segments, taught by the full eight.

mod config;
mod e2e;
mod loss;
mod recall;
mod signals;
mod student;

pub use config::{E2eConfig, HardenAt};
pub use e2e::{E2eOutcome, E2eProgress, train_e2e};
pub use loss::LossWeights;
pub use recall::{RecallStudy, recall_of, significant_recall, study};
pub use signals::{Signals, Split};
pub use student::{GateKind, Losses, bank_params};
