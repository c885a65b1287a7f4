//! Learning in closed form: a matrix is factored into its butterflies from the middle outwards.

mod balanced;
mod cycle;
mod least_squares;
mod rank_one;
mod recover;
mod shared;

use std::ops::ControlFlow;

use crate::error::{Error, Result};
use crate::evaluate::relative_error_of;
use crate::matrix::Matrix;
use crate::network::ButterflyNetwork;
use crate::permutation::Permutation;
use crate::random::Random;
use crate::real::closed_form;
use crate::record::{Learner, OrderShown, RECORD_VERSION, Shown, TrainingRecord};
use crate::train::{
    Budget, Ended, Objective, Parametrisation, Weights, learn_layers, minimise, network_of, random_start,
};
use crate::transform::Target;

pub use least_squares::estimate;
pub use recover::recover;
pub use shared::SharedTwiddles;

/// Relative error up to which a factorisation counts as exact: that of `f64` with a margin for the recursion.
pub const EXACT: f64 = 1e-12;
/// Largest size whose factors are polished: the levels of the product and their gradients must fit in memory.
const POLISHED: usize = 1024;

/// Settings of a fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FitConfig {
    /// The order of the input. With [`Permutation::Other`], the known orders are tried, then the order is recovered.
    pub permutation: Permutation,
    /// Largest number of iterations of L-BFGS if the matrix is not an exact product.
    pub polish: usize,
    /// For a named real transform: fits the complex matrix whose real part it is, instead of its real entries.
    pub complex_target: bool,
}

impl Default for FitConfig {
    fn default() -> Self {
        Self { permutation: Permutation::Other, polish: 100, complex_target: false }
    }
}

/// Butterflies of a matrix.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// The network, in `f32`.
    pub network: ButterflyNetwork,
    /// Relative error of the factors in `f64`.
    pub error: f64,
    /// The same before the gradient iterations (polish).
    pub closed_form_error: f64,
    /// Relative L2 error of the network as it is stored and run (`f32`).
    pub rel_l2: f64,
    /// Whether the matrix is a product of butterflies: [`error`](Self::error) at most [`bound`](Self::bound).
    pub exact: bool,
    /// [`EXACT`], or the rounding of the matrix's entries if that is larger.
    pub bound: f64,
    /// The order of the input that was found or given.
    pub permutation: Permutation,
    /// The order itself.
    pub order: Vec<u32>,
    /// Data that was compared.
    pub shown: Shown,
    /// Whether the polish reduced the error.
    pub polished: bool,
}

impl Fitted {
    /// Returns how this network was made, for its model file. `config` and `target` are those of the fit.
    pub fn record(&self, target: &Target, config: &FitConfig) -> TrainingRecord {
        let told = config.permutation != Permutation::Other || target.depth == 2;
        TrainingRecord {
            version: RECORD_VERSION,
            method: "fit".to_owned(),
            transform: Some(target.transform),
            rel_l2: Some(self.rel_l2),
            rmse: Some(self.rel_l2 / (target.n() as f64).sqrt()),
            learner: Some(if self.polished { Learner::ClosedFormThenGradient } else { Learner::ClosedForm }),
            parametrisation: Some(Parametrisation::General),
            shown: Some(self.shown),
            order_shown: Some(if told { OrderShown::Given } else { OrderShown::Recovered }),
            order: Some(self.permutation),
            target_seed: target.seed,
            data: Some(target.fingerprint()),
            loss: Some(self.error * self.error).filter(|loss| loss.is_finite()),
            ..TrainingRecord::default()
        }
    }
}

