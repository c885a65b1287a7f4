//! Error of products of butterflies against a matrix, which the optimisers minimise.

use super::dense::Dense;
use super::structured::{Structured, difference};
use super::weights::{Parametrisation, Weights};
use crate::error::Result;
use crate::matrix::Matrix;
use crate::network::{Butterfly, ButterflyNetwork};
use crate::random::Random;
use crate::transform::Target;

/// Value and gradient of `‖product − target‖² / ‖target‖²` over the parameters.
pub(crate) struct Objective {
    /// The target, its columns in the order of the first product.
    target: Matrix,
    orders: Vec<Vec<u32>>,
    /// Whether the network's imaginary parts are dropped.
    real: bool,
    /// Whether only real parts are compared.
    real_alone: bool,
    scale: f64,
    parametrisation: Parametrisation,
    weights: Vec<Weights>,
    grads: Vec<Weights>,
    first: Structured,
    second: Option<Dense>,
}

impl Objective {
    pub(crate) fn new(
        target: &Target,
        order: &[u32],
        parametrisation: Parametrisation,
        real_alone: bool,
    ) -> Self {
        let n = target.n();
        let whole = target.complex.as_ref().filter(|_| !real_alone);
        let butterflies = target.depth * n.trailing_zeros() as usize * n / 2;
        Self {
            target: whole.unwrap_or(&target.matrix).permute_columns(order),
            real_alone: target.real && whole.is_none(),
            orders: vec![order.to_vec(); target.depth],
            real: target.real,
            scale: target.scale,
            parametrisation,
            weights: vec![Weights::default(); butterflies],
            grads: vec![Weights::default(); butterflies],
            first: Structured::new(n),
            second: (target.depth == 2).then(|| Dense::new(n, n)),
        }
    }

    pub(crate) fn random(&self, random: &mut Random) -> Vec<f64> {
        self.parametrisation.random(self.weights.len(), random)
    }

    /// Returns the value and writes the gradient to `grad`.
    pub(crate) fn value(&mut self, theta: &[f64], grad: &mut [f64]) -> f64 {
        let Self { weights, grads, parametrisation, .. } = self;
        parametrisation.weights(theta, weights);
        let loss = match &mut self.second {
            None => self.first.loss(weights, &self.target, self.real_alone, Some(grads)),
            Some(second) => {
                let half = weights.len() / 2;
                let n = self.target.rows;
                let (product_re, product_im) = self.first.forward(&weights[..half]);
                let input = second.input();
                for (i, &from) in self.orders[1].iter().enumerate() {
                    let from = from as usize * n;
                    input[0][i * n..][..n].copy_from_slice(&product_re[from..][..n]);
                    input[1][i * n..][..n].copy_from_slice(&product_im[from..][..n]);
                }
                second.forward(&weights[half..]);
                let norm = self.target.norm().powi(2);
                let [out_re, out_im] = second.output().clone();
                let [grad_re, grad_im] = second.grad();
                let mut loss = difference(&out_re, &self.target.re, 2.0 / norm, grad_re);
                if self.real_alone {
                    grad_im.fill(0.0);
                } else {
                    loss += difference(&out_im, &self.target.im, 2.0 / norm, grad_im);
                }
                second.backward(&weights[half..], &mut grads[half..]);
                let (first_re, first_im) = self.first.output_grad();
                let [grad_re, grad_im] = second.grad();
                for (i, &from) in self.orders[1].iter().enumerate() {
                    let from = from as usize * n;
                    first_re[from..][..n].copy_from_slice(&grad_re[i * n..][..n]);
                    first_im[from..][..n].copy_from_slice(&grad_im[i * n..][..n]);
                }
                self.first.backward(&weights[..half], &mut grads[..half]);
                loss / norm
            }
        };
        self.parametrisation.backward(theta, &self.grads, grad);
        loss
    }

    /// Returns the network with these parameters, scaled to be the transform itself.
    pub(crate) fn network(&self, theta: &[f64]) -> Result<ButterflyNetwork> {
        let mut weights = vec![Weights::default(); self.weights.len()];
        self.parametrisation.weights(theta, &mut weights);
        network_of(&weights, &self.orders, self.scale, self.real)
    }
}

/// Converts weights of a target of norm `√n` to a network of the transform itself: the factor is distributed over the
/// stages.
pub(crate) fn network_of(
    weights: &[Weights],
    orders: &[Vec<u32>],
    scale: f64,
    real: bool,
) -> Result<ButterflyNetwork> {
    let half = orders.first().map_or(1, Vec::len) / 2;
    let stages = weights.len() / half;
    let factor = scale.powf(1.0 / stages as f64);
    let stage = |w: &[Weights]| {
        w.iter().map(|w| Butterfly::from_array(w.map(|x| (factor * x) as f32))).collect::<Vec<_>>()
    };
    ButterflyNetwork::new(orders.to_vec(), weights.chunks_exact(half).map(stage).collect(), real)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::Transform;

    /// Compares central differences with the gradient, for every parametrisation, one and two products, real or not.
    #[test]
    fn gradients_are_those_of_finite_differences() {
        for (transform, n) in [(Transform::Dft, 16), (Transform::Dct2, 16), (Transform::Convolution, 8)] {
            for parametrisation in
                [Parametrisation::Angle, Parametrisation::General, Parametrisation::Unitary]
            {
                let target = transform.target(n, 1).unwrap();
                let order = target.permutation.order(n).unwrap();
                let mut objective =
                    Objective::new(&target, &order, parametrisation, transform == Transform::Dct2);
                let theta = objective.random(&mut Random::new(5));
                let (mut grad, mut scratch) = (vec![0.0; theta.len()], vec![0.0; theta.len()]);
                objective.value(&theta, &mut grad);
                let norm = grad.iter().map(|g| g * g).sum::<f64>().sqrt();
                for i in (0..theta.len()).step_by(3) {
                    let h = 1e-5;
                    let mut at = |step: f64| {
                        let mut moved = theta.clone();
                        moved[i] += step;
                        objective.value(&moved, &mut scratch)
                    };
                    let slope = (at(h) - at(-h)) / (2.0 * h);
                    // Third derivative times h², and rounding over h.
                    assert!(
                        (slope - grad[i]).abs() < 1e-8 * (1.0 + norm),
                        "{transform:?} {parametrisation:?} {i}: {slope} {}",
                        grad[i]
                    );
                }
            }
        }
    }
}
