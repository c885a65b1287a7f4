//! ln(measured / prior) on a grid of n_fft × k × batch.

/// A table of residuals over three axes in logarithms. A lookup takes about twenty operations and does not allocate.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResidualTable {
    /// Natural logarithms of n_fft, k and batch, ascending.
    axes: [Vec<f64>; 3],
    /// Row-major over the axes.
    values: Vec<f64>,
}

impl ResidualTable {
    /// Builds a table from points `([n_fft, k, batch], residual)`. The grid is that of all values that occur; a cell
    /// without a point takes the nearest one (in logarithms), so that a calibration may omit slow cells. Repeated
    /// points are averaged; points that are not finite or contain a zero are ignored.
    pub fn new(points: &[([usize; 3], f64)]) -> Self {
        let points: Vec<([f64; 3], f64)> = points
            .iter()
            .filter(|(at, value)| !at.contains(&0) && value.is_finite())
            .map(|(at, value)| (at.map(|v| (v as f64).ln()), *value))
            .collect();
        let axis = |i: usize| {
            let mut values: Vec<f64> = points.iter().map(|(at, _)| at[i]).collect();
            values.sort_by(f64::total_cmp);
            values.dedup();
            values
        };
        let axes = [axis(0), axis(1), axis(2)];
        let mut values = Vec::with_capacity(axes.iter().map(Vec::len).product());
        for &n in &axes[0] {
            for &k in &axes[1] {
                for &b in &axes[2] {
                    values.push(nearest(&points, [n, k, b]));
                }
            }
        }
        Self { axes, values }
    }

    /// Returns whether the table has no points; every residual is then 0.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns the residual, linear in the logarithms inside the grid and constant outside.
    pub fn at(&self, n_fft: usize, k: usize, batch: usize) -> f64 {
        if self.is_empty() {
            return 0.0;
        }
        let place = |i: usize, v: usize| bracket(&self.axes[i], (v.max(1) as f64).ln());
        let ((n0, n1, nt), (k0, k1, kt), (b0, b1, bt)) = (place(0, n_fft), place(1, k), place(2, batch));
        let (kn, bn) = (self.axes[1].len(), self.axes[2].len());
        let value = |n: usize, k: usize, b: usize| self.values[(n * kn + k) * bn + b];
        let mix = |a: f64, b: f64, t: f64| a + (b - a) * t;
        let over_batch = |n, k| mix(value(n, k, b0), value(n, k, b1), bt);
        let over_k = |n| mix(over_batch(n, k0), over_batch(n, k1), kt);
        mix(over_k(n0), over_k(n1), nt)
    }
}

/// Returns the neighbours of `v` on a non-empty axis, and the weight of the upper one.
fn bracket(axis: &[f64], v: f64) -> (usize, usize, f64) {
    let upper = axis.partition_point(|&a| a < v).min(axis.len() - 1);
    let lower = upper.saturating_sub(1);
    let span = axis[upper] - axis[lower];
    let t = if span > 0.0 { ((v - axis[lower]) / span).clamp(0.0, 1.0) } else { 0.0 };
    (lower, upper, t)
}

/// Returns the mean of the points that are nearest to a cell.
fn nearest(points: &[([f64; 3], f64)], cell: [f64; 3]) -> f64 {
    let mut best = (f64::INFINITY, 0.0, 0.0);
    for (at, value) in points {
        // Neighbouring batches behave similarly, neighbouring n_fft less so, because their kernels differ.
        let distance =
            4.0 * (at[0] - cell[0]).powi(2) + (at[1] - cell[1]).powi(2) + (at[2] - cell[2]).powi(2);
        if distance < best.0 {
            best = (distance, *value, 1.0);
        } else if distance == best.0 {
            best = (distance, best.1 + value, best.2 + 1.0);
        }
    }
    if best.2 > 0.0 { best.1 / best.2 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_at_points_linear_between_constant_outside() {
        let mut points = Vec::new();
        for n in [128, 512] {
            for k in [1, 16] {
                for b in [1, 256, 65_536] {
                    points.push(([n, k, b], n as f64 + 10.0 * k as f64 + (b as f64).ln()));
                }
            }
        }
        let table = ResidualTable::new(&points);
        for ([n, k, b], value) in &points {
            assert!((table.at(*n, *k, *b) - value).abs() < 1e-9);
        }
        let mid = table.at(256, 4, 16);
        assert!((mid - (320.0 + 85.0 + 16f64.ln())).abs() < 1e-9, "{mid}");
        assert_eq!(table.at(64, 1, 1), table.at(128, 1, 1));
        assert_eq!(table.at(512, 99, usize::MAX), table.at(512, 16, 65_536));
        assert_eq!(table.at(0, 0, 0), table.at(128, 1, 1));
    }

    #[test]
    fn holes_take_their_neighbour_and_nonsense_is_ignored() {
        let points = [
            ([128, 1, 1], 1.0),
            ([128, 1, 64], 2.0),
            ([256, 1, 1], 3.0),
            ([256, 1, 1], 5.0),
            ([0, 1, 1], 9.0),
            ([256, 1, 64], f64::NAN),
        ];
        let table = ResidualTable::new(&points);
        assert_eq!(table.at(256, 1, 1), 4.0);
        assert_eq!(
            table.at(256, 1, 64),
            2.0,
            "the other n_fft's large batch is nearer than its own small one"
        );
        assert_eq!(ResidualTable::new(&[]).at(256, 16, 64), 0.0);
        assert!(ResidualTable::new(&points[4..]).is_empty());
    }
}
