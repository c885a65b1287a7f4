//! How results are compared with a reference.

/// Returns `‖got − want‖₂ / ‖want‖₂`; 0 for equal values. NaN anywhere makes it NaN, which no `<` accepts.
///
/// # Panics
/// When the lengths differ.
#[track_caller]
pub fn relative_l2<T: Into<f64>>(got: impl IntoIterator<Item = T>, want: &[f64]) -> f64 {
    let got: Vec<f64> = got.into_iter().map(Into::into).collect();
    assert_eq!(got.len(), want.len(), "number of values");
    let error: f64 = got.iter().zip(want).map(|(g, w)| (g - w).powi(2)).sum();
    if error == 0.0 {
        return 0.0;
    }
    (error / want.iter().map(|w| w * w).sum::<f64>()).sqrt()
}

/// Returns `2 · ε · log2 N`, the bound on the relative L2 error of a transform of `n` points in arithmetic of machine
/// epsilon `epsilon`. Results that go through more than a transform multiply it, and say why.
#[must_use]
pub fn tolerance(epsilon: f64, n: usize) -> f64 {
    2.0 * epsilon * (n as f64).log2().max(1.0)
}

/// Fails unless `got` is within [`tolerance`] of `want`, for transforms of `n` points in f32.
///
/// # Panics
/// When it is not, with `what`.
#[track_caller]
pub fn assert_close(got: &[f32], want: &[f64], n: usize, what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    let (error, bound) = (relative_l2(got.iter().copied(), want), tolerance(f64::from(f32::EPSILON), n));
    assert!(error <= bound, "{what}: {error:e} > {bound:e}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_relative_and_nan_is_never_close() {
        assert_eq!(relative_l2([3.0, 4.0], &[3.0, 4.0]), 0.0);
        assert_eq!(relative_l2([3.0, 4.5], &[3.0, 4.0]), 0.1);
        assert!(relative_l2([f64::NAN, 4.0], &[3.0, 4.0]).is_nan());
        assert!(relative_l2([1.0], &[0.0]).is_infinite());
        assert_eq!(tolerance(0.5, 1), 1.0);
        assert_eq!(tolerance(0.5, 1024), 10.0);
        assert_close(&[1.0 + f32::EPSILON], &[1.0], 2, "one step");
    }

    #[test]
    #[should_panic(expected = "two steps")]
    fn more_than_the_tolerance_fails() {
        assert_close(&[1.0 + 4.0 * f32::EPSILON], &[1.0], 2, "two steps");
    }
}
