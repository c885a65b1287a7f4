//! Collects the results of batches as columns in row order.

use crate::rows::Number;
use datafusion::arrow::array::{ArrayRef, Float64Array, ListArray, PrimitiveArray};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{DataFusionError, Result};
use std::ops::Range;
use std::sync::Arc;

/// Values per row, stored in any order; rows without values are null.
#[derive(Debug)]
pub(crate) struct Answers<T> {
    /// The range of each row's values, and the length of an inner list.
    at: Vec<Option<(Range<usize>, usize)>>,
    values: Vec<T>,
    /// Number of rows that were stored in order, without a gap.
    ordered: usize,
}

impl<T: Copy> Answers<T> {
    /// Creates results for this many rows.
    pub(crate) fn new(rows: usize) -> Self {
        Self { at: vec![None; rows], values: Vec::new(), ordered: 0 }
    }

    /// Returns the buffer to which values are appended.
    pub(crate) fn values(&mut self) -> &mut Vec<T> {
        &mut self.values
    }

    /// Assigns a range of values to a row; `inner` is the length of an inner list.
    pub(crate) fn put(&mut self, row: usize, values: Range<usize>, inner: usize) {
        if row == self.ordered {
            self.ordered += 1;
        }
        self.at[row] = Some((values, inner));
    }

    fn nulls(&self) -> Option<NullBuffer> {
        let any = self.at.iter().any(Option::is_none);
        any.then(|| self.at.iter().map(Option::is_some).collect())
    }

    fn offsets(&self, len: impl Fn(&Range<usize>, usize) -> usize) -> Result<OffsetBuffer<i32>> {
        offsets(self.at.iter().map(|at| at.as_ref().map_or(0, |(range, inner)| len(range, *inner))))
    }

    /// Returns the values in the order of the rows.
    fn in_order(&mut self) -> Vec<T> {
        if self.ordered == self.at.len() {
            // All rows were stored in order, so the values are in order.
            return std::mem::take(&mut self.values);
        }
        let rows = self.at.iter().flatten();
        rows.flat_map(|(range, _)| self.values[range.clone()].iter().copied()).collect()
    }

    /// Returns a list per row: offsets, nulls and values for the array of items.
    pub(crate) fn into_list(
        mut self,
        item: impl FnOnce(Vec<T>) -> ArrayRef,
        nullable: bool,
    ) -> Result<ArrayRef> {
        let offsets = self.offsets(|range, _| range.len())?;
        let nulls = self.nulls();
        let values = item(self.in_order());
        let field = Arc::new(Field::new_list_field(values.data_type().clone(), nullable));
        Ok(Arc::new(ListArray::try_new(field, offsets, values, nulls)?))
    }
}

impl<T: Number> Answers<T> {
    /// Returns a list of numbers per row.
    pub(crate) fn into_numbers(self) -> Result<ArrayRef> {
        self.into_list(number_array, true)
    }

    /// Returns a list of lists of numbers per row.
    pub(crate) fn into_matrices(mut self) -> Result<ArrayRef> {
        let rows = self.offsets(|range, inner| range.len() / inner.max(1))?;
        let inner = self
            .at
            .iter()
            .flatten()
            .flat_map(|(range, inner)| std::iter::repeat_n(*inner, range.len() / (*inner).max(1)));
        let inner = offsets(inner)?;
        let nulls = self.nulls();
        let values = number_array(self.in_order());
        let lists = ListArray::try_new(item_field::<T>(), inner, values, None)?;
        let field = Arc::new(Field::new_list_field(DataType::List(item_field::<T>()), true));
        Ok(Arc::new(ListArray::try_new(field, rows, Arc::new(lists), nulls)?))
    }
}

fn item_field<T: Number>() -> Arc<Field> {
    Arc::new(Field::new_list_field(
        <T::Arrow as datafusion::arrow::array::ArrowPrimitiveType>::DATA_TYPE,
        true,
    ))
}

fn number_array<T: Number>(values: Vec<T>) -> ArrayRef {
    Arc::new(PrimitiveArray::<T::Arrow>::new(ScalarBuffer::from(values), None))
}

fn offsets(lengths: impl Iterator<Item = usize>) -> Result<OffsetBuffer<i32>> {
    let mut ends = vec![0_i32];
    let mut end = 0_usize;
    for len in lengths {
        end += len;
        let end = i32::try_from(end).map_err(|_| {
            DataFusionError::Execution(
                "the lists of one record batch have more than 2^31 values: lower datafusion.execution.batch_size".into(),
            )
        })?;
        ends.push(end);
    }
    Ok(OffsetBuffer::new(ScalarBuffer::from(ends)))
}

/// Returns one optional number per row.
pub(crate) fn numbers_or_null(values: Vec<Option<f64>>) -> ArrayRef {
    Arc::new(Float64Array::from(values))
}
