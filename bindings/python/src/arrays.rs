//! NumPy arrays as slices, and back.

use std::ops::Deref;
use std::sync::Arc;

use num_complex::Complex;
use numpy::{Element, PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rlx_fft::dsp::fft::Sample;

/// A sample type that NumPy has too.
pub(crate) trait Number: Sample<Real: Element> + Element {}
impl Number for f32 {}
impl Number for f64 {}
impl Number for Complex<f32> {}
impl Number for Complex<f64> {}

/// Borrows an array of exactly this element type.
pub(crate) fn borrow<'py, T: Element>(
    x: &Bound<'py, PyAny>,
    name: &str,
) -> PyResult<PyReadonlyArrayDyn<'py, T>> {
    let array = x
        .cast::<PyArrayDyn<T>>()
        .map_err(|_| PyTypeError::new_err(format!("{name}: not an array of the plan's type")))?;
    if !array.is_c_contiguous() {
        return Err(PyValueError::new_err(format!("{name}: the array is not C-contiguous")));
    }
    if !array.data().is_aligned() {
        return Err(PyValueError::new_err(format!("{name}: the array is not aligned")));
    }
    array.try_readonly().map_err(|_| PyValueError::new_err(format!("{name}: is being written to")))
}

/// Values of a NumPy array that stays alive as long as this does, on whichever thread.
#[derive(Debug, Clone)]
pub(crate) struct Samples<T> {
    first: *const T,
    len: usize,
    _owner: Arc<Py<PyAny>>,
}

// SAFETY: the values are only read, and `_owner` keeps the array that they belong to; a `Py` may be dropped on any thread.
unsafe impl<T: Sync> Send for Samples<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Samples<T> {}

impl<T> Deref for Samples<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: `borrow` has checked that the array is contiguous and aligned, and `_owner` keeps it alive.
        unsafe { std::slice::from_raw_parts(self.first, self.len) }
    }
}

/// The values and the shape of an array of exactly this element type.
pub(crate) fn samples<T: Element>(x: &Bound<'_, PyAny>, name: &str) -> PyResult<(Samples<T>, Vec<usize>)> {
    let array = borrow::<T>(x, name)?;
    let values = array.as_slice()?;
    let owner = Arc::new(x.clone().unbind());
    Ok((Samples { first: values.as_ptr(), len: values.len(), _owner: owner }, array.shape().to_vec()))
}

/// The values of an array that nobody else has seen yet.
pub(crate) struct Output<T> {
    first: *mut T,
    len: usize,
    _owner: Py<PyArrayDyn<T>>,
}

// SAFETY: this is the only access to the values until it is dropped, and `_owner` keeps their array.
unsafe impl<T: Send> Send for Output<T> {}

/// Bytes from which NumPy's own function allocates: it raises `MemoryError` where this call would panic.
const LARGE: usize = 1 << 26;

/// A new array of zeros.
pub(crate) fn zeros<'py, T: Element>(
    py: Python<'py>,
    shape: &[usize],
) -> PyResult<Bound<'py, PyArrayDyn<T>>> {
    let bytes = shape.iter().try_fold(size_of::<T>(), |product, &n| product.checked_mul(n));
    if bytes.is_some_and(|bytes| bytes < LARGE) {
        return Ok(PyArrayDyn::<T>::zeros(py, shape, false));
    }
    let made = py.import("numpy")?.call_method1("zeros", (PyTuple::new(py, shape)?, T::get_dtype(py)))?;
    Ok(made.cast_into()?)
}

impl<T: Element> Output<T> {
    /// A new array of zeros, and access to its values. The array must not be read before the access is dropped.
    pub(crate) fn zeros<'py>(
        py: Python<'py>,
        shape: &[usize],
    ) -> PyResult<(Bound<'py, PyArrayDyn<T>>, Self)> {
        let array = zeros::<T>(py, shape)?;
        let (first, len) = {
            let mut values = array.readwrite();
            let values = values.as_slice_mut()?;
            (values.as_mut_ptr(), values.len())
        };
        let owner = array.clone().unbind();
        Ok((array, Self { first, len, _owner: owner }))
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        // SAFETY: see the type; `&mut self` makes this the only slice.
        unsafe { std::slice::from_raw_parts_mut(self.first, self.len) }
    }
}

/// An array of zeros, to be filled through `fill`.
pub(crate) fn filled<'py, T: Element>(
    py: Python<'py>,
    shape: &[usize],
    fill: impl FnOnce(&mut [T]) -> PyResult<()>,
) -> PyResult<Bound<'py, PyArrayDyn<T>>> {
    let array = zeros::<T>(py, shape)?;
    fill(array.readwrite().as_slice_mut()?)?;
    Ok(array)
}

/// `shape` with the last dimension replaced.
pub(crate) fn with_last(shape: &[usize], last: &[usize]) -> Vec<usize> {
    let outer = shape.split_last().map_or(&[][..], |(_, outer)| outer);
    outer.iter().chain(last).copied().collect()
}

/// Rows and row length of a shape.
pub(crate) fn rows_of(shape: &[usize]) -> PyResult<(usize, usize)> {
    let (len, outer) =
        shape.split_last().ok_or_else(|| PyValueError::new_err("x: needs at least one dimension"))?;
    Ok((outer.iter().product(), *len))
}

/// Declares `$kind`: what `$body` is for each type of samples.
macro_rules! each_type {
    ($kind:ident, $body:ident) => {
        enum $kind {
            F32($body<f32>),
            F64($body<f64>),
            C32($body<num_complex::Complex<f32>>),
            C64($body<num_complex::Complex<f64>>),
        }
    };
}

/// Runs a generic body for the type that `dtype` names: `f32`, `f64`, `c32` or `c64`.
macro_rules! for_dtype {
    ($dtype:expr, $kind:ident => $body:ident :: $new:ident ( $($arg:expr),* )) => {
        match $dtype {
            "f32" => $kind::F32($body::<f32>::$new($($arg),*)?),
            "f64" => $kind::F64($body::<f64>::$new($($arg),*)?),
            "c32" => $kind::C32($body::<num_complex::Complex<f32>>::$new($($arg),*)?),
            "c64" => $kind::C64($body::<num_complex::Complex<f64>>::$new($($arg),*)?),
            other => {
                return Err(pyo3::exceptions::PyTypeError::new_err(format!("x: no samples of type {other}")));
            }
        }
    };
}

/// The same method of whichever type it is.
macro_rules! on_each {
    ($value:expr, $kind:ident, $inner:ident => $body:expr) => {
        match $value {
            $kind::F32($inner) => $body,
            $kind::F64($inner) => $body,
            $kind::C32($inner) => $body,
            $kind::C64($inner) => $body,
        }
    };
}

pub(crate) use {each_type, for_dtype, on_each};
