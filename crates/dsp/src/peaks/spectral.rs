//! Peaks of a power spectrum: local maxima of the level, refined between the bins.

use super::{Bounds, LocalPeakParams, find_peaks, peak_prominences, peak_widths, subbin};
use crate::Result;
use crate::params::builders;

/// Conditions on spectral peaks.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SpectralPeakParams {
    /// Smallest level in dB.
    pub height_db: Option<f64>,
    /// Smallest prominence of the level in dB.
    pub prominence_db: f64,
    /// Smallest distance between peaks in bins, 1 or more.
    pub distance: Option<f64>,
    /// Whether the spectrum was made with a Hann window and without zero-padding: the Hann estimator is then more
    /// accurate than a parabola.
    pub hann: bool,
}

impl SpectralPeakParams {
    /// Peaks that rise by at least `prominence_db` above their surroundings.
    #[must_use]
    pub fn new(prominence_db: f64) -> Self {
        Self { height_db: None, prominence_db, distance: None, hann: false }
    }

    builders! {
        /// Sets the smallest level in dB.
        height_db: impl Into<Option<f64>>;
        /// Sets the smallest prominence in dB.
        prominence_db: f64;
        /// Sets the smallest distance between peaks in bins.
        distance: impl Into<Option<f64>>;
        /// Sets whether the spectrum was made with a Hann window and without zero-padding.
        hann: bool;
    }
}

/// One peak of a spectrum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpectralPeak {
    /// Index in the spectrum.
    pub position: usize,
    /// Offset of the peak from that bin, in bins.
    pub offset: f64,
    /// Level of that bin in dB.
    pub level_db: f64,
    /// Prominence of the level in dB.
    pub prominence_db: f64,
    /// Width at half the power above the surroundings, in bins.
    pub width: f64,
}

/// Returns the peaks of `power` (ascending frequencies, any unit), by power descending; ties go to the lower
/// frequency.
///
/// Maxima and prominences are those of the level `10·log10(power)`, with a floor at −400 dB; widths are measured on
/// the power, where half the height is the usual half-power width.
///
/// # Errors
/// [`Error::Argument`](crate::Error::Argument) for conditions outside their domain.
pub fn spectral_peaks(power: &[f64], params: &SpectralPeakParams) -> Result<Vec<SpectralPeak>> {
    let level: Vec<f64> = power.iter().map(|&p| 10.0 * p.max(1e-40).log10()).collect();
    let least = |value: f64| Bounds { min: Some(value), max: None };
    let conditions = LocalPeakParams::default()
        .height(params.height_db.map(least))
        .prominence(least(params.prominence_db))
        .distance(params.distance.map(|distance| distance.max(1.0)));
    let found = find_peaks(&level, &conditions)?;
    let rises = found.prominences.map(|p| p.values).unwrap_or_default();
    let linear = peak_prominences(power, &found.positions, None)?;
    let widths = peak_widths(power, &found.positions, 0.5, &linear)?;
    let estimate = if params.hann { subbin::hann::<f64> } else { subbin::parabolic::<f64> };
    let mut peaks: Vec<SpectralPeak> = found
        .positions
        .iter()
        .enumerate()
        .map(|(i, &position)| SpectralPeak {
            position,
            offset: estimate(power, position).map_or(0.0, |sub| sub.bin - position as f64),
            level_db: level[position],
            prominence_db: rises.get(i).copied().unwrap_or(0.0),
            width: widths.values[i],
        })
        .collect();
    peaks.sort_by(|a, b| power[b.position].total_cmp(&power[a.position]).then(a.position.cmp(&b.position)));
    Ok(peaks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::Scaling;
    use crate::welch::{PsdParams, welch_with};

    #[test]
    fn tones_between_bins_are_found_by_power() {
        let tone = |f: f64, a: f64, i: usize| a * (std::f64::consts::TAU * f * i as f64 / 1000.0).sin();
        let x: Vec<f64> = (0..8000).map(|i| tone(100.3, 1.0, i) + tone(222.7, 0.1, i)).collect();
        let params = PsdParams::new(1000.0, 1000).scaling(Scaling::Spectrum);
        let psd = welch_with(&x, &params).unwrap();
        let conditions = SpectralPeakParams::new(6.0).height_db(-40.0).distance(None).hann(true);
        let peaks = spectral_peaks(&psd.values, &conditions).unwrap();
        assert_eq!(peaks.iter().map(|p| p.position).collect::<Vec<_>>(), [100, 223]);
        for (peak, (f, level)) in peaks.iter().zip([(100.3, -3.0), (222.7, -23.0)]) {
            assert!((peak.position as f64 + peak.offset - f).abs() < 0.01, "{peak:?}");
            assert!(peak.level_db < level && peak.level_db > level - 1.5, "{peak:?}");
            assert!(peak.prominence_db > 20.0 && (1.0..2.5).contains(&peak.width), "{peak:?}");
        }
        let none = conditions.height_db(10.0);
        assert_eq!(spectral_peaks(&psd.values, &none).unwrap(), []);
    }
}