/// Finds the butterflies of `target`'s matrix. For a real matrix, the real part of one product is compared.
///
/// # Errors
/// Two products in an order other than bit reversal.
pub fn fit(target: &Target, config: &FitConfig) -> Result<Fitted> {
    if target.depth != 1 {
        return fit_two(target, config);
    }
    let n = target.n();
    let complex = target.complex.as_ref().filter(|_| config.complex_target);
    let matrix = complex.unwrap_or(&target.matrix);
    let by_real_parts = target.real && complex.is_none();
    let bound = EXACT.max(target.rounding);
    let search = Search { matrix, bound, by_real_parts };
    let (order, weights, closed) = match config.permutation.order(n) {
        Some(order) => {
            let (weights, error) = search.factor(&order);
            (order, weights, error)
        }
        None => search.unknown(),
    };
    let (mut weights, mut error, mut polished) = (weights, closed, false);
    if error > bound && n <= POLISHED && config.polish > 0 {
        let better = polish(matrix, &order, weights.clone(), config.polish, by_real_parts);
        if better.1 < error {
            (weights, error) = better;
            polished = true;
        }
    }
    let network = network_of(&weights, std::slice::from_ref(&order), target.scale, target.real)?;
    let rel_l2 = relative_error_of(&network, target)?;
    let shown = match (target.real, by_real_parts) {
        (false, _) => Shown::Matrix,
        (true, true) => Shown::RealParts,
        (true, false) => Shown::ComplexMatrix,
    };
    Ok(Fitted {
        network,
        error,
        closed_form_error: closed,
        rel_l2,
        exact: error <= bound,
        bound,
        permutation: Permutation::of(&order),
        order,
        shown,
        polished,
    })
}

/// Fits two products: the outer butterflies of each layer from the eigenvectors of 2×2 matrices, then the polish of
/// that layer alone. A matrix of exactly two products reaches the precision of `f64` this way; for any other matrix,
/// all weights are polished together.
fn fit_two(target: &Target, config: &FitConfig) -> Result<Fitted> {
    let (n, permutation) = (target.n(), Permutation::BitReversal);
    if !matches!(config.permutation, Permutation::BitReversal | Permutation::Other) {
        return Err(Error::argument("permutation", "two products are fitted after bit reversals alone"));
    }
    let order = permutation.order(n).unwrap_or_default();
    let orders = [order.clone(), order.clone()];
    let mut objective = Objective::new(target, &order, Parametrisation::General, false);
    let mut closed = |steps: usize| {
        let mut random = Random::new(0);
        let mut starts = |matrix: &Matrix, number: usize| {
            let mut start = random_start(matrix, &mut random);
            if number == 0 {
                // Butterflies that the matrix does not determine remain random.
                let told = cycle::outer(matrix, &mut random);
                let pairs = start.chunks_exact_mut(8).zip(told.chunks_exact(8));
                pairs.filter(|(_, told)| cycle::is_whole(told)).for_each(|(x, told)| x.copy_from_slice(told));
            }
            start
        };
        let budget = Budget { steps, target: 1e-16 };
        let found = learn_layers(&target.matrix, &budget, &mut starts, &mut |_, _| ControlFlow::Continue(()));
        let ControlFlow::Continue(found) = found else {
            return Err(Error::argument("matrix", "was not fitted"));
        };
        let theta = found.theta;
        let error = objective.value(&theta, &mut vec![0.0; theta.len()]).sqrt();
        Ok((theta, error))
    };
    let (mut theta, closed_form_error) = closed(0)?;
    let bound = EXACT.max(target.rounding);
    let mut error = closed_form_error;
    if error > 1e-14 && config.polish > 0 {
        let polished = closed(20 * config.polish)?;
        if polished.1 < error {
            (theta, error) = polished;
        }
    }
    if error > bound && n <= POLISHED && config.polish > 0 {
        error = minimise(&mut theta, config.polish, 0.0, |x, g| objective.value(x, g), |_, _| true).0.sqrt();
    }
    let weights: Vec<Weights> = theta.chunks_exact(8).map(|w| w.try_into().unwrap_or_default()).collect();
    let network = network_of(&weights, &orders, target.scale, target.real)?;
    let rel_l2 = relative_error_of(&network, target)?;
    Ok(Fitted {
        network,
        error,
        closed_form_error,
        rel_l2,
        exact: error <= bound,
        bound,
        permutation,
        order,
        shown: Shown::Matrix,
        polished: error < closed_form_error,
    })
}

/// Returns the stages of butterflies of `matrix`, whose input is in `order`.
pub(crate) fn fit_weights(matrix: &Matrix, order: &[u32]) -> Vec<Vec<Weights>> {
    balanced::factor(&matrix.permute_columns(order))
}

/// A matrix whose butterflies are sought.
struct Search<'a> {
    matrix: &'a Matrix,
    /// Error at which no other order is tried.
    bound: f64,
    by_real_parts: bool,
}

