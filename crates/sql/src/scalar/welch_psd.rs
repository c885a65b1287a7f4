//! `welch_psd`: the spectrum of each row.

use super::call::{Call, Scalar, by_precision, sample_type};
use crate::answers::Answers;
use crate::batches::Batch;
use crate::describe::{Argument, Descriptor, Kind};
use crate::options::{OptionName, Options};
use crate::plans::with_plan;
use crate::rows::Number;
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use rlx_dsp::detrend::Detrend;
use rlx_dsp::scaling::Scaling;
use rlx_dsp::welch::{PsdParams, Welch};

/// Options of Welch's method.
pub(super) const ESTIMATE: &[OptionName] = &[
    OptionName::Window,
    OptionName::Segment,
    OptionName::Hop,
    OptionName::Detrend,
    OptionName::Scaling,
    OptionName::Average,
    OptionName::Nan,
    OptionName::Short,
];

pub(super) const SAMPLES: Argument = Argument {
    name: "samples",
    kind: Kind::Samples,
    what: "The samples of the row's signal: a list, large list or fixed-size list of any number type.",
};

pub(super) const RATE: Argument = Argument {
    name: "rate",
    kind: Kind::Number,
    what: "Samples per second (or per unit of whatever the frequencies are to be in).",
};

pub(super) const N_FFT: Argument = Argument {
    name: "n_fft",
    kind: Kind::Count,
    what: "Length of the transform and of a segment, at least 2.",
};

pub(crate) const WELCH_PSD: Scalar = Scalar {
    descriptor: Descriptor {
        name: "welch_psd",
        what: "Returns the power spectrum of each row by Welch's method, `n_fft/2 + 1` values; the defaults and the \
               numbers are those of `scipy.signal.welch`. `welch_freqs` gives the frequencies. Lists of 32-bit floats \
               and of integers of up to 16 bits are computed in single precision, all others in double precision.",
        arguments: &[
            SAMPLES,
            RATE,
            N_FFT,
            Argument { name: "options", kind: Kind::Options(ESTIMATE), what: "A constant struct." },
        ],
        example: "select device, welch_psd(samples, 1000.0, 256, named_struct('window', 'hamming')) from 'rows.parquet'",
    },
    returns: |types| DataType::new_list(sample_type(&types[0]), true),
    run: |call| by_precision!(call, run),
};

fn run<T: Number>(call: &Call<'_>) -> Result<ArrayRef> {
    let options = call.options()?;
    let mut answers = Answers::<T>::new(call.rows);
    call.each_batch::<T>(&["rate", "n_fft"], |numbers, batch| {
        let params = options.psd(numbers[0], numbers[1], Detrend::Constant, Scaling::Density)?;
        spectra(call, &options, params, batch, answers.values()).map(|bins| {
            let Some(bins) = bins else { return };
            let first = answers.values().len() - bins * batch.count();
            for index in 0..batch.count() {
                let start = first + index * bins;
                answers.put(batch.row(index), start..start + bins, bins);
            }
        })
    })?;
    answers.into_numbers()
}

/// Appends the spectra of a batch to `out` and returns their length; `None` if the rows are too short and therefore
/// null.
pub(super) fn spectra<T: Number>(
    call: &Call<'_>,
    options: &Options,
    params: PsdParams,
    batch: &Batch<'_, T>,
    out: &mut Vec<T>,
) -> Result<Option<usize>> {
    if batch.row_len < params.segments.segment_len {
        if options.short_is_null()? {
            return Ok(None);
        }
        return Err(call.numeric(
            rlx_dsp::Error::TooShort { len: batch.row_len, segment: params.segments.segment_len },
            batch,
        ));
    }
    let key = params.clone();
    let build = || {
        let plan = Welch::<T>::new(params)?.with_threads(1)?;
        let scratch = plan.scratch();
        Ok::<_, rlx_dsp::Error>((plan, scratch))
    };
    let start = out.len();
    let result = with_plan(key, build, |(plan, scratch)| {
        let bins = plan.n_bins();
        out.resize(start + bins * batch.count(), T::default());
        plan.run_batch_into(batch.data, batch.count(), scratch, &mut out[start..]).map(|_| bins)
    });
    result.and_then(|done| done).map(Some).map_err(|error| call.numeric(error, batch))
}
