//! Local peaks of rows, and the largest bins.

use std::ops::Range;

use numpy::{Element, IntoPyArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rayon::prelude::*;
use rlx_fft::dsp::fft::Real;
use rlx_fft::dsp::peaks::{
    Bounds, LocalPeakParams, LocalPeaks, LocalPeaksBatch, Prominences, distance,
    find_peaks as dsp_find_peaks, find_peaks_rows as dsp_find_peaks_rows, maxima,
    peak_prominences as dsp_prominences, peak_widths as dsp_widths, top_k_rows,
};

use crate::arrays::{Samples, borrow, rows_of, samples};
use crate::errors::refused;
use crate::interrupt::detached;
use crate::threads;

type Interval = Option<(Option<f64>, Option<f64>)>;

macro_rules! on_curve {
    ($x:expr, $name:literal, |$values:ident, $shape:ident| $body:expr) => {{
        let (x, name): (&Bound<'_, PyAny>, &str) = ($x, $name);
        if let Ok(array) = borrow::<f64>(x, name) {
            let ($values, $shape) = (array.as_slice()?, array.shape());
            $body
        } else {
            let array = borrow::<f32>(x, name)?;
            let ($values, $shape) = (array.as_slice()?, array.shape());
            $body
        }
    }};
}

fn ints(py: Python<'_>, values: Vec<usize>) -> Bound<'_, PyAny> {
    values.into_iter().map(|v| v as isize).collect::<Vec<_>>().into_pyarray(py).into_any()
}

fn floats(py: Python<'_>, values: Vec<f64>) -> Bound<'_, PyAny> {
    values.into_pyarray(py).into_any()
}

/// Positions, offsets of the rows and properties of the local peaks along the last axis of a C-contiguous array.
#[pyfunction]
#[pyo3(signature = (x, height, threshold, distance, prominence, width, wlen, rel_height, plateau_size, threads=None))]
#[expect(clippy::too_many_arguments, reason = "SciPy's list")]
pub(crate) fn find_peaks_rows<'py>(
    x: &Bound<'py, PyAny>,
    height: Interval,
    threshold: Interval,
    distance: Option<f64>,
    prominence: Interval,
    width: Interval,
    wlen: Option<usize>,
    rel_height: f64,
    plateau_size: Interval,
    threads: Option<usize>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyDict>)> {
    let bounds = |interval: Interval| interval.map(Bounds::from);
    let params = LocalPeakParams::default()
        .plateau_size(bounds(plateau_size))
        .height(bounds(height))
        .threshold(bounds(threshold))
        .distance(distance)
        .prominence(bounds(prominence))
        .wlen(wlen)
        .width(bounds(width))
        .rel_height(rel_height);
    params.validate().map_err(refused)?;
    let py = x.py();
    let threads = threads::resolve(threads)?;
    let parts = if let Ok((values, shape)) = samples::<f64>(x, "x") {
        parts(py, values, rows_of(&shape)?, &params, threads)?
    } else {
        let (values, shape) = samples::<f32>(x, "x")?;
        parts(py, values, rows_of(&shape)?, &params, threads)?
    };
    let mut offsets = vec![0];
    let mut ends = 0;
    for part in &parts {
        offsets.extend(part.offsets[1..].iter().map(|end| ends + end));
        ends += part.peaks.positions.len();
    }
    let all: Vec<LocalPeaks> = parts.into_iter().map(|part| part.peaks).collect();
    let properties = PyDict::new(py);
    let index = |pick: &dyn Fn(&LocalPeaks) -> Option<&[usize]>| -> Option<Bound<'py, PyAny>> {
        let lists: Option<Vec<&[usize]>> = all.iter().map(pick).collect();
        Some(ints(py, lists?.concat()))
    };
    let real = |pick: &dyn Fn(&LocalPeaks) -> Option<&[f64]>| -> Option<Bound<'py, PyAny>> {
        let lists: Option<Vec<&[f64]>> = all.iter().map(pick).collect();
        Some(floats(py, lists?.concat()))
    };
    // In SciPy's order.
    for (name, values) in [
        ("plateau_sizes", index(&|p| Some(&p.plateaus.as_ref()?.sizes))),
        ("left_edges", index(&|p| Some(&p.plateaus.as_ref()?.left_edges))),
        ("right_edges", index(&|p| Some(&p.plateaus.as_ref()?.right_edges))),
        ("peak_heights", real(&|p| p.heights.as_deref())),
        ("left_thresholds", real(&|p| Some(&p.thresholds.as_ref()?.left))),
        ("right_thresholds", real(&|p| Some(&p.thresholds.as_ref()?.right))),
        ("prominences", real(&|p| Some(&p.prominences.as_ref()?.values))),
        ("left_bases", index(&|p| Some(&p.prominences.as_ref()?.left_bases))),
        ("right_bases", index(&|p| Some(&p.prominences.as_ref()?.right_bases))),
        ("widths", real(&|p| Some(&p.widths.as_ref()?.values))),
        ("width_heights", real(&|p| Some(&p.widths.as_ref()?.heights))),
        ("left_ips", real(&|p| Some(&p.widths.as_ref()?.left_ips))),
        ("right_ips", real(&|p| Some(&p.widths.as_ref()?.right_ips))),
    ] {
        if let Some(values) = values {
            properties.set_item(name, values)?;
        }
    }
    let positions = all.iter().flat_map(|p| p.positions.iter().copied()).collect();
    Ok((ints(py, positions), ints(py, offsets), properties))
}

/// Peaks of shares of the rows, in order; at least one share.
fn parts<T: Real + Element>(
    py: Python<'_>,
    x: Samples<T>,
    (rows, len): (usize, usize),
    params: &LocalPeakParams,
    threads: usize,
) -> PyResult<Vec<LocalPeaksBatch>> {
    if rows == 0 || len == 0 {
        // The empty row has the properties that were asked for.
        let peaks = dsp_find_peaks::<T>(&[], params).map_err(refused)?;
        return Ok(vec![LocalPeaksBatch { offsets: vec![0; rows + 1], peaks }]);
    }
    let shares = threads.min(rows).min((x.len() >> 14).max(1));
    let share = rows.div_ceil(shares) * len;
    let params = params.clone();
    // Some ten times as long per sample as a transform.
    let done = detached(py, x.len().saturating_mul(8), move |_| -> Result<Vec<_>, rlx_fft::dsp::Error> {
        let work = |x: &[T]| dsp_find_peaks_rows(x, len, &params);
        if shares == 1 {
            return Ok(vec![work(&x)?]);
        }
        threads::pool(threads)?.install(|| x.par_chunks(share).map(work).collect())
    })?;
    done.map_err(refused)
}

/// Positions, left and right edges of all local maxima of one row.
#[pyfunction]
pub(crate) fn local_maxima<'py>(
    x: &Bound<'py, PyAny>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let py = x.py();
    let (positions, plateaus) = on_curve!(x, "x", |values, _shape| maxima::local_maxima(values));
    Ok((ints(py, positions), ints(py, plateaus.left_edges), ints(py, plateaus.right_edges)))
}

