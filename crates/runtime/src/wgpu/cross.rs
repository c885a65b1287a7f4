//! Kernels of cross spectra: the spectra of all frames of all signals, then the averages of their products.

use rlx_compile::Refusal;
use rlx_compile::params::CrossSpec;
use rlx_compile::regions::Asked;

use super::blueprint::{GroupLimits, Passes, Spectrum};
use super::design::{any_length, reason_of, transform};
use crate::cross::CrossAverage;
use crate::session::SampleFormat;

/// Returns the kernels of cross spectra of samples of this type.
pub(super) fn kernel(
    asked: &Asked<'_>,
    spec: &CrossSpec,
    samples: SampleFormat,
    limits: &GroupLimits,
) -> std::result::Result<Passes, Refusal> {
    let (fft, average) = CrossAverage::of(asked, spec)?;
    let spectra = transform(&fft, samples, fft.bins, Spectrum::Interleaved, limits).or_else(|_| {
        let frames = any_length(&fft, fft.bins, false, samples)?;
        frames.each(Spectrum::Interleaved, limits).map_err(|error| reason_of(&error))
    })?;
    average.behind(spectra.times(spec.channels)).map_err(|error| reason_of(&error))
}
