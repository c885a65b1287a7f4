//! Local maxima and minima of a row from the signs of its slopes.

use std::sync::OnceLock;

use super::Plateaus;
use crate::fft::Real;
use crate::lanes::Isa;

/// Samples that rise above, and fall below, the one before; 64 samples per word.
#[derive(Debug, Default)]
pub(super) struct Slopes {
    rises: Vec<u64>,
    falls: Vec<u64>,
}

impl Slopes {
    /// Replaces the bits by those of `x`.
    pub(super) fn set<T: Real>(&mut self, x: &[T]) {
        // Comparisons are exact on every level, so a level that this machine does not support changes nothing here;
        // plans report it.
        static ISA: OnceLock<Isa> = OnceLock::new();
        let isa = *ISA.get_or_init(|| Isa::detect().unwrap_or(Isa::Portable));
        let words = x.len().div_ceil(64);
        self.rises.resize(words, 0);
        self.falls.resize(words, 0);
        T::slopes(isa, x, &mut self.rises, &mut self.falls);
    }

    /// Writes the middles of all local maxima of `x`, whose slopes these are, to `middles`.
    pub(super) fn maxima<T: Real>(&self, x: &[T], middles: &mut Vec<usize>) {
        turns(x, &self.rises, &self.falls, |left, right| (left + right) / 2, middles);
    }

    /// The local minima of `x` (flat bottoms included) in ascending order, as [`Self::maxima`].
    pub(super) fn minima<'a, T: Real>(&'a self, x: &'a [T]) -> Minima<'a, T> {
        Minima { x, slopes: self, word: 0, left: if self.falls.is_empty() { 0 } else { self.bottoms(0) } }
    }

    /// Last samples of falls of a word that no fall follows.
    #[inline(always)]
    fn bottoms(&self, word: usize) -> u64 {
        self.falls[word] & !next(&self.falls, word)
    }

    /// As [`Self::maxima`], with the extents of the flat tops.
    pub(super) fn plateaus<T: Real>(&self, x: &[T], middles: &mut Vec<usize>, tops: &mut Plateaus) {
        turns(x, &self.rises, &self.falls, |left, _| left, &mut tops.left_edges);
        let lefts = &tops.left_edges;
        tops.right_edges.clear();
        tops.right_edges.extend(lefts.iter().map(|&left| last_equal(x, left)));
        let both = || lefts.iter().zip(&tops.right_edges);
        tops.sizes.clear();
        tops.sizes.extend(both().map(|(left, right)| right - left + 1));
        middles.clear();
        middles.extend(both().map(|(left, right)| (left + right) / 2));
    }
}

/// The bits of the samples one later.
#[inline(always)]
fn next(of: &[u64], word: usize) -> u64 {
    of[word] >> 1 | of.get(word + 1).map_or(0, |after| after << 63)
}

/// First and last samples of local minima; see [`Slopes::minima`].
pub(super) struct Minima<'a, T> {
    x: &'a [T],
    slopes: &'a Slopes,
    word: usize,
    /// Candidates of this word that are left.
    left: u64,
}

impl<T: Real> Iterator for Minima<'_, T> {
    type Item = (usize, usize);

    #[inline(always)]
    fn next(&mut self) -> Option<(usize, usize)> {
        loop {
            while self.left == 0 {
                if self.word + 1 >= self.slopes.falls.len() {
                    return None;
                }
                self.word += 1;
                self.left = self.slopes.bottoms(self.word);
            }
            let first = 64 * self.word + self.left.trailing_zeros() as usize;
            self.left &= self.left - 1;
            let last = last_equal(self.x, first);
            let after = last + 1;
            if after < self.x.len() && self.slopes.rises[after / 64] >> (after % 64) & 1 == 1 {
                return Some((first, last));
            }
        }
    }
}

/// Last sample of the run of equal samples that begins at `first`.
#[inline(always)]
pub(super) fn last_equal<T: Real>(x: &[T], first: usize) -> usize {
    let mut last = first;
    while x.get(last + 1) == Some(&x[first]) {
        last += 1;
    }
    last
}

/// Writes `place(first, last)` of every run of equal samples that `up` leads to and `down` leads away from.
#[inline(always)]
fn turns<T: Real>(
    x: &[T],
    up: &[u64],
    down: &[u64],
    place: impl Fn(usize, usize) -> usize,
    out: &mut Vec<usize>,
) {
    /// Positions written at a time, past the last one of a word too.
    const STEP: usize = 8;
    let ends = |word: usize| up[word] & !next(up, word);
    let most: usize = (0..up.len()).map(|word| ends(word).count_ones() as usize).sum();
    out.clear();
    out.resize(most + STEP, 0);
    let mut filled = 0;
    for word in 0..up.len() {
        let mut left = ends(word);
        let start = 64 * word;
        if left & !next(down, word) == 0 {
            let count = left.count_ones() as usize;
            for first in (0..count).step_by(STEP) {
                for slot in &mut out[filled + first..filled + first + STEP] {
                    *slot = start + left.trailing_zeros() as usize;
                    left &= left.wrapping_sub(1);
                }
            }
            filled += count;
            continue;
        }
        // Flat runs, the last sample, or a NaN beside one.
        while left != 0 {
            let first = start + left.trailing_zeros() as usize;
            left &= left - 1;
            let last = last_equal(x, first);
            let after = last + 1;
            if after < x.len() && down[after / 64] >> (after % 64) & 1 == 1 {
                out[filled] = place(first, last);
                filled += 1;
            }
        }
    }
    out.truncate(filled);
}
