//! Texts of the kernels.

macro_rules! texts {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("../../../kernels/", $name)))),*] };
}

/// Headers that the sources include.
pub(super) const HEADERS: &[(&str, &str)] = texts![
    "columns.cuh",
    "complex_rows.cuh",
    "dft.cuh",
    "frames.cuh",
    "limbs.cuh",
    "magnitude.cuh",
    "mixed.cuh",
    "ordered.cuh",
    "padding.cuh",
    "peaks_out.cuh",
    "rows.cuh",
    "samples.cuh",
    "spans.cuh",
    "stockham.cuh",
    "topk.cuh",
    "untangle.cuh",
];

const SOURCES: &[(&str, &str)] = texts![
    "butterflies.cu",
    "cross.cu",
    "fft.cu",
    "fft_columns.cu",
    "fft_untangle.cu",
    "limb_psd.cu",
    "local_peaks.cu",
    "log_mel.cu",
    "log_mel_finish.cu",
    "median.cu",
    "mixed.cu",
    "ops.cu",
    "real_fft.cu",
    "spectrogram.cu",
    "welch_long.cu",
    "welch_peaks.cu",
];

/// Returns the text of a source; empty for a name that no blueprint has.
pub(super) fn text(name: &str) -> &'static str {
    SOURCES.iter().find(|(n, _)| *n == name).map_or("", |(_, text)| text)
}

/// Returns every text, including headers.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    HEADERS.iter().chain(SOURCES)
}
