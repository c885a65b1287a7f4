//! The struct in the lists of `welch_peaks`.

use crate::answers::Answers;
use datafusion::arrow::array::{ArrayRef, Float64Array, Int32Array, StructArray};
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::Result;
use std::sync::Arc;

/// One peak; what is unknown is NaN here and null in SQL.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Peak {
    pub(super) rank: i32,
    pub(super) bin: i32,
    pub(super) freq: f64,
    pub(super) power: f64,
    pub(super) prominence_db: f64,
    pub(super) width: f64,
}

/// Returns the columns, with the names of the results of `rlx-fft peaks`.
fn fields() -> Fields {
    let real = |name, nullable| Field::new(name, DataType::Float64, nullable);
    Fields::from(vec![
        Field::new("rank", DataType::Int32, false),
        Field::new("bin", DataType::Int32, false),
        real("freq", false),
        real("power", false),
        real("level_db", false),
        real("prominence_db", true),
        real("width", true),
    ])
}

/// Returns the type of a list of peaks.
pub(super) fn peaks_type() -> DataType {
    DataType::new_list(DataType::Struct(fields()), false)
}

/// Returns the column.
pub(super) fn peaks_array(answers: Answers<Peak>) -> Result<ArrayRef> {
    answers.into_list(structs, false)
}

fn structs(peaks: Vec<Peak>) -> ArrayRef {
    let real = |value: fn(&Peak) -> f64| -> ArrayRef {
        Arc::new(peaks.iter().map(|p| Some(value(p))).collect::<Float64Array>())
    };
    let known = |value: fn(&Peak) -> f64| -> ArrayRef {
        Arc::new(peaks.iter().map(|p| Some(value(p)).filter(|v| !v.is_nan())).collect::<Float64Array>())
    };
    let int = |value: fn(&Peak) -> i32| -> ArrayRef {
        Arc::new(Int32Array::from_iter_values(peaks.iter().map(value)))
    };
    let columns = vec![
        int(|p| p.rank),
        int(|p| p.bin),
        real(|p| p.freq),
        real(|p| p.power),
        real(|p| 10.0 * p.power.log10()),
        known(|p| p.prominence_db),
        known(|p| p.width),
    ];
    // The columns were made for these fields, each with one value per peak.
    Arc::new(StructArray::new(fields(), columns, None))
}
