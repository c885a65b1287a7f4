//! The last phase of a training: L-BFGS to the smallest error that the arithmetic reaches.

use std::ops::ControlFlow;

use super::config::{Progress, Stop, TrainConfig};
use super::lbfgs::{Ended, minimise};

/// The end of the last phase.
pub(super) struct Polished {
    /// The loss that was reached.
    pub(super) loss: f64,
    /// Why it ended.
    pub(super) stop: Stop,
    /// The last iteration; `None` if there was none.
    pub(super) iterations: Option<usize>,
}

/// Minimises `value` from `theta` in at most `config.polish` iterations. `value` writes the gradient; `tell` receives
/// the progress, counted after the `config.steps` of the first phase, and returns whether to continue.
pub(super) fn polish(
    theta: &mut Vec<f64>,
    config: &TrainConfig,
    value: impl FnMut(&[f64], &mut [f64]) -> f64,
    tell: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Polished {
    let (mut iterations, mut interrupted) = (None, false);
    let steps = config.steps + config.polish;
    let (loss, ended) = minimise(theta, config.polish, config.target * config.target, value, |i, loss| {
        iterations = Some(i);
        let step = config.steps + i;
        interrupted = tell(Progress { step, steps, rel_l2: loss.sqrt() }).is_break();
        !interrupted
    });
    let stop = match ended {
        _ if interrupted => Stop::Interrupted,
        Ended::Target => Stop::Target,
        Ended::Floor => Stop::Floor,
        Ended::Stopped => Stop::Steps,
    };
    Polished { loss, stop, iterations }
}
