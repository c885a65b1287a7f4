//! A device's primary context, shared by everything in the process that uses the device.

use std::ffi::CStr;
use std::ptr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cudarc::driver::sys::{self, CUdevice_attribute as Attribute, CUresult};

use super::describe;
use crate::error::{Error, Result};

/// Returns the number of devices that the driver reports (limited by `CUDA_VISIBLE_DEVICES`).
pub(crate) fn device_count() -> std::result::Result<usize, String> {
    super::driver()?;
    let mut count = 0;
    // SAFETY: the driver was started; `count` outlives the call.
    let code = unsafe { sys::cuDeviceGetCount(&mut count) };
    match code {
        CUresult::CUDA_SUCCESS => Ok(usize::try_from(count).unwrap_or(0)),
        CUresult::CUDA_ERROR_NO_DEVICE => Ok(0),
        _ => Err(format!("asking the NVIDIA driver for its devices failed: {}", describe(code))),
    }
}

/// Runs `work` and then restores the calling thread's context, which other libraries use as their current device.
/// Before the driver is initialised there is none.
pub(crate) fn leaving_current<R>(work: impl FnOnce() -> R) -> R {
    let mut before = ptr::null_mut();
    // SAFETY: the driver's library was found; `before` outlives the call.
    let known =
        super::driver().is_ok() && unsafe { sys::cuCtxGetCurrent(&mut before) } == CUresult::CUDA_SUCCESS;
    let done = work();
    if known {
        // SAFETY: the thread's context of a moment ago, or none. A failure would leave ours, which is valid.
        let _ = unsafe { sys::cuCtxSetCurrent(before) };
    }
    done
}

/// An open device.
pub(crate) struct Context {
    /// `cuda:0`, …
    id: String,
    raw: sys::CUcontext,
    device: sys::CUdevice,
    /// Reason why the device is lost; a failed kernel makes the context unusable.
    lost: OnceLock<String>,
}

// SAFETY: a context may be used from any thread that has made it current, which `bind` does before every call.
unsafe impl Send for Context {}
// SAFETY: the driver's functions are thread-safe.
unsafe impl Sync for Context {}

