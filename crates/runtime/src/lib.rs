//! Runs plans: devices, sessions, executables and calibration.
//!
//! ```
//! use rlx_compile::builders::{WelchPeaksShape, welch_peaks};
//! use rlx_runtime::{Device, Session};
//!
//! # fn main() -> rlx_runtime::Result<()> {
//! let session = Session::open(&"cpu".parse::<Device>()?)?;
//! let executable = session.compile(&welch_peaks(&WelchPeaksShape::new(4, 256, 2, 3))?)?;
//! let samples: Vec<f32> = (0..4 * 384).map(|i| (i as f32 * 0.3).sin()).collect();
//! let mut peaks = vec![0.0; 4 * 3 * 2];
//! executable.run(&[&samples], &mut [&mut peaks])?;
//! assert_eq!(peaks[0], 12.0);
//! # Ok(())
//! # }
//! ```

pub mod calibrate;
pub mod cpu;
// A build without the feature has stubs of the same names: `discover`, `find`, `open`.
#[cfg(any(feature = "cuda", feature = "gpu"))]
mod cross;
#[cfg(feature = "cuda")]
pub mod cuda;
#[cfg(not(feature = "cuda"))]
#[path = "cuda/absent.rs"]
mod cuda;
pub mod device;
pub mod environment;
pub mod error;
#[cfg(any(feature = "cuda", feature = "gpu"))]
mod limbs;
mod machine;
#[cfg(any(feature = "cuda", feature = "gpu"))]
mod recipe;
pub mod select;
pub mod session;
#[cfg(feature = "gpu")]
pub mod wgpu;
#[cfg(not(feature = "gpu"))]
#[path = "wgpu/absent.rs"]
mod wgpu;
mod whole_file;

pub use device::{Device, DeviceInfo};
pub use error::{Error, Result};
pub use machine::{absent_devices, devices};
pub use session::{Executable, OutputInfo, RowPieces, SampleFormat, Samples, Session, SessionOptions, Timed};
