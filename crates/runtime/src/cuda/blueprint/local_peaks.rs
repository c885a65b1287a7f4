//! Local maxima of rows of powers with the conditions of [`LocalPeaksSpec`].
//!
//! Arguments of `local_peaks`, grid one block per row: powers `const float*` `[rows, bins]`; out `float*`, 8-byte
//! aligned, `[rows, max_peaks, 2]` of (bin, power) by power descending, (−1, 0) where there is no peak; rows `u64`.

use rlx_compile::params::{LocalPeaksSpec, SubBin};

use super::{Blueprint, Define};

/// Longest row; a row is held in shared memory.
pub const MAX_BINS: usize = 9216;

/// Returns the kernel, or why there is none.
pub fn local_peaks(spec: &LocalPeaksSpec, bins: usize) -> Result<Blueprint, String> {
    if bins == 0 || bins > MAX_BINS || spec.max_peaks == 0 {
        return Err(format!(
            "{} peaks of {bins} bins (the kernel has up to {MAX_BINS} bins)",
            spec.max_peaks
        ));
    }
    let block = (bins / 4).next_power_of_two().clamp(32, 256);
    let mut defines: Vec<Define> =
        vec![("BLOCK", block.to_string()), ("BINS", bins.to_string()), ("SLOTS", spec.max_peaks.to_string())];
    let bounds = [
        ("HEIGHT", spec.height),
        ("THRESHOLD", spec.threshold),
        ("PROMINENCE", spec.prominence),
        ("WIDTH", spec.width),
    ];
    for (name, bound) in bounds {
        if let Some(bound) = bound {
            if !bound.is_finite() {
                return Err(format!("{} of {bound}", name.to_lowercase()));
            }
            defines.push((name, format!("({bound:?})")));
        }
    }
    if let Some(distance) = spec.distance {
        if distance.is_nan() || distance < 1.0 {
            return Err(format!("distance of {distance}"));
        }
        defines.push(("DISTANCE", (distance.ceil() as usize).min(bins).to_string()));
    }
    match spec.sub_bin {
        SubBin::None => {}
        SubBin::Parabolic => defines.push(("SUB_BIN_PARABOLIC", "1".to_owned())),
        SubBin::Hann => defines.push(("SUB_BIN_HANN", "1".to_owned())),
    }
    Ok(Blueprint {
        family: "local_peaks",
        entry: "local_peaks",
        source: "local_peaks.cu",
        defines,
        block: block as u32,
        rows_per_block: 1,
        shared_bytes: (5 * bins).next_multiple_of(16) as u32,
        register_ceiling: 80,
        tables: vec![],
    })
}
