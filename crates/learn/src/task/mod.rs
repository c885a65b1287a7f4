//! Learning for a task: a student that sees two segments, taught by the full eight.

mod config;
mod e2e;
mod export;
mod gates;
mod loss;
mod outcome;
mod parameters;
mod recall;
mod signals;
mod student;
#[cfg(test)]
mod tests;

pub use config::{E2eConfig, HardenAt};
pub use e2e::{E2eProgress, train_e2e};
pub use gates::GateKind;
pub use loss::LossWeights;
pub use outcome::E2eOutcome;
pub use parameters::FreeButterflies;
pub use recall::{RecallStudy, level_errors, recall_of, significant_recall, study};
pub use signals::{Signals, Split};
pub use student::{Losses, bank_params};
