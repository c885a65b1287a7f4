//! DLPack's C structures: tensors of other libraries, and ours as theirs. The layout is that of `dlpack.h` 1.0.

use std::ffi::{CStr, c_void};
use std::ptr::{self, NonNull};

use pyo3::exceptions::{PyBufferError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// `kDLCUDA`.
pub(crate) const CUDA: i32 = 2;
/// `kDLCUDAManaged`.
const CUDA_MANAGED: i32 = 13;

const PLAIN: &CStr = c"dltensor";
const USED: &CStr = c"used_dltensor";
const VERSIONED: &CStr = c"dltensor_versioned";
const USED_VERSIONED: &CStr = c"used_dltensor_versioned";

#[repr(C)]
#[derive(Clone, Copy)]
struct DlTensor {
    data: *mut c_void,
    device: [i32; 2],
    ndim: i32,
    code: u8,
    bits: u8,
    lanes: u16,
    shape: *mut i64,
    strides: *mut i64,
    byte_offset: u64,
}

#[repr(C)]
struct Managed {
    tensor: DlTensor,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Managed)>,
}

#[repr(C)]
struct ManagedVersioned {
    version: [u32; 2],
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut ManagedVersioned)>,
    flags: u64,
    tensor: DlTensor,
}

/// Type of a tensor's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Values {
    F32,
    I16,
    F16,
    C64,
}

/// A tensor of another library, given back when dropped.
pub(crate) struct Foreign {
    _capsule: Owner,
    pub(crate) index: usize,
    pub(crate) values: Values,
    pub(crate) shape: Vec<usize>,
    pub(crate) address: u64,
}

/// Releases the memory.
enum Owner {
    Plain(NonNull<Managed>),
    Versioned(NonNull<ManagedVersioned>),
}

impl Drop for Owner {
    fn drop(&mut self) {
        // SAFETY: the capsule's producer has given it away with this deleter, which is called once. Structures live until
        // then; the lock of Python is held, for tensors are read and dropped inside calls from it.
        unsafe {
            match self {
                Self::Plain(m) => {
                    if let Some(delete) = m.as_ref().deleter {
                        delete(m.as_ptr());
                    }
                }
                Self::Versioned(m) => {
                    if let Some(delete) = m.as_ref().deleter {
                        delete(m.as_ptr());
                    }
                }
            }
        }
    }
}

/// Number of the NVIDIA device that `x` lies on.
pub(crate) fn cuda_index(x: &Bound<'_, PyAny>) -> PyResult<usize> {
    let (kind, index): (i32, i32) = x.call_method0("__dlpack_device__")?.extract()?;
    match usize::try_from(index) {
        Ok(index) if kind == CUDA || kind == CUDA_MANAGED => Ok(index),
        _ => {
            Err(PyTypeError::new_err(format!("x: lies on device {index} of DLPack kind {kind}, not on CUDA")))
        }
    }
}

/// Takes a C-contiguous tensor, whose producer makes `stream` wait for what it still computes.
pub(crate) fn take(x: &Bound<'_, PyAny>, stream: u64) -> PyResult<Foreign> {
    let py = x.py();
    let keywords = PyDict::new(py);
    keywords.set_item("stream", stream)?;
    keywords.set_item("max_version", (1, 0))?;
    let unread = |e: PyErr| PyTypeError::new_err(format!("x: cannot be read through DLPack: {e}"));
    let capsule = match x.call_method("__dlpack__", (), Some(&keywords)) {
        Err(error) if error.is_instance_of::<PyTypeError>(py) => {
            // A producer from before versions.
            keywords.del_item("max_version")?;
            x.call_method("__dlpack__", (), Some(&keywords)).map_err(unread)?
        }
        other => other.map_err(unread)?,
    };
    let raw = capsule.as_ptr();
    // SAFETY: `raw` is a live object; only a capsule of the right name is opened, and renamed as the protocol asks of
    // who takes it, so that it is not released elsewhere.
    let (capsule, tensor) = unsafe {
        if ffi::PyCapsule_IsValid(raw, VERSIONED.as_ptr()) == 1 {
            let managed =
                NonNull::new(ffi::PyCapsule_GetPointer(raw, VERSIONED.as_ptr()).cast::<ManagedVersioned>())
                    .ok_or_else(|| PyErr::fetch(py))?;
            ffi::PyCapsule_SetName(raw, USED_VERSIONED.as_ptr());
            (Owner::Versioned(managed), managed.as_ref().tensor)
        } else if ffi::PyCapsule_IsValid(raw, PLAIN.as_ptr()) == 1 {
            let managed = NonNull::new(ffi::PyCapsule_GetPointer(raw, PLAIN.as_ptr()).cast::<Managed>())
                .ok_or_else(|| PyErr::fetch(py))?;
            ffi::PyCapsule_SetName(raw, USED.as_ptr());
            (Owner::Plain(managed), managed.as_ref().tensor)
        } else {
            return Err(PyTypeError::new_err("x: __dlpack__ has not returned a DLPack capsule"));
        }
    };
    read(capsule, &tensor)
}

