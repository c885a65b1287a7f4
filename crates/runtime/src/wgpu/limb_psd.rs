//! Kernels of averaged powers in two limbs.

use rlx_compile::Refusal;
use rlx_compile::params::{LimbArithmetic, LimbPsdSpec};
use rlx_compile::regions::Asked;

use super::blueprint::{Passes, limb_psd};
use super::design::reason_of;
use crate::limbs::LimbPlan;
use crate::session::SampleFormat;

/// Returns the kernels of samples in two limbs.
pub(super) fn kernel(
    asked: &Asked<'_>,
    spec: &LimbPsdSpec,
    samples: SampleFormat,
) -> std::result::Result<Passes, Refusal> {
    if spec.arithmetic == LimbArithmetic::F64 {
        return Err("shaders have no f64; f32x2 runs on the device".into());
    }
    if samples != SampleFormat::F32 {
        return Err("limbs are f32".into());
    }
    let (len, batch) = (asked.source().last(), asked.source().dims.first().copied().unwrap_or(1));
    let plan = LimbPlan::new(spec, len, batch)?;
    limb_psd(&plan, len).map_err(|error| reason_of(&error))
}
