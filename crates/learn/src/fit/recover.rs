//! Recovery of the order of the input from the matrix alone.
//!
//! In the last stage, rows `r` and `r + n/2` are multiples of each other over the columns of the left half, with
//! other factors over the columns of the right half. These factors divide the columns into two classes. Each class,
//! with its pairs of rows combined, is a product with one stage fewer, to which the same step applies. `O(n²)`.

use num_complex::Complex64;

use super::rank_one::rank_one;
use crate::matrix::Matrix;

/// Returns the order in which a product of butterflies takes its input, if `matrix` is such a product (with noise:
/// near one). The order is unique up to swaps that the weights absorb; of these, smaller indices come first.
pub fn recover(matrix: &Matrix) -> Vec<u32> {
    let entries: Vec<Complex64> =
        matrix.re.iter().zip(&matrix.im).map(|(re, im)| Complex64::new(*re, *im)).collect();
    halves(&entries, &(0..matrix.cols as u32).collect::<Vec<_>>())
}

/// Divides the columns of `a` `[n, n]`, whose indices are `names` in ascending order.
fn halves(a: &[Complex64], names: &[u32]) -> Vec<u32> {
    let n = names.len();
    if n <= 2 {
        return names.to_vec();
    }
    let half = n / 2;
    let at = |row: usize, col: usize| a[row * n + col];
    // Distance of column j from the factors of column 0, 0 … 1 for each pair of rows.
    let mut apart: Vec<(f64, usize)> = (1..n)
        .map(|j| {
            let (mut sum, mut weight) = (0.0, 0.0);
            for r in 0..half {
                let (p, q, s, t) = (at(r, 0), at(r + half, 0), at(r, j), at(r + half, j));
                sum += (p * t - q * s).norm_sqr();
                weight += (p.norm_sqr() + q.norm_sqr()) * (s.norm_sqr() + t.norm_sqr());
            }
            (if weight > 0.0 { sum / weight } else { 0.0 }, j)
        })
        .collect();
    apart.sort_by(|p, q| p.0.total_cmp(&q.0).then(p.1.cmp(&q.1)));
    let mut left: Vec<usize> = std::iter::once(0).chain(apart[..half - 1].iter().map(|p| p.1)).collect();
    let mut right: Vec<usize> = apart[half - 1..].iter().map(|p| p.1).collect();
    left.sort_unstable();
    right.sort_unstable();
    let mut order = Vec::with_capacity(n);
    for columns in [left, right] {
        let mut below = Vec::with_capacity(half * half);
        for r in 0..half {
            let pair: Vec<Complex64> = [r, r + half]
                .iter()
                .flat_map(|&row| columns.iter().map(move |&j| (row, j)))
                .map(|(i, j)| at(i, j))
                .collect();
            below.extend(rank_one(&pair, 2, half).1);
        }
        let names: Vec<u32> = columns.iter().map(|&j| names[j]).collect();
        order.extend(halves(&below, &names));
    }
    order
}
