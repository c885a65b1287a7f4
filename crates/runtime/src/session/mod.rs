//! Sessions: an open device, its cost model, and its compiled plans.

mod backend;
mod cache;
mod executable;
mod host_rows;
mod nan_guard;
mod open;
mod options;
mod pieces;
mod resident;
mod samples;
#[expect(clippy::module_inception, reason = "the session is what the module is about")]
mod session;
mod split;
mod timed;

pub use backend::{Backend, BatchMemory, DeviceProbe, Program};
pub use executable::{Executable, OutputInfo};
#[cfg(feature = "cuda")]
pub(crate) use host_rows::HostRows;
pub use options::{FrameTransform, SessionOptions};
pub use pieces::RowPieces;
#[cfg(any(feature = "cuda", feature = "gpu"))]
pub(crate) use resident::Kind;
pub use resident::Resident;
pub use samples::{SampleFormat, Samples};
pub use session::Session;
pub use split::lower_split;
pub use timed::Timed;
