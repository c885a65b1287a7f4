//! One training: Adam with a cosine schedule, or layer by layer; then L-BFGS to the floor.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::adam::{Adam, cosine};
use super::layers::{self, Budget, random_start};
use super::lbfgs::{Ended, minimise};
use super::product::Objective;
use super::weights::Parametrisation;
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::evaluate::relative_error_of;
use crate::fit::fit_weights;
use crate::network::ButterflyNetwork;
use crate::permutation::Permutation;
use crate::random::Random;
use crate::transform::{Target, Transform};

/// Where training starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Init {
    /// Random weights.
    Random,
    /// The transform's own factors.
    Exact,
    /// The closed-form factors of the matrix.
    Fit,
}

/// Which weights move together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// [`Layers`](Self::Layers) where that can be, for random starts; else [`Whole`](Self::Whole).
    Auto,
    /// All of them, from the first step on.
    Whole,
    /// Two products of general butterflies after bit reversals: the outermost stages first, what lies between them a free
    /// matrix that is then learned the same way; all together at the end.
    Layers,
}

/// How to train.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainConfig {
    /// What is free in a butterfly.
    pub parametrisation: Parametrisation,
    /// Where to start.
    pub init: Init,
    /// Steps of Adam.
    pub steps: usize,
    /// Its rate at the start.
    pub rate: f64,
    /// Iterations of L-BFGS at most.
    pub polish: usize,
    /// Relative L2 error at which to stop.
    pub target: f64,
    /// Seed.
    pub seed: u64,
    /// The order of the input; [`Permutation::Other`]: the known ones are tried.
    pub permutation: Permutation,
    /// Whether transforms that are the real part of a network are compared by their real parts alone. The imaginary
    /// parts of the matrix that factorises are then not told, and many a start ends in a local minimum.
    pub real_parts_alone: bool,
    /// Which weights move together.
    pub schedule: Schedule,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            parametrisation: Parametrisation::General,
            init: Init::Random,
            steps: 3000,
            rate: 0.03,
            polish: 2000,
            target: 1e-8,
            seed: 0,
            permutation: Permutation::BitReversal,
            real_parts_alone: false,
            schedule: Schedule::Auto,
        }
    }
}

impl TrainConfig {
    /// Whether a training of `depth` products in this order goes layer by layer.
    fn by_layers(&self, depth: usize, permutation: Permutation) -> Result<bool> {
        let can = depth == 2
            && permutation == Permutation::BitReversal
            && self.parametrisation == Parametrisation::General
            && self.init == Init::Random;
        match self.schedule {
            Schedule::Whole => Ok(false),
            Schedule::Auto => Ok(can),
            Schedule::Layers if can => Ok(true),
            Schedule::Layers => {
                let reason = "layers are for two products of general butterflies after bit reversals, from random weights";
                Err(Error::argument("schedule", reason))
            }
        }
    }
}

/// What is told while training.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Steps and iterations done.
    pub step: usize,
    /// Steps and iterations at most.
    pub steps: usize,
    /// Relative L2 error.
    pub rel_l2: f64,
}

/// Why training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// The target was reached.
    Target,
    /// No step makes the error smaller.
    Floor,
    /// The steps are used up.
    Steps,
    /// The caller said so.
    Interrupted,
    /// The loss was no number any more; the best weights before are kept.
    NotFinite,
}

/// A trained network and how it came about.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The network of the transform itself.
    pub network: ButterflyNetwork,
    /// Relative L2 error of the network as it is stored and run, in `f32`.
    pub rel_l2: f64,
    /// `‖A − Â‖_F / n` with `A` scaled to be unitary.
    pub rmse: f64,
    /// Relative L2 error of the weights before they were rounded to `f32`.
    pub rel_l2_f64: f64,
    /// Steps of Adam and iterations of L-BFGS that were done.
    pub steps: usize,
    /// Why it ended.
    pub stop: Stop,
    /// The order of the input.
    pub permutation: Permutation,
}

/// Steps between two checks of the error while Adam runs.
const CHECK: usize = 10;

