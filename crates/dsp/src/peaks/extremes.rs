//! Walks along a row that pass over whole blocks of it.

use crate::fft::Real;

/// Samples of a block, and blocks of a block of the next level.
const BLOCK: usize = 16;

/// Samples that a walk visits one by one before blocks are made.
const NEAR: usize = 64;

/// Smallest and largest value of each whole block of [`BLOCK`] values; both are NaN where one of the values is.
#[derive(Debug, Default)]
struct Level<T> {
    lowest: Vec<T>,
    highest: Vec<T>,
}

/// Extremes of the blocks of a row: level after level, until one has less than a block.
#[derive(Debug)]
pub(super) struct Extremes<T> {
    levels: Vec<Level<T>>,
    made: bool,
}

impl<T> Default for Extremes<T> {
    fn default() -> Self {
        Self { levels: Vec::new(), made: false }
    }
}

impl<T: Real> Extremes<T> {
    /// Prepares for another row. Blocks are made when a walk is long enough to need them.
    pub(super) fn reset(&mut self) {
        self.made = false;
    }

    fn make(&mut self, x: &[T]) {
        if self.made {
            return;
        }
        self.made = true;
        let mut count = x.len() / BLOCK;
        let mut level = 0;
        while count > 0 {
            if level == self.levels.len() {
                self.levels.push(Level::default());
            }
            let (below, here) = self.levels.split_at_mut(level);
            let (low, high) = below.last().map_or((x, x), |level| (&level.lowest[..], &level.highest[..]));
            let here = &mut here[0];
            here.lowest.clear();
            here.lowest.extend(low.as_chunks().0.iter().map(|block| extreme(block, |a, b| a < b)));
            here.highest.clear();
            here.highest.extend(high.as_chunks().0.iter().map(|block| extreme(block, |a, b| a > b)));
            count /= BLOCK;
            level += 1;
        }
        self.levels.truncate(level);
    }

    /// Walks from `start` to `end` (both included; to the left where `LEFT`) while `inside(lowest, highest)` holds of each
    /// sample, or of all samples of a block. `see(first, len, lowest)` is called for each sample or block passed.
    ///
    /// Returns the sample that the walk stopped at, `None` where it passed `end`. `inside` must be false for NaN.
    #[inline(always)]
    pub(super) fn walk<const LEFT: bool>(
        &mut self,
        x: &[T],
        start: usize,
        end: usize,
        inside: impl Fn(T, T) -> bool,
        mut see: impl FnMut(usize, usize, T),
    ) -> Option<usize> {
        // Samples that are left to visit, and the next of them.
        let mut left = if LEFT { start + 1 - end } else { end + 1 - start };
        let mut at = start;
        for _ in 0..left.min(NEAR) {
            if !inside(x[at], x[at]) {
                return Some(at);
            }
            see(at, 1, x[at]);
            left -= 1;
            // The last step to the left of sample 0 is not used.
            at = if LEFT { at.wrapping_sub(1) } else { at + 1 };
        }
        if left == 0 {
            return None;
        }
        self.make(x);
        while left > 0 {
            let (mut first, mut len, mut lowest) = (at, 1, x[at]);
            if !inside(x[at], x[at]) {
                return Some(at);
            }
            for level in &self.levels {
                let (larger, block) = (len * BLOCK, at / (len * BLOCK));
                let aligned = if LEFT { at + 1 == (block + 1) * larger } else { at == block * larger };
                if !aligned || left < larger || block >= level.lowest.len() {
                    break;
                }
                if !inside(level.lowest[block], level.highest[block]) {
                    break;
                }
                (first, len, lowest) = (block * larger, larger, level.lowest[block]);
            }
            see(first, len, lowest);
            left -= len;
            at = if LEFT { at.wrapping_sub(len) } else { at + len };
        }
        None
    }
}

/// The value of `block` that none is `before`, NaN where one is NaN.
fn extreme<T: Real>(block: &[T; BLOCK], before: impl Fn(T, T) -> bool) -> T {
    const LANES: usize = 8;
    let lanes: &[[T; LANES]] = block.as_chunks().0;
    let (mut best, mut nan) = (lanes[0], [false; LANES]);
    for values in lanes {
        for lane in 0..LANES {
            best[lane] = if before(values[lane], best[lane]) { values[lane] } else { best[lane] };
            nan[lane] |= values[lane].is_nan();
        }
    }
    if nan.contains(&true) {
        return T::nan();
    }
    best.into_iter().reduce(|a, b| if before(b, a) { b } else { a }).unwrap_or_else(T::nan)
}

/// Position of the lowest sample on the walk from `peak` to `end` that ends where the row rises above the peak, or at a NaN;
/// of equals the nearest to the peak.
pub(super) fn base<T: Real, const LEFT: bool>(
    extremes: &mut Extremes<T>,
    x: &[T],
    peak: usize,
    end: usize,
) -> usize {
    let top = x[peak];
    let (mut first, mut len, mut lowest) = (peak, 1, top);
    extremes.walk::<LEFT>(
        x,
        peak,
        end,
        |_, highest| highest <= top,
        |at, count, value| {
            // Selections and no branch: where a minimum falls in noise cannot be predicted.
            let lower = value < lowest;
            first = if lower { at } else { first };
            len = if lower { count } else { len };
            lowest = if lower { value } else { lowest };
        },
    );
    let here = &x[first..first + len];
    let nearest = |v: &T| *v == lowest;
    let at = if LEFT { here.iter().rposition(nearest) } else { here.iter().position(nearest) };
    // Only a peak that is NaN equals nothing.
    at.map_or(peak, |at| first + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> impl Iterator<Item = Vec<f64>> {
        let mut seed = 1u32;
        (0..24).map(move |kind| {
            (0..9000)
                .map(|i| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let noise = f64::from(seed >> 20) / 4096.0;
                    match kind % 4 {
                        0 => noise,
                        1 => f64::from(i) / 100.0 + noise,
                        2 => (noise * 3.0).floor() - f64::from(i / 2000),
                        _ if seed >> 22 == 7 => f64::NAN,
                        _ => noise / (1.0 + f64::from(i)),
                    }
                })
                .collect()
        })
    }

    #[test]
    fn bases_equal_those_of_plain_walks() {
        let plain = |x: &[f64], peak: usize, walk: &mut dyn Iterator<Item = usize>| {
            walk.take_while(|&i| x[i] <= x[peak]).fold(peak, |base, i| if x[i] < x[base] { i } else { base })
        };
        for x in rows() {
            let mut extremes = Extremes::default();
            for peak in (0..x.len()).step_by(37) {
                for reach in [5, 300, 5000, x.len()] {
                    let (first, last) = (peak.saturating_sub(reach), (peak + reach).min(x.len() - 1));
                    let left = base::<_, true>(&mut extremes, &x, peak, first);
                    assert_eq!(left, plain(&x, peak, &mut (first..=peak).rev()), "{peak} {reach}");
                    let right = base::<_, false>(&mut extremes, &x, peak, last);
                    assert_eq!(right, plain(&x, peak, &mut (peak..=last)), "{peak} {reach}");
                }
            }
        }
    }
}
