//! `welch_freqs`: the frequencies of a spectrum.

use super::call::{Call, Scalar};
use super::welch_psd::{N_FFT, RATE};
use crate::answers::Answers;
use crate::describe::Descriptor;
use crate::options::Options;
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use rlx_dsp::detrend::Detrend;
use rlx_dsp::scaling::Scaling;

pub(crate) const WELCH_FREQS: Scalar = Scalar {
    descriptor: Descriptor {
        name: "welch_freqs",
        what: "Returns the frequencies of the bins of `welch_psd`, `welch_agg` and `psd_agg` as 64-bit floats: \
               `k·rate/n_fft` for `k = 0 … n_fft/2`.",
        arguments: &[RATE, N_FFT],
        example: "select welch_freqs(1000.0, 256)",
    },
    returns: |_| DataType::new_list(DataType::Float64, true),
    run,
};

fn run(call: &Call<'_>) -> Result<ArrayRef> {
    let parameters = call.parameters(&["rate", "n_fft"])?;
    let options = Options::read("welch_freqs", &[], None)?;
    let mut answers = Answers::<f64>::new(call.rows);
    for row in 0..call.rows {
        let Some(numbers) = parameters.of(row) else { continue };
        let params = options.psd(numbers[0], numbers[1], Detrend::None, Scaling::Raw)?;
        let start = answers.values().len();
        answers.values().extend(params.frequencies::<f64>());
        let end = answers.values().len();
        answers.put(row, start..end, end - start);
    }
    answers.into_numbers()
}
