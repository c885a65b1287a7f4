//! Rows and axes of flat arrays.

use crate::{Error, Result};

/// Lanes along one axis of a C-ordered array.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lanes {
    /// Product of the dimensions before the axis.
    outer: usize,
    /// Length of the axis.
    pub(super) len: usize,
    /// Product of the dimensions after the axis: the stride of one lane.
    inner: usize,
}

impl Lanes {
    /// Checks that `shape` describes `values` values and has `axis`.
    pub(super) fn new(values: usize, shape: &[usize], axis: usize) -> Result<Self> {
        let Some(&len) = shape.get(axis) else {
            let reason = format!("axis {axis} of an array with {} dimensions", shape.len());
            return Err(Error::argument("axis", reason));
        };
        let product = |dims: &[usize]| dims.iter().try_fold(1_usize, |p, &d| p.checked_mul(d));
        match (product(&shape[..axis]), product(&shape[axis + 1..]), product(shape)) {
            (Some(outer), Some(inner), Some(total)) if total == values => Ok(Self { outer, len, inner }),
            (_, _, total) => {
                Err(Error::Length { name: "x", expected: total.unwrap_or(usize::MAX), got: values })
            }
        }
    }

    /// Lanes in C order of the other axes.
    pub(super) fn count(&self) -> usize {
        self.outer * self.inner
    }

    /// The values of lane `index` of `x`: a part of it, or copied into `buffer`.
    pub(super) fn lane<'a, T: Copy>(&self, x: &'a [T], index: usize, buffer: &'a mut Vec<T>) -> &'a [T] {
        if self.inner == 1 {
            return &x[index * self.len..(index + 1) * self.len];
        }
        self.gather(x, index, buffer);
        buffer
    }

    /// Copies lane `index` of `x` into `lane`, which is cleared first.
    pub(super) fn gather<T: Copy>(&self, x: &[T], index: usize, lane: &mut Vec<T>) {
        lane.clear();
        if self.len == 0 {
            return;
        }
        let start = index / self.inner * self.len * self.inner + index % self.inner;
        lane.extend(x[start..].iter().step_by(self.inner).take(self.len));
    }
}

/// Returns the number of rows of `row_len` values in `values` values.
pub(super) fn row_count(values: usize, row_len: usize) -> Result<usize> {
    if row_len == 0 {
        return Err(Error::argument("row_len", "rows of 0 values"));
    }
    if !values.is_multiple_of(row_len) {
        let expected = values / row_len * row_len;
        return Err(Error::Length { name: "x", expected, got: values });
    }
    Ok(values / row_len)
}
