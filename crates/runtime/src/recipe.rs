//! Division of a complex transform, whose length is a product of 2, 3, 5 and 7, into passes through the shared memory
//! of a block of threads: plain data, chosen without a device, the same for every GPU.

use std::f64::consts::TAU;

/// Radices and threads of one transform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MixedRecipe {
    /// Points.
    pub(crate) n: usize,
    /// Radices of the passes, first pass first; their product is `n`.
    pub(crate) radices: Vec<usize>,
    /// Threads per transform: a power of two up to 32, otherwise a multiple of 32.
    pub(crate) threads: usize,
}

/// Limits of the kernels of a device.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MixedLimits {
    /// Radices with the cost of a pass per point, without its exchange through memory.
    pub(crate) radices: &'static [(usize, f64)],
    /// Largest number of threads per transform.
    pub(crate) threads: usize,
    /// Largest number of points per thread.
    pub(crate) points: usize,
    /// Registers of a block, shared by its threads.
    pub(crate) registers: usize,
}

/// Registers per thread in addition to the two per point.
const OTHER_REGISTERS: usize = 46;

/// Longest transform of one block.
const LONGEST: usize = 16_384;
/// Cost per point of an exchange through shared memory and of the factors, in the unit of [`MixedLimits::radices`].
const TRIP: f64 = 14.0;
/// Cost per point of a barrier for all threads of a row that has more than 32.
const WAIT: f64 = 2.0;

impl MixedRecipe {
    /// Returns the recipe of least cost; `None` for a length that is too long or has a prime factor other than those
    /// of the radices.
    pub(crate) fn new(n: usize, limits: &MixedLimits) -> Option<Self> {
        if !(2..=LONGEST).contains(&n) {
            return None;
        }
        let mut best: Option<(f64, Self)> = None;
        let mut chosen = Vec::new();
        search(n, limits.radices, &mut chosen, &mut |radices| {
            for threads in [1, 2, 4, 8, 16].into_iter().chain((32..=limits.threads).step_by(32)) {
                let Some(cost) = cost(n, radices, threads, limits) else { continue };
                if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                    best = Some((cost, Self { n, radices: radices.to_vec(), threads }));
                }
            }
        });
        best.map(|(_, recipe)| recipe)
    }

    /// Returns the most points that a thread holds in any pass.
    pub(crate) fn points(&self) -> usize {
        self.radices.iter().map(|r| (self.n / r).div_ceil(self.threads) * r).max().unwrap_or(1)
    }

    /// Returns the radix of each pass and the product of the radices before it.
    pub(crate) fn passes(&self) -> impl Iterator<Item = (usize, usize)> {
        self.radices.iter().scan(1, |before, &radix| {
            let pass = (radix, *before);
            *before *= radix;
            Some(pass)
        })
    }

    /// Returns the factors `exp(−2πi·jk / (radix·before))` of the passes after the first: for each `j` from 1, for
    /// each `k` below `before`, real and imaginary part.
    pub(crate) fn factors(&self) -> Vec<f32> {
        let later = self.passes().filter(|&(_, before)| before > 1);
        let each = later.flat_map(|(radix, before)| {
            (1..radix).flat_map(move |j| (0..before).map(move |k| root(j * k, radix * before)))
        });
        each.flat_map(|(re, im)| [re as f32, im as f32]).collect()
    }
}

/// Calls `found` with every multiset of radices whose product is `n`, largest first.
fn search(n: usize, table: &[(usize, f64)], chosen: &mut Vec<usize>, found: &mut impl FnMut(&[usize])) {
    if n == 1 {
        return found(chosen);
    }
    for (at, &(radix, _)) in table.iter().enumerate().filter(|(_, (radix, _))| n.is_multiple_of(*radix)) {
        chosen.push(radix);
        search(n / radix, &table[at..], chosen, found);
        chosen.pop();
    }
}

fn cost(n: usize, radices: &[usize], threads: usize, limits: &MixedLimits) -> Option<f64> {
    let mut all = 0.0;
    for radix in radices {
        let butterflies = (n / radix).div_ceil(threads);
        let needed = 2 * butterflies * radix + OTHER_REGISTERS;
        if butterflies * radix > limits.points || needed.saturating_mul(threads) > limits.registers {
            return None;
        }
        let (_, own) = limits.radices.iter().find(|(r, _)| r == radix)?;
        // Threads without a butterfly wait for the others.
        let share = (butterflies * threads * radix) as f64 / n as f64;
        // With few points per thread, fewer accesses are in flight, and each thread computes its own addresses.
        let few = if butterflies * radix < 4 { 1.5 } else { 1.0 };
        let many = if butterflies * radix > 16 { 1.15 } else { 1.0 };
        all += share * few * many * (TRIP + own) + if threads > 32 { WAIT } else { 0.0 };
    }
    Some(all)
}

