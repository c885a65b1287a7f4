//! Whether overlapping windows can be undone.

use crate::error::{Error, Result};

/// Sums over the windows that overlap at each sample of one hop.
fn sums(window: &[f64], hop: usize, of: impl Fn(f64) -> f64) -> Result<Vec<f64>> {
    if window.is_empty() {
        return Err(Error::argument("window", "a window of 0 samples"));
    }
    if hop == 0 {
        return Err(Error::argument("hop", "windows would never advance"));
    }
    if hop > window.len() {
        return Err(Error::argument("hop", format!("{hop} is longer than the window of {}", window.len())));
    }
    let mut sums = vec![0.0; hop];
    for (i, w) in window.iter().enumerate() {
        sums[i % hop] += of(*w);
    }
    Ok(sums)
}

/// Returns whether overlapping windows add up to a constant within `tolerance` (`scipy.signal.check_COLA`). In that case
/// the sum of the overlapping slices of a signal is the signal times that constant, the median of the sums.
///
/// # Errors
/// [`Error::Argument`] for an empty window and a hop that is 0 or longer than the window.
pub fn check_cola(window: &[f64], hop: usize, tolerance: f64) -> Result<bool> {
    let sums = sums(window, hop, |w| w)?;
    let mut sorted = sums.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let median = f64::midpoint(sorted[(hop - 1) / 2], sorted[hop / 2]);
    Ok(sums.iter().all(|sum| (sum - median).abs() < tolerance))
}

/// Returns whether the squares of the overlapping windows add up to more than `tolerance` at every sample
/// (`scipy.signal.check_NOLA`). In that case a short-time transform can be inverted.
///
/// # Errors
/// As [`check_cola`].
pub fn check_nola(window: &[f64], hop: usize, tolerance: f64) -> Result<bool> {
    Ok(sums(window, hop, |w| w * w)?.iter().all(|sum| *sum > tolerance))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::{Symmetry, Window};

    #[test]
    fn answers_of_scipy() {
        let hann = Window::Hann.coefficients(120, Symmetry::Periodic).unwrap();
        let boxcar = vec![1.0; 120];
        // scipy.signal.check_COLA(…, 120, noverlap): 'boxcar' 0, 90, 20, 115; 'hann' 60, 59, 80
        for (window, noverlap, cola) in [
            (&boxcar, 0, true),
            (&boxcar, 90, true),
            (&boxcar, 20, false),
            (&boxcar, 115, true),
            (&hann, 60, true),
            (&hann, 59, false),
            (&hann, 80, true),
        ] {
            assert_eq!(check_cola(window, 120 - noverlap, 1e-10).unwrap(), cola, "{noverlap}");
        }
        assert!(check_nola(&hann, 119, 1e-10).unwrap());
        assert!(!check_nola(&hann, 120, 1e-10).unwrap());
        assert!(check_nola(&boxcar, 120, 1e-10).unwrap());
        for hop in [0, 121] {
            assert!(check_cola(&boxcar, hop, 1e-10).is_err());
        }
        assert!(check_nola(&[], 1, 1e-10).is_err());
    }
}