/// Trains for `target`. `tell` hears of the progress and says whether to go on.
///
/// The same configuration gives the same network on every run.
///
/// # Errors
/// A rate that is not above 0; [`Init::Exact`], [`Init::Fit`] and [`Schedule::Layers`] for parameters that they do not have.
pub fn train(
    target: &Target,
    config: &TrainConfig,
    tell: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Trained> {
    train_from(target, config, None, tell)
}

/// [`train`] that goes on after a kill: `checkpoint` is written every so many steps of Adam and before the polish, and read
/// at the start where it is there. The network is the same as without a kill.
///
/// # Errors
/// As there; a checkpoint of another training; files that cannot be written.
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
    let by_layers = config.by_layers(target.depth, permutation)?;
    let order = permutation.order(target.n()).unwrap_or_default();
    let mut objective = Objective::new(target, &order, config.parametrisation, config.real_parts_alone);
    let mut theta = start(target, config, &objective, &order)?;
    let mut best = (f64::INFINITY, theta.clone());
    let total = config.steps + config.polish;
    let mut grad = vec![0.0; theta.len()];
    let mut adam = Adam::new(theta.len());
    let (mut first, mut done, mut stop) = (0, 0, Stop::Steps);
    let goal = config.target * config.target;
    let text = format!("{} {:016x}", serde_json::to_string(config).unwrap_or_default(), target.fingerprint());
    if let Some((path, _)) = &checkpoint
        && path.exists()
    {
        let state = Checkpoint::load(path, &text, theta.len(), 0)?;
        (first, theta, adam) = (state.step, state.theta, state.adam);
        best = state.best.unwrap_or(best);
    }
    let save = |path: &Path, step: usize, theta: &[f64], adam: &Adam, best: &(f64, Vec<f64>)| {
        let best = best.0.is_finite().then(|| best.clone());
        let (theta, adam) = (theta.to_vec(), adam.clone());
        Checkpoint { step, theta, adam, hard: Vec::new(), best, worse: 0 }.save(path, &text)
    };
    if by_layers && first < config.steps {
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
            ControlFlow::Continue(found) => theta = found,
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
        // Only weights whose loss is a number: the last good ones are what a checkpoint is for.
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
        let from = if by_layers { done } else { config.steps };
        let mut theta = best.1.clone();
        let mut interrupted = false;
        let (loss, ended) = minimise(
            &mut theta,
            config.polish,
            goal,
            |x, g| objective.value(x, g),
            |i, loss| {
                done = from + i;
                let step = config.steps + i;
                interrupted = tell(Progress { step, steps: total, rel_l2: loss.sqrt() }).is_break();
                !interrupted
            },
        );
        stop = match ended {
            _ if interrupted => Stop::Interrupted,
            Ended::Target => Stop::Target,
            Ended::Floor => Stop::Floor,
            Ended::Stopped => Stop::Steps,
        };
        if loss < best.0 || best.0.is_infinite() {
            best = (loss, theta);
        }
    }
    if !best.0.is_finite() {
        let loss = objective.value(&best.1, &mut grad);
        best.0 = if loss.is_finite() { loss } else { f64::NAN };
    }
    let network = objective.network(&best.1)?;
    let rel_l2 = relative_error_of(&network, target)?;
    let rmse = rel_l2 / (target.n() as f64).sqrt();
    Ok(Trained { network, rel_l2, rmse, rel_l2_f64: best.0.sqrt(), steps: done, stop, permutation })
}

fn start(target: &Target, config: &TrainConfig, objective: &Objective, order: &[u32]) -> Result<Vec<f64>> {
    if config.init == Init::Random {
        return Ok(objective.random(&mut Random::stream(config.seed, 0x7A)));
    }
    if target.depth != 1 || config.parametrisation == Parametrisation::Unitary {
        let reason = "random is the only start for two products and for unitary butterflies";
        return Err(Error::argument("init", reason));
    }
    let n = target.n();
    match (config.parametrisation, target.transform) {
        (Parametrisation::Angle, Transform::Dft | Transform::Idft) => {
            let sign = if target.transform == Transform::Dft { -1.0 } else { 1.0 };
            let angle = |s: u32| {
                let half = 1usize << s;
                (0..n / 2).map(move |i| sign * std::f64::consts::PI * (i % half) as f64 / half as f64)
            };
            Ok((0..n.trailing_zeros()).flat_map(angle).collect())
        }
        (Parametrisation::Angle, _) => {
            Err(Error::argument("init", "angles have another start than random only for dft and idft"))
        }
        _ => {
            let matrix = target.complex.as_ref().unwrap_or(&target.matrix);
            Ok(fit_weights(matrix, order).concat().concat())
        }
    }
}

/// The known order under which a short training comes nearest.
fn likeliest(target: &Target, config: &TrainConfig) -> Result<Permutation> {
    let mut best = (f64::INFINITY, Permutation::BitReversal);
    for permutation in Permutation::KNOWN {
        let short = TrainConfig {
            permutation,
            steps: (config.steps / 10).clamp(20, 300),
            polish: 20,
            ..config.clone()
        };
        let trained = train(target, &short, &mut |_| ControlFlow::Continue(()))?;
        if trained.rel_l2_f64 < best.0 {
            best = (trained.rel_l2_f64, permutation);
        }
    }
    Ok(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

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
                ..TrainConfig::default()
            };
            let go = &mut |_: Progress| ControlFlow::Continue(());
            let trained = train(&target, &config, go).unwrap();
            assert!(trained.rel_l2 <= bound, "{transform:?} {parametrisation:?}: {}", trained.rel_l2);
            let again = train(&target, &config, go).unwrap();
            assert_eq!(again.network, trained.network, "the same seed gives the same weights");
        }
    }

    /// A filter of 64 coefficients and a sum of two: what is exactly two products, and what is not.
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
            assert!(other.unwrap_err().to_string().contains("other settings"));
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
