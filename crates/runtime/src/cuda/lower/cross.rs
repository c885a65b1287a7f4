//! Cross spectra: the spectra of all frames of all signals, then the averages of their products.

use rlx_compile::params::CrossSpec;
use rlx_compile::regions::Asked;

use super::super::blueprint::cross::cross;
use super::regions::Taken;
use super::transforms;
use crate::cross::CrossAverage;

/// Returns the kernels of cross spectra of the caller's samples.
pub(super) fn kernel(asked: &Asked<'_>, spec: &CrossSpec) -> Result<Taken, String> {
    if !asked.reads_input() {
        return Err("kernels of frames read the caller's samples".to_owned());
    }
    let (spectra, average) = CrossAverage::of(asked, spec)?;
    transforms::kernel(&spectra)?.then(move |passes| cross(&average, passes))
}
