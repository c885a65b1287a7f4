//! Thinning of peaks that stand too close.

use std::cmp::Ordering;

use crate::fft::Real;

/// Flags the peaks that survive a minimal `distance` (in samples, rounded up) between neighbours.
///
/// The highest peak removes every peak nearer than `distance`, then the next highest survivor, and so on. Of equal
/// heights the later peak goes first (SciPy leaves that order to NumPy's unstable sort). `peaks` ascends.
pub fn keep_flags<T: Real>(x: &[T], peaks: &[usize], distance: f64) -> Vec<bool> {
    // A distance beyond usize saturates: only the highest peak survives, as it should.
    let distance = distance.ceil() as usize;
    let mut keep = vec![true; peaks.len()];
    let mut order: Vec<usize> = (0..peaks.len()).collect();
    // A maximum is above something, so it is never NaN and always compares.
    let falling = |a: usize, b: usize| x[peaks[b]].partial_cmp(&x[peaks[a]]).unwrap_or(Ordering::Equal);
    order.sort_by(|&a, &b| falling(a, b).then(b.cmp(&a)));
    for j in order {
        if !keep[j] {
            continue;
        }
        let mut k = j;
        while k > 0 && peaks[j] - peaks[k - 1] < distance {
            k -= 1;
            keep[k] = false;
        }
        let mut k = j + 1;
        while k < peaks.len() && peaks[k] - peaks[j] < distance {
            keep[k] = false;
            k += 1;
        }
    }
    keep
}

#[cfg(test)]
mod tests {
    use super::keep_flags;

    #[test]
    fn the_highest_clears_its_surroundings_first() {
        let x = [0.0, 2.0, 0.0, 3.0, 0.0, 2.5, 0.0, 1.0, 0.0];
        assert_eq!(keep_flags(&x, &[1, 3, 5, 7], 3.0), [false, true, false, true]);
        assert_eq!(keep_flags(&x, &[1, 3, 5, 7], 2.0), [true; 4]);
        assert_eq!(keep_flags(&x, &[1, 3, 5, 7], 2.1), [false, true, false, true]);
        assert_eq!(keep_flags(&x, &[1, 3, 5, 7], f64::MAX), [false, true, false, false]);
    }

    #[test]
    fn of_equal_heights_the_later_wins() {
        let x = [0.0, 1.0, 0.0, 1.0, 0.0];
        assert_eq!(keep_flags(&x, &[1, 3], 4.0), [false, true]);
    }
}
