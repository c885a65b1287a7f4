//! Arrow arrays as NumPy arrays, by the C data interface: without a copy where there are no nulls.

use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, FixedSizeListArray, PrimitiveArray};
use arrow_schema::DataType;
use numpy::ndarray::ArrayView1;
use numpy::{Element, IntoPyArray, PyArray1, PyArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3_arrow::{PyArray, PyChunkedArray};

/// Keeps an Arrow array alive while NumPy reads its values.
#[pyclass(frozen)]
struct Owner {
    _array: ArrayRef,
}

/// The chunks of an object with `__arrow_c_array__` or `__arrow_c_stream__`, each with the length of its rows (0 for a
/// plain column). Nulls become NaN.
#[pyfunction]
pub(crate) fn from_arrow<'py>(x: &Bound<'py, PyAny>) -> PyResult<Vec<(Bound<'py, PyAny>, usize)>> {
    let chunks = if x.hasattr("__arrow_c_array__")? {
        vec![x.extract::<PyArray>()?.into_inner().0]
    } else {
        x.extract::<PyChunkedArray>()?.into_inner().0
    };
    chunks.into_iter().map(|chunk| values(x.py(), chunk)).collect()
}

fn values(py: Python<'_>, array: ArrayRef) -> PyResult<(Bound<'_, PyAny>, usize)> {
    if let Some(list) = array.as_any().downcast_ref::<FixedSizeListArray>() {
        if list.null_count() > 0 {
            return Err(PyTypeError::new_err("x: an Arrow list with null rows"));
        }
        let width = list.value_length() as usize;
        let inner = list.values().slice(list.value_offset(0) as usize, list.len() * width);
        return Ok((numbers(py, inner)?, width));
    }
    Ok((numbers(py, array)?, 0))
}

fn numbers(py: Python<'_>, array: ArrayRef) -> PyResult<Bound<'_, PyAny>> {
    match array.data_type() {
        DataType::Float32 => primitive::<Float32Type>(py, array, |v| v.map_or(f64::NAN, f64::from)),
        DataType::Float64 => primitive::<Float64Type>(py, array, |v| v.unwrap_or(f64::NAN)),
        DataType::Int8 => primitive::<Int8Type>(py, array, |v| v.map_or(f64::NAN, f64::from)),
        DataType::Int16 => primitive::<Int16Type>(py, array, |v| v.map_or(f64::NAN, f64::from)),
        DataType::Int32 => primitive::<Int32Type>(py, array, |v| v.map_or(f64::NAN, f64::from)),
        DataType::Int64 => primitive::<Int64Type>(py, array, |v| v.map_or(f64::NAN, |v| v as f64)),
        DataType::UInt8 => primitive::<UInt8Type>(py, array, |v| v.map_or(f64::NAN, f64::from)),
        DataType::UInt16 => primitive::<UInt16Type>(py, array, |v| v.map_or(f64::NAN, f64::from)),
        DataType::UInt32 => primitive::<UInt32Type>(py, array, |v| v.map_or(f64::NAN, f64::from)),
        DataType::UInt64 => primitive::<UInt64Type>(py, array, |v| v.map_or(f64::NAN, |v| v as f64)),
        other => Err(PyTypeError::new_err(format!("x: an Arrow array of {other}, not of numbers"))),
    }
}

fn primitive<T>(
    py: Python<'_>,
    array: ArrayRef,
    widen: impl Fn(Option<T::Native>) -> f64,
) -> PyResult<Bound<'_, PyAny>>
where
    T: ArrowPrimitiveType<Native: Element>,
{
    let typed = array
        .as_any()
        .downcast_ref::<PrimitiveArray<T>>()
        .ok_or_else(|| PyTypeError::new_err("x: an Arrow array whose type is not what it says"))?;
    if typed.null_count() > 0 {
        let values: Vec<f64> = typed.iter().map(widen).collect();
        return Ok(if T::DATA_TYPE == DataType::Float32 {
            values.into_iter().map(|v| v as f32).collect::<Vec<_>>().into_pyarray(py).into_any()
        } else {
            values.into_pyarray(py).into_any()
        });
    }
    let owner = Bound::new(py, Owner { _array: array.clone() })?.into_any();
    // SAFETY: `Owner` keeps the Arrow array and so its immutable values where they are, and the NumPy array keeps
    // `Owner`; nothing writes to it, for it is made read-only before anyone else sees it.
    let view = unsafe { PyArray1::borrow_from_array(&ArrayView1::from(&typed.values()[..]), owner) };
    view.try_readwrite().map_err(|e| PyTypeError::new_err(e.to_string()))?.make_nonwriteable();
    Ok(view.into_any())
}
