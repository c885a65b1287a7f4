//! Estimates of data that lies on an NVIDIA device: no copy in, no copy out.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{Arc, Mutex, PoisonError};

use numpy::PyArrayDyn;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rlx_fft::dsp::nan::NanPolicy;
use rlx_runtime::SampleFormat;
use rlx_runtime::cuda::{CudaDevice, CudaStream, DeviceBuffer, leaving_current};

use crate::arrays::{filled, with_last};
use crate::device_plan::{DevicePlan, inner};
use crate::dlpack::{self, Values, View};
use crate::results::{Memory, Reader};
use crate::sessions::{Kind, on_host, refused};

/// A device and the stream of calls that name none.
struct Opened {
    device: CudaDevice,
    stream: Arc<CudaStream>,
}

fn opened(index: usize) -> PyResult<(CudaDevice, Arc<CudaStream>)> {
    static OPENED: Mutex<Option<HashMap<usize, Opened>>> = Mutex::new(None);
    let mut guard = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    let all = guard.get_or_insert_with(HashMap::new);
    if let Some(Opened { device, stream }) = all.get(&index) {
        return Ok((device.clone(), stream.clone()));
    }
    let device = CudaDevice::open(index).map_err(refused)?;
    let stream = Arc::new(device.stream().map_err(refused)?);
    all.insert(index, Opened { device: device.clone(), stream: stream.clone() });
    Ok((device, stream))
}

/// Values of a result and the stream that still computes them.
struct Owned {
    memory: Memory,
    index: usize,
    /// `None`: they are there.
    stream: Option<(Arc<CudaStream>, u64)>,
}

/// float32 values on an NVIDIA device, for `__dlpack__` and `__cuda_array_interface__`.
#[pyclass(frozen, module = "rlx_fft")]
pub(crate) struct DeviceArray {
    owned: Arc<Owned>,
    shape: Vec<usize>,
    /// In values.
    strides: Vec<usize>,
    offset: usize,
}

pub(crate) fn run(plan: &DevicePlan, x: &Bound<'_, PyAny>, stream: Option<u64>) -> PyResult<DeviceArray> {
    leaving_current(|| queue(plan, x, stream))
}

fn queue(plan: &DevicePlan, x: &Bound<'_, PyAny>, stream: Option<u64>) -> PyResult<DeviceArray> {
    let py = x.py();
    let index = dlpack::cuda_index(x)?;
    let (device, own) = opened(index)?;
    let work = match stream {
        // SAFETY: the caller's stream, by the contract of the keyword: of this device, and alive until its work is done.
        Some(raw) => Arc::new(unsafe { device.foreign_stream(raw as *mut c_void) }),
        None => own,
    };
    // DLPack has no stream 0; the default one is 1.
    let tensor = dlpack::take(x, if stream == Some(0) { 1 } else { work.raw() as u64 })?;
    if tensor.index != index {
        return Err(PyTypeError::new_err(format!("x: said device {index} and lies on {}", tensor.index)));
    }
    let format = match (tensor.values, plan.complex()) {
        (Values::F32, false) | (Values::C64, true) => SampleFormat::F32,
        (Values::I16, false) => SampleFormat::I16,
        (Values::F16, false) => SampleFormat::F16,
        (Values::C64, false) => return Err(PyTypeError::new_err("x: complex samples; must be real")),
        (_, true) => return Err(PyTypeError::new_err("x: real samples; must be complex64")),
    };
    let Some((&len, outer)) = tensor.shape.split_last() else {
        return Err(PyValueError::new_err("x: needs at least one dimension"));
    };
    let rows = outer.iter().product();
    // One program a stream: its scratch memory is used in the order of the stream.
    let kind = Kind { nan: NanPolicy::Propagate, threads: 1, stream: Some(stream.unwrap_or(u64::MAX)) };
    let id = format!("cuda:{index}");
    let made = plan.executable(&id, kind, rows, len).map_err(refused)?;
    let host = made.as_ref().map(|(_, e)| on_host(e.plan()));
    let Some((_, executable)) = made.filter(|_| host.as_ref().is_some_and(Vec::is_empty)) else {
        let what = host.map_or_else(|| "all".to_owned(), |ops| ops.join(", "));
        return Err(PyValueError::new_err(format!(
            "x: of this estimate the host runs {what}; bring it over first (for a torch tensor: x.cpu())"
        )));
    };
    let values = tensor.len() * if plan.complex() { 2 } else { 1 };
    let floats = executable.outputs().iter().map(|o| o.floats).sum();
    let memory = Memory::new(&device, index, &work, stream, floats).map_err(refused)?;
    // SAFETY: the tensor is held until the work is queued; after that it is the caller's, whose allocator orders by the
    // stream that was named, or the stream is waited for below.
    let input = unsafe { device.foreign_buffer(tensor.address, values * format.bytes(), format) };
    let done = py.detach(|| {
        if let Some(out) = memory.buffer() {
            work.run(&executable, &[&input], &[out])?;
        }
        if stream.is_none() { work.wait() } else { Ok(()) }
    });
    done.map_err(refused)?;
    let shape = with_last(&tensor.shape, &inner(&executable));
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    let stream = stream.map(|raw| (work, raw));
    Ok(DeviceArray { owned: Arc::new(Owned { memory, index, stream }), shape, strides, offset: 0 })
}

impl DeviceArray {
    fn address(&self) -> u64 {
        self.owned.memory.buffer().map_or(0, DeviceBuffer::address) + 4 * self.offset as u64
    }

