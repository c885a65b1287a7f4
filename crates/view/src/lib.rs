//! The engine of the viewer: computes on demand what the page shows of a recording.
//!
//! An [`Engine`] holds recordings and answers typed requests ([`Request`]) with typed replies ([`Reply`]): tiles of a
//! spectrogram at any zoom, the envelope of the samples, spectra, peaks and powers of a selection, and exports of
//! them. The engine is independent of the transport: the program's local server passes requests from HTTP, a
//! WebAssembly worker from messages. [`Engine::handle`] takes the JSON of a request and never panics on it.
//!
//! Memory: tiles are cached up to a number of bytes; tiles and spectra are computed in chunks, so memory does not
//! depend on the length of a recording. [`page`] has the sources of the page.

mod aggregate;
mod annotate;
mod cache;
mod cancel;
mod command;
mod engine;
mod envelope;
mod error;
mod export;
mod frames;
#[doc(hidden)]
pub mod fuzz;
#[cfg(any(target_arch = "wasm32", test))]
mod memory;
pub mod page;
mod peaks;
mod query;
mod recording;
mod reply;
mod sample;
mod selection;
mod spool;
mod tile;

pub use cancel::Cancel;
pub use engine::{Engine, EngineOptions, Session};
pub use error::{Error, Result};
pub use query::{
    Aggregate, AnnotateQuery, EnvelopeQuery, Estimate, ExportKind, ExportQuery, Request, SamplesQuery,
    SelectionQuery, TileQuery,
};
pub use recording::{Gap, Note, Opener, Recording, RecordingInfo};
pub use reply::{FileFailure, Info, Measure, Reply};