impl Search<'_> {
    /// Returns the weights of all stages for this order, and the error.
    fn factor(&self, order: &[u32]) -> (Vec<Weights>, f64) {
        let permuted = self.matrix.permute_columns(order);
        let stages = balanced::factor(&permuted);
        let error = balanced::product(&stages).relative_error(&permuted);
        let found = (stages.concat(), if error.is_finite() { error } else { f64::INFINITY });
        if !self.by_real_parts || found.1 <= self.bound {
            return found;
        }
        // The whole matrix is not a product; it can still be the real part of one.
        let real = closed_form(&permuted);
        if real.1 < found.1 { real } else { found }
    }

    /// Returns the best of the known orders and the recovered one.
    fn unknown(&self) -> (Vec<u32>, Vec<Weights>, f64) {
        let known = Permutation::KNOWN.iter().filter_map(|p| p.order(self.matrix.rows));
        let mut best: Option<(Vec<u32>, Vec<Weights>, f64)> = None;
        for order in known.chain(std::iter::once_with(|| recover(self.matrix))) {
            let (weights, error) = self.factor(&order);
            if best.as_ref().is_none_or(|b| error < b.2) {
                let enough = error <= self.bound;
                best = Some((order, weights, error));
                if enough {
                    break;
                }
            }
        }
        best.unwrap_or_default()
    }
}

/// Runs L-BFGS from the closed form; stops if an iteration reduces the error by less than 1e-5 of it.
fn polish(
    matrix: &Matrix,
    order: &[u32],
    stages: Vec<Weights>,
    iterations: usize,
    by_real_parts: bool,
) -> (Vec<Weights>, f64) {
    let permuted = matrix.permute_columns(order);
    let mut product = crate::train::Structured::new(matrix.rows);
    let mut theta: Vec<f64> = stages.concat();
    let split = |theta: &[f64]| -> Vec<Weights> {
        theta.chunks_exact(8).map(|w| w.try_into().unwrap_or_default()).collect()
    };
    let mut last = f64::INFINITY;
    let mut grads = vec![Weights::default(); stages.len()];
    let (loss, _): (f64, Ended) = minimise(
        &mut theta,
        iterations,
        0.0,
        |x, g| {
            let loss = product.loss(&split(x), &permuted, by_real_parts, Some(&mut grads));
            g.copy_from_slice(grads.as_flattened());
            loss
        },
        |_, loss| {
            let on = loss < last * (1.0 - 1e-5);
            last = loss;
            on
        },
    );
    (split(&theta), loss.sqrt())
}

#[cfg(test)]
mod tests {
    use num_complex::Complex64;

    use super::*;
    use crate::random::Random;
    use crate::transform::Transform;

    const NAMED: [Transform; 6] = [
        Transform::Dft,
        Transform::Idft,
        Transform::Dct2,
        Transform::Dst2,
        Transform::Hartley,
        Transform::Hadamard,
    ];

    #[test]
    fn every_named_transform_is_exact_with_and_without_its_order() {
        for transform in NAMED {
            for n in [2, 8, 64, 128] {
                let target = transform.target(n, 0).unwrap();
                for permutation in [target.permutation, Permutation::Other] {
                    let fitted = fit(&target, &FitConfig { permutation, ..FitConfig::default() }).unwrap();
                    assert!(fitted.exact && fitted.error <= 1e-13, "{transform:?} {n}: {}", fitted.error);
                    assert!(fitted.rel_l2 <= 3e-7, "{transform:?} {n}: {}", fitted.rel_l2);
                }
            }
        }
    }

    /// A user's real matrix, also if it was stored in single precision: the bound is the rounding of its entries.
    #[test]
    fn real_and_rounded_matrices_are_exact_within_their_precision() {
        for transform in [Transform::Dct2, Transform::Dst2, Transform::Hartley, Transform::Dft] {
            let named = transform.target(64, 0).unwrap();
            for single in [false, true] {
                let mut matrix = named.matrix.clone();
                if single {
                    matrix.re.iter_mut().chain(&mut matrix.im).for_each(|x| *x = f64::from(*x as f32));
                }
                let rounding = if single { f64::from(f32::EPSILON) } else { 0.0 };
                let own =
                    Target::of_matrix(matrix, Permutation::BitReversal, 1).unwrap().rounded_to(rounding);
                let fitted = fit(&own, &FitConfig::default()).unwrap();
                assert!(fitted.exact, "{transform:?} {single}: {}", fitted.error);
                assert!(single || fitted.error <= 1e-13, "{transform:?}: {}", fitted.error);
                assert!(fitted.rel_l2 <= 4e-7, "{transform:?}: {}", fitted.rel_l2);
                assert_eq!(fitted.permutation, named.permutation, "{transform:?}");
                let shown = if transform == Transform::Dft { Shown::Matrix } else { Shown::RealParts };
                assert_eq!(fitted.record(&own, &FitConfig::default()).shown, Some(shown));
            }
        }
    }

