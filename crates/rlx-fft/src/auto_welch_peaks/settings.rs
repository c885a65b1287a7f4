//! What a caller may ask for.

use rlx_compile::cost::Calibration;
use rlx_dsp::welch::peaks::RowLayout;
use rlx_learn::FastLearnedFftModel;

use crate::welch_peaks_picker::WelchPeaksPickMode;

/// Where predictions come from.
#[derive(Debug, Clone, Copy, Default)]
pub enum CalibrationSource<'a> {
    /// The user's cache; where it has nothing, a short probe of this machine, else shipped defaults.
    #[default]
    Cache,
    /// Shipped defaults.
    Shipped,
    /// These records, one a device. A device without one has shipped values; a record of a device of that class on
    /// another machine is an error.
    Given(&'a [Calibration]),
}

/// Everything that decides how [`AutoWelchPeaks`](super::AutoWelchPeaks) runs. The default is what
/// [`AutoWelchPeaks::new`](super::AutoWelchPeaks::new) does.
#[derive(Debug, Clone, Copy, Default)]
pub struct AutoSettings<'a> {
    /// Name of the device; `None` is `auto`.
    pub device: Option<&'a str>,
    /// A learned model that may be picked.
    pub learned: Option<&'a FastLearnedFftModel>,
    /// Automatic or forced.
    pub mode: WelchPeaksPickMode,
    /// Only strategies whose bins are those of the two-segment spectrum: neither `ultra` nor `learned`.
    pub same_answer: bool,
    /// Threads on the host: 1 is the caller's alone, 0 as many as the batch can use.
    pub threads: usize,
    /// Where predictions come from.
    pub calibration: CalibrationSource<'a>,
    /// The buffers for which the strategy is selected: full rows, over which the segments are spread, or rows of the
    /// leading layout only. Both kinds run in either case.
    pub layout: RowLayout,
    /// Samples of a full row; `None`: those of the 8-segment reference.
    pub row_len: Option<usize>,
}
