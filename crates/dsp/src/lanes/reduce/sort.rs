//! Comparison networks over lanes: each lane sorts its own keys, with no branch.
//!
//! ```text
//! best  = sort(first B keys)                        descending
//! block = sort(next B keys);  best_i = max(best_i, block_{B−1−i});  bitonic merge of best
//! ```
//! Keys are non-negative floats; minimum and maximum are the only operations. The 16-key network has 60 comparators
//! in 10 layers. Bound by the vector ports: 2 operations per comparator.

use crate::lanes::simd::{Lanes, V};
use fearless_simd::prelude::*;

macro_rules! network {
    ($v:ident; $(($a:literal, $b:literal)),* $(,)?) => {
        $(
            let (x, y) = ($v[$a], $v[$b]);
            $v[$a] = x.max(y);
            $v[$b] = x.min(y);
        )*
    };
}

/// Sorts 4 vectors lane by lane, descending.
#[inline(always)]
pub(crate) fn sort4<S: Lanes>(v: &mut [V<S>; 4]) {
    network!(v; (0, 1), (2, 3), (0, 2), (1, 3), (1, 2));
}

/// Sorts 8 vectors lane by lane, descending.
#[inline(always)]
pub(crate) fn sort8<S: Lanes>(v: &mut [V<S>; 8]) {
    network!(v;
        (0, 2), (1, 3), (4, 6), (5, 7), (0, 4), (1, 5), (2, 6), (3, 7), (0, 1), (2, 3), (4, 5), (6, 7),
        (2, 4), (3, 5), (1, 4), (3, 6), (1, 2), (3, 4), (5, 6));
}

/// Sorts 16 vectors lane by lane, descending.
#[inline(always)]
#[rustfmt::skip]
pub(crate) fn sort16<S: Lanes>(v: &mut [V<S>; 16]) {
    network!(v;
        (0, 13), (1, 12), (2, 15), (3, 14), (4, 8), (5, 6), (7, 11), (9, 10),
        (0, 5), (1, 7), (2, 9), (3, 4), (6, 13), (8, 14), (10, 15), (11, 12),
        (0, 1), (2, 3), (4, 5), (6, 8), (7, 9), (10, 11), (12, 13), (14, 15),
        (0, 2), (1, 3), (4, 10), (5, 11), (6, 7), (8, 9), (12, 14), (13, 15),
        (1, 2), (3, 12), (4, 6), (5, 7), (8, 10), (9, 11), (13, 14),
        (1, 4), (2, 6), (5, 8), (7, 10), (9, 13), (11, 14),
        (2, 4), (3, 6), (9, 12), (11, 13),
        (3, 5), (6, 8), (7, 9), (10, 12),
        (3, 4), (5, 6), (7, 8), (9, 10), (11, 12),
        (6, 7), (8, 9));
}

/// Sorts a bitonic sequence of a power of two of vectors, descending.
#[inline(always)]
pub(crate) fn bitonic_merge<S: Lanes>(v: &mut [V<S>]) {
    let mut half = v.len() / 2;
    while half > 0 {
        for block in v.chunks_exact_mut(2 * half) {
            let (a, b) = block.split_at_mut(half);
            for (a, b) in a.iter_mut().zip(b) {
                let (x, y) = (*a, *b);
                *a = x.max(y);
                *b = x.min(y);
            }
        }
        half /= 2;
    }
}

/// `best` := the best `B` of `best` and `block`, both sorted descending; sorted descending again.
#[inline(always)]
pub(crate) fn keep_best<S: Lanes>(best: &mut [V<S>], block: &[V<S>]) {
    for (a, b) in best.iter_mut().zip(block.iter().rev()) {
        *a = a.max(*b);
    }
    bitonic_merge::<S>(best);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::fft::butterfly::SplatOn;
    use crate::lanes::{Isa, on_level};
    use fearless_simd::Level;

    /// 0-1 principle: a network that sorts every sequence of zeros and ones sorts everything.
    fn sorts_all_bits<S: Lanes, const B: usize>(simd: S, sort: impl Fn(&mut [V<S>; B])) -> bool {
        (0..1u32 << B).step_by(S::W).all(|first| {
            let mut v = [V::<S>::splat_on(simd, 0.0); B];
            for (i, v) in v.iter_mut().enumerate() {
                for lane in 0..S::W {
                    v[lane] = ((first + lane as u32) >> i & 1) as f32;
                }
            }
            sort(&mut v);
            v.windows(2).all(|w| (0..S::W).all(|lane| w[0][lane] >= w[1][lane]))
        })
    }

    fn all_sort<S: Lanes>(simd: S) -> [bool; 3] {
        [
            sorts_all_bits(simd, sort4::<S>),
            sorts_all_bits(simd, sort8::<S>),
            sorts_all_bits(simd, sort16::<S>),
        ]
    }

    #[test]
    fn networks_sort() {
        for isa in Isa::available() {
            let sorted = on_level!(isa, simd => Some(all_sort(simd)));
            assert_eq!(sorted, Some([true; 3]), "{isa}");
        }
    }
}
