//! Prominences of all local maxima of a row at once, with a stack.
//!
//! ```text
//! between two neighbouring maxima there is one valley          so maxima and the bottoms of valleys say everything
//! for each maximum, from left to right:
//!     its left base = the valley before it
//!     pop lower maxima: they end here on the right; their left bases are seen from this one too
//!     push it; the valleys that follow lower its right base until something higher pops it
//! ```
//! Every maximum is pushed and popped once. A NaN ends all walks: the parts between NaN are swept one by one.

use std::ops::Range;

use super::Prominences;
use super::slopes::{Minima, Slopes, last_equal};
use crate::fft::Real;

/// A value and where it was met.
#[derive(Debug, Clone, Copy)]
struct Spot<T> {
    value: T,
    at: usize,
}

impl<T: Real> Spot<T> {
    /// The lower of both, of equals `self`.
    #[inline(always)]
    fn or_lower(self, other: Self) -> Self {
        // Two selections and no branch: noise cannot be predicted.
        let lower = other.value < self.value;
        Self {
            value: if lower { other.value } else { self.value },
            at: if lower { other.at } else { self.at },
        }
    }
}

/// A maximum whose right base is not known yet.
#[derive(Debug, Clone, Copy)]
struct Open<T> {
    top: T,
    /// Its number among the maxima.
    number: usize,
    left: Spot<T>,
    right: Spot<T>,
}

/// Writes prominences and bases of `maxima`, which are all local maxima of `x`, to `out`; `slopes` are those of `x`.
pub(super) fn sweep<T: Real>(x: &[T], slopes: &Slopes, maxima: &[usize], out: &mut Prominences) {
    out.values.resize(maxima.len(), 0.0);
    out.left_bases.resize(maxima.len(), 0);
    out.right_bases.resize(maxima.len(), 0);
    let mut minima = slopes.minima(x);
    let mut sweep = Sweep { x, open: Vec::new(), minimum: minima.next(), minima, out };
    let (mut start, mut first) = (0, 0);
    while start < x.len() && first < maxima.len() {
        let end = next_nan(x, start).unwrap_or(x.len());
        let here = maxima[first..].partition_point(|&middle| middle < end);
        if start < end {
            sweep.part(start..end, first, &maxima[first..first + here]);
        }
        (start, first) = (end + 1, first + here);
    }
}

struct Sweep<'a, T> {
    x: &'a [T],
    open: Vec<Open<T>>,
    minima: Minima<'a, T>,
    /// The next of them: first and last sample of the bottom.
    minimum: Option<(usize, usize)>,
    out: &'a mut Prominences,
}

impl<T: Real> Sweep<'_, T> {
    /// Sweeps a part without NaN, whose maxima are `maxima`, the first of them number `first`.
    fn part(&mut self, part: Range<usize>, first: usize, maxima: &[usize]) {
        let x = self.x;
        // A part that only rises to its first maximum, or only falls from its last, has its lowest sample at that end.
        let mut bottom = (part.start, last_equal(x, part.start));
        for (number, &middle) in (first..).zip(maxima) {
            bottom = self.minimum_before(middle).unwrap_or(bottom);
            let (top, low) = (x[middle], x[bottom.0]);
            self.pass(Spot { value: low, at: bottom.0 });
            let mut left = Spot { value: low, at: bottom.1 };
            while let Some(open) = self.open.pop_if(|open| open.top < top) {
                left = left.or_lower(open.left);
                self.close(&open);
            }
            // An equal maximum stays open, and is passed on the way to the left.
            if let Some(equal) = self.open.last().filter(|open| open.top == top) {
                left = left.or_lower(equal.left);
            }
            self.open.push(Open { top, number, left, right: Spot { value: top, at: middle } });
        }
        if !maxima.is_empty() {
            let at =
                self.minimum_before(part.end).map_or_else(|| first_equal(x, part.end - 1), |last| last.0);
            self.pass(Spot { value: x[at], at });
            while let Some(open) = self.open.pop() {
                self.close(&open);
            }
        }
        while self.minimum_before(part.end).is_some() {}
    }

    #[inline(always)]
    fn minimum_before(&mut self, end: usize) -> Option<(usize, usize)> {
        let minimum = self.minimum.filter(|minimum| minimum.0 < end)?;
        self.minimum = self.minima.next();
        Some(minimum)
    }

    /// The last open maximum sees a valley on its right.
    #[inline(always)]
    fn pass(&mut self, valley: Spot<T>) {
        if let Some(open) = self.open.last_mut() {
            open.right = open.right.or_lower(valley);
        }
    }

    /// Stores the answer of a maximum that was popped; the one below it saw the same on its right.
    #[inline(always)]
    fn close(&mut self, open: &Open<T>) {
        let shoulder = if open.left.value > open.right.value { open.left.value } else { open.right.value };
        self.out.values[open.number] = open.top.widen() - shoulder.widen();
        self.out.left_bases[open.number] = open.left.at;
        self.out.right_bases[open.number] = open.right.at;
        self.pass(open.right);
    }
}

fn first_equal<T: Real>(x: &[T], last: usize) -> usize {
    let mut first = last;
    while first > 0 && x[first - 1] == x[last] {
        first -= 1;
    }
    first
}

/// Position of the first NaN from `start` on.
fn next_nan<T: Real>(x: &[T], start: usize) -> Option<usize> {
    const STEP: usize = 64;
    let mut at = start;
    for block in x[start..].chunks(STEP) {
        // No exit inside: the loop is vectorised.
        if block.iter().fold(false, |nan, v| nan | v.is_nan()) {
            return block.iter().position(|v| v.is_nan()).map(|i| at + i);
        }
        at += block.len();
    }
    None
}
