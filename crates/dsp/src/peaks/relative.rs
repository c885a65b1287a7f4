//! Samples above all others within a distance.

use crate::error::{Error, Result};

/// What samples near the ends of a row are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Beyond {
    /// Samples inside alone; the first and the last sample are no maxima (`numpy.take`'s `"clip"`).
    #[default]
    Clip,
    /// Those at the other end (`"wrap"`).
    Wrap,
}

/// Positions of the samples that are greater than each of the `order` samples on both sides
/// (`scipy.signal.argrelmax`). Plateaus are no maxima; comparisons with NaN are false. The cost is O(len) for curves with
/// few maxima and O(len · order) at worst.
///
/// # Errors
/// [`Error::Argument`] for an `order` of 0.
pub fn relative_maxima<T: PartialOrd>(x: &[T], order: usize, beyond: Beyond) -> Result<Vec<usize>> {
    if order == 0 {
        return Err(Error::argument("order", "must be at least 1"));
    }
    let n = x.len();
    if beyond == Beyond::Wrap && order >= n {
        // Every sample is compared with itself.
        return Ok(Vec::new());
    }
    let above = |i: usize, other: usize| x[i] > x[other];
    let holds = |i: usize| match beyond {
        Beyond::Clip => {
            i > 0
                && i + 1 < n
                && (i + 1..n.min(i.saturating_add(order + 1))).all(|j| above(i, j))
                && (i.saturating_sub(order)..i).rev().all(|j| above(i, j))
        }
        Beyond::Wrap => (1..=order).all(|shift| above(i, (i + shift) % n) && above(i, (i + n - shift) % n)),
    };
    Ok((0..n).filter(|i| holds(*i)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_scipy() {
        let x = [2, 1, 2, 3, 2, 0, 1, 0];
        // scipy.signal.argrelmax(x), and with mode="wrap"
        assert_eq!(relative_maxima(&x, 1, Beyond::Clip).unwrap(), [3, 6]);
        assert_eq!(relative_maxima(&x, 1, Beyond::Wrap).unwrap(), [0, 3, 6]);
        assert_eq!(relative_maxima(&x, 3, Beyond::Clip).unwrap(), [3]);
        assert_eq!(relative_maxima(&x, 8, Beyond::Wrap).unwrap(), [0; 0]);
        assert_eq!(relative_maxima(&[1.0, f64::NAN, 0.0, 5.0, 4.0], 1, Beyond::Clip).unwrap(), [3]);
        assert_eq!(relative_maxima(&[0, 1, 1, 0], 1, Beyond::Clip).unwrap(), [0; 0]);
        assert!(relative_maxima(&x, 0, Beyond::Clip).is_err());
        assert!(relative_maxima::<f32>(&[], 1, Beyond::Wrap).unwrap().is_empty());
    }
}
