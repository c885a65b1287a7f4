//! Trainings for a task.

use std::ops::ControlFlow;

use super::config::{E2eConfig, HardenAt};
use super::e2e::{E2eProgress, train_e2e};
use super::gates::GateKind;
use super::loss::LossWeights;
use super::parameters::FreeButterflies;
use super::signals::{Signals, Split};
use super::student::Student;
use crate::model::FastLearnedFftModel;
use crate::random::Random;
use crate::train::{Init, Stop};

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
        butterflies: FreeButterflies::General,
        learn_window: false,
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
    for (gates, butterflies, learn_window) in [
        (GateKind::Soft, FreeButterflies::General, true),
        (GateKind::Ternary, FreeButterflies::General, false),
        (GateKind::Soft, FreeButterflies::Angle, true),
        (GateKind::Soft, FreeButterflies::None, true),
    ] {
        let weights = LossWeights { peak: 0.0, ..config().weights };
        let config = E2eConfig {
            n_fft: 16,
            batch: 2,
            n_mels: 5,
            peak_k: 3,
            weights,
            gates,
            butterflies,
            learn_window,
            ..config()
        };
        let exact = FastLearnedFftModel::exact(16).unwrap();
        let mut student = Student::new(&config, exact, false, vec![true; 9]).unwrap();
        student.check_start().unwrap();
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
                "{gates:?} {butterflies:?} {i}: {slope} {}",
                grad[i]
            );
        }
    }
}

/// Fixed butterflies stay, and a student of angles keeps the form that costs one product per butterfly.
#[test]
fn students_keep_their_form() {
    let go = &mut |_: E2eProgress| ControlFlow::Continue(());
    for butterflies in [FreeButterflies::None, FreeButterflies::Angle] {
        let weights = LossWeights { sparsity: 0.0, ..config().weights };
        let config = E2eConfig {
            butterflies,
            learn_window: true,
            weights,
            band: None,
            steps: 20,
            validate_every: 20,
            init: Init::Exact,
            ..config()
        };
        let exact = FastLearnedFftModel::exact(32).unwrap();
        let mut student = Student::new(&config, exact.clone(), false, vec![true; 17]).unwrap();
        let samples = Signals::Generated(1).rows(Split::Train, 0, config.batch, student.frame_len());
        let mut theta = student.start(None);
        let mut grad = vec![0.0; theta.len()];
        student.losses(&theta, &samples, &mut grad).unwrap();
        theta.iter_mut().zip(&grad).for_each(|(x, g)| *x -= 0.1 * g);
        let open = vec![crate::network::Gate::Open; student.parts().butterflies];
        let model = student.model_with(&theta, Some(&open), Default::default()).unwrap();
        assert!(model.window().is_some());
        for s in 0..5 {
            for (w, exact) in model.network().stage(s).unwrap().iter().zip(exact.network().stage(s).unwrap())
            {
                let one = num_complex::Complex32::new(1.0, 0.0);
                assert!(w.a == one && w.c == one && w.b == -w.d && (w.b.norm() - 1.0).abs() < 1e-6);
                assert!(butterflies == FreeButterflies::Angle || w == exact);
            }
        }
        let trained = train_e2e(&config, &Signals::Generated(3), None, None, go).unwrap();
        assert_eq!(trained.model.record().window_learned, !trained.kept_start);
        let random = E2eConfig { init: Init::Random, ..config };
        let tried = train_e2e(&random, &Signals::Generated(3), None, None, go);
        assert_eq!(tried.is_err(), butterflies == FreeButterflies::None);
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
    let error = train_e2e(&config(), &Signals::Generated(6), None, Some((path.clone(), 30)), go).unwrap_err();
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