/// Flags of the peaks that survive a distance.
#[pyfunction]
pub(crate) fn select_by_distance(
    x: &Bound<'_, PyAny>,
    peaks: Vec<usize>,
    distance: f64,
) -> PyResult<Vec<bool>> {
    on_curve!(x, "x", |values, _shape| {
        inside(&peaks, values.len())?;
        Ok(distance::keep_flags(values, &peaks, distance))
    })
}

fn inside(peaks: &[usize], len: usize) -> PyResult<()> {
    match peaks.iter().find(|&&p| p >= len) {
        Some(p) => {
            Err(pyo3::exceptions::PyValueError::new_err(format!("peaks: {p} is outside {len} samples")))
        }
        None => Ok(()),
    }
}

/// Prominences, left and right bases of the peaks of one row.
#[pyfunction]
#[pyo3(signature = (x, peaks, wlen=None))]
pub(crate) fn peak_prominences<'py>(
    x: &Bound<'py, PyAny>,
    peaks: Vec<usize>,
    wlen: Option<usize>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let py = x.py();
    let found = on_curve!(x, "x", |values, _shape| dsp_prominences(values, &peaks, wlen)).map_err(refused)?;
    Ok((floats(py, found.values), ints(py, found.left_bases), ints(py, found.right_bases)))
}

/// Widths, their heights, left and right crossings of the peaks of one row.
#[pyfunction]
pub(crate) fn peak_widths<'py>(
    x: &Bound<'py, PyAny>,
    peaks: Vec<usize>,
    rel_height: f64,
    prominences: Vec<f64>,
    left_bases: Vec<usize>,
    right_bases: Vec<usize>,
) -> PyResult<[Bound<'py, PyAny>; 4]> {
    let py = x.py();
    let prominences = Prominences { values: prominences, left_bases, right_bases };
    let w = on_curve!(x, "x", |values, _shape| dsp_widths(values, &peaks, rel_height, &prominences));
    let w = w.map_err(refused)?;
    Ok([w.values, w.heights, w.left_ips, w.right_ips].map(|v| floats(py, v)))
}

/// The K largest bins of each row of a C-contiguous array: bins and values, `[rows · k]` flat.
#[pyfunction]
pub(crate) fn top_k<'py>(
    x: &Bound<'py, PyAny>,
    k: usize,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let py = x.py();
    on_curve!(x, "x", |values, shape| {
        let (_, bins) = rows_of(shape)?;
        let peaks = py.detach(|| top_k_rows(values, bins, k)).map_err(refused)?;
        let at = peaks.iter().map(|p| p.bin).collect();
        Ok((ints(py, at), peaks.iter().map(|p| p.power).collect::<Vec<_>>().into_pyarray(py).into_any()))
    })
}

/// Prominences of `k` bins of each row: `bins` is `[rows · k]` flat; negative ones give NaN.
#[pyfunction]
pub(crate) fn prominences_of_bins<'py>(
    x: &Bound<'py, PyAny>,
    bins: Vec<i64>,
    k: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let py = x.py();
    on_curve!(x, "x", |values, shape| {
        let (rows, len) = rows_of(shape)?;
        let mut out = vec![f64::NAN; bins.len()];
        for row in 0..rows {
            let part: Range<usize> = row * k..(row + 1) * k;
            let (Some(bins), Some(out)) = (bins.get(part.clone()), out.get_mut(part)) else { break };
            let present = bins.iter().take_while(|b| **b >= 0).map(|b| *b as usize).collect::<Vec<_>>();
            let row = &values[row * len..(row + 1) * len];
            let found = dsp_prominences(row, &present, None).map_err(refused)?;
            out[..found.values.len()].copy_from_slice(&found.values);
        }
        Ok(floats(py, out))
    })
}
