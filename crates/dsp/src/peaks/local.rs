//! Local maxima with conditions: `scipy.signal.find_peaks`.

use super::maxima::{Plateaus, local_maxima};
use super::prominence::{Prominences, peak_prominences};
use super::threshold::Thresholds;
use super::width::{Widths, peak_widths};
use super::{Bounds, distance, retain_flagged};
use crate::fft::Real;
use crate::params::builders;
use crate::{Error, Result};

/// What a local maximum must satisfy; the default accepts every local maximum.
///
/// A condition that is `Some` is computed, returned and applied, in the order of the fields. Bounds are inclusive.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct LocalPeakParams {
    /// Number of samples on the flat top.
    pub plateau_size: Option<Bounds>,
    /// Value of the peak, in the unit of `x`.
    pub height: Option<Bounds>,
    /// Vertical distance to the direct neighbours.
    pub threshold: Option<Bounds>,
    /// Minimal horizontal distance between peaks in samples, 1 or more; the lower peaks go first.
    pub distance: Option<f64>,
    /// Prominence, in the unit of `x`.
    pub prominence: Option<Bounds>,
    /// Samples around a peak that its prominence looks at, 2 or more; `None` looks at the whole row.
    pub wlen: Option<usize>,
    /// Width in samples.
    pub width: Option<Bounds>,
    /// Fraction of the prominence, downwards from the peak, at which the width is taken.
    pub rel_height: f64,
}

impl Default for LocalPeakParams {
    fn default() -> Self {
        Self {
            plateau_size: None,
            height: None,
            threshold: None,
            distance: None,
            prominence: None,
            wlen: None,
            width: None,
            rel_height: 0.5,
        }
    }
}

impl LocalPeakParams {
    /// No conditions: every local maximum.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    builders! {
        /// Sets the bounds of the number of samples on the flat top.
        plateau_size: impl Into<Option<Bounds>>;
        /// Sets the bounds of the height.
        height: impl Into<Option<Bounds>>;
        /// Sets the bounds of the vertical distance to the direct neighbours.
        threshold: impl Into<Option<Bounds>>;
        /// Sets the least horizontal distance between peaks in samples.
        distance: impl Into<Option<f64>>;
        /// Sets the bounds of the prominence.
        prominence: impl Into<Option<Bounds>>;
        /// Sets the samples around a peak that its prominence is computed from.
        wlen: impl Into<Option<usize>>;
        /// Sets the bounds of the width in samples.
        width: impl Into<Option<Bounds>>;
        /// Sets the fraction of the prominence at which the width is taken.
        rel_height: f64;
    }

    /// Refuses a distance below 1, a `wlen` below 2, a negative `rel_height` and NaN anywhere.
    pub fn validate(&self) -> Result<()> {
        let named = [
            ("plateau_size", self.plateau_size),
            ("height", self.height),
            ("threshold", self.threshold),
            ("prominence", self.prominence),
            ("width", self.width),
        ];
        for (name, bounds) in named {
            bounds.unwrap_or_default().check(name)?;
        }
        if let Some(distance) = self.distance.filter(|d| d.is_nan() || *d < 1.0) {
            return Err(Error::argument("distance", format!("must be 1 or more, got {distance}")));
        }
        if let Some(wlen) = self.wlen.filter(|&w| w < 2) {
            return Err(Error::argument("wlen", format!("must be larger than 1, got {wlen}")));
        }
        if self.rel_height.is_nan() || self.rel_height < 0.0 {
            return Err(Error::argument("rel_height", format!("must be 0 or more, got {}", self.rel_height)));
        }
        Ok(())
    }
}

/// Peaks by ascending position; a property is there if its condition was asked for, with one entry a peak.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LocalPeaks {
    /// Sample index of each peak; the middle of a flat top, rounded down.
    pub positions: Vec<usize>,
    /// With `plateau_size`.
    pub plateaus: Option<Plateaus>,
    /// With `height`.
    pub heights: Option<Vec<f64>>,
    /// With `threshold`.
    pub thresholds: Option<Thresholds>,
    /// With `prominence` or `width`.
    pub prominences: Option<Prominences>,
    /// With `width`.
    pub widths: Option<Widths>,
}

impl LocalPeaks {
    fn retain(&mut self, keep: &[bool]) {
        retain_flagged(&mut self.positions, keep);
        if let Some(plateaus) = &mut self.plateaus {
            plateaus.retain(keep);
        }
        if let Some(heights) = &mut self.heights {
            retain_flagged(heights, keep);
        }
        if let Some(thresholds) = &mut self.thresholds {
            thresholds.retain(keep);
        }
        if let Some(prominences) = &mut self.prominences {
            prominences.retain(keep);
        }
        if let Some(widths) = &mut self.widths {
            widths.retain(keep);
        }
    }
}

/// Local maxima of the row `x` that satisfy `params`, as `scipy.signal.find_peaks` finds them.
///
/// Strictly above both neighbours, never the first or last sample; rows shorter than 3 have none. NaN compares false
/// with everything: a sample beside a NaN is no peak, and walks for prominence and width stop there.
///
/// # Errors
/// What [`LocalPeakParams::validate`] refuses.
pub fn find_peaks<T: Real>(x: &[T], params: &LocalPeakParams) -> Result<LocalPeaks> {
    params.validate()?;
    let (positions, plateaus) = local_maxima(x);
    let mut found = LocalPeaks { positions, ..LocalPeaks::default() };
    if let Some(bounds) = &params.plateau_size {
        let keep = plateaus.keep_flags(bounds);
        found.plateaus = Some(plateaus);
        found.retain(&keep);
    }
    if let Some(bounds) = &params.height {
        let heights: Vec<f64> = found.positions.iter().map(|&p| x[p].widen()).collect();
        let keep: Vec<bool> = heights.iter().map(|&h| bounds.contains(h)).collect();
        found.heights = Some(heights);
        found.retain(&keep);
    }
    if let Some(bounds) = &params.threshold {
        let thresholds = Thresholds::new(x, &found.positions);
        let keep = thresholds.keep_flags(bounds);
        found.thresholds = Some(thresholds);
        found.retain(&keep);
    }
    if let Some(distance) = params.distance {
        let keep = distance::keep_flags(x, &found.positions, distance);
        found.retain(&keep);
    }
    if params.prominence.is_some() || params.width.is_some() {
        let prominences = peak_prominences(x, &found.positions, params.wlen)?;
        let keep = prominences.keep_flags(&params.prominence.unwrap_or(Bounds::ANY));
        found.prominences = Some(prominences);
        found.retain(&keep);
    }
    if let (Some(bounds), Some(prominences)) = (&params.width, &found.prominences) {
        let widths = peak_widths(x, &found.positions, params.rel_height, prominences)?;
        let keep = widths.keep_flags(bounds);
        found.widths = Some(widths);
        found.retain(&keep);
    }
    Ok(found)
}
