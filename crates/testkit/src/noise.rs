//! One seeded generator of test signals.

/// A 64-bit linear congruential generator with Knuth's MMIX constants, as `lcg` in the golden scripts. The same seed gives
/// the same values on every machine.
#[derive(Debug, Clone)]
pub struct Noise(u64);

impl Noise {
    /// Starts at this state.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the upper 53 bits of the next state.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 11
    }

    /// Returns a value that is uniform in [−1, 1).
    pub fn uniform(&mut self) -> f64 {
        self.bits() as f64 / (1_u64 << 53) as f64 * 2.0 - 1.0
    }

    /// Returns an integer that is uniform in `0..n`; 0 for `n = 0`.
    pub fn below(&mut self, n: usize) -> usize {
        // 53 bits times a share of `n`: exact enough for any length of a test.
        (self.bits() as f64 / (1_u64 << 53) as f64 * n as f64) as usize
    }
}

impl Iterator for Noise {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        Some(self.uniform())
    }
}

/// Returns `len` values of white noise in [−1, 1).
#[must_use]
pub fn noise(seed: u64, len: usize) -> Vec<f32> {
    // The cast may round up to 1, which no test minds.
    Noise::new(seed).take(len).map(|x| x as f32).collect()
}

/// Returns a unit sine of 0.3 rad per sample in white noise of the same amplitude.
#[must_use]
pub fn tone_in_noise(seed: u64, len: usize) -> Vec<f32> {
    Noise::new(seed).take(len).enumerate().map(|(i, x)| (x + (i as f64 * 0.3).sin()) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_values_of_the_golden_scripts() {
        // `lcg(1, 3)` of scripts/golden_mel.py, by exact integer arithmetic.
        let state = |s: u128| (s * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % (1 << 64);
        let mut s = 1u128;
        for got in Noise::new(1).take(3) {
            s = state(s);
            assert_eq!(got, (s >> 11) as f64 / 2f64.powi(53) * 2.0 - 1.0);
        }
    }

    #[test]
    fn values_fill_their_range() {
        let values = noise(7, 4096);
        let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / 4096.0;
        assert!(mean.abs() < 0.05 && values.iter().all(|v| (-1.0..=1.0).contains(v)), "{mean}");
        let mut source = Noise::new(3);
        let mut seen = [0; 7];
        (0..700).for_each(|_| seen[source.below(7)] += 1);
        assert!(seen.iter().all(|&n| n > 50), "{seen:?}");
        assert_ne!(noise(1, 4), noise(2, 4));
    }
}
