//! Functions of one row, computed a record batch at a time.

mod band_power;
mod call;
mod find_peaks;
mod log_mel;
mod peak;
mod spectrogram;
mod welch_freqs;
mod welch_peaks;
mod welch_psd;

pub(crate) use call::Scalar;

/// Every scalar function.
pub(crate) const ALL: &[&Scalar] = &[
    &welch_psd::WELCH_PSD,
    &welch_freqs::WELCH_FREQS,
    &welch_peaks::WELCH_PEAKS,
    &band_power::BAND_POWER,
    &spectrogram::SPECTROGRAM,
    &log_mel::LOG_MEL,
    &find_peaks::FIND_PEAKS,
];
