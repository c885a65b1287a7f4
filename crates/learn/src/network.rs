//! The butterfly network: `log2 N` stages of `N/2` general complex 2×2 butterflies after a bit reversal.

use num_complex::Complex32;

use crate::error::{Error, Result};

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

/// Twiddles and gates. Stage `s` combines the points at distance `2^s`; its butterfly `i` is number `i` of the pairs
/// in ascending order of their first point. A closed gate makes both outputs zero.
#[derive(Debug, Clone, PartialEq)]
pub struct ButterflyNetwork {
    n: usize,
    permutation: Vec<u32>,
    stages: Vec<Vec<Butterfly>>,
    gates: Vec<Vec<bool>>,
}

impl ButterflyNetwork {
    /// The radix-2 decimation-in-time FFT of `n` points, all gates open.
    ///
    /// Twiddles are `exp(−2πi·j/2^(s+1))`, computed in f64 and rounded once.
    ///
    /// # Errors
    /// [`Error::Argument`] unless `n` is a power of two from 2 to 2^20.
    pub fn exact(n: usize) -> Result<Self> {
        if !n.is_power_of_two() || !(2..=1 << 20).contains(&n) {
            return Err(Error::argument("n_fft", format!("must be a power of two from 2 to 2^20, got {n}")));
        }
        let bits = n.trailing_zeros();
        let permutation = (0..n as u32).map(|i| i.reverse_bits() >> (32 - bits)).collect();
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
        Ok(Self {
            n,
            permutation,
            stages: (0..bits).map(stage).collect(),
            gates: vec![vec![true; n / 2]; bits as usize],
        })
    }

    /// Points.
    pub fn n(&self) -> usize {
        self.n
    }

    /// `log2 N`.
    pub fn stages(&self) -> usize {
        self.stages.len()
    }

    /// Butterflies of one stage.
    pub fn stage(&self, stage: usize) -> Option<&[Butterfly]> {
        self.stages.get(stage).map(Vec::as_slice)
    }

    /// The same, to be trained.
    pub fn stage_mut(&mut self, stage: usize) -> Option<&mut [Butterfly]> {
        self.stages.get_mut(stage).map(Vec::as_mut_slice)
    }

    /// Gates of one stage: `false` is closed.
    pub fn gates(&self, stage: usize) -> Option<&[bool]> {
        self.gates.get(stage).map(Vec::as_slice)
    }

    /// The same, to be closed.
    pub fn gates_mut(&mut self, stage: usize) -> Option<&mut [bool]> {
        self.gates.get_mut(stage).map(Vec::as_mut_slice)
    }

    /// First points of butterfly `i` of a stage: the second one is `2^stage` above it.
    pub(crate) fn first_point(stage: usize, i: usize) -> usize {
        let half = 1 << stage;
        (i / half) * 2 * half + i % half
    }

    /// Replaces `n` samples by `n` bins, in natural order; a butterfly whose gate is closed writes zeros.
    ///
    /// # Errors
    /// A frame of another length.
    pub fn forward(&self, frame: &mut [Complex32]) -> Result<()> {
        if frame.len() != self.n {
            let (expected, got) = (self.n, frame.len());
            return Err(rlx_dsp::Error::Length { name: "frame", expected, got }.into());
        }
        for (i, &j) in self.permutation.iter().enumerate() {
            if i < j as usize {
                frame.swap(i, j as usize);
            }
        }
        for (s, (stage, gates)) in self.stages.iter().zip(&self.gates).enumerate() {
            let half = 1 << s;
            let blocks =
                frame.chunks_exact_mut(2 * half).zip(stage.chunks_exact(half)).zip(gates.chunks_exact(half));
            for ((block, stage), gates) in blocks {
                let (first, second) = block.split_at_mut(half);
                for (((x0, x1), w), &open) in first.iter_mut().zip(second).zip(stage).zip(gates) {
                    (*x0, *x1) = if open {
                        (w.a * *x0 + w.b * *x1, w.c * *x0 + w.d * *x1)
                    } else {
                        (Complex32::default(), Complex32::default())
                    };
                }
            }
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
    fn a_closed_gate_silences_its_butterfly() {
        let mut network = ButterflyNetwork::exact(8).unwrap();
        network.gates_mut(2).unwrap()[1] = false;
        let mut x = frame(8);
        network.forward(&mut x).unwrap();
        let silent: Vec<usize> = (0..8).filter(|&k| x[k] == Complex32::default()).collect();
        assert_eq!(silent, [1, 5]);
    }

    #[test]
    fn bad_sizes_and_frames_are_errors() {
        for n in [0, 1, 3, 100, 1 << 21] {
            assert!(ButterflyNetwork::exact(n).is_err(), "{n}");
        }
        let error = ButterflyNetwork::exact(8).unwrap().forward(&mut frame(4)).unwrap_err();
        assert_eq!(error.to_string(), "frame: expected 8 values, got 4");
    }
}
