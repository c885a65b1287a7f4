//! Training for a task: first with soft gates, then with decided gates while the weights adapt to them.

use std::ops::ControlFlow;
use std::path::PathBuf;

use rlx_dsp::welch::peaks::WelchPeakParams;

use super::config::E2eConfig;
use super::recall::{RecallStudy, study};
use super::signals::{Signals, Split};
use super::student::{GateKind, Losses, Student};
use crate::checkpoint::{Checkpoint, Key};
use crate::error::Result;
use crate::model::FastLearnedFftModel;
use crate::network::Gate;
use crate::random::Random;
use crate::record::{Fingerprint, Learner, RECORD_VERSION, Shown, TrainingRecord};
use crate::train::{Adam, Init, Parametrisation, Stop, cosine};

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

const VALIDATION_ROWS: usize = 1024;
const TEST_ROWS: usize = 2048;

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
    let params = WelchPeakParams::fast_for_n_fft(config.n_fft, config.peak_k);
    let mut student = Student::new(
        teacher,
        distil,
        params,
        config.batch,
        config.n_mels,
        kept,
        config.weights,
        config.gates,
    )?;
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
        let weights = 8 * parts.butterflies;
        // While gates are soft, weights that start at a transform are not changed: they would grow as their gate
        // falls, and the gate would not show how much its butterfly is needed.
        let waits = student.hard.is_none() && config.weights.sparsity > 0.0 && config.init != Init::Random;
        let rate = if waits { 0.0 } else { config.rate };
        state
            .adam
            .step(&mut state.theta, &grad, |i| fade * if i < weights { rate } else { config.gate_rate });
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

/// How a training ended.
struct End {
    losses: Losses,
    steps: usize,
    stop: Stop,
    distil: bool,
    kept_start: bool,
    key: Key,
    taught_by: String,
}

