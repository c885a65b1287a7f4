//! Parts of longer rows that are the input of a plan.

use std::fmt;

use crate::error::{Error, Result};

/// Pieces of rows that are `row_len` values apart: piece `p` of a row is its values from `first + p·step` on, `len` of them.
/// The pieces of a row, one after another, are a row of the plan's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowPieces {
    /// Distance between the starts of consecutive rows.
    pub row_len: usize,
    /// Values of a row before the first piece.
    pub first: usize,
    /// Distance between the starts of consecutive pieces.
    pub step: usize,
    /// Values of a piece.
    pub len: usize,
    /// Pieces per row.
    pub count: usize,
}

impl RowPieces {
    /// One piece: `len` values of each row, from `first` on.
    pub fn one(row_len: usize, first: usize, len: usize) -> Self {
        Self { row_len, first, step: 0, len, count: 1 }
    }

    /// Checks the pieces against an input of `len` values per row; returns the length of `batch` rows.
    pub(super) fn check(&self, batch: usize, len: usize) -> Result<usize> {
        let tail = self.count.saturating_sub(1).checked_mul(self.step);
        let end = tail.and_then(|tail| tail.checked_add(self.first)?.checked_add(self.len));
        let inside = end.is_some_and(|end| end <= self.row_len);
        let whole = self.len.checked_mul(self.count) == Some(len);
        batch
            .checked_mul(self.row_len)
            .filter(|_| inside && whole)
            .ok_or_else(|| Error::unsupported(format!("{self} for an input of {len}")))
    }

    /// Writes the pieces of each row of `samples` to `out`.
    pub(super) fn gather(&self, samples: &[f32], out: &mut Vec<f32>) {
        out.clear();
        for row in samples.chunks_exact(self.row_len.max(1)) {
            for piece in 0..self.count {
                out.extend_from_slice(&row[self.first + piece * self.step..][..self.len]);
            }
        }
    }

    /// Returns the position in its row of value `index` of an input row.
    pub(super) fn position(&self, index: u64) -> u64 {
        let len = self.len.max(1) as u64;
        self.first as u64 + index / len * self.step as u64 + index % len
    }
}

impl fmt::Display for RowPieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row_len, first, step, len, count } = self;
        match (count, first) {
            (1, 0) => write!(f, "the first {len} values of rows of {row_len}"),
            _ => write!(f, "{count} × {len} values, {step} apart from {first} on, of rows of {row_len}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_gathered_and_found_again() {
        let samples: Vec<f32> = (0..20u8).map(f32::from).collect();
        let pieces = RowPieces { row_len: 10, first: 1, step: 5, len: 3, count: 2 };
        assert_eq!(pieces.check(2, 6), Ok(20));
        let mut out = vec![7.0];
        pieces.gather(&samples, &mut out);
        assert_eq!(out, [1.0, 2.0, 3.0, 6.0, 7.0, 8.0, 11.0, 12.0, 13.0, 16.0, 17.0, 18.0]);
        for (index, value) in out[..6].iter().enumerate() {
            assert_eq!(pieces.position(index as u64) as f32, *value);
        }
        assert_eq!(RowPieces::one(10, 4, 6).check(3, 6), Ok(30));
    }

    #[test]
    fn pieces_outside_of_their_rows_are_refused() {
        for (pieces, len) in [
            (RowPieces::one(10, 5, 6), 6),
            (RowPieces::one(10, 0, 6), 7),
            (RowPieces { row_len: 10, first: 0, step: 7, len: 4, count: 2 }, 8),
            (RowPieces { row_len: 10, first: 1, step: usize::MAX, len: 4, count: 3 }, 12),
            (RowPieces { row_len: usize::MAX, first: 0, step: 0, len: 1, count: 1 }, 1),
        ] {
            assert!(pieces.check(2, len).is_err(), "{pieces:?}");
        }
    }
}
