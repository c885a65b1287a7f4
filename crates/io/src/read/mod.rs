//! Readers of signals, in blocks.
//!
//! [`open`] detects the format by content, then by extension, and returns one [`SignalReader`] for each group of
//! channels that share a rate (an archive or an EEG recording may hold several). A reader fills the caller's planes,
//! one vector per channel, block by block; no allocation is sized by a header alone.
//!
//! NaN is kept as NaN and missing values become NaN: the caller decides how to handle them.

mod aiff;
mod au;
mod audio;
mod body;
mod brainvision;
mod coded;
#[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
mod columnar;
mod compressed;
mod csv;
mod edf;
mod format;
#[doc(hidden)]
pub mod fuzz;
mod info;
mod inputs;
mod iq;
mod npy;
#[cfg(not(target_arch = "wasm32"))]
mod npz;
mod open;
mod options;
mod quiet;
mod raw;
mod reader;
mod sample;
mod sigmf;
mod source;
mod unread;
mod wav;
mod wfdb;
#[cfg(not(target_arch = "wasm32"))]
mod zstd;

pub use csv::{DateFormat, time_unit};
pub use format::{Format, names as format_names, titles as format_titles};
pub use info::{Annotation, Capture, ChannelInfo, Pause, Precision, SignalInfo};
pub use inputs::{Expanded, expand_inputs};
pub use open::{open, open_leading, open_source};
pub use options::{CsvOptions, OpenOptions};
pub use reader::{Chunk, SignalReader};
pub use sample::{RawFormat, SampleKind, SampleType};
pub use sigmf::open_sigmf;
pub use source::{Siblings, Source};
