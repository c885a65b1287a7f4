//! A plan as data: radices, twiddles, and the output position of each bin.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_4};

use crate::fft::Real;
use crate::lanes::simd::MAX_LANES;

/// Largest transform length of the lanes kernels.
const LONGEST: usize = 16_384;

/// Decimation-in-frequency recipe of a complex FFT of `n` points.
///
/// Stage `i` combines `radices[i]` points at distance `n / (r₀·…·rᵢ)` inside blocks of
/// `n / (r₀·…·rᵢ₋₁)` and multiplies output `q` of column `j` by `exp(−2πi·jq/block)`. The last stage has
/// no twiddles. Bin `k` ends at position `position[k]`.
#[derive(Debug, Clone)]
pub(crate) struct Recipe<T = f32> {
    /// Points of the transform.
    pub(crate) n: usize,
    /// Radices, first stage first; their product is `n`.
    pub(crate) radices: Vec<usize>,
    /// One table per stage but the last: for each column `j`, `(re, im)` for `q = 1 … radix−1`.
    pub(crate) twiddles: Vec<Vec<T>>,
    /// Twiddles of 1 for the last stage, if it runs as a stage with twiddles.
    pub(crate) ones: Vec<T>,
    /// Position of each bin after the last stage.
    pub(crate) position: Vec<usize>,
}

impl<T: Real> Recipe<T> {
    /// Returns the recipe for `n` points, or `None` if the lanes kernels do not support it.
    ///
    /// `wide`: whether a radix-8 butterfly fits the registers.
    pub(crate) fn new(n: usize, wide: bool) -> Option<Self> {
        let radices = radices(n, wide)?;
        let mut block = n;
        let mut twiddles = Vec::new();
        for &r in &radices[..radices.len() - 1] {
            twiddles.push(twiddle_table(block, r));
            block /= r;
        }
        let position = positions(n, &radices);
        let ones = (1..block).flat_map(|_| [T::one(), T::zero()]).collect();
        Some(Self { n, radices, twiddles, ones, position })
    }
}

impl<T> Recipe<T> {
    /// Returns the distance of the points that stage `stage` combines.
    pub(crate) fn span(&self, stage: usize) -> usize {
        self.n / self.radices[..=stage].iter().product::<usize>()
    }

    /// Returns the radix of the last stage, which has no twiddles.
    pub(crate) fn last_radix(&self) -> usize {
        self.radices[self.twiddles.len()]
    }
}

/// Returns whether there are lanes kernels for segments of `n_fft` samples on every instruction set: products of 2,
/// 3, 5 and 7 from 16 to 16,384.
pub fn supports(n_fft: usize) -> bool {
    n_fft >= MAX_LANES && is_smooth(n_fft)
}

pub(crate) fn is_smooth(n: usize) -> bool {
    if !(8..=LONGEST).contains(&n) {
        return false;
    }
    let mut rest = n;
    for p in [2, 3, 5, 7] {
        while rest.is_multiple_of(p) {
            rest /= p;
        }
    }
    rest == 1
}

/// Radices with a kernel and the cost of a pass per point, in vector operations: butterfly, twiddles, and about six
/// for memory. Radix 10 spills registers. Radices 9, 12 and 16 would save a pass for some lengths, but increase the
/// build time.
const WIDE: [(usize, u32); 8] =
    [(2, 100), (3, 127), (4, 130), (5, 164), (6, 153), (7, 189), (8, 160), (10, 208)];

/// Radices of instruction sets with few registers.
const NARROW: [(usize, u32); 5] = [(2, 100), (3, 127), (4, 130), (5, 184), (7, 239)];

fn radices(n: usize, wide: bool) -> Option<Vec<usize>> {
    if !is_smooth(n) {
        return None;
    }
    if n.is_power_of_two() && n >= 16 {
        return Some(powers_of_two(n.trailing_zeros() as usize, wide));
    }
    if n == 400 && !wide {
        return Some(vec![5, 5, 4, 4]);
    }
    let (_, mut radices) = cheapest(n, if wide { &WIDE } else { &NARROW })?;
    // Large radices first: blocks fit the cache as early as possible.
    radices.sort_unstable_by(|a, b| b.cmp(a));
    Some(radices)
}

fn powers_of_two(levels: usize, wide: bool) -> Vec<usize> {
    if wide {
        // Radix 8, with radix 4 for the rest; never a single radix 2.
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
    }
}

