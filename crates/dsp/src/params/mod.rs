//! Every parameter type of the library, and their shared parts: tables of names, threads.
//!
//! Each type is defined once, next to the code that uses it; graphs, flags and bindings contain these types. Enums
//! that a backend must match exhaustively ([`Average`], [`Detrend`], [`Padding`], [`Scaling`], [`Sides`],
//! [`NanPolicy`], …) are not `#[non_exhaustive]`: an unhandled case is a compile error.

mod builders;
mod names;
mod segments;
mod threads;

pub use names::{Name, Named};
pub use segments::SegmentParams;
pub use threads::Threads;

pub(crate) use builders::builders;
pub(crate) use names::named;
pub(crate) use segments::segment_count;
pub(crate) use threads::Workers;

pub use crate::detrend::Detrend;
pub use crate::mel::{
    LogMelParams, MaxOver, MelFilterbankParams, MelLayout, MelLog, MelNorm, MelNormalise, MelScale,
    Preemphasis, Preset, Reference, TriangleDomain,
};
pub use crate::nan::NanPolicy;
pub use crate::peaks::{Bounds, LocalPeakParams};
pub use crate::scaling::{Average, Scaling, Sides};
pub use crate::stft::{Padding, Placement, SpectrogramParams, SpectrogramScaling};
pub use crate::welch::PsdParams;
pub use crate::welch::peaks::{PeaksEngine, RowLayout, WelchParams, WelchPeakParams};
pub use crate::window::{Symmetry, WINDOWS, Window, WindowEntry, WindowParameter};