    fn axis(&self, axis: isize) -> PyResult<usize> {
        let n = self.shape.len() as isize;
        let place = if axis < 0 { axis + n } else { axis };
        (0..n).contains(&place).then_some(place as usize).ok_or_else(|| {
            PyValueError::new_err(format!("axis: {axis} is none of an array of {n} dimensions"))
        })
    }
}

#[pymethods]
impl DeviceArray {
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyTuple>> {
        pyo3::types::PyTuple::new(py, &self.shape)
    }

    #[getter]
    fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// `cuda:N`.
    #[getter]
    fn device(&self) -> String {
        format!("cuda:{}", self.owned.index)
    }

    /// The same values with two axes exchanged.
    fn swapaxes(&self, a: isize, b: isize) -> PyResult<Self> {
        let (a, b) = (self.axis(a)?, self.axis(b)?);
        let (mut shape, mut strides) = (self.shape.clone(), self.strides.clone());
        shape.swap(a, b);
        strides.swap(a, b);
        Ok(Self { owned: self.owned.clone(), shape, strides, offset: self.offset })
    }

    /// One index of the last axis.
    fn last(&self, index: usize) -> PyResult<Self> {
        let last = self.axis(-1)?;
        if index >= self.shape[last] {
            return Err(PyValueError::new_err(format!("index: {index} of {}", self.shape[last])));
        }
        let offset = self.offset + index * self.strides[last];
        let (shape, strides) = (self.shape[..last].to_vec(), self.strides[..last].to_vec());
        Ok(Self { owned: self.owned.clone(), shape, strides, offset })
    }

    /// A NumPy array; waits for the values.
    fn to_host<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArrayDyn<f32>>> {
        let owned = &self.owned;
        let mut all = vec![0.0_f32; owned.memory.buffer().map_or(0, DeviceBuffer::len)];
        let copy = || {
            if let Some((stream, _)) = &owned.stream {
                stream.wait()?;
            }
            owned.memory.buffer().map_or(Ok(()), |buffer| buffer.download(&mut all))
        };
        let done = py.detach(|| leaving_current(copy));
        done.map_err(refused)?;
        filled(py, &self.shape, |out: &mut [f32]| {
            for (flat, out) in out.iter_mut().enumerate() {
                let (mut rest, mut place) = (flat, self.offset);
                for (n, stride) in self.shape.iter().zip(&self.strides).rev() {
                    place += rest % n * stride;
                    rest /= n;
                }
                *out = all[place];
            }
            Ok(())
        })
    }

    fn __dlpack_device__(&self) -> (i32, usize) {
        (dlpack::CUDA, self.owned.index)
    }

    /// A consumer that names the stream in which the values are computed waits for nothing; for any other one they are
    /// waited for here.
    #[pyo3(signature = (*, stream=None, max_version=None, dl_device=None, copy=None))]
    fn __dlpack__(
        &self,
        py: Python<'_>,
        stream: Option<i64>,
        max_version: Option<(u32, u32)>,
        dl_device: Option<(i32, usize)>,
        copy: Option<bool>,
    ) -> PyResult<Py<PyAny>> {
        let refuse = |what: &str| Err(pyo3::exceptions::PyBufferError::new_err(what.to_owned()));
        if dl_device.is_some_and(|device| device != self.__dlpack_device__()) {
            return refuse("dl_device: the values stay on their device; to_host() copies them");
        }
        if copy == Some(true) {
            return refuse("copy: no copy is made on a device");
        }
        // Nobody waits where −1 says so; 0, 1 and none are the default stream.
        let named = stream.unwrap_or(1).max(0) as u64;
        let of_writer = self.owned.stream.as_ref().is_some_and(|(_, raw)| (*raw).max(1) == named.max(1));
        let reader = match stream {
            Some(..0) => Reader::Anyone,
            _ if of_writer => Reader::Writer,
            _ if named <= 1 => Reader::DefaultStream,
            _ => Reader::Anyone,
        };
        if let Some((work, _)) = &self.owned.stream
            && !of_writer
            && stream != Some(-1)
        {
            py.detach(|| leaving_current(|| work.wait())).map_err(refused)?;
        }
        self.owned.memory.read_by(reader);
        let wide = |v: &[usize]| v.iter().map(|&n| n as i64).collect();
        let view = View {
            index: self.owned.index,
            address: self.address(),
            shape: wide(&self.shape),
            strides: wide(&self.strides),
        };
        dlpack::give(py, view, max_version.is_some_and(|(major, _)| major >= 1), Box::new(self.owned.clone()))
    }

    #[getter]
    fn __cuda_array_interface__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let tuple = |v: Vec<usize>| pyo3::types::PyTuple::new(py, v);
        let dict = PyDict::new(py);
        dict.set_item("shape", tuple(self.shape.clone())?)?;
        dict.set_item("strides", tuple(self.strides.iter().map(|s| 4 * s).collect())?)?;
        dict.set_item("typestr", "<f4")?;
        dict.set_item("data", (self.address(), false))?;
        // The stream is what a consumer waits for, not where it works.
        self.owned.memory.read_by(Reader::Anyone);
        dict.set_item("version", 3)?;
        dict.set_item("stream", self.owned.stream.as_ref().map(|(_, raw)| (*raw).max(1)))?;
        Ok(dict)
    }

    fn __repr__(&self) -> String {
        format!("DeviceArray(shape={:?}, dtype=float32, device='cuda:{}')", self.shape, self.owned.index)
    }
}
