//! Averaged powers with more than single precision.

use rlx_compile::params::LimbPsdSpec;
use rlx_compile::regions::Asked;

use super::super::blueprint::SampleType;
use super::super::blueprint::limb_psd::limb_psd;
use super::regions::Taken;
use crate::limbs::LimbPlan;

/// Returns the kernels of the caller's samples in two limbs.
pub(super) fn kernel(asked: &Asked<'_>, spec: &LimbPsdSpec) -> Result<Taken, String> {
    if !asked.reads_input() {
        return Err("kernels of segments read the caller's samples".to_owned());
    }
    let (len, batch) = (asked.source().last(), asked.source().dims.first().copied().unwrap_or(1));
    let (plan, arithmetic) = (LimbPlan::new(spec, len, batch)?, spec.arithmetic);
    Taken::in_pairs(move |sample| match sample {
        SampleType::F32 => Ok(limb_psd(&plan, arithmetic, len)),
        SampleType::I16 | SampleType::F16 => Err("limbs are f32".to_owned()),
    })
}
