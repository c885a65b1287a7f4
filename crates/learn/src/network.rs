//! The butterfly network: one or two products of `log2 N` stages of `N/2` complex 2×2 butterflies, each after a
//! permutation.

use num_complex::Complex32;

use crate::error::{Error, Result};
use crate::matrix::check_size;
use crate::permutation::{Permutation, is_permutation};

/// Largest size.
pub const MAX_N: usize = 1 << 20;

/// `y0 = a·x0 + b·x1`, `y1 = c·x0 + d·x1`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Butterfly {
    /// From `x0` to `y0`.
    pub a: Complex32,
    /// From `x1` to `y0`.
    pub b: Complex32,
    /// From `x0` to `y1`.
    pub c: Complex32,
    /// From `x1` to `y1`.
    pub d: Complex32,
}

impl Butterfly {
    /// Changes nothing.
    pub const IDENTITY: Self = {
        let (one, zero) = (Complex32::new(1.0, 0.0), Complex32::new(0.0, 0.0));
        Self { a: one, b: zero, c: zero, d: one }
    };

    /// Returns the conjugate transpose, which is the inverse of a unitary butterfly.
    #[must_use]
    pub fn adjoint(self) -> Self {
        Self { a: self.a.conj(), b: self.c.conj(), c: self.b.conj(), d: self.d.conj() }
    }

    /// Returns both outputs.
    #[inline]
    pub fn apply(&self, x0: Complex32, x1: Complex32) -> (Complex32, Complex32) {
        (self.a * x0 + self.b * x1, self.c * x0 + self.d * x1)
    }

    /// Returns `a`, `b`, `c`, `d`, each as real and imaginary part.
    pub fn to_array(self) -> [f32; 8] {
        [self.a.re, self.a.im, self.b.re, self.b.im, self.c.re, self.c.im, self.d.re, self.d.im]
    }

    /// Inverse of [`to_array`](Self::to_array).
    pub fn from_array(w: [f32; 8]) -> Self {
        let z = |i: usize| Complex32::new(w[i], w[i + 1]);
        Self { a: z(0), b: z(2), c: z(4), d: z(6) }
    }
}

/// How a butterfly is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum Gate {
    /// Both outputs are zero.
    Closed = 0,
    /// Computed in full.
    #[default]
    Open = 1,
    /// Both inputs pass through unchanged.
    Skip = 2,
    /// Its conjugate transpose.
    Reverse = 3,
}

impl Gate {
    /// Returns the gate with this number.
    pub fn from_u8(number: u8) -> Option<Self> {
        [Self::Closed, Self::Open, Self::Skip, Self::Reverse].into_iter().find(|g| *g as u8 == number)
    }

    /// Returns whether the butterfly needs arithmetic.
    pub fn works(self) -> bool {
        matches!(self, Self::Open | Self::Reverse)
    }
}

/// Permutations, twiddles and gates. Stage `s` of a product combines points at distance `2^s`; its butterfly `i` is
/// the `i`-th pair in ascending order of the first point. The numbering of stages continues in a second product.
#[derive(Debug, Clone, PartialEq)]
pub struct ButterflyNetwork {
    n: usize,
    /// One per product: `point[i] = input[order[i]]`.
    orders: Vec<Vec<u32>>,
    stages: Vec<Vec<Butterfly>>,
    gates: Vec<Vec<Gate>>,
    real: bool,
}

impl ButterflyNetwork {
    /// Returns the radix-2 decimation-in-time FFT of `n` points, with all gates open.
    ///
    /// Twiddles are `exp(−2πi·j/2^(s+1))`, computed in f64 and rounded once.
    ///
    /// # Errors
    /// [`Error::Argument`] unless `n` is a power of two from 2 to 2^20.
    pub fn exact(n: usize) -> Result<Self> {
        check_size("n_fft", n, MAX_N)?;
        let one = Complex32::new(1.0, 0.0);
        let stage = |s: u32| {
            let half = 1usize << s;
            let twiddle = |i: usize| {
                let angle = -std::f64::consts::PI * (i % half) as f64 / half as f64;
                let w = Complex32::new(angle.cos() as f32, angle.sin() as f32);
                Butterfly { a: one, b: w, c: one, d: -w }
            };
            (0..n / 2).map(twiddle).collect()
        };
        let order = Permutation::BitReversal.order(n).unwrap_or_default();
        Self::new(vec![order], (0..n.trailing_zeros()).map(stage).collect(), false)
    }

