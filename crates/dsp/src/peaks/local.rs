//! Local maxima with conditions: `scipy.signal.find_peaks`.

use super::extremes::Extremes;
use super::maxima::Plateaus;
use super::prominence::{Prominences, is_dense, prominences};
use super::slopes::Slopes;
use super::threshold::Thresholds;
use super::width::{Widths, widths};
use super::{Bounds, distance, retain_flagged};
use crate::fft::Real;
use crate::params::builders;
use crate::{Error, Result};

/// Conditions that a local maximum must satisfy; the default accepts every local maximum.
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
    /// Minimal horizontal distance between peaks in samples, 1 or more; lower peaks are removed first.
    pub distance: Option<f64>,
    /// Prominence, in the unit of `x`.
    pub prominence: Option<Bounds>,
    /// Samples around a peak over which its prominence is computed, 2 or more; `None`: the whole row.
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
        /// Sets the smallest distance between peaks in samples.
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

    /// Rejects a distance below 1, a `wlen` below 2, a negative `rel_height` and NaN anywhere.
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

/// Peaks by ascending position; a property is there if its condition was asked for, with one entry per peak.
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
        if !keep.contains(&false) {
            return;
        }
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

/// Finds the local maxima of the row `x` that satisfy `params`, as `scipy.signal.find_peaks` does.
///
/// Strictly above both neighbours, never the first or last sample; rows shorter than 3 have none. NaN compares false
/// with everything: a sample beside a NaN is not a peak, and walks for prominence and width stop there.
///
/// # Errors
/// Those of [`LocalPeakParams::validate`].
pub fn find_peaks<T: Real>(x: &[T], params: &LocalPeakParams) -> Result<LocalPeaks> {
    params.validate()?;
    Ok(Finder::default().find(x, params))
}

/// Scratch of [`find_peaks`], for one row after the other.
#[derive(Debug)]
pub(super) struct Finder<T> {
    slopes: Slopes,
    maxima: Vec<usize>,
    extremes: Extremes<T>,
}

impl<T> Default for Finder<T> {
    fn default() -> Self {
        Self { slopes: Slopes::default(), maxima: Vec::new(), extremes: Extremes::default() }
    }
}

impl<T: Real> Finder<T> {
    /// The peaks of `x`; `params` are valid.
    pub(super) fn find(&mut self, x: &[T], params: &LocalPeakParams) -> LocalPeaks {
        let Self { slopes, maxima, extremes } = self;
        slopes.set(x);
        extremes.reset();
        let mut found = LocalPeaks::default();
        if let Some(bounds) = &params.plateau_size {
            let mut plateaus = Plateaus::default();
            slopes.plateaus(x, &mut found.positions, &mut plateaus);
            let keep = plateaus.keep_flags(bounds);
            found.plateaus = Some(plateaus);
            found.retain(&keep);
        } else {
            slopes.maxima(x, &mut found.positions);
        }
        if let Some(bounds) = &params.height {
            found.heights = Some(heights(x, bounds, &mut found));
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
            let unfiltered = params.plateau_size.is_none()
                && params.height.is_none()
                && params.threshold.is_none()
                && params.distance.is_none();
            let all = if unfiltered {
                prominences(x, &found.positions, params.wlen, slopes, &found.positions, extremes)
            } else {
                if is_dense(x, &found.positions) {
                    slopes.maxima(x, maxima);
                }
                prominences(x, &found.positions, params.wlen, slopes, maxima, extremes)
            };
            let keep = all.keep_flags(&params.prominence.unwrap_or(Bounds::ANY));
            found.prominences = Some(all);
            found.retain(&keep);
        }
        if let (Some(bounds), Some(prominences)) = (&params.width, &found.prominences) {
            let all = widths(x, &found.positions, params.rel_height, prominences, extremes);
            let keep = all.keep_flags(bounds);
            found.widths = Some(all);
            found.retain(&keep);
        }
        found
    }
}

/// Drops the peaks outside `bounds` and returns the heights of the others.
fn heights<T: Real>(x: &[T], bounds: &Bounds, found: &mut LocalPeaks) -> Vec<f64> {
    if found.plateaus.is_some() {
        let keep: Vec<bool> = found.positions.iter().map(|&p| bounds.contains(x[p].widen())).collect();
        found.retain(&keep);
        return found.positions.iter().map(|&p| x[p].widen()).collect();
    }
    // The positions alone: one pass without a branch, as in `retain_flagged`.
    let mut heights = vec![0.0; found.positions.len()];
    let mut kept = 0;
    for at in 0..found.positions.len() {
        let position = found.positions[at];
        let height = x[position].widen();
        (found.positions[kept], heights[kept]) = (position, height);
        kept += usize::from(bounds.contains(height));
    }
    found.positions.truncate(kept);
    heights.truncate(kept);
    heights
}
