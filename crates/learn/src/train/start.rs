//! Start of a training: random weights, the transform's own or closed-form ones, and the order of the input.

use std::ops::ControlFlow;

use super::config::{Init, Schedule, TrainConfig};
use super::descend::train;
use super::product::Objective;
use super::weights::Parametrisation;
use crate::error::{Error, Result};
use crate::fit::fit_weights;
use crate::permutation::Permutation;
use crate::random::Random;
use crate::real::closed_form;
use crate::transform::{Target, Transform};

pub(super) fn start(
    target: &Target,
    config: &TrainConfig,
    objective: &Objective,
    order: &[u32],
    schedule: Schedule,
) -> Result<Vec<f64>> {
    let by_real_parts = config.by_real_parts(target);
    if schedule == Schedule::Halves {
        return Ok(closed_form(&target.matrix.permute_columns(order)).0.concat());
    }
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
        _ if by_real_parts => Ok(closed_form(&target.matrix.permute_columns(order)).0.concat()),
        _ => {
            let matrix = target.complex.as_ref().unwrap_or(&target.matrix);
            Ok(fit_weights(matrix, order).concat().concat())
        }
    }
}

/// Returns the known order with which a short training, or the closed form if the schedule has one, has the smallest
/// error.
pub(super) fn likeliest(target: &Target, config: &TrainConfig) -> Result<Permutation> {
    let mut best = (f64::INFINITY, Permutation::BitReversal);
    for permutation in Permutation::KNOWN {
        let error = if config.schedule_of(target, permutation)? == Schedule::Halves {
            let order = permutation.order(target.n()).unwrap_or_default();
            closed_form(&target.matrix.permute_columns(&order)).1
        } else {
            let steps = (config.steps / 10).clamp(20, 300);
            let short = TrainConfig { permutation, steps, polish: 20, ..config.clone() };
            train(target, &short, &mut |_| ControlFlow::Continue(()))?.rel_l2_f64
        };
        if error < best.0 {
            best = (error, permutation);
        }
    }
    Ok(best.1)
}
