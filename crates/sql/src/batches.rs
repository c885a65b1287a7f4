//! Groups the rows of a record batch into calls of a batched kernel: rows of equal parameters and length.

use crate::rows::{Lists, Number};
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use std::collections::HashMap;

/// The numeric arguments of each row.
#[derive(Debug)]
pub(crate) struct Parameters {
    /// Distinct sets of arguments.
    sets: Vec<Vec<f64>>,
    /// The set of each row, `None` if a number is null; absent if all rows have the first set.
    of_row: Option<Vec<Option<usize>>>,
}

impl Parameters {
    /// Reads the numeric arguments of a call.
    pub(crate) fn new(arguments: &[&ColumnarValue], rows: usize) -> Result<Self> {
        if arguments.iter().all(|a| matches!(a, ColumnarValue::Scalar(_))) {
            let mut set = Vec::new();
            for argument in arguments {
                let ColumnarValue::Scalar(value) = argument else { continue };
                let value = value.cast_to(&DataType::Float64)?;
                match value {
                    datafusion::common::ScalarValue::Float64(Some(number)) => set.push(number),
                    _ => return Ok(Self { sets: Vec::new(), of_row: Some(vec![None; rows]) }),
                }
            }
            return Ok(Self { sets: vec![set], of_row: None });
        }
        let columns: Vec<_> = arguments
            .iter()
            .map(|a| Ok(cast(&a.to_array(rows)?, &DataType::Float64)?))
            .collect::<Result<_>>()?;
        let columns: Vec<_> = columns.iter().map(|c| c.as_primitive::<Float64Type>()).collect();
        let mut known: HashMap<Vec<u64>, usize> = HashMap::new();
        let mut sets = Vec::new();
        let of_row = (0..rows)
            .map(|row| {
                if columns.iter().any(|c| c.is_null(row)) {
                    return None;
                }
                let bits = columns.iter().map(|c| c.value(row).to_bits()).collect();
                Some(*known.entry(bits).or_insert_with(|| {
                    sets.push(columns.iter().map(|c| c.value(row)).collect());
                    sets.len() - 1
                }))
            })
            .collect();
        Ok(Self { sets, of_row: Some(of_row) })
    }

    /// Returns the numbers of a row; `None` if one is null.
    pub(crate) fn of(&self, row: usize) -> Option<&[f64]> {
        let set = match &self.of_row {
            None => 0,
            Some(of_row) => of_row[row]?,
        };
        self.sets.get(set).map(Vec::as_slice)
    }
}

/// Rows of one call of a kernel.
#[derive(Debug)]
pub(crate) struct Batch<'a, T> {
    /// `[rows, row_len]`.
    pub(crate) data: &'a [T],
    /// Samples per row.
    pub(crate) row_len: usize,
    /// Rows of the record batch; absent if the batch contains all rows.
    rows: Option<&'a [usize]>,
    count: usize,
}

impl<T> Batch<'_, T> {
    /// Returns the number of rows.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Returns the row of the record batch.
    pub(crate) fn row(&self, index: usize) -> usize {
        self.rows.map_or(index, |rows| rows.get(index).copied().unwrap_or(index))
    }
}

/// Calls `work` with the rows that are not null, in batches of equal parameters and row length. Rows of one length
/// without nulls are not copied.
pub(crate) fn each_batch<T: Number>(
    lists: &Lists,
    parameters: &Parameters,
    mut work: impl FnMut(&[f64], &Batch<'_, T>) -> Result<()>,
) -> Result<()> {
    let samples = lists.samples::<T>()?;
    if let (Some(row_len), None, [set]) = (lists.uniform(), &parameters.of_row, parameters.sets.as_slice()) {
        return work(set, &Batch { data: &samples, row_len, rows: None, count: lists.len() });
    }
    let mut order: Vec<(usize, usize)> = Vec::new();
    let mut groups: HashMap<(usize, usize), Vec<usize>> = HashMap::new();
    for row in 0..lists.len() {
        let set = parameters.of_row.as_ref().map_or((!parameters.sets.is_empty()).then_some(0), |of| of[row]);
        let (Some(range), Some(set)) = (lists.range(row), set) else { continue };
        let key = (set, range.len());
        groups.entry(key).or_insert_with(|| {
            order.push(key);
            Vec::new()
        });
        if let Some(rows) = groups.get_mut(&key) {
            rows.push(row);
        }
    }
    let mut data = Vec::new();
    for key in order {
        let rows = &groups[&key];
        data.clear();
        for row in rows {
            data.extend_from_slice(&samples[lists.range(*row).unwrap_or_default()]);
        }
        let batch = Batch { data: &data, row_len: key.1, rows: Some(rows), count: rows.len() };
        work(&parameters.sets[key.0], &batch)?;
    }
    Ok(())
}
