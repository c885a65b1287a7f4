//! Signs of the differences of neighbouring samples as bits, 64 samples per word.

use crate::lanes::simd::{Element, Lanes, V, lanes};
use fearless_simd::prelude::*;

/// Sets bit `i % 64` of word `i / 64` of `rises` where `x[i − 1] < x[i]`, and of `falls` where `x[i − 1] > x[i]`.
///
/// Bit 0 of the first word and bits past the last sample are 0; comparisons with NaN set neither bit. Both slices have
/// `x.len().div_ceil(64)` words.
#[inline(always)]
pub(crate) fn slopes<S: Lanes, T: Element>(simd: S, x: &[T], rises: &mut [u64], falls: &mut [u64]) {
    let w = const { lanes::<S, T>() };
    for (word, (rises, falls)) in rises.iter_mut().zip(falls).enumerate() {
        let start = 64 * word;
        let (mut up, mut down) = (0, 0);
        if start > 0 && start + 64 <= x.len() {
            let (before, here) = (&x[start - 1..start + 63], &x[start..start + 64]);
            for at in (0..64).step_by(w) {
                let a = V::<S, T>::from_slice(simd, &before[at..at + w]);
                let b = V::<S, T>::from_slice(simd, &here[at..at + w]);
                up |= a.simd_lt(b).to_bitmask() << at;
                down |= a.simd_gt(b).to_bitmask() << at;
            }
        } else {
            for i in start.max(1)..(start + 64).min(x.len()) {
                up |= u64::from(x[i - 1] < x[i]) << (i - start);
                down |= u64::from(x[i - 1] > x[i]) << (i - start);
            }
        }
        (*rises, *falls) = (up, down);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::{Isa, on_level};
    use fearless_simd::Level;

    fn check<S: Lanes, T: Element>(simd: S) -> bool {
        let mut seed = 1u32;
        (0..300_usize).all(|len| {
            let x: Vec<T> = (0..len)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    match seed >> 28 {
                        0 => T::nan(),
                        1 => T::infinity(),
                        2 => T::neg_zero(),
                        v => T::narrow(f64::from(v) - 8.0),
                    }
                })
                .collect();
            let words = len.div_ceil(64);
            let (mut rises, mut falls) = (vec![u64::MAX; words], vec![u64::MAX; words]);
            slopes(simd, &x, &mut rises, &mut falls);
            (0..64 * words).all(|i| {
                let pair = if i == 0 { None } else { x.get(i - 1).zip(x.get(i)) };
                let bit = |words: &[u64]| words[i / 64] >> (i % 64) & 1 == 1;
                bit(&rises) == pair.is_some_and(|(a, b)| a < b)
                    && bit(&falls) == pair.is_some_and(|(a, b)| a > b)
            })
        })
    }

    #[test]
    fn bits_are_the_comparisons_on_every_level() {
        for isa in Isa::available() {
            assert_eq!(on_level!(isa, simd => Some(check::<_, f32>(simd))), Some(true), "{isa}");
            assert_eq!(on_level!(isa, simd => Some(check::<_, f64>(simd))), Some(true), "{isa}");
        }
    }
}
