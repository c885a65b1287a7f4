//! `band_power`: the power of each row between two frequencies.

use super::call::{Call, Scalar, by_precision};
use super::welch_psd::{RATE, SAMPLES, spectra};
use crate::answers::numbers_or_null;
use crate::describe::{Argument, Descriptor, Kind};
use crate::error;
use crate::options::OptionName;
use crate::rows::Number;
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use rlx_dsp::detrend::Detrend;
use rlx_dsp::scaling::Scaling;

const OPTIONS: &[OptionName] = &[
    OptionName::NFft,
    OptionName::Window,
    OptionName::Segment,
    OptionName::Hop,
    OptionName::Detrend,
    OptionName::Average,
    OptionName::Nan,
    OptionName::Short,
];

/// Default transform length, that of SciPy.
const N_FFT: usize = 256;

pub(crate) const BAND_POWER: Scalar = Scalar {
    descriptor: Descriptor {
        name: "band_power",
        what: "Returns the power of each row in a band, in the square of the samples' unit: the sum of the bins of \
               `welch_psd` (scaling density) with `lo ≤ frequency ≤ hi`, times the distance of the bins.",
        arguments: &[
            SAMPLES,
            RATE,
            Argument {
                name: "lo",
                kind: Kind::Number,
                what: "Lower end of the band, inclusive, in the unit of rate.",
            },
            Argument { name: "hi", kind: Kind::Number, what: "Upper end of the band, inclusive." },
            Argument { name: "options", kind: Kind::Options(OPTIONS), what: "A constant struct." },
        ],
        example: "select device, band_power(samples, 1000.0, 45.0, 55.0) as hum from 'rows.parquet'",
    },
    returns: |_| DataType::Float64,
    run: |call| by_precision!(call, run),
};

fn run<T: Number>(call: &Call<'_>) -> Result<ArrayRef> {
    let options = call.options()?;
    let n_fft = options.count(OptionName::NFft)?;
    let mut answers = vec![None; call.rows];
    let mut powers = Vec::<T>::new();
    call.each_batch::<T>(&["rate", "lo", "hi"], |numbers, batch| {
        let [rate, lo, hi] = [numbers[0], numbers[1], numbers[2]];
        // A row of one sample has no spectrum; the smallest length is two.
        let n_fft = n_fft.unwrap_or(batch.row_len.clamp(2, N_FFT));
        let params = options.psd(rate, n_fft as f64, Detrend::Constant, Scaling::Density)?;
        let step = rate / n_fft as f64;
        let inside: Vec<usize> = (0..=n_fft / 2).filter(|k| (lo..=hi).contains(&(*k as f64 * step))).collect();
        if inside.is_empty() {
            let reason = format!(
                "no bin lies between lo {lo} and hi {hi}: bins lie {step} apart from 0 to {}; see the option n_fft",
                rate / 2.0
            );
            return Err(error::run("band_power", "hi", reason));
        }
        powers.clear();
        let Some(bins) = spectra(call, &options, params, batch, &mut powers)? else { return Ok(()) };
        for (index, psd) in powers.chunks_exact(bins).enumerate() {
            let sum: f64 = inside.iter().map(|k| psd[*k].widen()).sum();
            answers[batch.row(index)] = Some(sum * step);
        }
        Ok(())
    })?;
    Ok(numbers_or_null(answers))
}
