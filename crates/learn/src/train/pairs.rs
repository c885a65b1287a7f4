//! Butterflies from pairs of inputs and outputs, by gradient: mini-batches, then all pairs together.
//!
//! A product has `2·N·log2 N` unknown numbers and every pair gives `N` equations, so far fewer than `N` pairs can be
//! enough. Least squares needs the whole matrix, which has `N²` entries.

use std::ops::ControlFlow;

use super::adam::{Adam, cosine};
use super::config::{Init, Progress, Stop, TrainConfig};
use super::dense::Dense;
use super::polish::polish;
use super::product::network_of;
use super::weights::Weights;
use crate::error::{Error, Result};
use crate::matrix::{Matrix, check_size};
use crate::network::ButterflyNetwork;
use crate::permutation::Permutation;
use crate::random::Random;
use crate::record::{Fingerprint, Learner, OrderShown, RECORD_VERSION, Shown, TrainingRecord};
use crate::transform::Transform;

/// One of this many pairs is not used for learning; the error is measured on these pairs.
const HELD_OUT: usize = 8;
/// Limit of the last phase's activations, in numbers.
const LARGEST: usize = 1 << 27;

/// A network from pairs and the course of its training.
#[derive(Debug, Clone)]
pub struct PairsTrained {
    /// The network.
    pub network: ButterflyNetwork,
    /// Relative L2 error on the pairs used for learning, with weights in `f64`.
    pub error: f64,
    /// The same on pairs that were not used for learning; `None` if there are fewer than eight pairs.
    pub held_out: Option<f64>,
    /// Number of pairs used for learning.
    pub pairs: usize,
    /// Steps of Adam and iterations of L-BFGS.
    pub steps: usize,
    /// Why it ended.
    pub stop: Stop,
    /// The order of the input.
    pub permutation: Permutation,
}

/// Pairs in the layout of the kernels: `[point, pair]` in two planes.
struct Rows {
    x: [Vec<f64>; 2],
    y: [Vec<f64>; 2],
    count: usize,
    /// `‖y‖²`.
    norm: f64,
}

/// Value and gradient of one product on some pairs.
struct Loss {
    n: usize,
    order: Vec<u32>,
    real: bool,
    config: TrainConfig,
    weights: Vec<Weights>,
    grads: Vec<Weights>,
    net: Dense,
}

impl Loss {
    fn new(n: usize, pairs: usize, order: &[u32], real: bool, config: &TrainConfig) -> Self {
        let butterflies = n / 2 * n.trailing_zeros() as usize;
        Self {
            n,
            order: order.to_vec(),
            real,
            config: config.clone(),
            weights: vec![Weights::default(); butterflies],
            grads: vec![Weights::default(); butterflies],
            net: Dense::new(n, pairs),
        }
    }

    fn value(&mut self, theta: &[f64], rows: &Rows, grad: Option<&mut [f64]>) -> f64 {
        let parametrisation = self.config.parametrisation;
        parametrisation.weights(theta, &mut self.weights);
        let count = rows.count;
        for (plane, input) in self.net.input().iter_mut().enumerate() {
            for (i, &from) in self.order.iter().enumerate() {
                let from = from as usize * count;
                input[i * count..][..count].copy_from_slice(&rows.x[plane][from..][..count]);
            }
        }
        self.net.forward(&self.weights);
        let out = self.net.output().clone();
        let factor = 2.0 / rows.norm;
        let mut sum = 0.0;
        for plane in 0..2 {
            let grad = &mut self.net.grad()[plane];
            if plane == 1 && self.real {
                grad.fill(0.0);
                continue;
            }
            for ((g, x), y) in grad.iter_mut().zip(&out[plane]).zip(&rows.y[plane]) {
                let d = x - y;
                *g = factor * d;
                sum += d * d;
            }
        }
        if let Some(grad) = grad {
            self.net.backward(&self.weights, &mut self.grads);
            parametrisation.backward(theta, &self.grads, grad);
        }
        debug_assert_eq!(out[0].len(), self.n * count);
        sum / rows.norm
    }
}

