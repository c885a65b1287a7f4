//! Ratios of two Gaussian integers of a few bits near a given complex number.

use std::collections::HashMap;
use std::rc::Rc;

use num_complex::Complex64;

/// A row of integers in place of a row of weights.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    /// Squared sine of the angle between what the integers compute and what the weights do.
    pub(super) cost: f64,
    /// Least-squares factor by which the result is larger than that of the weights.
    pub(super) factor: Complex64,
    pub(super) ints: [i8; 4],
}

impl Candidate {
    /// Candidate of a row of zeros.
    pub(super) const ZERO: Self = Self { cost: 0.0, factor: Complex64::new(1.0, 0.0), ints: [0; 4] };
}

/// Candidates kept per ratio.
const KEPT: usize = 24;
/// Share of the range that the larger weight of a row has at least: rows of very different size would share one exponent.
const LEAST: f64 = 0.5;

/// Costs and rows of integers, the nearest first.
type List = Rc<[(f64, [i8; 4])]>;

/// The nearest rows, found once per ratio: the blocks of a stage share them.
pub(super) struct Ratios {
    top: i32,
    known: HashMap<[u64; 3], List>,
}

impl Ratios {
    /// For integers from `−top` to `top`.
    pub(super) fn new(top: f64) -> Self {
        Self { top: top as i32, known: HashMap::new() }
    }

    /// Returns the rows of integers nearest to `row`, the nearest first, for inputs that are larger by `factors` than they should be.
    pub(super) fn candidates(&mut self, row: [Complex64; 2], factors: [Complex64; 2]) -> Vec<Candidate> {
        let Some((swap, list)) = self.list(row, factors) else { return vec![Candidate::ZERO] };
        let power = row[0].norm_sqr() + row[1].norm_sqr();
        let of = |&(cost, [a, b, c, d]): &(f64, [i8; 4])| {
            let ints = if swap { [c, d, a, b] } else { [a, b, c, d] };
            let z = |at: usize| Complex64::new(ints[at].into(), ints[at + 1].into());
            let factor = (row[0].conj() * z(0) * factors[0] + row[1].conj() * z(2) * factors[1]) / power;
            Candidate { cost, factor, ints }
        };
        list.iter().map(of).collect()
    }

    /// Returns the cost of the nearest row.
    pub(super) fn least(&mut self, row: [Complex64; 2], factors: [Complex64; 2]) -> f64 {
        self.list(row, factors).and_then(|(_, list)| list.first().map(|first| first.0)).unwrap_or(0.0)
    }

    /// Returns whether the second integer is the larger one, and the rows near `(1, smaller / larger)`.
    fn list(&mut self, row: [Complex64; 2], factors: [Complex64; 2]) -> Option<(bool, List)> {
        let sought = [row[0] / factors[0], row[1] / factors[1]];
        let swap = sought[1].norm_sqr() > sought[0].norm_sqr();
        let (large, small) = if swap { (1, 0) } else { (0, 1) };
        if sought[large] == Complex64::default() {
            return None;
        }
        let ratio = sought[small] / sought[large];
        let gain = factors[small].norm_sqr() / factors[large].norm_sqr();
        let top = self.top;
        let key = [ratio.re.to_bits(), ratio.im.to_bits(), gain.to_bits()];
        let list = self.known.entry(key).or_insert_with(|| nearest(ratio, gain, top).into());
        Some((swap, Rc::clone(list)))
    }
}

/// Gaussian integers `(a, b)` with `b / a` near `ratio`, `|ratio| ≤ 1`, the nearest first; `gain`: power of the input that `b`
/// multiplies beside that of the other one.
fn nearest(ratio: Complex64, gain: f64, top: i32) -> Vec<(f64, [i8; 4])> {
    let mut found: Vec<(f64, [i8; 4])> = Vec::with_capacity(KEPT + 1);
    let mut worst = f64::INFINITY;
    let most = f64::from(top);
    let whole = gain / (1.0 + gain * ratio.norm_sqr());
    let least = (LEAST * most).floor();
    // A unit times a pair has the same direction: one quadrant of denominators is enough.
    for x in 1..=top {
        for y in 0..=top {
            let (x, y) = (f64::from(x), f64::from(y));
            if x.max(y) < least {
                continue;
            }
            let (u, v) = (ratio.re * x - ratio.im * y, ratio.re * y + ratio.im * x);
            let (p, q) = (u.round(), v.round());
            let error = (u - p) * (u - p) + (v - q) * (v - q);
            let cost = whole * error / (x * x + y * y + gain * (p * p + q * q));
            if cost < worst && p.abs() <= most && q.abs() <= most {
                // Multiples of a pair differ by rounding alone: the first one stays first.
                let cost = if cost < 1e-28 { 0.0 } else { cost };
                let at = found.partition_point(|other| other.0 <= cost * (1.0 + 1e-9));
                found.insert(at, (cost, [x as i8, y as i8, p as i8, q as i8]));
                found.truncate(KEPT);
                if found.len() == KEPT {
                    worst = found[KEPT - 1].0;
                }
            }
        }
    }
    found
}
