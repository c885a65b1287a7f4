//! Removal of peaks that are too close to each other.
//!
//! ```text
//! stack = undecided peaks, each too close to the next one, which is higher
//! for each peak, from left to right:
//!     far from the stack's last peak: nothing that comes can remove that one. Keep it, drop the undecided ones that are too
//!                                     close to it, keep the last one of the rest, and so on until the stack is empty
//!     close and not lower:            push it
//!     close and lower:                drop it. If the last peak is removed later, then by one to the right of both
//! ```
//! Every peak is pushed and popped at most once and nothing is sorted.

use crate::fft::Real;

/// Flags the peaks that survive a minimal `distance` (in samples, rounded up) between neighbours.
///
/// The highest peak removes every peak nearer than `distance`, then the next highest survivor, and so on. Of equal
/// heights the later peak comes first (in SciPy the order depends on NumPy's unstable sort). `peaks` ascends.
pub fn keep_flags<T: Real>(x: &[T], peaks: &[usize], distance: f64) -> Vec<bool> {
    // A distance beyond usize saturates: only the highest peak survives, as it should.
    let distance = distance.ceil() as usize;
    let mut keep = vec![false; peaks.len()];
    // Numbers and positions.
    let mut undecided: Vec<(usize, usize)> = Vec::new();
    let mut settle = |undecided: &mut Vec<(usize, usize)>| {
        while let Some((winner, at)) = undecided.pop() {
            keep[winner] = true;
            while undecided.pop_if(|(_, other)| at - *other < distance).is_some() {}
        }
    };
    for (number, &peak) in peaks.iter().enumerate() {
        match undecided.last() {
            Some(&(_, last)) if peak - last < distance => {
                // A maximum is never NaN; among other positions a NaN is lower than everything.
                if x[peak] >= x[last] || x[last].is_nan() {
                    undecided.push((number, peak));
                }
            }
            _ => {
                settle(&mut undecided);
                undecided.push((number, peak));
            }
        }
    }
    settle(&mut undecided);
    keep
}

#[cfg(test)]
mod tests {
    use super::keep_flags;
    use proptest::prelude::*;

    /// The definition: from the highest peak down.
    fn sorted(x: &[f64], peaks: &[usize], distance: usize) -> Vec<bool> {
        let mut keep = vec![true; peaks.len()];
        let mut order: Vec<usize> = (0..peaks.len()).collect();
        order.sort_by(|&a, &b| x[peaks[b]].partial_cmp(&x[peaks[a]]).unwrap().then(b.cmp(&a)));
        for (at, &winner) in order.iter().enumerate() {
            if keep[winner] {
                for &other in &order[at + 1..] {
                    keep[other] &= peaks[other].abs_diff(peaks[winner]) >= distance;
                }
            }
        }
        keep
    }

    proptest! {
        #[test]
        fn equals_the_definition(
            heights in prop::collection::vec(prop_oneof![-3..3_i32, -1000..1000_i32], 0..300),
            gaps in prop::collection::vec(1..9_usize, 300),
            distance in prop_oneof![1..8_usize, 8..60_usize, 500..3000_usize],
            shape in 0..4_u8,
        ) {
            let heights: Vec<f64> = heights.iter().enumerate().map(|(i, &h)| match shape {
                // Chains that are decided from one end to the other.
                0 => i as f64,
                1 => -(i as f64),
                _ => f64::from(h),
            }).collect();
            let peaks: Vec<usize> = gaps.iter().scan(0, |at, gap| { *at += gap; Some(*at) }).take(heights.len()).collect();
            let mut x = vec![0.0; peaks.last().map_or(0, |last| last + 1)];
            for (&at, &height) in peaks.iter().zip(&heights) {
                x[at] = height;
            }
            prop_assert_eq!(keep_flags(&x, &peaks, distance as f64), sorted(&x, &peaks, distance));
        }
    }

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
        assert_eq!(keep_flags(&[0.0, -0.0], &[0, 1], 4.0), [false, true]);
        assert_eq!(keep_flags(&[-0.0, 0.0], &[0, 1], 4.0), [false, true]);
    }
}