    /// Makes a network from permutations (one per product, in the order of application) and the stages of all
    /// products, with all gates open. `real`: the imaginary parts of the result are dropped.
    ///
    /// # Errors
    /// Orders that are not permutations of one power of two; a number of orders other than one or two; a wrong number
    /// or length of stages; weights that are not finite.
    pub fn new(orders: Vec<Vec<u32>>, stages: Vec<Vec<Butterfly>>, real: bool) -> Result<Self> {
        let n = orders.first().map_or(0, Vec::len);
        check_size("n_fft", n, MAX_N)?;
        if !(1..=2).contains(&orders.len()) {
            return Err(Error::argument("orders", format!("one or two products, got {}", orders.len())));
        }
        if !orders.iter().all(|order| order.len() == n && is_permutation(order)) {
            return Err(Error::argument("orders", format!("must be permutations of {n} points")));
        }
        let expected = orders.len() * n.trailing_zeros() as usize;
        if stages.len() != expected || stages.iter().any(|s| s.len() != n / 2) {
            let reason = format!("must be {expected} of {} butterflies", n / 2);
            return Err(Error::argument("stages", reason));
        }
        for (s, stage) in stages.iter().enumerate() {
            if let Some(i) = stage.iter().position(|w| !w.to_array().iter().all(|x| x.is_finite())) {
                return Err(Error::argument("stages", format!("butterfly {i} of stage {s} is not finite")));
            }
        }
        let gates = vec![vec![Gate::Open; n / 2]; expected];
        Ok(Self { n, orders, stages, gates, real })
    }

    /// Returns the number of points.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Returns the number of stages of all products, `depth · log2 N`.
    pub fn stages(&self) -> usize {
        self.stages.len()
    }

    /// Returns the number of products, 1 or 2.
    pub fn depth(&self) -> usize {
        self.orders.len()
    }

    /// Returns the permutation before a product.
    pub fn order(&self, product: usize) -> Option<&[u32]> {
        self.orders.get(product).map(Vec::as_slice)
    }

    /// Returns whether imaginary parts are dropped at the end.
    pub fn is_real(&self) -> bool {
        self.real
    }

    /// Returns the butterflies of one stage.
    pub fn stage(&self, stage: usize) -> Option<&[Butterfly]> {
        self.stages.get(stage).map(Vec::as_slice)
    }

    /// Returns the butterflies of one stage for changes.
    pub fn stage_mut(&mut self, stage: usize) -> Option<&mut [Butterfly]> {
        self.stages.get_mut(stage).map(Vec::as_mut_slice)
    }

    /// Returns the gates of one stage.
    pub fn gates(&self, stage: usize) -> Option<&[Gate]> {
        self.gates.get(stage).map(Vec::as_slice)
    }

    /// Returns the gates of one stage for changes.
    pub fn gates_mut(&mut self, stage: usize) -> Option<&mut [Gate]> {
        self.gates.get_mut(stage).map(Vec::as_mut_slice)
    }

    /// Returns the distance of the two points of a stage's butterflies.
    pub(crate) fn distance(&self, stage: usize) -> usize {
        1 << (stage % self.n.trailing_zeros() as usize)
    }

    /// Returns both points of butterfly `i` of a stage.
    pub(crate) fn points(&self, stage: usize, i: usize) -> (usize, usize) {
        let half = self.distance(stage);
        let first = (i / half) * 2 * half + i % half;
        (first, first + half)
    }

    /// Returns the permutation to apply before a stage, if there is one.
    pub(crate) fn order_before(&self, stage: usize) -> Option<&[u32]> {
        let per_product = self.n.trailing_zeros() as usize;
        if stage.is_multiple_of(per_product) { self.order(stage / per_product) } else { None }
    }

