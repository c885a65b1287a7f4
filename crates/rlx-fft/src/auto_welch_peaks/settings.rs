//! Settings of the picker.

use rlx_compile::cost::Calibration;
use rlx_learn::FastLearnedFftModel;

use crate::welch_peaks_picker::WelchPeaksPickMode;

/// Source of predictions.
#[derive(Debug, Clone, Copy, Default)]
pub enum CalibrationSource<'a> {
    /// The user's cache, otherwise shipped defaults.
    #[default]
    Cache,
    /// Shipped defaults.
    Shipped,
    /// These records, one per device. A device without a record has shipped values; a record of a device of that
    /// class on another machine is an error.
    Given(&'a [Calibration]),
}

/// All settings of [`AutoWelchPeaks`](super::AutoWelchPeaks). The default corresponds to
/// [`AutoWelchPeaks::new`](super::AutoWelchPeaks::new).
#[derive(Debug, Clone, Copy, Default)]
pub struct AutoSettings<'a> {
    /// Name of the device; `None` is `auto`.
    pub device: Option<&'a str>,
    /// A learned model that may be selected.
    pub learned: Option<&'a FastLearnedFftModel>,
    /// Automatic or forced.
    pub mode: WelchPeaksPickMode,
    /// Whether only strategies are allowed whose bins are those of the two-segment spectrum: neither `ultra` nor
    /// `learned`.
    pub same_answer: bool,
    /// Number of host threads: 1 is the calling thread, 0 as many as the batch can use.
    pub threads: usize,
    /// Source of predictions.
    pub calibration: CalibrationSource<'a>,
}
