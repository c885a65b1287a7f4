//! Training for a task: first with soft gates, then with decided gates while the weights adapt to them.

use std::ops::ControlFlow;
use std::path::PathBuf;

use super::config::E2eConfig;
use super::outcome::{E2eOutcome, End, finish};
use super::recall::study;
use super::signals::{Signals, Split};
use super::student::{Losses, Student};
use crate::checkpoint::{Checkpoint, Key};
use crate::error::Result;
use crate::model::FastLearnedFftModel;
use crate::network::Gate;
use crate::random::Random;
use crate::record::{Fingerprint, TrainingRecord};
use crate::train::{Adam, Init, Stop, cosine};

/// Progress of a training.
#[derive(Debug, Clone, Copy)]
pub struct E2eProgress {
    /// Steps done.
    pub step: usize,
    /// Losses of the step's batch.
    pub losses: Losses,
    /// Recall on the validation rows, if it was just measured.
    pub recall: Option<f64>,
}

const VALIDATION_ROWS: usize = 1024;

/// Trains a student on `signals`. With `teacher`, the target is that model's spectra of the same two segments
/// (distillation), otherwise the eight-segment Welch spectrum.
///
/// `checkpoint` is a path and a number of steps between writes; an existing file is read at the start.
///
/// # Errors
/// Settings outside their domain; signals without a significant peak; a checkpoint of another training; files that cannot
/// be written.
pub fn train_e2e(
    config: &E2eConfig,
    signals: &Signals,
    teacher: Option<&FastLearnedFftModel>,
    checkpoint: Option<(PathBuf, usize)>,
    tell: &mut dyn FnMut(E2eProgress) -> ControlFlow<()>,
) -> Result<E2eOutcome> {
    config.check(teacher)?;
    let bins = config.n_fft / 2 + 1;
    let mut kept: Vec<bool> =
        (0..bins).map(|k| config.band.is_none_or(|(lo, hi)| (lo..=hi).contains(&k))).collect();
    if let Some(teacher) = teacher {
        kept.iter_mut().zip(teacher.mask()).for_each(|(k, m)| *k &= *m > 0.0);
    }
    let distil = teacher.is_some();
    let teacher = match teacher {
        Some(model) => model.clone(),
        None => FastLearnedFftModel::exact(config.n_fft)?,
    };
    let mut student = Student::new(config, teacher, distil, kept)?;
    student.check_start()?;
    let parts = student.parts();
    let taught_by = match distil {
        true => {
            let mut all = Fingerprint::new();
            all.add(student.teacher().to_bytes()?.into_iter().map(u64::from));
            all.text()
        }
        false => String::new(),
    };
    let key = Key::new(config, signals.fingerprint(), taught_by.clone());
    let mut random = Random::stream(config.seed, 0xE2E);
    let resumed = match &checkpoint {
        Some((path, _)) if path.exists() => {
            Some(Checkpoint::load(path, &key, parts.len(), parts.butterflies)?)
        }
        _ => None,
    };
    let mut state = resumed.unwrap_or_else(|| Checkpoint {
        step: 0,
        theta: student.start((config.init == Init::Random).then_some(&mut random)),
        adam: Adam::new(parts.len()),
        hard: Vec::new(),
        best: None,
        worse: 0,
    });
    if !state.hard.is_empty() {
        let gates = state.hard.iter().map(|&g| Gate::from_u8(g).unwrap_or_default()).collect();
        student.hard = Some(gates);
    }
    let frame = student.frame_len();
    let held_out = signals.rows(Split::Validation, 0, VALIDATION_ROWS, frame);
    let decide_at = if config.prunes() { (config.harden_at.0 * config.steps as f64) as usize } else { 0 };
    let whole = vec![Gate::Open; parts.butterflies];
    // The result that a training from a transform has to exceed.
    let begin = student.start(None);
    let base = student.model_with(&begin, Some(&whole), TrainingRecord::default())?;
    let base = study(&base, &held_out, VALIDATION_ROWS, config.peak_k, student.kept())?;
    let mut grad = vec![0.0; parts.len()];
    let mut error = 0.0;
    let (mut losses, mut stop, mut soft) = (Losses::default(), Stop::Steps, None);
    let first = state.step;
    while state.step < config.steps {
        let step = state.step;
        if step == decide_at && student.hard.is_none() {
            soft = Some(student.model(&state.theta, TrainingRecord::default())?);
            let gates = student.decide(&state.theta, config.target_gates);
            state.hard = gates.iter().map(|g| *g as u8).collect();
            student.hard = Some(gates);
        }
        let samples = signals.rows(Split::Train, step as u64, config.batch, frame);
        losses = student.losses(&state.theta, &samples, &mut grad)?;
        if !losses.total.is_finite() || grad.iter().any(|g| !g.is_finite()) {
            stop = Stop::NotFinite;
            break;
        }
        // Only weights whose loss is finite are written: a checkpoint must contain the last good weights.
        if let Some((path, every)) = &checkpoint
            && step > first
            && step.is_multiple_of((*every).max(1))
        {
            state.save(path, &key)?;
        }
        let fade = cosine(step, config.steps);
        let (weights, window) = (parts.weights(), parts.window());
        // While gates are soft, weights that start at a transform are not changed: they would grow as their gate
        // falls, and the gate would not show how much its butterfly is needed.
        let waits = student.hard.is_none() && config.weights.sparsity > 0.0 && config.init != Init::Random;
        let rate = if waits { 0.0 } else { config.rate };
        state.adam.step(&mut state.theta, &grad, |i| {
            fade * match i {
                i if weights.contains(&i) => rate,
                i if window.contains(&i) => config.rate,
                _ => config.gate_rate,
            }
        });
        state.step += 1;
        let mut recall = None;
        if state.step.is_multiple_of(config.validate_every.max(1)) || state.step == config.steps {
            let model = student.model(&state.theta, TrainingRecord::default())?;
            let judged = study(&model, &held_out, VALIDATION_ROWS, config.peak_k, student.kept())?;
            let found = judged.student;
            recall = Some(found);
            error = judged.standard_error;
            // Only decided gates count: soft gates never run in a model.
            if student.hard.is_some() {
                if state.best.as_ref().is_none_or(|b| found > b.0) {
                    state.best = Some((found, state.theta.clone()));
                    state.worse = 0;
                } else {
                    state.worse += 1;
                }
            }
        }
        if tell(E2eProgress { step: state.step, losses, recall }).is_break() {
            stop = Stop::Interrupted;
            break;
        }
        if state.worse >= config.patience {
            stop = Stop::Floor;
            break;
        }
    }
    if student.hard.is_none() {
        soft = Some(student.model(&state.theta, TrainingRecord::default())?);
        student.hard = Some(student.decide(&state.theta, config.target_gates));
    }
    let found = state.best.as_ref().map_or(f64::NEG_INFINITY, |b| b.0);
    // Pruning trades recall for cost, and a random start is nothing to return to, so neither keeps the start.
    let kept_start = !config.prunes() && config.init != Init::Random && found <= base.student + error;
    let theta = match state.best {
        _ if kept_start => begin,
        Some(best) => best.1,
        None => state.theta,
    };
    let end = End { losses, steps: state.step, stop, distil, kept_start, key, taught_by };
    let outcome = finish(config, signals, &student, &theta, end)?;
    Ok(E2eOutcome { soft, ..outcome })
}