    /// Filters of any coefficients, and one of three, whose matrix is mostly zeros.
    #[test]
    fn convolutions_are_two_products_exactly() {
        for n in [2, 4, 16, 128] {
            let target = Transform::Convolution.target(n, 7).unwrap();
            let fitted = fit(&target, &FitConfig::default()).unwrap();
            assert!(
                fitted.exact && fitted.error <= 1e-13,
                "{n}: {} {}",
                fitted.closed_form_error,
                fitted.error
            );
            assert!(fitted.rel_l2 <= 1e-6, "{n}: {}", fitted.rel_l2);
        }
        let taps = [(0, 0.5), (1, -1.0), (5, 0.25)];
        let short = Matrix::from_fn(32, 32, |i, j| {
            let tap = taps.iter().find(|t| t.0 == (32 + i - j) % 32);
            Complex64::new(tap.map_or(0.0, |t| t.1), 0.0)
        });
        let fitted =
            fit(&Target::of_matrix(short, Permutation::Other, 2).unwrap(), &FitConfig::default()).unwrap();
        assert!(fitted.exact, "{} {}", fitted.closed_form_error, fitted.error);
    }

    #[test]
    fn an_order_of_no_family_is_recovered() {
        let n = 64;
        let mut order: Vec<u32> = (0..n as u32).collect();
        Random::new(9).shuffle(&mut order);
        let shuffled = Transform::Dft.target(n, 0).unwrap().matrix.permute_columns(&order);
        let target = Target::of_matrix(shuffled, Permutation::Other, 1).unwrap();
        let fitted = fit(&target, &FitConfig::default()).unwrap();
        assert!(fitted.exact, "{}", fitted.error);
        assert_eq!(fitted.permutation, Permutation::Other);
    }

    #[test]
    fn a_matrix_that_is_no_butterfly_is_not_called_exact() {
        let mut random = Random::new(4);
        let noise = Matrix::from_fn(32, 32, |_, _| Complex64::new(random.normal(), random.normal()));
        let target = Target::of_matrix(noise, Permutation::Other, 1).unwrap();
        let fitted = fit(&target, &FitConfig::default()).unwrap();
        assert!(!fitted.exact && fitted.error > 0.1, "{}", fitted.error);
        let noise = Matrix { re: target.matrix.re.clone(), im: target.matrix.im.clone(), ..target.matrix };
        let twice =
            fit(&Target::of_matrix(noise, Permutation::Other, 2).unwrap(), &FitConfig::default()).unwrap();
        assert!(!twice.exact && twice.error > 0.01 && twice.error < 1.0, "{}", twice.error);
    }

    #[test]
    fn noise_is_fitted_no_worse_than_by_gradient() {
        let n = 32;
        let mut random = Random::new(11);
        let mut target = Transform::Dft.target(n, 0).unwrap();
        let level = 0.01 / (n as f64).sqrt();
        let noisy = Matrix::from_fn(n, n, |i, j| {
            target.matrix.get(i, j) + Complex64::new(random.normal(), random.normal()) * level
        });
        target.matrix = noisy;
        let config = FitConfig { permutation: Permutation::BitReversal, ..FitConfig::default() };
        let closed = fit(&target, &config).unwrap();
        let config = crate::TrainConfig { steps: 800, ..crate::TrainConfig::default() };
        let trained = crate::train(&target, &config, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
        let (fitted, gradient) = (closed.error, trained.rel_l2_f64);
        assert!(fitted <= 1.01 * gradient, "{fitted} {gradient}");
        assert!(!closed.exact && closed.closed_form_error < 2.0 * gradient);
    }
}
