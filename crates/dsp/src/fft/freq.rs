//! Frequencies of a transform's bins.

/// Returns the bins of the transform of `n` real samples: `n/2 + 1`.
#[must_use]
pub fn rfft_bins(n: usize) -> usize {
    n / 2 + 1
}

/// Returns the bin frequencies in Hz of `n` real samples: `k · sample_rate / n` for `k` from 0 to `n/2`.
#[must_use]
pub fn rfftfreq(n: usize, sample_rate: f64) -> Vec<f64> {
    (0..rfft_bins(n)).map(|k| k as f64 * sample_rate / n as f64).collect()
}

/// Returns the bin frequencies in Hz of `n` complex samples, in transform order (`numpy.fft.fftfreq`): 0 and up, then
/// from the most negative one to the last below 0. For an even `n` bin `n/2` is `−sample_rate/2`.
#[must_use]
pub fn fftfreq(n: usize, sample_rate: f64) -> Vec<f64> {
    let positive = n.div_ceil(2);
    let signed = |k: usize| if k < positive { k as f64 } else { -((n - k) as f64) };
    (0..n).map(|k| signed(k) * sample_rate / n as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_of_numpy() {
        assert_eq!(fftfreq(4, 8.0), [0.0, 2.0, -4.0, -2.0]);
        assert_eq!(fftfreq(5, 5.0), [0.0, 1.0, 2.0, -2.0, -1.0]);
        assert_eq!(rfftfreq(4, 8.0), [0.0, 2.0, 4.0]);
        assert_eq!(rfftfreq(5, 5.0), [0.0, 1.0, 2.0]);
    }
}
