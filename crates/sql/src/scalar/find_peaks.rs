//! `find_peaks`: the local maxima of each row.

use super::call::{Call, Scalar, by_precision};
use super::welch_psd::SAMPLES;
use crate::answers::Answers;
use crate::describe::{Argument, Descriptor, Kind};
use crate::options::{OptionName, Options};
use crate::rows::Number;
use datafusion::arrow::array::{ArrayRef, Float64Array, Int64Array, StructArray};
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::Result;
use rlx_dsp::peaks::{Bounds, LocalPeakParams, find_peaks, peak_prominences, peak_widths};
use std::sync::Arc;

const OPTIONS: &[OptionName] = &[
    OptionName::Height,
    OptionName::Threshold,
    OptionName::Distance,
    OptionName::Prominence,
    OptionName::Width,
    OptionName::RelHeight,
];

pub(crate) const FIND_PEAKS: Scalar = Scalar {
    descriptor: Descriptor {
        name: "find_peaks",
        what: "Returns the local maxima of each row as `scipy.signal.find_peaks` finds them, by position: a list of \
               `position, value, prominence, width`. Positions count from 0, widths are in samples. NaN is never a \
               peak, and what lies beside it is none.",
        arguments: &[
            SAMPLES,
            Argument { name: "options", kind: Kind::Options(OPTIONS), what: "A constant struct." },
        ],
        example: "select device, find_peaks(psd_agg(v, ts, 100.0, 512), named_struct('prominence', 2.0)) from t group by device",
    },
    returns: |_| DataType::new_list(DataType::Struct(fields()), false),
    run: |call| by_precision!(call, run),
};

#[derive(Debug, Clone, Copy)]
struct Maximum {
    position: i64,
    value: f64,
    prominence: f64,
    width: f64,
}

fn fields() -> Fields {
    let real = |name| Field::new(name, DataType::Float64, false);
    Fields::from(vec![
        Field::new("position", DataType::Int64, false),
        real("value"),
        real("prominence"),
        real("width"),
    ])
}

fn conditions(options: &Options) -> Result<LocalPeakParams> {
    let least = |name| {
        Ok::<_, datafusion::common::DataFusionError>(
            options.number(name)?.map(|value| Bounds { min: Some(value), max: None }),
        )
    };
    let plain = LocalPeakParams::default();
    Ok(plain
        .clone()
        .height(least(OptionName::Height)?)
        .threshold(least(OptionName::Threshold)?)
        .distance(options.number(OptionName::Distance)?)
        .prominence(least(OptionName::Prominence)?)
        .width(least(OptionName::Width)?)
        .rel_height(options.number(OptionName::RelHeight)?.unwrap_or(plain.rel_height)))
}

fn run<T: Number>(call: &Call<'_>) -> Result<ArrayRef> {
    let conditions = conditions(&call.options()?)?;
    let mut answers = Answers::<Maximum>::new(call.rows);
    call.each_batch::<T>(&[], |_, batch| {
        for index in 0..batch.count() {
            let x = &batch.data[index * batch.row_len..(index + 1) * batch.row_len];
            let all = || {
                let found = find_peaks(x, &conditions)?;
                let rises = peak_prominences(x, &found.positions, None)?;
                let widths = peak_widths(x, &found.positions, conditions.rel_height, &rises)?;
                Ok((found.positions, rises.values, widths.values))
            };
            let (positions, rises, widths) = all().map_err(|error| call.numeric(error, batch))?;
            let start = answers.values().len();
            answers.values().extend(positions.iter().zip(rises).zip(widths).map(
                |((at, prominence), width)| Maximum {
                    position: *at as i64,
                    value: x[*at].widen(),
                    prominence,
                    width,
                },
            ));
            answers.put(batch.row(index), start..start + positions.len(), 1);
        }
        Ok(())
    })?;
    answers.into_list(structs, false)
}

fn structs(maxima: Vec<Maximum>) -> ArrayRef {
    let real = |value: fn(&Maximum) -> f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(maxima.iter().map(value)))
    };
    let position = Arc::new(Int64Array::from_iter_values(maxima.iter().map(|m| m.position)));
    let columns = vec![position, real(|m| m.value), real(|m| m.prominence), real(|m| m.width)];
    // The columns were made for these fields, each with one value per maximum.
    Arc::new(StructArray::new(fields(), columns, None))
}
