//! The end of a training for a task: the model, its record, and what it finds on the test rows.

use super::config::E2eConfig;
use super::gates::GateKind;
use super::parameters::FreeButterflies;
use super::recall::{RecallStudy, study};
use super::signals::{Signals, Split};
use super::student::{Losses, Student};
use crate::checkpoint::Key;
use crate::error::Result;
use crate::model::FastLearnedFftModel;
use crate::record::{Learner, RECORD_VERSION, Shown, TrainingRecord};
use crate::train::{Parametrisation, Stop};

const TEST_ROWS: usize = 2048;

/// A model for a task and the course of its training.
#[derive(Debug, Clone)]
pub struct E2eOutcome {
    /// The model with its record.
    pub model: FastLearnedFftModel,
    /// The model just before its gates were decided, with soft gates folded into the weights; `None` if that was
    /// before the checkpoint that was read.
    pub soft: Option<FastLearnedFftModel>,
    /// Result on the test rows, compared with the untrained path.
    pub test: RecallStudy,
    /// Losses of the last step.
    pub losses: Losses,
    /// Steps done.
    pub steps: usize,
    /// Why it ended.
    pub stop: Stop,
    /// Butterflies open at the end, before dead ones are removed.
    pub gates_open: usize,
    /// Number of butterflies.
    pub gates: usize,
    /// Number of held-out test rows, with or without a peak.
    pub test_rows: usize,
    /// Whether the start was kept as the model, because no learned state found more peaks of the validation rows than
    /// the start by more than a standard error.
    pub kept_start: bool,
}

/// How a training ended.
pub(super) struct End {
    pub(super) losses: Losses,
    pub(super) steps: usize,
    pub(super) stop: Stop,
    pub(super) distil: bool,
    pub(super) kept_start: bool,
    pub(super) key: Key,
    pub(super) taught_by: String,
}

/// Measures the model on the test rows and writes its record.
pub(super) fn finish(
    config: &E2eConfig,
    signals: &Signals,
    student: &Student,
    theta: &[f64],
    end: End,
) -> Result<E2eOutcome> {
    let End { losses, steps, stop, distil, kept_start, key, taught_by } = end;
    let method = match (distil, config.gates) {
        (false, _) => "train-e2e",
        (true, GateKind::Soft) => "train-distill",
        (true, GateKind::Ternary) => "train-distill-ternary",
    };
    let record = TrainingRecord {
        version: RECORD_VERSION,
        method: method.to_owned(),
        seed: config.seed,
        steps,
        learner: Some(if kept_start { Learner::Exact } else { Learner::Gradient }),
        init: Some(config.init),
        parametrisation: match config.butterflies {
            FreeButterflies::None => None,
            FreeButterflies::Angle => Some(Parametrisation::Angle),
            FreeButterflies::General => Some(Parametrisation::General),
        },
        window_learned: config.learn_window && !kept_start,
        shown: Some(if distil { Shown::Teacher } else { Shown::Signals }),
        data: Some(key.data),
        teacher: distil.then_some(taught_by),
        loss: Some(losses.total).filter(|loss| loss.is_finite()),
        stop: Some(stop),
        ..TrainingRecord::default()
    };
    let mut model = student.model(theta, record.clone())?;
    let rows = signals.rows(Split::Test, 0, TEST_ROWS, student.frame_len());
    let test = study(&model, &rows, TEST_ROWS, config.peak_k, student.kept())?;
    let mut record = TrainingRecord { recall: Some(test.student), ..record };
    record.measured.insert("untrained_recall".to_owned(), test.untrained);
    record.measured.insert("gain_standard_error".to_owned(), test.standard_error);
    model.set_record(record)?;
    let gates = student.parts().butterflies;
    let gates_open =
        student.hard.as_ref().map_or(gates, |hard| hard.iter().filter(|gate| gate.works()).count());
    let test_rows = TEST_ROWS;
    Ok(E2eOutcome { model, soft: None, test, losses, steps, stop, gates_open, gates, test_rows, kept_start })
}
