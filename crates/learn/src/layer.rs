//! Products of butterflies as a layer of a larger model: values and gradients of a batch, for any optimiser.
//!
//! ```text
//! forward:   x → order, stages of product 0 → order, stages of product 1 → y
//! backward:  ∂L/∂y → ∂L/∂x and ∂L/∂w, after the values of this batch are computed again
//! ```
//! Nothing is kept between the two calls but what the caller has anyway, so memory does not grow with the number of
//! stages. Arithmetic is `f64`; values enter and leave as `f32` or `f64`.

use num_complex::Complex;

use crate::error::{Error, Result};
use crate::matrix::check_size;
use crate::permutation::is_permutation;
use crate::train::{Dense, Weights};

/// Vectors that are processed together: rows of the kernels are this long, and all activations stay in the second-level cache.
pub const LAYER_BATCH: usize = 32;

/// A number of a caller's arrays.
pub trait LayerFloat: Copy + Send + Sync {
    /// Widens.
    fn wide(self) -> f64;
    /// Rounds.
    fn round(value: f64) -> Self;
}

impl LayerFloat for f32 {
    fn wide(self) -> f64 {
        self.into()
    }

    fn round(value: f64) -> Self {
        value as Self
    }
}

impl LayerFloat for f64 {
    fn wide(self) -> f64 {
        self
    }

    fn round(value: f64) -> Self {
        value
    }
}

/// One or two products of butterflies with the caller's weights.
#[derive(Debug, Clone)]
pub struct ButterflyLayer {
    n: usize,
    orders: Vec<Vec<u32>>,
    weights: Vec<Weights>,
}

/// Activations of a thread.
#[derive(Debug, Clone)]
pub struct LayerScratch {
    products: Vec<Dense>,
    grads: Vec<Weights>,
}

impl ButterflyLayer {
    /// Makes a layer from orders (one per product) and weights `[stages, n/2, 4, 2]`: a, b, c, d of each butterfly, real and
    /// imaginary, in the layout of [`ButterflyNetwork`](crate::ButterflyNetwork).
    ///
    /// # Errors
    /// Orders that are not permutations of one power of two up to 2^16; another number of weights.
    pub fn new(orders: Vec<Vec<u32>>, weights: &[f64]) -> Result<Self> {
        let n = orders.first().map_or(0, Vec::len);
        check_size("n_fft", n, 1 << 16)?;
        if !(1..=2).contains(&orders.len()) || !orders.iter().all(|o| o.len() == n && is_permutation(o)) {
            return Err(Error::argument("orders", format!("must be one or two permutations of {n} points")));
        }
        let expected = orders.len() * n.trailing_zeros() as usize * n / 2 * 8;
        if weights.len() != expected {
            return Err(rlx_dsp::Error::Length { name: "weights", expected, got: weights.len() }.into());
        }
        let weights = weights.as_chunks::<8>().0.to_vec();
        Ok(Self { n, orders, weights })
    }

    /// Returns the points of a vector.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Returns the number of weights, `stages · n/2 · 8`.
    pub fn count(&self) -> usize {
        8 * self.weights.len()
    }

    /// Makes scratch memory.
    pub fn scratch(&self) -> LayerScratch {
        let products = self.orders.iter().map(|_| Dense::new(self.n, LAYER_BATCH)).collect();
        LayerScratch { products, grads: vec![Weights::default(); self.weights.len()] }
    }

    fn check(&self, name: &'static str, got: usize, expected: usize) -> Result<()> {
        if got != expected || !got.is_multiple_of(self.n) {
            return Err(rlx_dsp::Error::Length { name, expected, got }.into());
        }
        Ok(())
    }

    /// Computes the values of up to [`LAYER_BATCH`] vectors; missing ones are zero.
    fn values<T: LayerFloat>(&self, x: &[Complex<T>], scratch: &mut LayerScratch) {
        let per_product = self.weights.len() / self.orders.len();
        for (p, order) in self.orders.iter().enumerate() {
            let (before, this) = scratch.products.split_at_mut(p);
            let net = &mut this[0];
            let input = net.input();
            for (i, &from) in order.iter().enumerate() {
                let from = from as usize;
                let row = i * LAYER_BATCH..(i + 1) * LAYER_BATCH;
                match before.last() {
                    Some(last) => {
                        for (plane, out) in last.output().iter().enumerate() {
                            input[plane][row.clone()]
                                .copy_from_slice(&out[from * LAYER_BATCH..][..LAYER_BATCH]);
                        }
                    }
                    None => fill(input, row, x, self.n, from),
                }
            }
            net.forward(&self.weights[p * per_product..][..per_product]);
        }
    }

