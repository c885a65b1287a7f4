//! Sessions: a device that is open, what it costs, and the plans that are compiled on it.

mod backend;
mod executable;
mod left_out;
mod open;
mod options;
mod resident;
mod samples;
#[expect(clippy::module_inception, reason = "the session is what the module is about")]
mod session;
mod split;
mod timed;

pub use backend::{Backend, DeviceProbe, Program};
pub use executable::{Executable, OutputInfo};
pub use options::{FrameTransform, SessionOptions};
#[cfg(any(feature = "cuda", feature = "gpu"))]
pub(crate) use resident::Kind;
pub use resident::Resident;
pub use samples::{SampleFormat, Samples};
pub use session::Session;
pub use split::lower_split;
pub use timed::Timed;
