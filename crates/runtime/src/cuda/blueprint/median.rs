//! The median over segments, divided by its bias: sorted in registers up to `SORTED` segments, found by counting
//! above.

use super::{Blueprint, Operand, Pass};
use crate::recipe::median_bias;

/// Largest number of segments whose powers a thread sorts in registers.
const SORTED: usize = 64;
const BLOCK: usize = 128;

/// Reduces rows of `frames` × `bins` powers to rows of `bins` medians, divided by their bias and multiplied by
/// `factor`.
pub(crate) fn median(
    frames: usize,
    bins: usize,
    factor: f64,
    from: Operand,
    to: Operand,
) -> Result<Pass, String> {
    if i32::try_from(frames).is_err() || frames == 0 {
        return Err(format!("a median of {frames} segments"));
    }
    let mut defines: Vec<_> = [("FRAMES", frames), ("BINS", bins), ("BLOCK", BLOCK)]
        .map(|(name, value)| (name, value.to_string()))
        .to_vec();
    if frames <= SORTED {
        defines.extend([("SORTED", "1".to_owned()), ("KEYS", frames.next_power_of_two().to_string())]);
    }
    let blueprint = Blueprint {
        family: "median",
        entry: "median",
        source: "median.cu",
        defines,
        block: BLOCK as u32,
        rows_per_block: BLOCK as u32,
        shared_bytes: 0,
        register_ceiling: 128,
        tables: Vec::new(),
    };
    let factor = (factor / median_bias(frames)) as f32;
    Ok(Pass {
        blueprint,
        items: bins as u64,
        operands: vec![from, to, Operand::Rows, Operand::Factor(factor)],
    })
}