    /// Computes the transforms `y` of vectors `x`, both `[rows, n]`.
    ///
    /// # Errors
    /// Lengths that differ or are no multiple of `n`.
    pub fn forward<T: LayerFloat>(
        &self,
        x: &[Complex<T>],
        y: &mut [Complex<T>],
        scratch: &mut LayerScratch,
    ) -> Result<()> {
        self.check("y", y.len(), x.len())?;
        for (x, y) in x.chunks(self.n * LAYER_BATCH).zip(y.chunks_mut(self.n * LAYER_BATCH)) {
            self.values(x, scratch);
            if let Some(last) = scratch.products.last() {
                read(last.output(), y, self.n, |i| i);
            }
        }
        Ok(())
    }

    /// Computes the gradient `gx` of a loss over the vectors `x` from that over their transforms, `gy`, all `[rows, n]`, and adds
    /// its gradient over the weights to `gw`. A gradient over a complex number is `∂L/∂re + i·∂L/∂im`.
    ///
    /// # Errors
    /// Lengths that differ or are no multiple of `n`; another number of weights.
    pub fn backward<T: LayerFloat>(
        &self,
        x: &[Complex<T>],
        gy: &[Complex<T>],
        gx: &mut [Complex<T>],
        gw: &mut [f64],
        scratch: &mut LayerScratch,
    ) -> Result<()> {
        self.check("gy", gy.len(), x.len())?;
        self.check("gx", gx.len(), x.len())?;
        if gw.len() != self.count() {
            return Err(rlx_dsp::Error::Length { name: "gw", expected: self.count(), got: gw.len() }.into());
        }
        let per_product = self.weights.len() / self.orders.len();
        let size = self.n * LAYER_BATCH;
        for ((x, gy), gx) in x.chunks(size).zip(gy.chunks(size)).zip(gx.chunks_mut(size)) {
            self.values(x, scratch);
            for p in (0..self.orders.len()).rev() {
                let (this, after) = scratch.products.split_at_mut(p + 1);
                let net = &mut this[p];
                match (after.first_mut(), self.orders.get(p + 1)) {
                    (Some(next), Some(order)) => {
                        for (plane, from) in next.grad().iter().enumerate() {
                            for (i, &to) in order.iter().enumerate() {
                                net.grad()[plane][to as usize * LAYER_BATCH..][..LAYER_BATCH]
                                    .copy_from_slice(&from[i * LAYER_BATCH..][..LAYER_BATCH]);
                            }
                        }
                    }
                    _ => {
                        for i in 0..self.n {
                            fill(net.grad(), i * LAYER_BATCH..(i + 1) * LAYER_BATCH, gy, self.n, i);
                        }
                    }
                }
                let range = p * per_product..(p + 1) * per_product;
                net.backward(&self.weights[range.clone()], &mut scratch.grads[range]);
            }
            let order = &self.orders[0];
            read(scratch.products[0].grad(), gx, self.n, |i| order[i] as usize);
            let grads = scratch.grads.as_flattened();
            gw.iter_mut().zip(grads).for_each(|(sum, g)| *sum += g);
        }
        Ok(())
    }
}

/// Writes point `from` of each vector to a row of both planes.
fn fill<T: LayerFloat>(
    planes: &mut [Vec<f64>; 2],
    row: std::ops::Range<usize>,
    x: &[Complex<T>],
    n: usize,
    from: usize,
) {
    let [re, im] = planes;
    let vectors = x.chunks_exact(n).map(Some).chain(std::iter::repeat(None));
    for ((re, im), vector) in re[row.clone()].iter_mut().zip(&mut im[row]).zip(vectors) {
        (*re, *im) = vector.map_or((0.0, 0.0), |v| (v[from].re.wide(), v[from].im.wide()));
    }
}

