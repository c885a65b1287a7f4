//! The outer butterflies of two products in closed form.
//!
//! ```text
//! A(r, c) = X_r · diag(m(r, c)) · Y_c        2×2 each (train/layers.rs)
//! A(r, c)·A(s, c)⁻¹·A(s, d)·A(r, d)⁻¹ = X_r · diag · X_r⁻¹     a cycle of four: its eigenvectors are X_r's columns
//! rows of X_r⁻¹·A(r, c) lie along the rows of Y_c;  columns of A(s, c)·Y_c⁻¹ along the columns of X_s
//! ```
//! Any cycle whose eigenvalues differ gives the same answer; of some dozens, the one whose eigenvalues differ most is
//! taken.

use num_complex::Complex64;

use crate::matrix::Matrix;
use crate::random::Random;

type C = Complex64;
/// `a, b, c, d` of `[[a, b], [c, d]]`.
type Two = [C; 4];

/// Cycles that are tried.
const CYCLES: usize = 96;

/// Returns the butterflies of the left and of the right stage, `a, b, c, d` each; zeros for a butterfly that the
/// matrix does not determine.
pub(super) fn outer(matrix: &Matrix, random: &mut Random) -> Vec<f64> {
    let half = matrix.rows / 2;
    let at = |r: usize, c: usize| -> Two {
        [matrix.get(r, c), matrix.get(r, c + half), matrix.get(r + half, c), matrix.get(r + half, c + half)]
    };
    let mut best: Option<(f64, usize, Two)> = None;
    for _ in 0..CYCLES {
        let [r, s, c, d] = std::array::from_fn(|_| random.below(half));
        let Some(cycle) = cycle(at(r, c), at(s, c), at(s, d), at(r, d)) else { continue };
        let (apart, x) = eigenvectors(cycle);
        if best.as_ref().is_none_or(|b| apart > b.0) {
            best = Some((apart, r, x));
        }
    }
    let Some((_, r, x)) = best else { return vec![0.0; 16 * half] };
    let Some(inverse) = inverse(x) else { return vec![0.0; 16 * half] };
    let right: Vec<Two> = (0..half)
        .map(|c| {
            let [e, f, g, h] = times(inverse, at(r, c));
            let ([e, f], [g, h]) = (unit([e, f]), unit([g, h]));
            [e, f, g, h]
        })
        .collect();
    let column = |s: usize| -> Two {
        // The best determined column: the one with the largest entries relative to the similarity of its directions.
        let told =
            |c: usize| at(s, c).iter().map(|z| z.norm_sqr()).sum::<f64>() * determinant(right[c]).norm_sqr();
        let c = (0..half).max_by(|&c, &d| told(c).total_cmp(&told(d))).unwrap_or(0);
        let Some(inverse) = self::inverse(right[c]) else { return [C::default(); 4] };
        let [a, b, c, d] = times(at(s, c), inverse);
        let ([a, c], [b, d]) = (unit([a, c]), unit([b, d]));
        [a, b, c, d]
    };
    (0..half).map(column).chain(right.iter().copied()).flatten().flat_map(|z| [z.re, z.im]).collect()
}

/// Returns whether a butterfly of [`outer`] has an inverse.
pub(super) fn is_whole(w: &[f64]) -> bool {
    w.len() == 8 && inverse(std::array::from_fn(|i| C::new(w[2 * i], w[2 * i + 1]))).is_some()
}

fn times([a, b, c, d]: Two, [e, f, g, h]: Two) -> Two {
    [a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h]
}

fn determinant([a, b, c, d]: Two) -> C {
    a * d - b * c
}

fn inverse([a, b, c, d]: Two) -> Option<Two> {
    let det = determinant([a, b, c, d]);
    let scale = [a, b, c, d].iter().map(|z| z.norm_sqr()).sum::<f64>();
    (det.norm() > 1e-12 * scale).then(|| [d / det, -b / det, -c / det, a / det])
}

fn cycle(p: Two, q: Two, r: Two, s: Two) -> Option<Two> {
    Some(times(times(p, inverse(q)?), times(r, inverse(s)?)))
}

fn unit([a, b]: [C; 2]) -> [C; 2] {
    let norm = (a.norm_sqr() + b.norm_sqr()).sqrt();
    if norm > 0.0 { [a / norm, b / norm] } else { [a, b] }
}

/// Returns the distance of the eigenvalues relative to their size, and the eigenvectors as columns.
fn eigenvectors([a, b, c, d]: Two) -> (f64, Two) {
    let mean = (a + d) / 2.0;
    let root = ((a - d) * (a - d) / 4.0 + b * c).sqrt();
    let vector = |value: C| {
        let (v, w) = ([b, value - a], [value - d, c]);
        let norm = |v: [C; 2]| v[0].norm_sqr() + v[1].norm_sqr();
        unit(if norm(v) >= norm(w) { v } else { w })
    };
    let (v, w) = (vector(mean + root), vector(mean - root));
    let apart = 2.0 * root.norm() / ((mean + root).norm() + (mean - root).norm()).max(f64::MIN_POSITIVE);
    (apart, [v[0], w[0], v[1], w[1]])
}
