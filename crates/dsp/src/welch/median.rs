//! The median over segments and its bias.

use crate::lanes::{Isa, medians};

/// Spectra of all segments, kept because a median needs them all: `segments × bins` values of f64.
#[derive(Debug, Clone, Default)]
pub(crate) struct SpectraStore {
    bins: usize,
    /// Segment after segment.
    values: Vec<f64>,
    column: Vec<f64>,
    /// Looked up once, because the lookup allocates.
    isa: Option<Isa>,
}

impl SpectraStore {
    pub(crate) fn new(bins: usize) -> Self {
        Self { bins, isa: Isa::detect().ok(), ..Self::default() }
    }

    pub(crate) fn clear(&mut self) {
        self.values.clear();
    }

    /// Returns all values kept, segment after segment.
    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    /// Replaces the values.
    pub(crate) fn replace(&mut self, values: &[f64]) {
        self.values.clear();
        self.values.extend_from_slice(values);
    }

    /// Adds one zeroed segment.
    pub(crate) fn next_segment(&mut self) -> &mut [f64] {
        self.next_segments(1)
    }

    /// Adds `count` zeroed segments.
    pub(crate) fn next_segments(&mut self, count: usize) -> &mut [f64] {
        let start = self.values.len();
        self.values.resize(start + count * self.bins, 0.0);
        &mut self.values[start..]
    }

    pub(crate) fn append(&mut self, other: &Self) {
        self.values.extend_from_slice(&other.values);
    }

    /// Computes the median of each bin over the segments, divided by its bias, into `out`; NaN if any segment is NaN.
    pub(crate) fn medians(&mut self, out: &mut [f64]) {
        let bias = median_bias(self.values.len() / self.bins);
        if let Some(isa) = self.isa
            && out.len() == self.bins
            && medians(isa, &self.values, &mut self.column, out)
            && out.iter().all(|v| v.is_finite())
        {
            out.iter_mut().for_each(|v| *v /= bias);
            return;
        }
        for (bin, out) in out.iter_mut().enumerate() {
            self.column.clear();
            self.column.extend(self.values.iter().skip(bin).step_by(self.bins));
            *out = median(&mut self.column) / bias;
        }
    }
}

/// Returns the median of the values, which are reordered; for an even number the mean of the middle two; NaN if there
/// are none.
fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() || values.iter().any(|v| v.is_nan()) {
        return f64::NAN;
    }
    let middle = values.len() / 2;
    let odd = values.len() % 2 == 1;
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if odd {
        return *upper;
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    0.5 * (lower + *upper)
}

/// Returns the expectation of the median of `n` exponential variables relative to their mean, as SciPy's
/// `_median_bias` (Allen et al., Phys. Rev. D 85, 122006, 2012, appendix B).
pub(crate) fn median_bias(n: usize) -> f64 {
    let pairs = n.saturating_sub(1) / 2;
    1.0 + (1..=pairs).map(|i| 1.0 / (2 * i + 1) as f64 - 1.0 / (2 * i) as f64).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_few_values() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(&mut [7.0]), 7.0);
        assert!(median(&mut []).is_nan());
        assert!(median(&mut [1.0, f64::NAN, 2.0]).is_nan());
    }

    #[test]
    fn bias_falls_from_one_to_ln_2() {
        assert_eq!([0, 1, 2].map(median_bias), [1.0; 3]);
        assert!((median_bias(3) - 5.0 / 6.0).abs() < 1e-15);
        assert!((median_bias(4) - 5.0 / 6.0).abs() < 1e-15);
        assert!((median_bias(1_000_001) - std::f64::consts::LN_2).abs() < 1e-6);
    }
}
