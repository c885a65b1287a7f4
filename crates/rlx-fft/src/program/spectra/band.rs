//! Checks a band against a signal.

use crate::flags::Band;
use anyhow::{Result, bail};

/// Rejects a band that exceeds the available frequencies.
pub(crate) fn check_band(band: Option<&Band>, freq: &[f64], x_unit: &str) -> Result<()> {
    let (Some(band), Some(&first), Some(&last)) = (band, freq.first(), freq.last()) else { return Ok(()) };
    let step = if freq.len() > 1 { freq[1] - freq[0] } else { 0.0 };
    // Half a bin of tolerance: an odd transform ends half a bin below the Nyquist frequency.
    let ends = [("lower", band.lo), ("upper", band.hi)];
    for (end, value) in ends.into_iter().filter_map(|(end, value)| Some((end, value?))) {
        if value < first - 0.51 * step || value > last + 0.51 * step {
            bail!("--band: the {end} end {value} is outside {first} … {last} {x_unit} (Nyquist)");
        }
    }
    if !freq.iter().any(|f| band.contains(*f)) {
        bail!("--band holds no bin: the bins are {step} {x_unit} apart; give a larger --n-fft");
    }
    Ok(())
}
