//! Converts times to sample indices on the absolute grid.

use super::grid::NAME;
use crate::error;
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit};
use datafusion::common::Result;

/// Largest index: larger times are not exact in 64-bit floats.
const LARGEST: f64 = (1_u64 << 52) as f64;

/// Computes the sample index of each row: the nearest integer to `(ts − origin)·rate`, halves upwards.
pub(super) fn indices(ts: &ArrayRef, rate: f64, origin: f64, out: &mut Vec<i64>) -> Result<()> {
    if ts.null_count() > 0 {
        let row = (0..ts.len()).find(|row| ts.is_null(*row)).unwrap_or_default();
        return Err(error::run(NAME, "ts", format!("row {row} of the record batch is null")));
    }
    out.clear();
    out.reserve(ts.len());
    let furthest = match ts.data_type() {
        DataType::Timestamp(unit, _) => {
            let stamps = cast(ts, &DataType::Int64)?;
            let stamps: &[i64] = stamps.as_primitive::<Int64Type>().values();
            match unit {
                TimeUnit::Second => stamped::<1>(stamps, rate, origin, out),
                TimeUnit::Millisecond => stamped::<1_000>(stamps, rate, origin, out),
                TimeUnit::Microsecond => stamped::<1_000_000>(stamps, rate, origin, out),
                TimeUnit::Nanosecond => stamped::<1_000_000_000>(stamps, rate, origin, out),
            }
        }
        _ => {
            let mut furthest = 0.0_f64;
            for ts in ts.as_primitive::<Float64Type>().values() {
                let x = (ts - origin) * rate;
                // NaN must not be lost in a maximum.
                furthest = if x.abs() <= furthest { furthest } else { x.abs() };
                out.push(floor(x + 0.5));
            }
            furthest
        }
    };
    if furthest.is_nan() || furthest >= LARGEST {
        let reason = format!("time · rate reaches {furthest}: it must be a number below 2^52");
        return Err(error::run(NAME, "ts", reason));
    }
    Ok(())
}

/// Splits whole seconds and the rest, so that their product with an integer rate is exact, also for nanoseconds.
fn stamped<const PER_SECOND: i64>(stamps: &[i64], rate: f64, origin: f64, out: &mut Vec<i64>) -> f64 {
    let origin = (origin * PER_SECOND as f64) as i64;
    let scale = rate / PER_SECOND as f64;
    let mut furthest = 0.0_f64;
    for stamp in stamps {
        let stamp = stamp.saturating_sub(origin);
        let seconds = stamp.div_euclid(PER_SECOND);
        let rest = stamp - seconds * PER_SECOND;
        let whole = seconds as f64 * rate;
        let floor_of_whole = floor(whole);
        furthest = if whole.abs() <= furthest { furthest } else { whole.abs() };
        out.push(floor_of_whole + floor((whole - floor_of_whole as f64) + rest as f64 * scale + 0.5));
    }
    furthest
}

/// Returns the largest integer of at most `x`, without a call of the system's library.
#[inline]
fn floor(x: f64) -> i64 {
    let cut = x as i64;
    cut - i64::from(cut as f64 > x)
}