impl Context {
    /// Returns the context of a device, which is made at the first call and kept for the process.
    pub(crate) fn of(index: usize) -> Result<Arc<Self>> {
        static OPEN: Mutex<Vec<(usize, Arc<Context>)>> = Mutex::new(Vec::new());
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, found)) = open.iter().find(|(at, _)| *at == index) {
            return Ok(found.clone());
        }
        let made = Arc::new(Self::retain(index)?);
        open.push((index, made.clone()));
        Ok(made)
    }

    fn retain(index: usize) -> Result<Self> {
        let id = format!("cuda:{index}");
        let fail = |what: &'static str, code| Error::device(&id, what, describe(code));
        let ordinal = i32::try_from(index).unwrap_or(i32::MAX);
        let (mut device, mut raw) = (0, ptr::null_mut());
        // SAFETY: the driver was initialised when the devices were counted; `device` outlives the call.
        let code = unsafe { sys::cuDeviceGet(&mut device, ordinal) };
        if code != CUresult::CUDA_SUCCESS {
            return Err(fail("opening it", code));
        }
        // SAFETY: `device` is valid and `raw` outlives the call.
        let code = unsafe { sys::cuDevicePrimaryCtxRetain(&mut raw, device) };
        if code != CUresult::CUDA_SUCCESS {
            return Err(fail("making its context", code));
        }
        Ok(Self { id, raw, device, lost: OnceLock::new() })
    }

    /// `cuda:0`, …
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Makes it the calling thread's context; fails if the device is lost.
    pub(crate) fn bind(&self) -> Result<()> {
        if let Some(reason) = self.lost.get() {
            return Err(Error::DeviceLost { device: self.id.clone(), reason: reason.clone() });
        }
        // SAFETY: the context lives as long as `self`.
        self.check("binding its context", unsafe { sys::cuCtxSetCurrent(self.raw) })
    }

    /// Converts a return code to a result. Codes after which a context is unusable mark the device as lost.
    pub(crate) fn check(&self, what: &'static str, code: CUresult) -> Result<()> {
        use CUresult as C;
        match code {
            C::CUDA_SUCCESS => Ok(()),
            C::CUDA_ERROR_OUT_OF_MEMORY => Err(Error::DeviceMemory {
                device: self.id.clone(),
                reason: format!("{what}: {}", describe(code)),
            }),
            C::CUDA_ERROR_ILLEGAL_ADDRESS
            | C::CUDA_ERROR_LAUNCH_FAILED
            | C::CUDA_ERROR_LAUNCH_TIMEOUT
            | C::CUDA_ERROR_HARDWARE_STACK_ERROR
            | C::CUDA_ERROR_ILLEGAL_INSTRUCTION
            | C::CUDA_ERROR_MISALIGNED_ADDRESS
            | C::CUDA_ERROR_INVALID_ADDRESS_SPACE
            | C::CUDA_ERROR_INVALID_PC
            | C::CUDA_ERROR_ASSERT
            | C::CUDA_ERROR_ECC_UNCORRECTABLE
            | C::CUDA_ERROR_NVLINK_UNCORRECTABLE
            | C::CUDA_ERROR_CONTEXT_IS_DESTROYED
            | C::CUDA_ERROR_EXTERNAL_DEVICE => {
                let reason = self.lost.get_or_init(|| format!("{what} failed: {}", describe(code)));
                Err(Error::DeviceLost { device: self.id.clone(), reason: reason.clone() })
            }
            _ => Err(Error::device(&self.id, what, describe(code))),
        }
    }

    /// Returns the free and the total memory, bytes.
    pub(crate) fn memory(&self) -> Result<(usize, usize)> {
        self.bind()?;
        let (mut free, mut total) = (0, 0);
        // SAFETY: both outlive the call; the context is current.
        let code = unsafe { sys::cuMemGetInfo_v2(&mut free, &mut total) };
        self.check("asking for its memory", code)?;
        Ok((free, total))
    }

    fn attribute(&self, attribute: Attribute) -> Result<i32> {
        let mut value = 0;
        // SAFETY: the device is valid and `value` outlives the call.
        let code = unsafe { sys::cuDeviceGetAttribute(&mut value, attribute, self.device) };
        self.check("asking for an attribute", code)?;
        Ok(value)
    }

    /// Returns the compute capability, major · 10 + minor.
    pub(crate) fn arch(&self) -> Result<u32> {
        let major = self.attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?;
        let minor = self.attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?;
        Ok(u32::try_from(10 * major + minor).unwrap_or(0))
    }

    /// Returns the largest shared memory of a block, bytes.
    pub(crate) fn shared_memory(&self) -> Result<usize> {
        let bytes = self.attribute(Attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)?;
        Ok(usize::try_from(bytes).unwrap_or(0))
    }

    /// Returns the memory node of the host to which the device is connected, if the driver reports it (from CUDA
    /// 12.2) and there are nodes.
    pub(super) fn numa_node(&self) -> Option<usize> {
        let node = self.attribute(Attribute::CU_DEVICE_ATTRIBUTE_HOST_NUMA_ID).ok()?;
        usize::try_from(node).ok()
    }

    /// Describes a device for a list of devices, without a context: name and total memory.
    pub(crate) fn describe_device(index: usize) -> std::result::Result<(String, usize, u32), String> {
        let fail = |what: &str, code| format!("cuda:{index}: {what} failed: {}", describe(code));
        let ordinal = i32::try_from(index).unwrap_or(i32::MAX);
        let mut device = 0;
        // SAFETY: the driver was initialised when the devices were counted; `device` outlives the call.
        let code = unsafe { sys::cuDeviceGet(&mut device, ordinal) };
        if code != CUresult::CUDA_SUCCESS {
            return Err(fail("opening it", code));
        }
        let mut name = [0; 256];
        // SAFETY: the buffer has the length that is passed.
        let code = unsafe { sys::cuDeviceGetName(name.as_mut_ptr(), 255, device) };
        if code != CUresult::CUDA_SUCCESS {
            return Err(fail("asking its name", code));
        }
        // SAFETY: the driver terminates the name within the length, and the last byte is zero in any case.
        let name = unsafe { CStr::from_ptr(name.as_ptr()) }.to_string_lossy().into_owned();
        let mut bytes = 0;
        // SAFETY: `bytes` outlives the call.
        let code = unsafe { sys::cuDeviceTotalMem_v2(&mut bytes, device) };
        if code != CUresult::CUDA_SUCCESS {
            return Err(fail("asking its memory", code));
        }
        let mut arch = 0;
        for (factor, attribute) in [
            (10, Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
            (1, Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
        ] {
            let mut value = 0;
            // SAFETY: `value` outlives the call.
            let code = unsafe { sys::cuDeviceGetAttribute(&mut value, attribute, device) };
            if code != CUresult::CUDA_SUCCESS {
                return Err(fail("asking its compute capability", code));
            }
            arch += factor * u32::try_from(value).unwrap_or(0);
        }
        Ok((name, bytes, arch))
    }
}
