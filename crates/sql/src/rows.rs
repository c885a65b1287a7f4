//! A list column as rows of samples.

use crate::describe::is_single;
use datafusion::arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use datafusion::arrow::buffer::{NullBuffer, ScalarBuffer};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{ArrowNativeType, DataType, Float32Type, Float64Type};
use datafusion::common::{DataFusionError, Result};
use rlx_dsp::fft::Real;
use std::ops::Range;

/// `f32` or `f64`, with its Arrow type.
pub(crate) trait Number: Real + ArrowNativeType {
    /// The Arrow type.
    type Arrow: ArrowPrimitiveType<Native = Self>;

    /// Returns the samples if they are `f32`.
    fn singles(_samples: &[Self]) -> Option<&[f32]> {
        None
    }
}

impl Number for f32 {
    type Arrow = Float32Type;

    fn singles(samples: &[Self]) -> Option<&[f32]> {
        Some(samples)
    }
}

impl Number for f64 {
    type Arrow = Float64Type;
}

/// The rows of a list, large list or fixed-size list column.
#[derive(Debug)]
pub(crate) struct Lists {
    values: ArrayRef,
    /// Row `i` is `offsets[i]..offsets[i + 1]` of the values.
    offsets: Vec<usize>,
    nulls: Option<NullBuffer>,
}

impl Lists {
    /// Views an array as rows.
    pub(crate) fn new(array: &ArrayRef) -> Result<Self> {
        let (values, offsets) = match array.data_type() {
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                (list.values(), list.value_offsets().iter().map(|o| *o as usize).collect())
            }
            DataType::LargeList(_) => {
                let list = array.as_list::<i64>();
                (list.values(), list.value_offsets().iter().map(|o| *o as usize).collect())
            }
            DataType::FixedSizeList(_, _) => {
                let list = array.as_fixed_size_list();
                let size = list.value_length() as usize;
                (list.values(), (0..=list.len()).map(|row| row * size).collect::<Vec<_>>())
            }
            other => return Err(DataFusionError::Internal(format!("a list was expected, not {other}"))),
        };
        let (first, last) = (offsets[0], offsets[offsets.len() - 1]);
        // Only values inside the slice of the column are converted.
        let offsets = offsets.into_iter().map(|offset| offset - first).collect();
        Ok(Self { values: values.slice(first, last - first), offsets, nulls: array.nulls().cloned() })
    }

    /// Returns the number of rows.
    pub(crate) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Returns the range of a row's samples; `None` for null.
    pub(crate) fn range(&self, row: usize) -> Option<Range<usize>> {
        let valid = self.nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        valid.then(|| self.offsets[row]..self.offsets[row + 1])
    }

    /// Returns the length of the rows, if all are valid, of equal length and not empty.
    pub(crate) fn uniform(&self) -> Option<usize> {
        let len = self.offsets.get(1)? - self.offsets[0];
        let same = self.offsets.windows(2).all(|pair| pair[1] - pair[0] == len);
        (len > 0 && same && self.nulls.as_ref().is_none_or(|nulls| nulls.null_count() == 0)).then_some(len)
    }

    /// Returns all samples; null samples are NaN.
    pub(crate) fn samples<T: Number>(&self) -> Result<ScalarBuffer<T>> {
        numbers::<T>(&self.values)
    }
}

/// Returns whether the samples of a list of this type are computed in `f32`.
pub(crate) fn list_is_single(list: &DataType) -> bool {
    match list {
        DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _) => {
            is_single(field.data_type())
        }
        _ => false,
    }
}

/// Returns an array of numbers as `T`, without a copy if it has that type; null is NaN.
pub(crate) fn numbers<T: Number>(array: &ArrayRef) -> Result<ScalarBuffer<T>> {
    let cast = cast(array, &T::Arrow::DATA_TYPE)?;
    let numbers: &PrimitiveArray<T::Arrow> = cast.as_primitive();
    if numbers.null_count() == 0 {
        return Ok(numbers.values().clone());
    }
    Ok(numbers.iter().map(|value| value.unwrap_or_else(|| T::narrow(f64::NAN))).collect())
}
