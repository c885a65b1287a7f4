//! NVIDIA's driver library: located, checked for every function that is used here, and initialised once.
//!
//! cudarc loads it lazily and panics if the library or a function is missing; this module rules that out before the
//! first call.

use std::sync::OnceLock;

use cudarc::driver::sys;

/// `major · 1000 + minor · 10` of the newest CUDA that the driver runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CudaVersion(pub(crate) i32);

impl CudaVersion {
    pub(crate) fn major(self) -> i32 {
        self.0 / 1000
    }
}

impl std::fmt::Display for CudaVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0 / 1000, self.0 % 1000 / 10)
    }
}

/// Names of the library. The last is the path of the driver's installer under WSL, which is not on the loader's path.
const NAMES: [&str; 4] = ["libcuda.so.1", "libcuda.so", "/usr/lib/wsl/lib/libcuda.so.1", "nvcuda.dll"];

/// Every function of the driver that is called in this crate.
const FUNCTIONS: [&str; 46] = [
    "cuCtxGetCurrent",
    "cuCtxSetCurrent",
    "cuDeviceGet",
    "cuDeviceGetAttribute",
    "cuDeviceGetCount",
    "cuDeviceGetName",
    "cuDeviceGetPCIBusId",
    "cuDevicePrimaryCtxRelease_v2",
    "cuDevicePrimaryCtxRetain",
    "cuDeviceTotalMem_v2",
    "cuDriverGetVersion",
    "cuEventCreate",
    "cuEventDestroy_v2",
    "cuEventQuery",
    "cuEventRecord",
    "cuEventSynchronize",
    "cuFuncGetAttribute",
    "cuFuncSetAttribute",
    "cuGetErrorName",
    "cuGetErrorString",
    "cuGraphDestroy",
    "cuGraphExecDestroy",
    "cuGraphInstantiateWithFlags",
    "cuGraphLaunch",
    "cuInit",
    "cuLaunchKernel",
    "cuMemAlloc_v2",
    "cuMemFreeHost",
    "cuMemFree_v2",
    "cuMemGetInfo_v2",
    "cuMemHostAlloc",
    "cuMemcpy2DAsync_v2",
    "cuMemcpyDtoDAsync_v2",
    "cuMemcpyDtoHAsync_v2",
    "cuMemcpyHtoDAsync_v2",
    "cuMemsetD32Async",
    "cuModuleGetFunction",
    "cuModuleLoadData",
    "cuModuleUnload",
    "cuPointerGetAttributes",
    "cuStreamBeginCapture_v2",
    "cuStreamCreate",
    "cuStreamDestroy_v2",
    "cuStreamEndCapture",
    "cuStreamSynchronize",
    "cuStreamWaitEvent",
];

/// Functions that newer drivers have; they are called only if [`has`] returns true.
const OPTIONAL: [&str; 3] = ["cuStreamGetId", "cuStreamIsCapturing", "cuThreadExchangeStreamCaptureMode"];

static HAS: OnceLock<Vec<&'static str>> = OnceLock::new();

/// Returns whether the driver has this function of [`OPTIONAL`].
pub(crate) fn has(name: &str) -> bool {
    HAS.get().is_some_and(|all| all.contains(&name))
}

/// Returns the driver's version, or why no driver can be used. The driver is located once per process.
pub(crate) fn driver() -> Result<CudaVersion, String> {
    static FOUND: OnceLock<Result<CudaVersion, String>> = OnceLock::new();
    FOUND.get_or_init(|| probe(&NAMES)).clone()
}

fn probe(names: &[&str]) -> Result<CudaVersion, String> {
    // SAFETY: loading NVIDIA's driver runs its initialisers, which have no conditions on the caller.
    let library = names.iter().find_map(|name| unsafe { libloading::Library::new(*name) }.ok());
    let library = library.ok_or_else(|| {
        "no NVIDIA driver here (libcuda.so.1 is not found): install NVIDIA's driver; in a container, start it with \
         the GPUs passed through"
            .to_owned()
    })?;
    for name in FUNCTIONS {
        // SAFETY: the address is only asked for, as a plain pointer, and not called.
        let found = unsafe { library.get::<*const ()>(name.as_bytes()) };
        if found.is_err() {
            return Err(format!(
                "the NVIDIA driver is too old (it lacks {name}): install version 470 or newer"
            ));
        }
    }
    // SAFETY: as above.
    let there = |name: &&str| unsafe { library.get::<*const ()>(name.as_bytes()) }.is_ok();
    let _ = HAS.set(OPTIONAL.into_iter().filter(there).collect());
    // Kept open for the process: cudarc finds a loaded library by its name.
    std::mem::forget(library);
    let mut version = 0;
    // SAFETY: the functions were found above; `version` outlives the call.
    let (asked, started) = unsafe { (sys::cuDriverGetVersion(&mut version), sys::cuInit(0)) };
    for (what, code) in [("asking its version", asked), ("starting it", started)] {
        if code != sys::CUresult::CUDA_SUCCESS {
            return Err(format!("the NVIDIA driver is here, but {what} failed: {}", super::describe(code)));
        }
    }
    Ok(CudaVersion(version))
}

/// Returns the version of the installed driver package (`580.95.05`) if the system reports it.
pub(crate) fn package_version() -> Option<String> {
    let text = std::fs::read_to_string("/proc/driver/nvidia/version")
        .or_else(|_| std::fs::read_to_string("/sys/module/nvidia/version"))
        .ok()?;
    let is_version = |word: &&str| {
        word.split('.').count() >= 2
            && word.split('.').all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
    };
    text.split_whitespace().find(is_version).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_is_not_there_is_an_error_with_advice() {
        let error = probe(&["librlx-no-such-driver.so.1"]).unwrap_err();
        assert!(error.contains("install NVIDIA's driver"), "{error}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_library_without_the_functions_is_too_old() {
        let error = probe(&["libc.so.6"]).unwrap_err();
        assert!(error.contains("too old") && error.contains(FUNCTIONS[0]), "{error}");
    }

    #[test]
    fn versions_read_as_nvidia_writes_them() {
        let version = CudaVersion(12_080);
        assert_eq!((version.to_string().as_str(), version.major()), ("12.8", 12));
        assert!(FUNCTIONS.is_sorted());
    }
}