/// Returns the transform of least cost that a convolution of `2·n − 1` points fits in.
pub(crate) fn convolutions(n: usize, limits: &MixedLimits) -> Option<MixedRecipe> {
    let least = (2 * n).checked_sub(1)?;
    let most = least.next_power_of_two().min(LONGEST);
    let made = (least..=most).filter_map(|size| MixedRecipe::new(size, limits)).take(4);
    let size = |recipe: &MixedRecipe| {
        let own = cost(recipe.n, &recipe.radices, recipe.threads, limits).unwrap_or(f64::INFINITY);
        own * recipe.n as f64
    };
    made.chain(MixedRecipe::new(most, limits))
        .filter(|r| r.n >= least)
        .min_by(|a, b| size(a).total_cmp(&size(b)))
}

/// Returns `exp(−2πi·num/den)`, reduced to the first octant so that mirrored factors are equal to the last bit.
pub(crate) fn root(num: usize, den: usize) -> (f64, f64) {
    let eighths = 8 * (num % den);
    let (octant, rest) = (eighths / den, eighths % den);
    let odd = octant % 2 == 1;
    let part = if odd { den - rest } else { rest };
    let (sin, cos) = (TAU * part as f64 / (8 * den) as f64).sin_cos();
    let (a, b) = if odd { (sin, cos) } else { (cos, sin) };
    match octant / 2 {
        0 => (a, -b),
        1 => (-b, -a),
        2 => (-a, b),
        _ => (b, a),
    }
}

/// Returns the expectation of the median of `n` exponential variables relative to their mean, as SciPy's
/// `_median_bias`.
pub(crate) fn median_bias(n: usize) -> f64 {
    let evens = (1..=n.saturating_sub(1) / 2).map(|i| 2.0 * i as f64);
    1.0 + evens.map(|even| 1.0 / (even + 1.0) - 1.0 / even).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: MixedLimits = MixedLimits {
        radices: &[(16, 9.0), (10, 8.5), (8, 6.5), (7, 10.0), (5, 7.0), (4, 4.0), (3, 4.5), (2, 2.0)],
        threads: 1024,
        points: 32,
        registers: 65_536,
    };

    fn smooth(mut n: usize) -> bool {
        for p in [2, 3, 5, 7] {
            while n.is_multiple_of(p) {
                n /= p;
            }
        }
        n == 1
    }

    #[test]
    fn every_smooth_length_has_a_recipe_within_the_limits_and_no_other() {
        for n in 2..=16_384 {
            let recipe = MixedRecipe::new(n, &LIMITS);
            assert_eq!(recipe.is_some(), smooth(n), "{n}");
            let Some(recipe) = recipe else { continue };
            assert_eq!(recipe.radices.iter().product::<usize>(), n);
            assert!(recipe.points() <= 32 && recipe.threads <= 1024, "{recipe:?}");
            let threads = recipe.threads;
            assert!(threads.is_multiple_of(32) || (threads.is_power_of_two() && threads <= 32), "{recipe:?}");
        }
        assert!(MixedRecipe::new(16_385, &LIMITS).is_none());
    }

    #[test]
    fn convolutions_are_long_enough() {
        for n in [11, 127, 257, 1009, 4099, 8191] {
            let recipe = convolutions(n, &LIMITS).unwrap();
            assert!(recipe.n >= 2 * n - 1 && recipe.n <= (2 * n).next_power_of_two(), "{n} {recipe:?}");
        }
        assert!(convolutions(8193, &LIMITS).is_none());
    }

    #[test]
    fn factors_have_their_places() {
        let recipe = MixedRecipe { n: 60, radices: vec![5, 4, 3], threads: 4 };
        let factors = recipe.factors();
        assert_eq!(factors.len(), 2 * (3 * 5 + 2 * 20));
        // Second pass, j = 2, k = 3: exp(−2πi·6/20).
        let (re, im) = root(6, 20);
        assert_eq!(factors[2 * (5 + 3)..][..2], [re as f32, im as f32]);
    }

    #[test]
    fn the_bias_is_scipys() {
        assert_eq!([0, 1, 2].map(median_bias), [1.0; 3]);
        assert!((median_bias(3) - 5.0 / 6.0).abs() < 1e-15);
        assert!((median_bias(100_001) - std::f64::consts::LN_2).abs() < 1e-4);
    }

    #[test]
    fn roots_are_those_of_unity() {
        for den in [16, 200, 256, 400] {
            for num in 0..2 * den {
                let (re, im) = root(num, den);
                let angle = -TAU * (num % den) as f64 / den as f64;
                assert!((re - angle.cos()).abs() < 2e-15 && (im - angle.sin()).abs() < 2e-15, "{num}/{den}");
            }
        }
        assert_eq!(root(4, 16), (0.0, -1.0));
    }
}