fn finish(
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
        parametrisation: Some(Parametrisation::General),
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

#[cfg(test)]
mod tests {
    use super::super::config::HardenAt;
    use super::super::loss::LossWeights;
    use super::*;

    fn config() -> E2eConfig {
        E2eConfig {
            n_fft: 32,
            batch: 4,
            n_mels: 8,
            steps: 120,
            rate: 1e-3,
            gate_rate: 0.15,
            weights: LossWeights { sparsity: 0.5, mel: 0.1, welch: 0.1, peak: 1.0, spectrum: 1.0 },
            peak_k: 4,
            band: Some((0, 4)),
            gates: GateKind::Soft,
            target_gates: None,
            harden_at: HardenAt(0.6),
            init: Init::Exact,
            seed: 3,
            validate_every: 40,
            patience: 100,
        }
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        for gates in [GateKind::Soft, GateKind::Ternary] {
            let weights = LossWeights { peak: 0.0, ..config().weights };
            let params = WelchPeakParams::fast_for_n_fft(16, 3);
            let exact = FastLearnedFftModel::exact(16).unwrap();
            let kept = vec![true; 9];
            let mut student = Student::new(exact, false, params, 2, 5, kept, weights, gates).unwrap();
            let samples = Signals::Generated(1).rows(Split::Train, 0, 2, student.frame_len());
            let mut random = Random::new(8);
            let mut theta = student.start(None);
            theta.iter_mut().for_each(|x| *x += 0.1 * random.normal());
            let (mut grad, mut scratch) = (vec![0.0; theta.len()], vec![0.0; theta.len()]);
            student.losses(&theta, &samples, &mut grad).unwrap();
            for i in (0..theta.len()).step_by(5).chain(theta.len() - 12..theta.len()) {
                let h = 1e-5;
                let mut at = |step: f64| {
                    let mut moved = theta.clone();
                    moved[i] += step;
                    student.losses(&moved, &samples, &mut scratch).unwrap().total
                };
                let slope = (at(h) - at(-h)) / (2.0 * h);
                assert!(
                    (slope - grad[i]).abs() < 1e-6 * (1.0 + grad[i].abs()),
                    "{gates:?} {i}: {slope} {}",
                    grad[i]
                );
            }
        }
    }

    #[test]
    fn gates_move_and_a_killed_training_goes_on_to_the_same_model() {
        let go = &mut |_: E2eProgress| ControlFlow::Continue(());
        let signals = Signals::Generated(5);
        let whole = train_e2e(&config(), &signals, None, None, go).unwrap();
        // With a band of five bins at 32 points, most of the last stages are not needed: sparsity closes them.
        assert!(whole.gates_open < 75 && whole.gates_open > 10, "{} of {}", whole.gates_open, whole.gates);
        assert!(whole.test.student > 0.8, "{:?}", whole.test);
        let path = std::env::temp_dir().join(format!("rlx-learn-{}.safetensors", std::process::id()));
        let kill = &mut |p: E2eProgress| {
            if p.step == 90 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let killed = train_e2e(&config(), &signals, None, Some((path.clone(), 30)), kill).unwrap();
        assert_eq!(killed.stop, Stop::Interrupted);
        // The last checkpoint is of step 60: thirty steps are done again.
        let resumed = train_e2e(&config(), &signals, None, Some((path.clone(), 30)), go).unwrap();
        assert_eq!(resumed.model, whole.model);
        let other = E2eConfig { rate: 0.5, ..config() };
        let error = train_e2e(&other, &signals, None, Some((path.clone(), 30)), go).unwrap_err();
        assert!(error.to_string().contains("with other settings"), "{error}");
        let error =
            train_e2e(&config(), &Signals::Generated(6), None, Some((path.clone(), 30)), go).unwrap_err();
        assert!(error.to_string().contains("on other data"), "{error}");
        let teacher = FastLearnedFftModel::exact(32).unwrap();
        let taught = train_e2e(&config(), &signals, Some(&teacher), Some((path.clone(), 30)), go);
        assert!(taught.unwrap_err().to_string().contains("with another teacher"));
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_distilled_student_has_the_gates_that_were_asked_for() {
        let go = &mut |_: E2eProgress| ControlFlow::Continue(());
        let teacher = FastLearnedFftModel::exact(32).unwrap();
        for gates in [GateKind::Soft, GateKind::Ternary] {
            let config = E2eConfig { target_gates: Some(0.5), gates, band: None, ..config() };
            let student = train_e2e(&config, &Signals::Generated(2), Some(&teacher), None, go).unwrap();
            assert!(student.gates_open <= 40, "{gates:?}: {}", student.gates_open);
        }
    }

    /// For few and for most of the bins as peaks: the model finds at least as many peaks as the untrained path,
    /// within the noise of the comparison, and without a weight on sparsity no gate closes.
    #[test]
    fn a_model_that_is_worse_than_its_start_is_not_kept() {
        let go = &mut |_: E2eProgress| ControlFlow::Continue(());
        for (peak_k, rate) in [(4, 3e-3), (16, 3e-3), (33, 3e-3), (8, 10.0)] {
            let config = E2eConfig {
                n_fft: 64,
                peak_k,
                rate,
                steps: 100,
                validate_every: 25,
                band: None,
                batch: 16,
                ..E2eConfig::new(64)
            };
            let trained = train_e2e(&config, &Signals::Generated(1), None, None, go).unwrap();
            let test = trained.test;
            assert!(test.gain >= -3.0 * test.standard_error, "{peak_k} {rate}: {test:?}");
            assert_eq!(trained.gates_open, trained.gates);
            if rate > 1.0 {
                assert!(trained.kept_start && test.gain == 0.0, "{test:?}");
            }
        }
    }

    #[test]
    fn signals_without_a_peak_are_refused() {
        let mut random = Random::new(3);
        let noise: Vec<f32> = (0..100_000).map(|_| random.normal() as f32).collect();
        // Eight segments of white noise have no bin 10 dB above the median.
        let signals = Signals::recordings(vec![noise], 64 * 9 / 2, 0).unwrap();
        let config = E2eConfig { steps: 5, batch: 2, ..E2eConfig::new(64) };
        let error = train_e2e(&config, &signals, None, None, &mut |_| ControlFlow::Continue(())).unwrap_err();
        assert!(error.to_string().contains("significant peak"), "{error}");
    }
}
