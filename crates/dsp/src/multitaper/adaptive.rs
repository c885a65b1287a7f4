//! Weights that suppress, per bin, the tapers that leak into it (Thomson 1982, eq. 5.3).
//!
//! ```text
//! d_k = S / (λ_k·S + (1 − λ_k)·σ²)        S = Σ λ_k d_k² P_k / Σ λ_k d_k²
//! ```
//! `S` is the solution of the second line with the first put in: a fixed point, found by iteration from the two best
//! tapers' mean. Two steps give the rate of convergence, and with it a third, longer one (Aitken's), where it is trusted.

use crate::lanes::{Isa, wide};

/// Bins that are iterated side by side.
const SIDE: usize = 16;

/// Relative change of a step below which a bin counts as solved.
const CLOSE: f64 = 1e-12;

/// Largest rate of convergence that is extrapolated from.
const TRUSTED: f64 = 0.95;

/// The adaptive weights of tapers with these concentrations.
pub(super) struct Adaptive<'a> {
    /// Share of each taper's energy within the bandwidth.
    pub(super) ratios: &'a [f64],
    pub(super) max_iterations: usize,
    pub(super) isa: Isa,
}

impl Adaptive<'_> {
    /// Solves for the spectrum of one row. `powers` is `[tapers, bins]`, `variance` the mean of the spectrum, and `weights`,
    /// where wanted, becomes `λ_k d_k²`, `[tapers, bins]`. Returns how many bins had not converged.
    pub(super) fn solve(
        &self,
        powers: &[f64],
        variance: f64,
        out: &mut [f64],
        mut weights: Option<&mut [f64]>,
    ) -> usize {
        let bins = out.len();
        let mut left = 0;
        let mut first = 0;
        while first < bins {
            let used = SIDE.min(bins - first);
            let block = Block { adaptive: self, powers, bins, first, used, variance };
            let mut spectrum = [0.0; SIDE];
            wide(
                self.isa,
                #[inline(always)]
                || left += block.solve(&mut spectrum),
            );
            out[first..first + used].copy_from_slice(&spectrum[..used]);
            if let Some(weights) = &mut weights {
                for (k, ratio) in self.ratios.iter().enumerate() {
                    let row = &mut weights[k * bins + first..][..used];
                    for (weight, s) in row.iter_mut().zip(&spectrum) {
                        let d = d(*ratio, *s, variance);
                        *weight = ratio * d * d;
                    }
                }
            }
            first += used;
        }
        left
    }
}

#[inline(always)]
fn d(ratio: f64, s: f64, variance: f64) -> f64 {
    s / (ratio * s + (1.0 - ratio) * variance)
}

struct Block<'a> {
    adaptive: &'a Adaptive<'a>,
    powers: &'a [f64],
    bins: usize,
    first: usize,
    used: usize,
    variance: f64,
}

impl Block<'_> {
    /// Powers of a taper, 0 beyond the last bin.
    #[inline(always)]
    fn powers(&self, k: usize) -> [f64; SIDE] {
        let mut powers = [0.0; SIDE];
        let at = k * self.bins + self.first;
        if self.used == SIDE {
            powers.copy_from_slice(&self.powers[at..at + SIDE]);
        } else {
            powers[..self.used].copy_from_slice(&self.powers[at..at + self.used]);
        }
        powers
    }

    /// One step of the iteration.
    #[inline(always)]
    fn step(&self, s: &[f64; SIDE]) -> [f64; SIDE] {
        let (mut sums, mut weights) = ([0.0; SIDE], [0.0; SIDE]);
        for (k, &ratio) in self.adaptive.ratios.iter().enumerate() {
            let powers = self.powers(k);
            for i in 0..SIDE {
                let d = d(ratio, s[i], self.variance);
                let weight = ratio * d * d;
                sums[i] += weight * powers[i];
                weights[i] += weight;
            }
        }
        let mut next = [0.0; SIDE];
        for i in 0..SIDE {
            // A bin without power has no weights either.
            next[i] = if weights[i] > 0.0 { sums[i] / weights[i] } else { 0.0 * sums[i] };
        }
        next
    }

    #[inline(always)]
    fn solve(&self, s: &mut [f64; SIDE]) -> usize {
        let ratios = self.adaptive.ratios;
        let best = ratios.len().min(2);
        let total: f64 = ratios[..best].iter().sum();
        for (k, ratio) in ratios[..best].iter().enumerate() {
            for (s, power) in s.iter_mut().zip(self.powers(k)) {
                *s += ratio / total * power;
            }
        }
        for _ in 0..self.adaptive.max_iterations {
            let one = self.step(s);
            let two = self.step(&one);
            let mut far = 0.0;
            for i in 0..SIDE {
                let (first, second) = (one[i] - s[i], two[i] - one[i]);
                let rate = second / first;
                let longer = two[i] + second * rate / (1.0 - rate);
                let trusted = rate > 0.0 && rate < TRUSTED && longer > 0.0;
                s[i] = if trusted { longer } else { two[i] };
                // Also false of NaN, which no iteration changes.
                far += if second.abs() > CLOSE * two[i] { 1.0 } else { 0.0 };
            }
            if far == 0.0 {
                return 0;
            }
        }
        let one = self.step(s);
        (0..self.used).filter(|&i| (one[i] - s[i]).abs() > 1e-5 * s[i]).count()
    }
}
