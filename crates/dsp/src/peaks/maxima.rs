//! Strict local maxima and flat tops: the candidates of every local peak.

use super::slopes::Slopes;
use super::{Bounds, retain_flagged};
use crate::fft::Real;

/// Extent of each peak's flat top; all three have one entry per peak. A sharp peak has size 1.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Plateaus {
    /// Number of equal samples on the top.
    pub sizes: Vec<usize>,
    /// First sample of the top.
    pub left_edges: Vec<usize>,
    /// Last sample of the top.
    pub right_edges: Vec<usize>,
}

impl Plateaus {
    pub(super) fn retain(&mut self, keep: &[bool]) {
        retain_flagged(&mut self.sizes, keep);
        retain_flagged(&mut self.left_edges, keep);
        retain_flagged(&mut self.right_edges, keep);
    }

    pub(super) fn keep_flags(&self, bounds: &Bounds) -> Vec<bool> {
        self.sizes.iter().map(|&size| bounds.contains(size as f64)).collect()
    }
}

/// Returns positions and flat tops of all local maxima of `x`, in ascending order.
///
/// A maximum is strictly above the samples on both sides of its flat top; its position is `(left + right) / 2`
/// rounded down. The first and the last sample are never maxima. Comparisons with NaN are false, so a NaN ends the
/// slope it touches and a sample beside it is not a maximum. Same rule as `scipy.signal.find_peaks`.
pub fn local_maxima<T: Real>(x: &[T]) -> (Vec<usize>, Plateaus) {
    let mut slopes = Slopes::default();
    slopes.set(x);
    let (mut positions, mut plateaus) = Default::default();
    slopes.plateaus(x, &mut positions, &mut plateaus);
    (positions, plateaus)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The rule as SciPy writes it down.
    fn walked(x: &[f64]) -> (Vec<usize>, Plateaus) {
        let (mut positions, mut plateaus) = (Vec::new(), Plateaus::default());
        let last = x.len().saturating_sub(1);
        let mut i = 1;
        while i < last {
            if x[i - 1] < x[i] {
                let mut ahead = i + 1;
                while ahead < last && x[ahead] == x[i] {
                    ahead += 1;
                }
                if x[ahead] < x[i] {
                    positions.push((i + ahead - 1) / 2);
                    plateaus.sizes.push(ahead - i);
                    plateaus.left_edges.push(i);
                    plateaus.right_edges.push(ahead - 1);
                    i = ahead;
                }
            }
            i += 1;
        }
        (positions, plateaus)
    }

    proptest! {
        #[test]
        fn equal_a_walk(
            x in prop::collection::vec(
                prop_oneof![6 => (-3..3_i32).prop_map(f64::from), 4 => -3.0..3.0, 1 => Just(f64::NAN), 1 => Just(-0.0)],
                0..400,
            ),
        ) {
            prop_assert_eq!(local_maxima(&x), walked(&x));
        }
    }

    #[test]
    fn flat_top_rounds_down_and_edges_never_count() {
        let (at, tops) = local_maxima(&[9.0, 1.0, 2.0, 2.0, 1.0, 3.0, 3.0]);
        assert_eq!(at, [2]);
        assert_eq!((tops.sizes[0], tops.left_edges[0], tops.right_edges[0]), (2, 2, 3));
    }

    #[test]
    fn tops_longer_than_a_word() {
        for (from, to) in [(1, 64), (63, 64), (64, 200), (63, 191), (128, 255)] {
            let mut x = vec![0.0_f32; 257];
            x[from..=to].fill(1.0);
            assert_eq!(local_maxima(&x).0, [(from + to) / 2]);
            x[from..].fill(1.0);
            assert!(local_maxima(&x).0.is_empty());
        }
    }

    #[test]
    fn short_rows_have_none() {
        for n in 0..3 {
            assert!(local_maxima(&vec![1.0_f32; n]).0.is_empty());
        }
    }

    #[test]
    fn nan_hides_its_neighbours() {
        let nan = f64::NAN;
        assert!(local_maxima(&[0.0, 1.0, nan, 1.0, 0.0]).0.is_empty());
        assert_eq!(local_maxima(&[nan, 0.0, 1.0, 0.0, nan]).0, [2]);
    }
}
