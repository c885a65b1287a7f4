//! Compiled kernels on a device.

use std::ffi::{CString, c_void};
use std::ptr;
use std::sync::Arc;

use cudarc::driver::sys::{self, CUfunction_attribute as Attribute};

use super::{Context, Stream};
use crate::error::{Error, Result};

/// A loaded cubin.
pub(crate) struct Module {
    context: Arc<Context>,
    raw: sys::CUmodule,
}

// SAFETY: a module may be used from any thread that has made its context current.
unsafe impl Send for Module {}
// SAFETY: the driver's functions are thread-safe.
unsafe impl Sync for Module {}

impl Module {
    /// Loads machine code for this device.
    pub(crate) fn load(context: &Arc<Context>, cubin: &[u8]) -> Result<Arc<Self>> {
        // The loader reads headers before lengths: anything other than an ELF image must not reach it.
        if cubin.len() < 64 || !cubin.starts_with(b"\x7fELF") {
            return Err(Error::device(context.id(), "loading a kernel", "it is not a cubin"));
        }
        context.bind()?;
        let mut raw = ptr::null_mut();
        // SAFETY: the image is whole (compiled here, or read from the cache with its checksum) and outlives the call.
        let code = unsafe { sys::cuModuleLoadData(&mut raw, cubin.as_ptr().cast()) };
        context.check("loading a kernel", code)?;
        Ok(Arc::new(Self { context: context.clone(), raw }))
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        if self.context.bind().is_ok() {
            // SAFETY: loaded by `load` and not used afterwards.
            let _ = unsafe { sys::cuModuleUnload(self.raw) };
        }
    }
}

/// A kernel of a module.
#[derive(Clone)]
pub(crate) struct Function {
    module: Arc<Module>,
    raw: sys::CUfunction,
}

// SAFETY: as the module.
unsafe impl Send for Function {}
// SAFETY: as the module.
unsafe impl Sync for Function {}

/// Number and size of blocks, and bytes of dynamic shared memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Launch {
    pub(crate) grid: (u32, u32),
    pub(crate) block: u32,
    pub(crate) shared: u32,
}

impl Function {
    /// Returns the kernel with this name, with `shared` bytes of dynamic shared memory allowed.
    pub(crate) fn new(module: &Arc<Module>, name: &str, shared: usize) -> Result<Self> {
        let context = &module.context;
        context.bind()?;
        let fail = |reason: &str| Error::device(context.id(), "finding a kernel", reason);
        let text = CString::new(name).map_err(|_| fail("a name with NUL"))?;
        let mut raw = ptr::null_mut();
        // SAFETY: the module is alive, the name terminated, and `raw` outlives the call.
        let code = unsafe { sys::cuModuleGetFunction(&mut raw, module.raw, text.as_ptr()) };
        context.check("finding a kernel", code)?;
        // Up to 48 KiB needs no permission.
        if shared > 48 << 10 {
            let bytes = i32::try_from(shared).map_err(|_| fail("shared memory beyond 2 GiB"))?;
            let attribute = Attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            // SAFETY: the function is alive.
            let code = unsafe { sys::cuFuncSetAttribute(raw, attribute, bytes) };
            context.check("asking for shared memory", code)?;
        }
        Ok(Self { module: module.clone(), raw })
    }

    /// Queues the kernel. `arguments` point to the values of its parameters.
    ///
    /// # Safety
    /// Number, order and types of the arguments are those of the kernel, and the device memory that their pointers
    /// refer to is valid until the stream has run it.
    pub(crate) unsafe fn launch(
        &self,
        stream: &Stream,
        launch: Launch,
        arguments: &mut [*mut c_void],
    ) -> Result<()> {
        let Launch { grid, block, shared } = launch;
        if grid.0 == 0 || grid.1 == 0 {
            return Ok(());
        }
        // SAFETY: by this function's own conditions; the driver copies the values before it returns.
        let code = unsafe {
            sys::cuLaunchKernel(
                self.raw,
                grid.0,
                grid.1,
                1,
                block,
                1,
                1,
                shared,
                stream.raw(),
                arguments.as_mut_ptr(),
                ptr::null_mut(),
            )
        };
        self.module.context.check("launching a kernel", code)
    }
}
