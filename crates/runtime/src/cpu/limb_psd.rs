//! `LimbPsd` in `f64`.

use rlx_compile::ValueType;
use rlx_compile::builders::{from_limbs, to_limbs};
use rlx_compile::params::LimbPsdSpec;
use rlx_dsp::Error as DspError;
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::welch::{Welch, WelchScratch};

use super::estimates::{after_gaps, threads_of};
use super::program::Step;
use crate::error::Result;
use crate::session::SessionOptions;

struct LimbPsd {
    plan: Welch<f64>,
    scratch: WelchScratch<f64>,
    len: usize,
    bins: usize,
    samples: Vec<f64>,
    powers: Vec<f64>,
}

pub(super) fn step(
    spec: &LimbPsdSpec,
    taken: &ValueType,
    made: &ValueType,
    options: &SessionOptions,
) -> Result<Box<dyn Step>> {
    let params = spec.estimate.clone().nan(after_gaps(options.nan));
    let plan = Welch::<f64>::new(params)?.with_threads(threads_of(options))?;
    let (len, bins) = (taken.last(), made.last());
    let (scratch, samples, powers) = (plan.scratch(), Vec::new(), vec![0.0; bins]);
    Ok(Box::new(LimbPsd { plan, scratch, len, bins, samples, powers }))
}

impl Step for LimbPsd {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        let Self { plan, scratch, len, bins, samples, powers } = self;
        let rows = input.chunks_exact(2 * (*len).max(1)).zip(out.chunks_exact_mut(2 * (*bins).max(1)));
        for (row, (x, out)) in rows.enumerate() {
            samples.clear();
            samples.extend(x.chunks_exact(2).map(|limbs| from_limbs([limbs[0], limbs[1]])));
            match plan.run_into(samples, scratch, powers) {
                Ok(_) => {}
                Err(DspError::Argument { .. }) if plan.params().nan == NanPolicy::SkipSegment => {
                    powers.fill(f64::NAN);
                }
                // Positions are those of limbs.
                Err(DspError::NonFinite { index, value, .. }) => {
                    return Err(DspError::NonFinite { row, index: 2 * index, value }.into());
                }
                Err(error) => return Err(error.into()),
            }
            out.chunks_exact_mut(2).zip(&*powers).for_each(|(out, p)| out.copy_from_slice(&to_limbs(*p)));
        }
        Ok(())
    }
}
