//! Estimates of whole recordings and of frames, and their peaks.

mod band;
mod beyond;
mod columns;
mod device;
mod device_average;
mod device_mel;
mod device_pair;
mod frames;
mod header;
mod local;
mod mel_stream;
mod packed;
mod picking;
mod placed;
mod shown;
mod spectrum;
mod whole;

pub(crate) use band::check_band;
pub(crate) use beyond::Beyond;
pub(crate) use columns::Columns;
pub(crate) use device::DeviceSpectra;
pub(crate) use device_average::{accumulate_on, row_len};
pub(crate) use device_mel::{DeviceMel, mel_on};
pub(crate) use device_pair::pair;
pub(crate) use frames::{Few, Framed, Framer, PlacedFew, Route};
pub(crate) use header::{coverage_note, header};
pub(crate) use local::Shape;
pub(crate) use mel_stream::{MelFeed, MelFrames, Related};
pub(crate) use packed::PackedFrames;
pub(crate) use picking::{mean_note, packed_entries, pick};
pub(crate) use placed::{Declined, Placement, explained};
pub(crate) use shown::shown;
pub(crate) use spectrum::{Layout, Spectrum};
pub(crate) use whole::{accumulate, accumulate_matrix};
