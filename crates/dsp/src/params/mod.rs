//! Every parameter type of the library in one place, and what they share: tables of names, threads.
//!
//! Each type is defined once, beside the code that uses it; graphs, flags and bindings contain these types. Enums that a
//! backend must handle case by case ([`Average`], [`Detrend`], [`Padding`], [`Scaling`], [`Sides`], [`NanPolicy`], …) are
//! exhaustive on purpose: a case that a backend does not know must not compile.

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
pub use crate::welch::peaks::{PeaksEngine, WelchParams, WelchPeakParams};
pub use crate::window::{Symmetry, WINDOWS, Window, WindowEntry, WindowParameter};