/// Learns one product from pairs `inputs`, `outputs` `[pairs, n]`: Adam on mini-batches of `batch` pairs, then L-BFGS
/// on all of them if they fit in memory. Real outputs of real inputs are compared with the network's real part. The
/// same arguments give the same network.
///
/// # Errors
/// Sizes that differ or are not a power of two from 2 to 8192, outputs that are all zero, a rate not above 0.
pub fn train_pairs(
    inputs: &Matrix,
    outputs: &Matrix,
    batch: usize,
    config: &TrainConfig,
    tell: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<PairsTrained> {
    let n = inputs.cols;
    check_size("pairs", n, 8192)?;
    if inputs.rows != outputs.rows || outputs.cols != n || inputs.rows == 0 {
        let reason = format!(
            "inputs of {} × {} and outputs of {} × {}",
            inputs.rows, inputs.cols, outputs.rows, outputs.cols
        );
        return Err(Error::argument("pairs", reason));
    }
    if !(config.rate > 0.0 && config.rate.is_finite()) {
        return Err(Error::argument("lr", format!("must be above 0, got {}", config.rate)));
    }
    let Some(order) = config.permutation.order(n) else {
        let permutation = likeliest(inputs, outputs, batch, config)?;
        return train_pairs(inputs, outputs, batch, &TrainConfig { permutation, ..config.clone() }, tell);
    };
    // As for a matrix of norm √n: outputs as large as inputs.
    let scale = outputs.norm() / inputs.norm();
    if !(scale > 0.0 && scale.is_finite()) {
        return Err(Error::argument("pairs", format!("outputs are {scale} times as large as inputs")));
    }
    let real = inputs.im.iter().chain(&outputs.im).all(|x| *x == 0.0);
    let mut random = Random::stream(config.seed, 0x9A125);
    let mut pairs: Vec<usize> = (0..inputs.rows).collect();
    random.shuffle(&mut pairs);
    let apart = inputs.rows / HELD_OUT;
    let (test, train) = pairs.split_at(apart);
    let rows = |pairs: &[usize]| {
        let plane = |values: &[f64], scale: f64| {
            (0..n).flat_map(|i| pairs.iter().map(move |&p| values[p * n + i] / scale)).collect::<Vec<f64>>()
        };
        let y = [plane(&outputs.re, scale), plane(&outputs.im, scale)];
        let norm = y.iter().flatten().map(|v| v * v).sum::<f64>().max(f64::MIN_POSITIVE);
        Rows { x: [plane(&inputs.re, 1.0), plane(&inputs.im, 1.0)], y, count: pairs.len(), norm }
    };
    let batch = batch.clamp(1, train.len());
    let parametrisation = config.parametrisation;
    let mut theta = parametrisation.random(n / 2 * n.trailing_zeros() as usize, &mut random);
    // Weights whose loss is a number.
    let mut good = theta.clone();
    let mut grad = vec![0.0; theta.len()];
    let mut adam = Adam::new(theta.len());
    let mut small = Loss::new(n, batch, &order, real, config);
    let (mut queue, mut stop, mut done) = (Vec::new(), Stop::Steps, 0);
    let total = config.steps + config.polish;
    let all = rows(train);
    for step in 0..config.steps {
        let loss = if batch == train.len() {
            small.value(&theta, &all, Some(&mut grad))
        } else {
            if queue.len() < batch {
                queue = train.to_vec();
                random.shuffle(&mut queue);
            }
            let picked = queue.split_off(queue.len() - batch);
            small.value(&theta, &rows(&picked), Some(&mut grad))
        };
        if !loss.is_finite() || grad.iter().any(|g| !g.is_finite()) {
            stop = Stop::NotFinite;
            theta.copy_from_slice(&good);
            break;
        }
        good.copy_from_slice(&theta);
        done = step + 1;
        if step % 10 == 0 && tell(Progress { step, steps: total, rel_l2: loss.sqrt() }).is_break() {
            stop = Stop::Interrupted;
            break;
        }
        let rate = config.rate * cosine(step, config.steps);
        adam.step(&mut theta, &grad, |_| rate);
    }
    let levels = n.trailing_zeros() as usize + 3;
    if stop == Stop::Steps && config.polish > 0 && 2 * n * train.len() * levels <= LARGEST {
        let mut whole = Loss::new(n, train.len(), &order, real, config);
        let ended = polish(&mut theta, config, |x, g| whole.value(x, &all, Some(g)), tell);
        stop = ended.stop;
        done = ended.iterations.map_or(done, |i| config.steps + i);
    }
    let judge = |pairs: &[usize]| {
        let mut sums = (0.0, 0.0);
        for some in pairs.chunks(batch) {
            let rows = rows(some);
            let mut loss = Loss::new(n, some.len(), &order, real, config);
            sums.0 += loss.value(&theta, &rows, None) * rows.norm;
            sums.1 += rows.norm;
        }
        (sums.0 / sums.1).sqrt()
    };
    let error = judge(train);
    let held_out = (!test.is_empty()).then(|| judge(test));
    let mut weights = vec![Weights::default(); small.weights.len()];
    parametrisation.weights(&theta, &mut weights);
    let network = network_of(&weights, std::slice::from_ref(&order), scale, real)?;
    Ok(PairsTrained {
        network,
        error,
        held_out,
        pairs: train.len(),
        steps: done,
        stop,
        permutation: config.permutation,
    })
}

/// Returns the known order with which a short training has the smallest error.
fn likeliest(inputs: &Matrix, outputs: &Matrix, batch: usize, config: &TrainConfig) -> Result<Permutation> {
    let mut best = (f64::INFINITY, Permutation::BitReversal);
    for permutation in Permutation::KNOWN {
        let steps = (config.steps / 5).clamp(20, 600);
        let short = TrainConfig { permutation, steps, polish: 50, ..config.clone() };
        let error = train_pairs(inputs, outputs, batch, &short, &mut |_| ControlFlow::Continue(()))?;
        // Too few pairs fit any order: the held-out pairs decide.
        let error = error.held_out.unwrap_or(error.error);
        if error < best.0 {
            best = (error, permutation);
        }
    }
    Ok(best.1)
}

impl PairsTrained {
    /// Returns how this network was made, for its model file. `config` and the pairs are those of the training.
    pub fn record(&self, inputs: &Matrix, outputs: &Matrix, config: &TrainConfig) -> TrainingRecord {
        let mut data = Fingerprint::new();
        for matrix in [inputs, outputs] {
            data.add([matrix.rows as u64, matrix.cols as u64]);
            data.add(matrix.re.iter().chain(&matrix.im).map(|x| x.to_bits()));
        }
        let named = config.permutation == Permutation::Other;
        let mut record = TrainingRecord {
            version: RECORD_VERSION,
            method: "train".to_owned(),
            transform: Some(Transform::Matrix),
            seed: config.seed,
            steps: self.steps,
            learner: Some(Learner::Gradient),
            init: Some(Init::Random),
            parametrisation: Some(config.parametrisation),
            shown: Some(Shown::Pairs),
            order_shown: Some(if named { OrderShown::Named } else { OrderShown::Given }),
            order: Some(self.permutation),
            data: Some(data.text()),
            loss: Some(self.error * self.error).filter(|loss| loss.is_finite()),
            stop: Some(self.stop),
            ..TrainingRecord::default()
        };
        record.measured.insert("pairs".to_owned(), self.pairs as f64);
        record.measured.extend(self.held_out.map(|error| ("held_out_rel_l2".to_owned(), error)));
        record
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::relative_error_of;

    /// `N/4` pairs, the FFT unknown: the error on pairs that were not used for learning, and the matrix itself.
    #[test]
    fn fewer_pairs_than_points_are_enough() {
        let n = 64;
        let target = Transform::Dft.target(n, 0).unwrap();
        let mut random = Random::new(1);
        let x = Matrix::from_fn(24, n, |_, _| num_complex::Complex64::new(random.normal(), random.normal()));
        let mut y = x.times(&target.matrix);
        y.scale(target.scale);
        let go = &mut |_: Progress| ControlFlow::Continue(());
        for batch in [8, 24] {
            let config = TrainConfig { target: 1e-9, ..TrainConfig::default() };
            let trained = train_pairs(&x, &y, batch, &config, go).unwrap();
            assert!(trained.error < 1e-6 && trained.held_out.unwrap() < 1e-6, "{batch}: {trained:?}");
            let error = relative_error_of(&trained.network, &target).unwrap();
            assert!(error < 1e-5, "{batch}: {error}");
        }
        // The order is found among the named ones.
        let config = TrainConfig { permutation: Permutation::Other, ..TrainConfig::default() };
        let trained = train_pairs(&x, &y, 24, &config, go).unwrap();
        assert!(trained.permutation == Permutation::BitReversal && trained.error < 1e-6, "{trained:?}");
        let wrong = Matrix::zeros(23, n);
        assert!(train_pairs(&x, &wrong, 8, &TrainConfig::default(), go).is_err());
        let blown = TrainConfig { rate: 1e200, ..TrainConfig::default() };
        assert_eq!(train_pairs(&x, &y, 8, &blown, go).unwrap().stop, Stop::NotFinite);
    }
}
