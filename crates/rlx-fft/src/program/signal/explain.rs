//! Explains errors of the libraries in terms of the program's flags.

use super::Signal;
use anyhow::{Error, anyhow};

/// Adds the flag that helps. `channel` is the index of row 0 of the error among the selected channels, `first` the
/// position of its first sample.
pub(crate) fn explain(error: rlx_dsp::Error, signal: &Signal, channel: usize, first: u64) -> Error {
    match error {
        rlx_dsp::Error::NonFinite { row, index, value } => {
            let name = signal.names().nth(channel + row).unwrap_or_default();
            let time = signal.time(first + index);
            let index = signal.clock.index(first + index);
            let unit = signal.axis.time_unit();
            let value = if value.is_nan() { "missing or NaN".to_owned() } else { value.to_string() };
            anyhow!(
                "channel {name}: sample {index} (at {time:.6} {unit}) is {value}; choose --nan interpolate to draw lines over \
                 short gaps (--max-gap), --nan skip-segment to leave out its segments, or --nan propagate"
            )
        }
        rlx_dsp::Error::TooShort { len, segment } => {
            let remarks: String = signal.remarks.iter().map(|remark| format!("; {remark}")).collect();
            anyhow!(
                "{len} samples are fewer than one segment of {segment} (n_fft): give a smaller --n-fft{remarks}"
            )
        }
        other => Error::new(other),
    }
}
