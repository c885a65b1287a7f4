//! Short-time spectra: one spectrum every `hop` samples.
//!
//! ```text
//! signal [len] → padding → frames [n_frames, frame_len] → detrend → window → FFT → [n_frames, n_bins]
//! ```
//!
//! [`Spectrogram`] takes a whole signal, [`StftStream`] takes it in blocks of any length with memory of a few frames.
//! [`SpectrogramParams::scipy`], [`SpectrogramParams::librosa`] and [`SpectrogramParams::torch`] have the frames and
//! units of those systems.

mod fast;
mod frame_fft;
mod framing;
mod overlap;
mod params;
mod short_time;
mod spectrogram;
mod stream;

pub(crate) use fast::lane_frames;
pub(crate) use frame_fft::{FrameFft, FrameParams, PowerFrames, plan_power_frames};
pub use framing::{Framing, Padding, Placement};
pub use overlap::{check_cola, check_nola};
pub(crate) use params::check_rate;
pub use params::{SpectrogramParams, SpectrogramScaling};
pub use short_time::{
    Extension, InverseScratch, ShortTimeFft, ShortTimeInverse, ShortTimeParams, ShortTimeScratch,
    ShortTimeSpectra, Slices, SpectrumSides, canonical_dual, closest_dual,
};
pub use spectrogram::{
    ComplexSpectrogram, Spectrogram, SpectrogramOutput, SpectrogramScratch, spectrogram, spectrogram_with,
};
pub(crate) use spectrogram::{check_finite, row_len};
pub use stream::StftStream;
