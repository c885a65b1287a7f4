//! The discrete cosine transform of a few values: what turns log-mel energies into cepstral coefficients.

use std::f64::consts::{PI, SQRT_2};

use crate::error::{Error, Result};
use crate::params::named;

/// Type of a cosine transform, as `scipy.fft.dct` numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DctType {
    /// `x[0] + (−1)^k x[N−1] + 2 Σ x[n] cos(πkn/(N−1))`.
    One,
    /// `2 Σ x[n] cos(πk(2n+1)/2N)`.
    #[default]
    Two,
    /// `x[0] + 2 Σ x[n] cos(πn(2k+1)/2N)`.
    Three,
}

named! { DctType, "dct_type",
    One = "1", "even about the first and the last value";
    Two = "2", "even about half a value before the first";
    Three = "3", "the inverse of type 2";
}

/// The first `count` rows of the transform of `len` values, `[count, len]`; `ortho` makes the whole matrix orthogonal.
///
/// # Errors
/// [`Error::Argument`] for more rows than values, and for fewer than two values of type 1.
pub(super) fn matrix(kind: DctType, len: usize, count: usize, ortho: bool) -> Result<Vec<f64>> {
    if count == 0 || count > len {
        return Err(Error::argument(
            "n_mfcc",
            format!("must be 1 to {len}, the number of bands, got {count}"),
        ));
    }
    if kind == DctType::One && len < 2 {
        return Err(Error::argument("dct_type", "type 1 needs two bands or more"));
    }
    let (n, last) = (len as f64, len - 1);
    let entry = |k: usize, i: usize| match kind {
        DctType::One => {
            let edge = i == 0 || i == last;
            let value = if edge { 1.0 } else { 2.0 } * (PI * (k * i) as f64 / last as f64).cos();
            if !ortho {
                return value;
            }
            let row = if k == 0 || k == last { 1.0 / SQRT_2 } else { 1.0 };
            value * row * if edge { SQRT_2 } else { 1.0 } / (2.0 * last as f64).sqrt()
        }
        DctType::Two => {
            let value = 2.0 * (PI * (k * (2 * i + 1)) as f64 / (2.0 * n)).cos();
            let row = if k == 0 { 1.0 / (4.0 * n).sqrt() } else { 1.0 / (2.0 * n).sqrt() };
            if ortho { value * row } else { value }
        }
        DctType::Three => {
            let cosine = (PI * (i * (2 * k + 1)) as f64 / (2.0 * n)).cos();
            match (ortho, i) {
                (false, 0) => 1.0,
                (false, _) => 2.0 * cosine,
                (true, 0) => 1.0 / n.sqrt(),
                (true, _) => (2.0 / n).sqrt() * cosine,
            }
        }
    };
    Ok((0..count).flat_map(|k| (0..len).map(move |i| (k, i))).map(|(k, i)| entry(k, i)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orthogonal_and_types_two_and_three_inverse() {
        for kind in [DctType::One, DctType::Two, DctType::Three] {
            let m = matrix(kind, 7, 7, true).unwrap();
            for j in 0..7 {
                for k in 0..7 {
                    let product: f64 = (0..7).map(|i| m[j * 7 + i] * m[k * 7 + i]).sum();
                    assert!((product - f64::from(u8::from(j == k))).abs() < 1e-14, "{kind} {j} {k}");
                }
            }
        }
        let (two, three) =
            (matrix(DctType::Two, 5, 5, false).unwrap(), matrix(DctType::Three, 5, 5, false).unwrap());
        for j in 0..5 {
            for k in 0..5 {
                let product: f64 = (0..5).map(|i| three[j * 5 + i] * two[i * 5 + k]).sum();
                assert!((product - f64::from(u8::from(j == k)) * 10.0).abs() < 1e-13);
            }
        }
    }

    #[test]
    fn values_of_scipy() {
        // scipy.fft.dct([1, 2, 4], type, norm=None)
        for (kind, expected) in [
            (DctType::One, [9.0, -3.0, 1.0]),
            (DctType::Two, [14.0, -5.196152422706632, 1.0]),
            (DctType::Three, [8.464101615137753, -7.0, 1.5358983848622456]),
        ] {
            let m = matrix(kind, 3, 3, false).unwrap();
            for (row, expected) in m.chunks_exact(3).zip(expected) {
                let got: f64 = row.iter().zip([1.0, 2.0, 4.0]).map(|(a, b)| a * b).sum();
                assert!((got - expected).abs() < 1e-13, "{kind}: {got} {expected}");
            }
        }
        assert!(matrix(DctType::Two, 3, 4, true).is_err());
        assert!(matrix(DctType::One, 1, 1, true).is_err());
    }
}
