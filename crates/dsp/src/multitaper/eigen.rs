//! The largest eigenvalues and their vectors of a symmetric tridiagonal matrix.

/// A symmetric tridiagonal matrix: the diagonal, and the values beside it (one fewer).
pub(super) struct Tridiagonal {
    pub(super) diagonal: Vec<f64>,
    pub(super) beside: Vec<f64>,
}

/// Shifts whose eigenvalues are counted side by side.
const SHIFTS: usize = 8;

impl Tridiagonal {
    /// How many eigenvalues are below each of the shifts (Sturm's sequence).
    fn below(&self, shifts: &[f64; SHIFTS]) -> [usize; SHIFTS] {
        let mut pivots = [1.0; SHIFTS];
        let mut counts = [0usize; SHIFTS];
        let mut square = 0.0;
        for (i, d) in self.diagonal.iter().enumerate() {
            for ((pivot, shift), count) in pivots.iter_mut().zip(shifts).zip(&mut counts) {
                // A pivot of 0 counts as a tiny negative one.
                let divisor = if *pivot == 0.0 { -f64::MIN_POSITIVE } else { *pivot };
                *pivot = (d - shift) - square / divisor;
                *count += usize::from(*pivot < 0.0);
            }
            square = self.beside.get(i).map_or(0.0, |e| e * e);
        }
        counts
    }

    /// The `count` largest eigenvalues with unit eigenvectors, the largest first; they must be distinct.
    pub(super) fn largest(&self, count: usize) -> Vec<(f64, Vec<f64>)> {
        (0..count.min(self.diagonal.len())).map(|k| self.nth_largest(k)).collect()
    }

    fn nth_largest(&self, k: usize) -> (f64, Vec<f64>) {
        let n = self.diagonal.len();
        if n == 1 {
            return (self.diagonal[0], vec![1.0]);
        }
        // Gershgorin's circles hold all eigenvalues.
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for (i, d) in self.diagonal.iter().enumerate() {
            let before = if i > 0 { self.beside[i - 1].abs() } else { 0.0 };
            let radius = before + self.beside.get(i).map_or(0.0, |e| e.abs());
            (low, high) = (low.min(d - radius), high.max(d + radius));
        }
        // The k-th largest is the one with n − 1 − k below it.
        let rank = n - 1 - k;
        let scale = low.abs().max(high.abs());
        while high - low > 4.0 * f64::EPSILON * scale {
            let step = (high - low) / (SHIFTS + 1) as f64;
            let shifts: [f64; SHIFTS] = std::array::from_fn(|i| low + step * (i + 1) as f64);
            if shifts[0] <= low || shifts[SHIFTS - 1] >= high {
                break;
            }
            let counts = self.below(&shifts);
            let first = counts.iter().position(|c| *c > rank).unwrap_or(SHIFTS);
            if first < SHIFTS {
                high = shifts[first];
            }
            if first > 0 {
                low = shifts[first - 1];
            }
        }
        let value = f64::midpoint(low, high);
        (value, self.vector(value))
    }

    /// The unit eigenvector of an eigenvalue by inverse iteration.
    fn vector(&self, value: f64) -> Vec<f64> {
        let n = self.diagonal.len();
        let factors = Factors::new(self, value);
        // Every eigenvector has a part of this start: it is no smooth function of the place.
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut vector: Vec<f64> = (0..n)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                0.5 + (state >> 12) as f64 / (1_u64 << 52) as f64
            })
            .collect();
        for _ in 0..4 {
            factors.solve(&mut vector);
            let norm = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
            vector.iter_mut().for_each(|v| *v /= norm);
        }
        vector
    }
}

/// `P·L·U` of a shifted tridiagonal matrix with partial pivoting: a row of `U` has up to three values.
struct Factors {
    upper: Vec<[f64; 3]>,
    /// What a row is multiplied by before it is taken from the next one, and whether the two were swapped.
    lower: Vec<(f64, bool)>,
}

impl Factors {
    fn new(matrix: &Tridiagonal, shift: f64) -> Self {
        let n = matrix.diagonal.len();
        let scale = matrix.diagonal.iter().chain(&matrix.beside).fold(0.0_f64, |most, v| most.max(v.abs()));
        let tiny = f64::EPSILON * scale.max(f64::MIN_POSITIVE);
        let beside = |i: usize| matrix.beside.get(i).copied().unwrap_or(0.0);
        let mut upper = Vec::with_capacity(n);
        let mut lower = Vec::with_capacity(n);
        let mut row = [matrix.diagonal[0] - shift, beside(0), 0.0];
        for i in 1..n {
            let mut next = [matrix.beside[i - 1], matrix.diagonal[i] - shift, beside(i)];
            let swapped = next[0].abs() > row[0].abs();
            if swapped {
                std::mem::swap(&mut row, &mut next);
            }
            if row[0] == 0.0 {
                row[0] = tiny;
            }
            let factor = next[0] / row[0];
            lower.push((factor, swapped));
            upper.push(row);
            row = [next[1] - factor * row[1], next[2] - factor * row[2], 0.0];
        }
        if row[0].abs() < tiny {
            row[0] = tiny;
        }
        upper.push(row);
        Self { upper, lower }
    }

    fn solve(&self, x: &mut [f64]) {
        let n = x.len();
        for (i, &(factor, swapped)) in self.lower.iter().enumerate() {
            if swapped {
                x.swap(i, i + 1);
            }
            x[i + 1] -= factor * x[i];
        }
        for i in (0..n).rev() {
            let row = &self.upper[i];
            let one = if i + 1 < n { row[1] * x[i + 1] } else { 0.0 };
            let two = if i + 2 < n { row[2] * x[i + 2] } else { 0.0 };
            x[i] = (x[i] - one - two) / row[0];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    #[test]
    fn second_differences_have_sines() {
        let n = 40;
        let matrix = Tridiagonal { diagonal: vec![2.0; n], beside: vec![-1.0; n - 1] };
        for (k, (value, vector)) in matrix.largest(5).into_iter().enumerate() {
            let angle = (n - k) as f64 * PI / (n + 1) as f64;
            assert!((value - (2.0 - 2.0 * angle.cos())).abs() < 1e-13, "{k}: {value}");
            let sine = |i: usize| (angle * (i + 1) as f64).sin() * (2.0 / (n + 1) as f64).sqrt();
            let sign = (vector[0] / sine(0)).signum();
            assert!((0..n).all(|i| (vector[i] - sign * sine(i)).abs() < 1e-12), "{k}");
        }
    }

    #[test]
    fn one_and_two_rows() {
        assert_eq!(Tridiagonal { diagonal: vec![3.0], beside: vec![] }.largest(2), [(3.0, vec![1.0])]);
        let two = Tridiagonal { diagonal: vec![0.0, 0.0], beside: vec![1.0] }.largest(2);
        assert!((two[0].0 - 1.0).abs() < 1e-15 && (two[1].0 + 1.0).abs() < 1e-15);
    }
}
