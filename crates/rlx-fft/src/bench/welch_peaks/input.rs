//! Seeded tones in noise.

/// `[batch, frame_len]` rows, each of four tones of random frequency, phase and level (0 to −30 dB) in white noise at
/// −40 dB. The same seed gives the same samples.
pub(in crate::bench) fn tones_in_noise(seed: u64, batch: usize, frame_len: usize) -> Vec<f32> {
    let mut random = SplitMix(seed);
    let mut samples = vec![0.0f32; batch * frame_len];
    for row in samples.chunks_exact_mut(frame_len.max(1)) {
        for _ in 0..4 {
            let step = std::f64::consts::PI * random.unit();
            let level = 10f64.powf(-1.5 * random.unit());
            // A rotation by recurrence: two products per sample instead of a sine.
            let (sin, cos) = step.sin_cos();
            let (mut im, mut re) = (std::f64::consts::TAU * random.unit()).sin_cos();
            for x in &mut *row {
                *x += (level * im) as f32;
                (re, im) = (re * cos - im * sin, re * sin + im * cos);
            }
        }
        for x in row {
            *x += (0.01 * (2.0 * random.unit() - 1.0)) as f32;
        }
    }
    samples
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct SplitMix(u64);

impl SplitMix {
    /// Uniform in [0, 1).
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_rows() {
        assert_eq!(tones_in_noise(7, 3, 100), tones_in_noise(7, 3, 100));
        assert_ne!(tones_in_noise(7, 3, 100), tones_in_noise(8, 3, 100));
        assert!(tones_in_noise(7, 3, 100).iter().all(|x| x.abs() < 5.0 && *x != 0.0));
    }
}