/// Writes row `i` of both planes to point `to(i)` of each vector.
fn read<T: LayerFloat>(planes: &[Vec<f64>; 2], y: &mut [Complex<T>], n: usize, to: impl Fn(usize) -> usize) {
    for (j, vector) in y.chunks_exact_mut(n).enumerate() {
        for i in 0..n {
            let at = i * LAYER_BATCH + j;
            vector[to(i)] = Complex::new(T::round(planes[0][at]), T::round(planes[1][at]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Butterfly, ButterflyNetwork};
    use crate::permutation::Permutation;
    use crate::random::Random;

    type C = Complex<f64>;

    fn layer(n: usize, depth: usize, random: &mut Random) -> (ButterflyLayer, Vec<f64>) {
        let orders = [Permutation::BitReversal, Permutation::Cosine].map(|order| order.order(n).unwrap());
        let count = depth * n.trailing_zeros() as usize * n / 2 * 8;
        let weights: Vec<f64> = (0..count).map(|_| 0.5 * random.normal()).collect();
        (ButterflyLayer::new(orders[..depth].to_vec(), &weights).unwrap(), weights)
    }

    fn vectors(count: usize, random: &mut Random) -> Vec<C> {
        (0..count).map(|_| C::new(random.normal(), random.normal())).collect()
    }

    /// The layer multiplies as the network of the same weights does, for whole and broken chunks.
    #[test]
    fn values_are_those_of_the_network() {
        let mut random = Random::new(1);
        for (n, depth, rows) in [(8, 1, 1), (16, 2, 33), (64, 1, 70)] {
            let (layer, weights) = layer(n, depth, &mut random);
            let stages: Vec<Vec<Butterfly>> = weights
                .chunks_exact(4 * n)
                .map(|s| {
                    s.as_chunks::<8>().0.iter().map(|w| Butterfly::from_array(w.map(|x| x as f32))).collect()
                })
                .collect();
            let network = ButterflyNetwork::new(layer.orders.clone(), stages, false).unwrap();
            let x: Vec<Complex<f32>> = vectors(n * rows, &mut random)
                .iter()
                .map(|z| Complex::new(z.re as f32, z.im as f32))
                .collect();
            let mut y = vec![Complex::new(0.0, 0.0); x.len()];
            layer.forward(&x, &mut y, &mut layer.scratch()).unwrap();
            for (x, y) in x.chunks_exact(n).zip(y.chunks_exact(n)) {
                let mut want = x.to_vec();
                network.forward(&mut want).unwrap();
                let size = want.iter().map(|z| z.norm()).fold(0.0, f32::max);
                for (y, want) in y.iter().zip(&want) {
                    assert!((y - want).norm() <= 32.0 * f32::EPSILON * size, "{n} {depth}: {y} {want}");
                }
            }
        }
    }

    /// The loss `Re Σ t̄·y` has the gradient `t` over `y`; differences of it are the gradients over inputs and weights.
    #[test]
    fn gradients_are_those_of_finite_differences() {
        let mut random = Random::new(2);
        for (n, depth, rows) in [(8, 1, 3), (8, 2, 35)] {
            let (layer, weights) = layer(n, depth, &mut random);
            let (x, t) = (vectors(n * rows, &mut random), vectors(n * rows, &mut random));
            let loss = |weights: &[f64], x: &[C]| {
                let layer = ButterflyLayer::new(layer.orders.clone(), weights).unwrap();
                let mut y = vec![C::default(); x.len()];
                layer.forward(x, &mut y, &mut layer.scratch()).unwrap();
                y.iter().zip(&t).map(|(y, t)| (t.conj() * y).re).sum::<f64>()
            };
            let (mut gx, mut gw) = (vec![C::default(); x.len()], vec![1.0; weights.len()]);
            layer.backward(&x, &t, &mut gx, &mut gw, &mut layer.scratch()).unwrap();
            let h = 1e-6;
            for i in (0..weights.len()).step_by(5) {
                let at = |step: f64| {
                    let mut moved = weights.clone();
                    moved[i] += step;
                    loss(&moved, &x)
                };
                let slope = (at(h) - at(-h)) / (2.0 * h);
                // Gradients are added to what is there.
                assert!((slope - (gw[i] - 1.0)).abs() < 1e-7 * (1.0 + slope.abs()), "{i}: {slope} {}", gw[i]);
            }
            for i in (0..x.len()).step_by(7) {
                for (part, got) in [(C::new(h, 0.0), gx[i].re), (C::new(0.0, h), gx[i].im)] {
                    let at = |sign: f64| {
                        let mut moved = x.clone();
                        moved[i] += part * sign;
                        loss(&weights, &moved)
                    };
                    let slope = (at(1.0) - at(-1.0)) / (2.0 * h);
                    assert!((slope - got).abs() < 1e-7 * (1.0 + slope.abs()), "{i}: {slope} {got}");
                }
            }
        }
    }

    #[test]
    fn wrong_sizes_are_refused() {
        let order = Permutation::BitReversal.order(8).unwrap();
        assert!(ButterflyLayer::new(vec![order.clone()], &[0.0; 95]).is_err());
        assert!(ButterflyLayer::new(vec![vec![0; 8]], &[0.0; 96]).is_err());
        assert!(ButterflyLayer::new(vec![], &[]).is_err());
        let layer = ButterflyLayer::new(vec![order], &[0.0; 96]).unwrap();
        let (x, mut y) = (vec![C::default(); 12], vec![C::default(); 12]);
        assert!(layer.forward(&x, &mut y, &mut layer.scratch()).is_err());
        assert!(layer.forward(&x[..8], &mut y, &mut layer.scratch()).is_err());
    }
}
