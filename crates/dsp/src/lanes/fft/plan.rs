//! A plan is data: which radices, which twiddles, which output position holds which bin.

/// Decimation-in-frequency recipe of a complex FFT of `n` points.
///
/// Stage `i` combines `radices[i]` points at distance `n / (r₀·…·rᵢ)` inside blocks of
/// `n / (r₀·…·rᵢ₋₁)` and multiplies output `q` of column `j` by `exp(−2πi·jq/block)`. The last stage has
/// no twiddles. Bin `k` ends at position `position[k]`.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    /// Points of the transform.
    pub(crate) n: usize,
    /// Radices, first stage first; their product is `n`.
    pub(crate) radices: Vec<usize>,
    /// One table a stage but the last: for each column `j`, `(re, im)` for `q = 1 … radix−1`.
    pub(crate) twiddles: Vec<Vec<f32>>,
    /// Where each bin lies after the last stage.
    pub(crate) position: Vec<usize>,
}

impl Recipe {
    /// The recipe for `n` points, or `None` where the lanes kernels have none.
    ///
    /// Powers of two from 16 to 4096, and 400 for speech (25 ms at 16 kHz). `wide` says that a radix-8
    /// butterfly fits the registers.
    pub(crate) fn new(n: usize, wide: bool) -> Option<Self> {
        let radices = radices(n, wide)?;
        let mut block = n;
        let mut twiddles = Vec::new();
        for &r in &radices[..radices.len() - 1] {
            twiddles.push(twiddle_table(block, r));
            block /= r;
        }
        let position = positions(n, &radices);
        Some(Self { n, radices, twiddles, position })
    }

    /// Distance of the points that stage `stage` combines.
    pub(crate) fn span(&self, stage: usize) -> usize {
        self.n / self.radices[..=stage].iter().product::<usize>()
    }

    /// Radix of the last stage, which has no twiddles.
    pub(crate) fn last_radix(&self) -> usize {
        self.radices[self.twiddles.len()]
    }
}

/// Whether the lanes kernels have a recipe for `n_fft`.
pub fn supports(n_fft: usize) -> bool {
    radices(n_fft, true).is_some()
}

fn radices(n: usize, wide: bool) -> Option<Vec<usize>> {
    if n == 400 {
        return Some(vec![5, 5, 4, 4]);
    }
    if !n.is_power_of_two() || !(16..=4096).contains(&n) {
        return None;
    }
    let levels = n.trailing_zeros() as usize;
    Some(if wide {
        // Eights, with fours for what is left; never a lone two.
        match levels % 3 {
            0 => vec![8; levels / 3],
            1 => [vec![8; levels / 3 - 1], vec![4, 4]].concat(),
            _ => [vec![8; levels / 3], vec![4]].concat(),
        }
    } else {
        match levels % 2 {
            0 => vec![4; levels / 2],
            _ => [vec![2], vec![4; levels / 2]].concat(),
        }
    })
}

fn twiddle_table(block: usize, radix: usize) -> Vec<f32> {
    let columns = block / radix;
    let mut table = Vec::with_capacity(columns * 2 * (radix - 1));
    for j in 0..columns {
        for q in 1..radix {
            // Reduced before the division, so that the angle keeps full precision.
            let angle = -2.0 * std::f64::consts::PI * ((j * q) % block) as f64 / block as f64;
            table.push(angle.cos() as f32);
            table.push(angle.sin() as f32);
        }
    }
    table
}

fn positions(n: usize, radices: &[usize]) -> Vec<usize> {
    (0..n)
        .map(|bin| {
            let (mut rest, mut block, mut position) = (bin, n, 0);
            for &r in radices {
                block /= r;
                position += (rest % r) * block;
                rest /= r;
            }
            position
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_multiply_to_n_and_positions_permute() {
        for n in [16, 32, 64, 128, 256, 400, 512, 1024, 2048, 4096] {
            for wide in [false, true] {
                let recipe = Recipe::new(n, wide).expect("supported");
                assert_eq!(recipe.radices.iter().product::<usize>(), n);
                let mut seen = recipe.position.clone();
                seen.sort_unstable();
                assert!(seen.into_iter().eq(0..n), "n = {n}");
            }
        }
    }

    #[test]
    fn other_sizes_have_none() {
        for n in [0, 1, 2, 8, 17, 48, 100, 401, 8192] {
            assert!(!supports(n), "{n}");
        }
    }
}