/// Returns the radices of lowest cost whose product is `n`.
fn cheapest(n: usize, table: &[(usize, u32)]) -> Option<(u32, Vec<usize>)> {
    // Descending radices only, so that each product is tried once.
    fn search(n: usize, table: &[(usize, u32)]) -> Option<(u32, Vec<usize>)> {
        if n == 1 {
            return Some((0, Vec::new()));
        }
        let mut best: Option<(u32, Vec<usize>)> = None;
        for (i, &(radix, cost)) in table.iter().enumerate().filter(|(_, (radix, _))| n.is_multiple_of(*radix))
        {
            if let Some((rest, mut radices)) = search(n / radix, &table[..=i])
                && best.as_ref().is_none_or(|(least, _)| rest + cost < *least)
            {
                radices.push(radix);
                best = Some((rest + cost, radices));
            }
        }
        best
    }
    search(n, table)
}

/// `exp(−2πi·k/n)`, within one rounding of the f64 result: the angle is reduced to an eighth of a turn in integers.
pub(crate) fn root_of_unity(k: usize, n: usize) -> [f64; 2] {
    let k = k % n;
    let (octant, rest) = (8 * k / n, 8 * k % n);
    // In odd octants the angle is measured from the end of the octant.
    let eighths = if octant % 2 == 0 { rest } else { n - rest };
    let (sin, cos) = if eighths == n {
        (FRAC_1_SQRT_2, FRAC_1_SQRT_2)
    } else {
        (FRAC_PI_4 * (eighths as f64 / n as f64)).sin_cos()
    };
    let (cos, sin) = match octant {
        0 => (cos, sin),
        1 => (sin, cos),
        2 => (-sin, cos),
        3 => (-cos, sin),
        4 => (-cos, -sin),
        5 => (-sin, -cos),
        6 => (sin, -cos),
        _ => (cos, -sin),
    };
    [cos, -sin]
}

fn twiddle_table<T: Real>(block: usize, radix: usize) -> Vec<T> {
    let columns = block / radix;
    let mut table = Vec::with_capacity(columns * 2 * (radix - 1));
    for j in 0..columns {
        for q in 1..radix {
            table.extend(root_of_unity(j * q, block).map(T::narrow));
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
        let mut count = 0;
        for n in (0..=LONGEST).filter(|&n| is_smooth(n)) {
            count += 1;
            for wide in [false, true] {
                let recipe = Recipe::<f32>::new(n, wide).expect("supported");
                assert_eq!(recipe.radices.iter().product::<usize>(), n);
                let table: &[(usize, u32)] = if wide { &WIDE } else { &NARROW };
                assert!(recipe.radices.iter().all(|r| table.iter().any(|(known, _)| known == r)), "n = {n}");
                if n <= 1024 {
                    let mut seen = recipe.position.clone();
                    seen.sort_unstable();
                    assert!(seen.into_iter().eq(0..n), "n = {n}");
                }
            }
        }
        // Products of 2, 3, 5 and 7 up to 16,384, without those below 8.
        assert_eq!(count, 393);
    }

    #[test]
    fn tens_pay_for_decimal_sizes() {
        assert_eq!(radices(1000, true), Some(vec![10, 10, 10]));
        assert_eq!(radices(256, true), Some(vec![8, 8, 4]));
        assert_eq!(radices(512, false), Some(vec![2, 4, 4, 4, 4]));
    }

    #[test]
    fn other_sizes_have_none() {
        for n in [0, 1, 2, 7, 8, 11, 17, 401, 551, 16_385, 16_400, 32_768] {
            assert!(!supports(n), "{n}");
        }
    }

    #[test]
    fn roots_are_symmetric_and_exact_at_the_axes() {
        assert_eq!(root_of_unity(0, 7), [1.0, -0.0]);
        assert_eq!([1, 2, 3].map(|k| root_of_unity(k, 4)), [[0.0, -1.0], [-1.0, -0.0], [-0.0, 1.0]]);
        for n in [12, 35, 1000] {
            for k in 0..n {
                let [c, s] = root_of_unity(k, n);
                let angle = -2.0 * std::f64::consts::PI * k as f64 / n as f64;
                assert!((c - angle.cos()).abs() < 1e-15 && (s - angle.sin()).abs() < 1e-15, "{k}/{n}");
                let [c2, s2] = root_of_unity(n - k, n);
                assert_eq!((c, s.abs()), (c2, s2.abs()));
            }
        }
    }
}
