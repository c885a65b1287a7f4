//! Recomputes rows with NaN or infinite powers by the caller's NaN policy.

use super::params::WelchPeakParams;
use crate::error::{Error, Result};
use crate::lanes::Rows;
use crate::nan::{NanPolicy, first_non_finite};
use crate::peaks::insert::insert_top_k;
use crate::scaling::Scaling;
use crate::welch::{PsdParams, Welch};

/// Recomputes the rows from `first` on whose strongest power is not finite; `rows` begin with their first segments, which
/// lie `lead` samples from the start of what the caller calls a row.
///
/// A row of finite samples whose power overflows `f32` keeps its infinite powers.
pub(super) fn repair_rows(
    params: &WelchPeakParams,
    rows: Rows<'_>,
    lead: usize,
    first: usize,
    out: &mut [f32],
) -> Result<()> {
    let len = params.welch.span();
    let k = params.k_out();
    let mut plan = None;
    for (row, out) in out.chunks_exact_mut(2 * k).enumerate().skip(first) {
        if out[1].is_finite() {
            continue;
        }
        let samples = rows.row(row, len);
        if let Some((index, value)) = first_non_finite(samples)
            && params.nan == NanPolicy::Error
        {
            return Err(Error::NonFinite { row, index: (lead + index) as u64, value });
        }
        let plan = match &mut plan {
            Some(plan) => plan,
            none => {
                let plan = Welch::<f32>::new(psd_params(params))?;
                let scratch = plan.scratch();
                none.insert((plan, scratch))
            }
        };
        let mut powers = vec![f32::NAN; params.welch.n_bins()];
        // A row without segments is not an error here: the other rows have results.
        let (plan, scratch) = plan;
        match plan.run_into(samples, scratch, &mut powers) {
            Ok(_) => {}
            Err(Error::Argument { .. }) => powers.fill(f32::NAN),
            Err(other) => return Err(other),
        }
        insert_top_k(&powers, out);
    }
    Ok(())
}

fn psd_params(params: &WelchPeakParams) -> PsdParams {
    PsdParams::new(1.0, params.welch.n_fft)
        .segments(params.welch.segments())
        .scaling(Scaling::Raw)
        .nan(params.nan)
}