    /// Replaces `n` samples by `n` bins, in natural order.
    ///
    /// # Errors
    /// A frame of another length.
    pub fn forward(&self, frame: &mut [Complex32]) -> Result<()> {
        if frame.len() != self.n {
            let (expected, got) = (self.n, frame.len());
            return Err(rlx_dsp::Error::Length { name: "frame", expected, got }.into());
        }
        let mut before = Vec::new();
        for (s, (stage, gates)) in self.stages.iter().zip(&self.gates).enumerate() {
            if let Some(order) = self.order_before(s) {
                before.clear();
                before.extend_from_slice(frame);
                frame.iter_mut().zip(order).for_each(|(z, &from)| *z = before[from as usize]);
            }
            let half = self.distance(s);
            let blocks =
                frame.chunks_exact_mut(2 * half).zip(stage.chunks_exact(half)).zip(gates.chunks_exact(half));
            for ((block, stage), gates) in blocks {
                let (first, second) = block.split_at_mut(half);
                for (((x0, x1), w), gate) in first.iter_mut().zip(second).zip(stage).zip(gates) {
                    (*x0, *x1) = match gate {
                        Gate::Open => w.apply(*x0, *x1),
                        Gate::Skip => continue,
                        Gate::Reverse => w.adjoint().apply(*x0, *x1),
                        Gate::Closed => (Complex32::default(), Complex32::default()),
                    };
                }
            }
        }
        if self.real {
            frame.iter_mut().for_each(|z| z.im = 0.0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use num_complex::Complex64;
    use rlx_dsp::reference::dft::dft;

    use super::*;

    fn frame(n: usize) -> Vec<Complex32> {
        let mut state = n as u64 + 1;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f32 / (1u32 << 30) as f32 - 1.0
        };
        (0..n).map(|_| Complex32::new(next(), next())).collect()
    }

    #[test]
    fn exact_twiddles_are_the_dft() {
        for n in [2, 4, 8, 64, 256, 1024, 4096] {
            let x = frame(n);
            let wide: Vec<Complex64> = x.iter().map(|z| Complex64::new(z.re.into(), z.im.into())).collect();
            let truth = dft(&wide);
            let mut got = x;
            ButterflyNetwork::exact(n).unwrap().forward(&mut got).unwrap();
            let error: f64 = got
                .iter()
                .zip(&truth)
                .map(|(g, t)| (Complex64::new(g.re.into(), g.im.into()) - t).norm_sqr())
                .sum();
            let norm: f64 = truth.iter().map(|t| t.norm_sqr()).sum();
            let bound = 4.0 * f64::from(f32::EPSILON) * (n as f64).log2();
            assert!((error / norm).sqrt() <= bound, "{n}: {} > {bound}", (error / norm).sqrt());
        }
    }

    #[test]
    fn gates_silence_skip_and_reverse() {
        let mut network = ButterflyNetwork::exact(8).unwrap();
        network.gates_mut(2).unwrap()[1] = Gate::Closed;
        let mut x = frame(8);
        network.forward(&mut x).unwrap();
        let silent: Vec<usize> = (0..8).filter(|&k| x[k] == Complex32::default()).collect();
        assert_eq!(silent, [1, 5]);

        let mut network = ButterflyNetwork::exact(8).unwrap();
        for s in 0..3 {
            network.gates_mut(s).unwrap().fill(Gate::Skip);
        }
        let mut x = frame(8);
        network.forward(&mut x).unwrap();
        let bits = [0, 4, 2, 6, 1, 5, 3, 7];
        assert_eq!(x, bits.map(|i| frame(8)[i]));

        // A butterfly and its adjoint: [[1, w], [1, −w]] times its conjugate transpose is twice the identity.
        let w = ButterflyNetwork::exact(8).unwrap().stage(2).unwrap()[3];
        let (y0, y1) = w.apply(x[0], x[1]);
        let (z0, z1) = w.adjoint().apply(y0, y1);
        assert!((z0 - x[0] * 2.0).norm() < 1e-5 && (z1 - x[1] * 2.0).norm() < 1e-5);
    }

    #[test]
    fn bad_sizes_and_frames_are_errors() {
        for n in [0, 1, 3, 100, 1 << 21] {
            assert!(ButterflyNetwork::exact(n).is_err(), "{n}");
        }
        let error = ButterflyNetwork::exact(8).unwrap().forward(&mut frame(4)).unwrap_err();
        assert_eq!(error.to_string(), "frame: expected 8 values, got 4");
        let stages = |count| vec![vec![Butterfly::IDENTITY; 2]; count];
        assert!(ButterflyNetwork::new(vec![vec![0, 1, 2, 3]], stages(2), false).is_ok());
        assert!(ButterflyNetwork::new(vec![vec![0, 1, 2, 2]], stages(2), false).is_err());
        assert!(ButterflyNetwork::new(vec![vec![0, 1, 2, 3]; 3], stages(6), false).is_err());
        let mut bad = stages(2);
        bad[1][0].d.im = f32::NAN;
        let error = ButterflyNetwork::new(vec![vec![0, 1, 2, 3]], bad, false).unwrap_err();
        assert_eq!(error.to_string(), "stages: butterfly 0 of stage 1 is not finite");
    }
}
