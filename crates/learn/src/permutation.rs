//! Orders in which a butterfly network takes its input: `point[i] = input[order[i]]`.

use serde::{Deserialize, Serialize};

/// A named family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permutation {
    /// Index bits reversed: the FFT's.
    BitReversal,
    /// Unchanged order.
    Identity,
    /// Even samples, then odd samples backwards, then bits reversed: the order of DCT-II and DST-II by one complex
    /// transform.
    Cosine,
    /// Reversed.
    Reverse,
    /// None of these, or unknown; recovered from the matrix.
    Other,
}

impl Permutation {
    /// The families with a formula.
    pub const KNOWN: [Self; 4] = [Self::BitReversal, Self::Identity, Self::Cosine, Self::Reverse];

    /// Returns the order of `n` points (`n` a power of two); `None` for [`Other`](Self::Other).
    pub fn order(self, n: usize) -> Option<Vec<u32>> {
        let bits = n.trailing_zeros();
        let reversed = |i: u32| if bits == 0 { 0 } else { i.reverse_bits() >> (32 - bits) };
        let all = 0..n as u32;
        match self {
            Self::BitReversal => Some(all.map(reversed).collect()),
            Self::Identity => Some(all.collect()),
            Self::Cosine => {
                let half = n as u32 / 2;
                let even_odd = |i: u32| if i < half { 2 * i } else { 2 * (n as u32 - i) - 1 };
                Some(all.map(|i| even_odd(reversed(i))).collect())
            }
            Self::Reverse => Some(all.rev().collect()),
            Self::Other => None,
        }
    }

    /// Returns the family of an order.
    pub fn of(order: &[u32]) -> Self {
        let found = Self::KNOWN.into_iter().find(|p| p.order(order.len()).as_deref() == Some(order));
        found.unwrap_or(Self::Other)
    }
}

/// Returns whether every index below `n` occurs once.
pub(crate) fn is_permutation(order: &[u32]) -> bool {
    let mut seen = vec![false; order.len()];
    order.iter().all(|&i| seen.get_mut(i as usize).is_some_and(|s| !std::mem::replace(s, true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_permutations_and_known_by_their_order() {
        assert_eq!(Permutation::Cosine.order(8), Some(vec![0, 7, 4, 3, 2, 5, 6, 1]));
        for n in [8, 64] {
            for family in Permutation::KNOWN {
                let order = family.order(n).unwrap();
                assert!(is_permutation(&order), "{family:?}");
                assert_eq!(Permutation::of(&order), family);
            }
        }
        assert!(!is_permutation(&[0, 0]) && !is_permutation(&[0, 2]));
        assert_eq!(Permutation::of(&[1, 0, 2, 3]), Permutation::Other);
    }
}