fn read(capsule: Owner, tensor: &DlTensor) -> PyResult<Foreign> {
    let values = match (tensor.code, tensor.bits, tensor.lanes) {
        (2, 32, 1) => Values::F32,
        (2, 16, 1) => Values::F16,
        (0, 16, 1) => Values::I16,
        (5, 64, 1) => Values::C64,
        (code, bits, lanes) => {
            return Err(PyTypeError::new_err(format!(
                "x: values of DLPack type {code} with {bits} bits and {lanes} lanes; on a CUDA device float32, \
                 complex64, int16 and float16 are computed"
            )));
        }
    };
    let bad = |what: &str| PyTypeError::new_err(format!("x: a DLPack tensor with {what}"));
    let ndim = usize::try_from(tensor.ndim).map_err(|_| bad("a negative number of dimensions"))?;
    if ndim > 0 && tensor.shape.is_null() {
        return Err(bad("no shape"));
    }
    let dims = |at: *mut i64| {
        // SAFETY: by the protocol both arrays, where they are there, have `ndim` numbers for as long as the tensor lives.
        if at.is_null() || ndim == 0 { &[][..] } else { unsafe { std::slice::from_raw_parts(at, ndim) } }
    };
    let shape: Vec<usize> = dims(tensor.shape)
        .iter()
        .map(|&n| usize::try_from(n).map_err(|_| bad("a negative length")))
        .collect::<PyResult<_>>()?;
    let mut step = 1_i64;
    for (&stride, &n) in dims(tensor.strides).iter().zip(dims(tensor.shape)).rev() {
        if n > 1 && stride != step {
            return Err(PyTypeError::new_err(
                "x: on a CUDA device the rows have to be contiguous and their axis the last one; x.contiguous() makes them so",
            ));
        }
        step = step.checked_mul(n.max(1)).ok_or_else(|| bad("more values than there are addresses"))?;
    }
    let index = usize::try_from(tensor.device[1]).map_err(|_| bad("a negative device"))?;
    let address = (tensor.data as u64).wrapping_add(tensor.byte_offset);
    Ok(Foreign { _capsule: capsule, index, values, shape, address })
}

impl Foreign {
    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }
}

/// The target of an exported capsule.
struct Exported<K> {
    managed: K,
    shape: Vec<i64>,
    strides: Vec<i64>,
    _keep: Box<dyn std::any::Any + Send>,
}

/// f32 values on an NVIDIA device, for another library.
pub(crate) struct View {
    pub(crate) index: usize,
    pub(crate) address: u64,
    pub(crate) shape: Vec<i64>,
    /// In values.
    pub(crate) strides: Vec<i64>,
}

/// A capsule of the view; `keep` lives until the other library gives it back.
pub(crate) fn give(
    py: Python<'_>,
    view: View,
    versioned: bool,
    keep: Box<dyn std::any::Any + Send>,
) -> PyResult<Py<PyAny>> {
    let View { index, address, shape, strides } = view;
    let index = i32::try_from(index).map_err(|_| PyBufferError::new_err("device: its index is too large"))?;
    let tensor = DlTensor {
        data: address as *mut c_void,
        device: [CUDA, index],
        ndim: shape.len() as i32,
        code: 2,
        bits: 32,
        lanes: 1,
        shape: ptr::null_mut(),
        strides: ptr::null_mut(),
        byte_offset: 0,
    };
    // SAFETY: each structure is boxed, so its vectors stay where they are, and given to a capsule whose destructor or
    // consumer calls the deleter once.
    let capsule = unsafe {
        if versioned {
            let managed = ManagedVersioned {
                version: [1, 0],
                context: ptr::null_mut(),
                deleter: Some(delete_versioned),
                flags: 0,
                tensor,
            };
            let at = Box::into_raw(Box::new(Exported { managed, shape, strides, _keep: keep }));
            (*at).managed.context = at.cast();
            (*at).managed.tensor.shape = (*at).shape.as_mut_ptr();
            (*at).managed.tensor.strides = (*at).strides.as_mut_ptr();
            ffi::PyCapsule_New((&raw mut (*at).managed).cast(), VERSIONED.as_ptr(), Some(drop_versioned))
        } else {
            let managed = Managed { tensor, context: ptr::null_mut(), deleter: Some(delete) };
            let at = Box::into_raw(Box::new(Exported { managed, shape, strides, _keep: keep }));
            (*at).managed.context = at.cast();
            (*at).managed.tensor.shape = (*at).shape.as_mut_ptr();
            (*at).managed.tensor.strides = (*at).strides.as_mut_ptr();
            ffi::PyCapsule_New((&raw mut (*at).managed).cast(), PLAIN.as_ptr(), Some(drop_plain))
        }
    };
    // SAFETY: a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(py, capsule) }.map(Bound::unbind)
}

unsafe extern "C" fn delete(managed: *mut Managed) {
    // SAFETY: made by `give`, deleted once by who took the capsule.
    drop(unsafe { Box::from_raw((*managed).context.cast::<Exported<Managed>>()) });
}

unsafe extern "C" fn delete_versioned(managed: *mut ManagedVersioned) {
    // SAFETY: as `delete`.
    drop(unsafe { Box::from_raw((*managed).context.cast::<Exported<ManagedVersioned>>()) });
}

unsafe extern "C" fn drop_plain(capsule: *mut ffi::PyObject) {
    // SAFETY: a capsule that was not consumed still has its name and its tensor.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule, PLAIN.as_ptr()) == 1 {
            delete(ffi::PyCapsule_GetPointer(capsule, PLAIN.as_ptr()).cast());
        }
    }
}

unsafe extern "C" fn drop_versioned(capsule: *mut ffi::PyObject) {
    // SAFETY: as `drop_plain`.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule, VERSIONED.as_ptr()) == 1 {
            delete_versioned(ffi::PyCapsule_GetPointer(capsule, VERSIONED.as_ptr()).cast());
        }
    }
}
