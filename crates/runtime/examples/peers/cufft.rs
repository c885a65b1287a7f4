//! cuFFT as a peer: NVIDIA's library on the same buffers, stream and clock. Looked for in `RLX_CUFFT` (a file), by the
//! loader, then in `CUDA_PATH`; a bench without it says so.

use std::ffi::{c_int, c_void};
use std::ptr;

use libloading::Library;
use rlx_runtime::cuda::{CudaStream, DeviceBuffer};
use rlx_runtime::{Error, Result};

/// `cufftType`, and the direction of C2C.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    R2C,
    C2R,
    C2C,
}

impl Kind {
    fn code(self) -> c_int {
        match self {
            Self::R2C => 0x2a,
            Self::C2R => 0x2c,
            Self::C2C => 0x29,
        }
    }
}

type PlanMany = unsafe extern "C" fn(
    *mut c_int,
    c_int,
    *mut c_int,
    *mut c_int,
    c_int,
    c_int,
    *mut c_int,
    c_int,
    c_int,
    c_int,
    c_int,
) -> c_int;
type Exec = unsafe extern "C" fn(c_int, *mut c_void, *mut c_void) -> c_int;
type ExecBoth = unsafe extern "C" fn(c_int, *mut c_void, *mut c_void, c_int) -> c_int;

/// The library.
pub(crate) struct CuFft(Library);

impl CuFft {
    pub(crate) fn load() -> Result<Self> {
        let mut names: Vec<String> = std::env::var("RLX_CUFFT").into_iter().collect();
        let files = ["libcufft.so.12", "libcufft.so.11", "libcufft.so"];
        names.extend(files.map(str::to_owned));
        if let Ok(root) = std::env::var("CUDA_PATH") {
            names.extend(files.map(|file| format!("{root}/lib64/{file}")));
        }
        let mut reason = String::new();
        for name in names {
            // SAFETY: loading NVIDIA's library runs its initialisers and nothing else.
            match unsafe { Library::new(&name) } {
                Ok(library) => return Ok(Self(library)),
                Err(error) => reason = error.to_string(),
            }
        }
        Err(unsupported(format!("no cuFFT: {reason}")))
    }

    fn call<T: Copy>(&self, name: &str) -> Result<T> {
        // SAFETY: the types are those of cufft.h.
        let found = unsafe { self.0.get::<T>(name.as_bytes()) };
        found.map(|f| *f).map_err(|error| unsupported(error.to_string()))
    }

    /// A plan of `batch` transforms of `n`, rows one after the other, in this stream.
    pub(crate) fn plan(&self, kind: Kind, n: usize, batch: usize, stream: &CudaStream) -> Result<Plan<'_>> {
        let int = |v: usize| c_int::try_from(v).map_err(|_| unsupported(format!("{v} for cuFFT")));
        let (mut handle, mut len, count) = (0, int(n)?, int(batch)?);
        let make: PlanMany = self.call("cufftPlanMany")?;
        let none = ptr::null_mut();
        // SAFETY: one dimension, of which `len` is the length; null layouts mean packed rows.
        check("cufftPlanMany", unsafe {
            make(&mut handle, 1, &mut len, none, 1, 0, none, 1, 0, kind.code(), count)
        })?;
        let plan = Plan { library: self, handle, kind };
        let set: unsafe extern "C" fn(c_int, *mut c_void) -> c_int = self.call("cufftSetStream")?;
        // SAFETY: the stream is alive and outlives the plan's use by the caller.
        check("cufftSetStream", unsafe { set(handle, stream.raw()) })?;
        Ok(plan)
    }
}

/// A plan.
pub(crate) struct Plan<'a> {
    library: &'a CuFft,
    handle: c_int,
    kind: Kind,
}

impl Plan<'_> {
    /// Queues the transforms.
    ///
    /// # Safety
    /// The buffers have the plan's lengths.
    pub(crate) unsafe fn run(&self, from: &DeviceBuffer, to: &DeviceBuffer) -> Result<()> {
        let address = |buffer: &DeviceBuffer| buffer.address() as *mut c_void;
        let (from, to) = (address(from), address(to));
        let code = match self.kind {
            Kind::C2C => {
                let exec: ExecBoth = self.library.call("cufftExecC2C")?;
                // SAFETY: by this function's own condition; −1 is forward.
                unsafe { exec(self.handle, from, to, -1) }
            }
            Kind::R2C => {
                let exec: Exec = self.library.call("cufftExecR2C")?;
                // SAFETY: by this function's own condition.
                unsafe { exec(self.handle, from, to) }
            }
            Kind::C2R => {
                let exec: Exec = self.library.call("cufftExecC2R")?;
                // SAFETY: by this function's own condition.
                unsafe { exec(self.handle, from, to) }
            }
        };
        check("cufftExec", code)
    }
}

impl Drop for Plan<'_> {
    fn drop(&mut self) {
        if let Ok(destroy) = self.library.call::<unsafe extern "C" fn(c_int) -> c_int>("cufftDestroy") {
            // SAFETY: the handle is this plan's.
            unsafe { destroy(self.handle) };
        }
    }
}

fn unsupported(reason: String) -> Error {
    Error::Unsupported(reason)
}

fn check(what: &str, code: c_int) -> Result<()> {
    if code == 0 { Ok(()) } else { Err(unsupported(format!("{what}: error {code} of cuFFT"))) }
}
