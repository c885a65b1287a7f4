//! One training: Adam with a cosine schedule, layer by layer, or from a closed form; then L-BFGS to the smallest
//! error that the arithmetic reaches.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::adam::{Adam, cosine};
use super::config::{Progress, Schedule, Stop, TrainConfig};
use super::layers::{self, Budget, random_start};
use super::outcome::{LEARNED, Trained};
use super::polish::polish;
use super::product::Objective;
use super::start::{likeliest, start};
use crate::checkpoint::{Checkpoint, Key};
use crate::error::{Error, Result};
use crate::evaluate::relative_error_of;
use crate::permutation::Permutation;
use crate::random::Random;
use crate::record::Shown;
use crate::transform::Target;

/// Steps between two checks of the error while Adam runs.
const CHECK: usize = 10;

/// Trains for `target`. `tell` receives the progress and returns whether to continue.
///
/// The same configuration gives the same network on every run.
///
/// # Errors
/// A rate that is not above 0, a target error below 0, a start or schedule that is not possible with the parameters.
pub fn train(
    target: &Target,
    config: &TrainConfig,
    tell: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Trained> {
    train_from(target, config, None, tell)
}

/// Trains as [`train`] does and continues after the process was ended. `checkpoint` is a path and a number of steps
/// of Adam between writes; it is also written before the polish, and an existing file is read at the start. The
/// network is the same as without interruption.
///
/// # Errors
/// Those of [`train`]; a checkpoint of another training; a file that cannot be written.
pub fn train_from(
    target: &Target,
    config: &TrainConfig,
    checkpoint: Option<(PathBuf, usize)>,
    tell: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Trained> {
    if !(config.rate > 0.0 && config.rate.is_finite()) {
        return Err(Error::argument("lr", format!("must be above 0, got {}", config.rate)));
    }
    let permutation = match config.permutation {
        Permutation::Other => likeliest(target, config)?,
        known => known,
    };
    if config.target.is_nan() || config.target < 0.0 {
        return Err(Error::argument("target_error", format!("must be at least 0, got {}", config.target)));
    }
    let schedule = config.schedule_of(target, permutation)?;
    let by_real_parts = config.by_real_parts(target);
    let order = permutation.order(target.n()).unwrap_or_default();
    let mut objective = Objective::new(target, &order, config.parametrisation, by_real_parts);
    let mut theta = start(target, config, &objective, &order, schedule)?;
    let mut restarts = 0;
    let mut best = (f64::INFINITY, theta.clone());
    let total = config.steps + config.polish;
    let mut grad = vec![0.0; theta.len()];
    let mut adam = Adam::new(theta.len());
    let (mut first, mut done, mut stop) = (0, 0, Stop::Steps);
    let goal = config.target * config.target;
    let key = Key::new(config, target.fingerprint(), String::new());
    if let Some((path, _)) = &checkpoint
        && path.exists()
    {
        let state = Checkpoint::load(path, &key, theta.len(), 0)?;
        (first, theta, adam) = (state.step, state.theta, state.adam);
        best = state.best.unwrap_or(best);
    }
    let save = |path: &Path, step: usize, theta: &[f64], adam: &Adam, best: &(f64, Vec<f64>)| {
        let best = best.0.is_finite().then(|| best.clone());
        let (theta, adam) = (theta.to_vec(), adam.clone());
        Checkpoint { step, theta, adam, hard: Vec::new(), best, worse: 0 }.save(path, &key)
    };
    if schedule == Schedule::Halves && first < config.steps {
        best = (objective.value(&theta, &mut grad), theta.clone());
        first = config.steps;
    }
    if schedule == Schedule::Layers && first < config.steps {
        let mut random = Random::stream(config.seed, 0x1A);
        // Errors of the layers add up.
        let levels = target.n().trailing_zeros().max(1);
        let budget = Budget { steps: config.steps, target: (config.target / f64::from(levels)).max(1e-14) };
        let learned = layers::learn(
            &target.matrix,
            &budget,
            &mut |m, _| random_start(m, &mut random),
            &mut |share, rel_l2| {
                done += 1;
                tell(Progress { step: (share * config.steps as f64) as usize, steps: total, rel_l2 })
            },
        );
        match learned {
            ControlFlow::Continue(found) => (theta, restarts) = (found.theta, found.restarts),
            ControlFlow::Break(()) => stop = Stop::Interrupted,
        }
        let loss = objective.value(&theta, &mut grad);
        if loss.is_finite() {
            best = (loss, theta.clone());
        }
        first = config.steps;
        if let Some((path, _)) = checkpoint.as_ref().filter(|_| stop == Stop::Steps) {
            save(path, first, &theta, &adam, &best)?;
        }
    }
    for step in first..config.steps {
        let loss = objective.value(&theta, &mut grad);
        if !loss.is_finite() || grad.iter().any(|g| !g.is_finite()) {
            stop = Stop::NotFinite;
            break;
        }
        // Only weights whose loss is finite are written: a checkpoint must contain the last good weights.
        if let Some((path, every)) = &checkpoint
            && step > first
            && step.is_multiple_of((*every).max(1))
        {
            save(path, step, &theta, &adam, &best)?;
        }
        if loss < best.0 {
            best.0 = loss;
            best.1.copy_from_slice(&theta);
        }
        if loss <= goal {
            stop = Stop::Target;
            break;
        }
        done = step;
        if step % CHECK == 0 && tell(Progress { step, steps: total, rel_l2: loss.sqrt() }).is_break() {
            stop = Stop::Interrupted;
            break;
        }
        let rate = config.rate * cosine(step, config.steps);
        adam.step(&mut theta, &grad, |_| rate);
    }
    if stop == Stop::Steps && config.polish > 0 {
        if let Some((path, _)) = checkpoint.as_ref().filter(|_| first < config.steps) {
            save(path, config.steps, &theta, &adam, &best)?;
        }
        let from = if schedule == Schedule::Whole { config.steps } else { done };
        let mut theta = best.1.clone();
        let ended = polish(&mut theta, config, |x, g| objective.value(x, g), tell);
        stop = ended.stop;
        done = ended.iterations.map_or(done, |i| from + i);
        if ended.loss < best.0 || best.0.is_infinite() {
            best = (ended.loss, theta);
        }
    }
    if !best.0.is_finite() {
        let loss = objective.value(&best.1, &mut grad);
        best.0 = if loss.is_finite() { loss } else { f64::NAN };
    }
    let network = objective.network(&best.1)?;
    let rel_l2 = relative_error_of(&network, target)?;
    let rmse = rel_l2 / (target.n() as f64).sqrt();
    let shown = match (target.real, by_real_parts) {
        (false, _) => Shown::Matrix,
        (true, true) => Shown::RealParts,
        (true, false) => Shown::ComplexMatrix,
    };
    Ok(Trained {
        network,
        rel_l2,
        rmse,
        rel_l2_f64: best.0.sqrt(),
        steps: done,
        stop,
        permutation,
        schedule,
        restarts,
        shown,
        learned: rel_l2 <= config.target.max(LEARNED),
    })
}

#[cfg(test)]
mod tests {
    use super::super::config::Init;
    use super::super::weights::Parametrisation;
    use super::*;
    use crate::record::{Learner, OrderShown};
    use crate::transform::Transform;

    /// Real transforms, by name and as a user's matrix, from their real parts alone and without the order.
    #[test]
    fn real_matrices_are_learned_by_their_real_parts() {
        let go = &mut |_: Progress| ControlFlow::Continue(());
        for transform in [Transform::Dct2, Transform::Dst2, Transform::Hartley, Transform::Hadamard] {
            let named = transform.target(64, 0).unwrap();
            let own = Target::of_matrix(named.matrix.clone(), Permutation::BitReversal, 1).unwrap();
            let config = TrainConfig { permutation: Permutation::Other, ..TrainConfig::default() };
            let trained = train(&own, &config, go).unwrap();
            assert!(trained.rel_l2 <= 3e-7 && trained.learned, "{transform:?}: {}", trained.rel_l2);
            assert_eq!((trained.permutation, trained.shown), (named.permutation, Shown::RealParts));
            let record = trained.record(&own, &config);
            assert_eq!(record.learner, Some(Learner::ClosedFormThenGradient));
            assert_eq!(
                (record.order_shown, record.order),
                (Some(OrderShown::Named), Some(named.permutation))
            );
        }
        let target = Transform::Dct2.target(16, 0).unwrap();
        let permutation = target.permutation;
        for init in [Init::Fit, Init::Exact] {
            let config = TrainConfig { init, permutation, steps: 5, polish: 5, ..TrainConfig::default() };
            let trained = train(&target, &config, go).unwrap();
            assert!(trained.rel_l2 < 1e-6 && trained.shown == Shown::RealParts, "{}", trained.rel_l2);
        }
        let short =
            TrainConfig { permutation: Permutation::Reverse, steps: 3, polish: 3, ..TrainConfig::default() };
        let trained = train(&Transform::Dft.target(16, 0).unwrap(), &short, go).unwrap();
        assert!(!trained.learned && trained.rel_l2 > 0.1, "{}", trained.rel_l2);
        assert!(train(&target, &TrainConfig { target: f64::NAN, ..short }, go).is_err());
    }

    #[test]
    fn random_weights_become_the_transform() {
        for (transform, parametrisation, bound) in [
            (Transform::Dft, Parametrisation::General, 3e-7),
            (Transform::Dct2, Parametrisation::General, 3e-7),
            (Transform::Hadamard, Parametrisation::General, 3e-7),
            (Transform::Dft, Parametrisation::Angle, 1e-5),
        ] {
            let target = transform.target(16, 0).unwrap();
            let config = TrainConfig {
                steps: 1500,
                permutation: target.permutation,
                parametrisation,
                complex_target: true,
                ..TrainConfig::default()
            };
            let go = &mut |_: Progress| ControlFlow::Continue(());
            let trained = train(&target, &config, go).unwrap();
            assert!(trained.rel_l2 <= bound, "{transform:?} {parametrisation:?}: {}", trained.rel_l2);
            let again = train(&target, &config, go).unwrap();
            assert_eq!(again.network, trained.network, "the same seed gives the same weights");
        }
    }

    /// A filter of 64 coefficients, which is exactly two products, and a sum of two, which is not.
    #[test]
    fn random_weights_become_a_convolution_layer_by_layer() {
        let target = Transform::Convolution.target(64, 3).unwrap();
        let go = &mut |_: Progress| ControlFlow::Continue(());
        for seed in 0..3 {
            let trained = train(&target, &TrainConfig { seed, ..TrainConfig::default() }, go).unwrap();
            assert!(trained.rel_l2 <= 1e-6, "{seed}: {}", trained.rel_l2);
        }
        let mut random = Random::new(2);
        let noise = crate::Matrix::from_fn(8, 8, |_, _| num_complex::Complex64::new(random.normal(), 0.0));
        let target = Target::of_matrix(noise, Permutation::BitReversal, 2).unwrap();
        let trained = train(&target, &TrainConfig::default(), go).unwrap();
        assert!(trained.rel_l2 < 1.0 && trained.rel_l2 > 1e-3, "{}", trained.rel_l2);
        let config = TrainConfig {
            schedule: Schedule::Layers,
            parametrisation: Parametrisation::Angle,
            ..TrainConfig::default()
        };
        assert!(train(&target, &config, go).unwrap_err().to_string().starts_with("schedule: "));
    }

    #[test]
    fn a_killed_training_goes_on_to_the_same_network() {
        let target = Transform::Dft.target(16, 0).unwrap();
        let config = TrainConfig { steps: 200, polish: 50, target: 1e-15, ..TrainConfig::default() };
        let whole = train(&target, &config, &mut |_| ControlFlow::Continue(())).unwrap();
        for kill in [150, 220] {
            let path =
                std::env::temp_dir().join(format!("rlx-train-{}-{kill}.safetensors", std::process::id()));
            let checkpoint = || Some((path.clone(), 40));
            let killed = train_from(&target, &config, checkpoint(), &mut |p| {
                if p.step >= kill { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            assert_eq!(killed.unwrap().stop, Stop::Interrupted);
            let mut first = None;
            let resumed = train_from(&target, &config, checkpoint(), &mut |p| {
                first = first.or(Some(p.step));
                ControlFlow::Continue(())
            });
            assert_eq!(resumed.unwrap().network, whole.network);
            assert_eq!(first, Some(kill / 40 * 40));
            let other =
                train_from(&Transform::Idft.target(16, 0).unwrap(), &config, checkpoint(), &mut |_| {
                    ControlFlow::Continue(())
                });
            assert!(other.unwrap_err().to_string().contains("on other data"));
            std::fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn a_rate_that_blows_up_keeps_the_best() {
        let target = Transform::Dft.target(8, 0).unwrap();
        let config = TrainConfig { rate: 1e200, polish: 0, ..TrainConfig::default() };
        let path = std::env::temp_dir().join(format!("rlx-learn-blown-{}.safetensors", std::process::id()));
        let checkpoint = Some((path.clone(), 1));
        let trained = train_from(&target, &config, checkpoint, &mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(trained.stop, Stop::NotFinite);
        assert!(trained.rel_l2.is_finite());
        assert!(!path.exists(), "weights without a loss are no checkpoint");
        assert!(
            train(&target, &TrainConfig { rate: 0.0, ..config }, &mut |_| ControlFlow::Continue(())).is_err()
        );
    }
}
