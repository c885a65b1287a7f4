//! Products of butterflies with gradients, for PyTorch.

use num_complex::Complex;
use numpy::{Element, PyArray1, PyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use rayon::prelude::*;
use rlx_learn::{ButterflyLayer, LAYER_BATCH, LayerFloat};

use crate::arrays::{borrow, filled};
use crate::threads::{pool, resolve};

/// Parts of a batch whose gradients are summed one after another; it does not depend on the number of threads, so that sums
/// do not either.
const PARTS: usize = 16;

fn refused(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn layer(orders: &Bound<'_, PyAny>, weights: &Bound<'_, PyAny>) -> PyResult<ButterflyLayer> {
    let (orders, weights) = (borrow::<u32>(orders, "orders")?, borrow::<f64>(weights, "twiddles")?);
    let &[_, n] = orders.shape() else {
        return Err(PyValueError::new_err(format!("orders: must have two axes, got {:?}", orders.shape())));
    };
    if n == 0 {
        return Err(PyValueError::new_err("orders: no points"));
    }
    let orders = orders.as_slice()?.chunks_exact(n).map(<[u32]>::to_vec).collect();
    ButterflyLayer::new(orders, weights.as_slice()?).map_err(refused)
}

/// Values of a part of `count`, whole chunks of vectors.
fn part_of(count: usize, n: usize) -> usize {
    let chunk = n * LAYER_BATCH;
    count.div_ceil(PARTS).next_multiple_of(chunk).max(chunk)
}

fn forward<'py, T: LayerFloat>(
    layer: &ButterflyLayer,
    x: &Bound<'py, PyAny>,
    threads: usize,
) -> PyResult<Bound<'py, PyAny>>
where
    Complex<T>: Element,
{
    let x_array = borrow::<Complex<T>>(x, "x")?;
    let (py, values) = (x.py(), x_array.as_slice()?);
    let part = part_of(values.len(), layer.n());
    let pool = pool(threads).map_err(refused)?;
    let y = filled(py, x_array.shape(), |y: &mut [Complex<T>]| {
        py.detach(|| {
            pool.install(|| {
                y.par_chunks_mut(part)
                    .zip(values.par_chunks(part))
                    .try_for_each(|(y, x)| layer.forward(x, y, &mut layer.scratch()))
            })
        })
        .map_err(refused)
    })?;
    Ok(y.into_any())
}

type Gradients<'py> = (Bound<'py, PyAny>, Bound<'py, PyArray1<f64>>);

fn backward<'py, T: LayerFloat>(
    layer: &ButterflyLayer,
    x: &Bound<'py, PyAny>,
    gy: &Bound<'py, PyAny>,
    threads: usize,
) -> PyResult<Gradients<'py>>
where
    Complex<T>: Element,
{
    let (x_array, gy_array) = (borrow::<Complex<T>>(x, "x")?, borrow::<Complex<T>>(gy, "gy")?);
    let (py, values, gy) = (x.py(), x_array.as_slice()?, gy_array.as_slice()?);
    if values.len() != gy.len() {
        return Err(PyValueError::new_err(format!("gy: {} values, x has {}", gy.len(), values.len())));
    }
    let part = part_of(values.len(), layer.n());
    let pool = pool(threads).map_err(refused)?;
    let mut sums = vec![0.0; layer.count()];
    let gx = filled(py, x_array.shape(), |gx: &mut [Complex<T>]| {
        let parts = py.detach(|| {
            pool.install(|| {
                gx.par_chunks_mut(part)
                    .zip(values.par_chunks(part).zip(gy.par_chunks(part)))
                    .map(|(gx, (x, gy))| {
                        let mut gw = vec![0.0; layer.count()];
                        layer.backward(x, gy, gx, &mut gw, &mut layer.scratch()).map(|()| gw)
                    })
                    .collect::<rlx_learn::Result<Vec<_>>>()
            })
        });
        for gw in parts.map_err(refused)? {
            sums.iter_mut().zip(gw).for_each(|(sum, g)| *sum += g);
        }
        Ok(())
    })?;
    Ok((gx.into_any(), PyArray1::from_vec(py, sums)))
}

fn is<T: Element>(x: &Bound<'_, PyAny>) -> bool {
    x.cast::<PyArrayDyn<T>>().is_ok()
}

/// The transforms of `[…, n]` vectors, complex64 or complex128, by twiddles `[stages, n/2, 4, 2]` in float64.
#[pyfunction]
#[pyo3(signature = (orders, twiddles, x, threads=None))]
pub(crate) fn butterflies<'py>(
    orders: &Bound<'py, PyAny>,
    twiddles: &Bound<'py, PyAny>,
    x: &Bound<'py, PyAny>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let (layer, threads) = (layer(orders, twiddles)?, resolve(threads)?);
    let y = match (is::<Complex<f32>>(x), is::<Complex<f64>>(x)) {
        (true, _) => forward::<f32>(&layer, x, threads),
        (_, true) => forward::<f64>(&layer, x, threads),
        _ => Err(PyTypeError::new_err("x: must be complex64 or complex128")),
    }?;
    x.py().check_signals()?;
    Ok(y)
}

/// The gradients over the vectors and over the twiddles (flat), from that over the transforms.
#[pyfunction]
#[pyo3(signature = (orders, twiddles, x, gy, threads=None))]
pub(crate) fn butterflies_backward<'py>(
    orders: &Bound<'py, PyAny>,
    twiddles: &Bound<'py, PyAny>,
    x: &Bound<'py, PyAny>,
    gy: &Bound<'py, PyAny>,
    threads: Option<usize>,
) -> PyResult<Gradients<'py>> {
    let (layer, threads) = (layer(orders, twiddles)?, resolve(threads)?);
    let gradients = match (is::<Complex<f32>>(x), is::<Complex<f64>>(x)) {
        (true, _) => backward::<f32>(&layer, x, gy, threads),
        (_, true) => backward::<f64>(&layer, x, gy, threads),
        _ => Err(PyTypeError::new_err("x: must be complex64 or complex128")),
    }?;
    x.py().check_signals()?;
    Ok(gradients)
}
