//! `spectrogram`: power over time and frequency, a matrix per row.

use super::call::{Call, Scalar, by_precision, sample_type};
use super::welch_psd::{N_FFT, RATE, SAMPLES};
use crate::answers::Answers;
use crate::describe::{Argument, Descriptor, Kind};
use crate::error;
use crate::options::OptionName;
use crate::plans::with_plan;
use crate::rows::Number;
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use rlx_dsp::detrend::Detrend;
use rlx_dsp::scaling::Scaling;
use rlx_dsp::stft::{Spectrogram, SpectrogramParams};

const OPTIONS: &[OptionName] = &[
    OptionName::Window,
    OptionName::Segment,
    OptionName::Hop,
    OptionName::Detrend,
    OptionName::Scaling,
    OptionName::Nan,
    OptionName::Short,
];

pub(crate) const SPECTROGRAM: Scalar = Scalar {
    descriptor: Descriptor {
        name: "spectrogram",
        what: "Returns the spectrogram of each row as a list of frames, each a list of `n_fft/2 + 1` powers. The defaults \
               are those of `scipy.signal.spectrogram`: window tukey:0.25, hop 7/8 of a segment, detrend constant, \
               scaling density.",
        arguments: &[
            SAMPLES,
            RATE,
            N_FFT,
            Argument { name: "options", kind: Kind::Options(OPTIONS), what: "A constant struct." },
        ],
        example: "select device, spectrogram(samples, 16000.0, 512, named_struct('hop', 128)) from 'rows.parquet'",
    },
    returns: |types| DataType::new_list(DataType::new_list(sample_type(&types[0]), true), true),
    run: |call| by_precision!(call, run),
};

fn run<T: Number>(call: &Call<'_>) -> Result<ArrayRef> {
    let options = call.options()?;
    let mut answers = Answers::<T>::new(call.rows);
    call.each_batch::<T>(&["rate", "n_fft"], |numbers, batch| {
        // Checks the parameters that Welch's method and a spectrogram share.
        let welch = options.psd(numbers[0], numbers[1], Detrend::Constant, Scaling::Density)?;
        let scipy = SpectrogramParams::scipy(welch.sample_rate, welch.segments.segment_len);
        let hop = scipy.segments.hop.max(1);
        let window = scipy.segments.window.clone();
        let params = scipy
            .window(options.parsed(OptionName::Window)?.unwrap_or(window))
            .hop(options.count(OptionName::Hop)?.unwrap_or(hop))
            .n_fft(welch.segments.n_fft)
            .detrend(welch.segments.detrend)
            .scaling(welch.scaling)
            .nan(welch.nan);
        if batch.row_len < welch.segments.segment_len {
            if options.short_is_null()? {
                return Ok(());
            }
            let reason = rlx_dsp::Error::TooShort { len: batch.row_len, segment: welch.segments.segment_len };
            return Err(call.numeric(reason, batch));
        }
        let (out, bins) = (answers.values(), params.n_bins());
        let start = out.len();
        let result = with_plan(
            params.clone(),
            || {
                let plan = Spectrogram::<T>::new(params)?;
                let scratch = plan.scratch();
                Ok::<_, rlx_dsp::Error>((plan, scratch))
            },
            |(plan, scratch)| {
                let values = plan.n_frames(batch.row_len) * bins;
                out.resize(start + values * batch.count(), T::default());
                let rows = batch.data.chunks_exact(batch.row_len).zip(out[start..].chunks_exact_mut(values));
                for (index, (row, out)) in rows.enumerate() {
                    if let Err(error) = plan.run_into(row, scratch, out) {
                        return Err((index, error));
                    }
                }
                Ok(values)
            },
        );
        let values = match result {
            Ok(Ok(values)) => values,
            Ok(Err((row, error))) => {
                return Err(error::numeric("spectrogram", "samples", error, |_| batch.row(row)));
            }
            Err(error) => return Err(call.numeric(error, batch)),
        };
        for index in 0..batch.count() {
            let first = start + index * values;
            answers.put(batch.row(index), first..first + values, bins);
        }
        Ok(())
    })?;
    answers.into_matrices()
}
