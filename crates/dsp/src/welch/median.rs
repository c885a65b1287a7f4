//! The median over segments and its bias.

use crate::lanes::{Isa, medians};

/// Spectra of all segments, kept because a median needs them all: `segments × bins` values of f64.
#[derive(Debug, Clone, Default)]
pub(crate) struct SpectraStore {
    bins: usize,
    /// Segment after segment.
    values: Vec<f64>,
    column: Vec<f64>,
    /// Asked for once: asking allocates.
    isa: Option<Isa>,
}

impl SpectraStore {
    pub(crate) fn new(bins: usize) -> Self {
        Self { bins, isa: Isa::detect().ok(), ..Self::default() }
    }

    pub(crate) fn clear(&mut self) {
        self.values.clear();
    }

    /// All values kept, segment after segment.
    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    /// Keeps these values instead.
    pub(crate) fn replace(&mut self, values: &[f64]) {
        self.values.clear();
        self.values.extend_from_slice(values);
    }

    /// Room for one more segment, zeroed.
    pub(crate) fn next_segment(&mut self) -> &mut [f64] {
        self.next_segments(1)
    }

    /// Room for `count` more segments, zeroed.
    pub(crate) fn next_segments(&mut self, count: usize) -> &mut [f64] {
        let start = self.values.len();
        self.values.resize(start + count * self.bins, 0.0);
        &mut self.values[start..]
    }

    pub(crate) fn append(&mut self, other: &Self) {
        self.values.extend_from_slice(&other.values);
    }

    /// The median of each bin over the segments, less its bias, into `out`. NaN where any segment is.
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

/// Median of the values, which are reordered; of an even number the mean of the middle two. NaN of none.
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

/// Expectation of the median of `n` exponential variables relative to their mean, as SciPy's `_median_bias`
/// (Allen et al., Phys. Rev. D 85, 122006, 2012, appendix B).
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
