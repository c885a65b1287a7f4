//! NumPy arrays as slices, and back.

use num_complex::Complex;
use numpy::{Element, PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
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

/// An array of zeros, to be filled through `fill`.
pub(crate) fn filled<'py, T: Element>(
    py: Python<'py>,
    shape: &[usize],
    fill: impl FnOnce(&mut [T]) -> PyResult<()>,
) -> PyResult<Bound<'py, PyArrayDyn<T>>> {
    let array = PyArrayDyn::<T>::zeros(py, shape, false);
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
