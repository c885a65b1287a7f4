//! Welch's average of signals that arrive in blocks.

use std::sync::{Arc, Mutex, PoisonError};

use numpy::IntoPyArray;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use rlx_fft::dsp::Error;
use rlx_fft::dsp::fft::Sample;
use rlx_fft::dsp::nan::{Filled, InterpolatorState};
use rlx_fft::dsp::welch::{AccumulatorState, WelchAccumulator};

use crate::arrays::{Number, each_type, for_dtype, on_each, rows_of, samples};
use crate::errors::{Refusal, refused};
use crate::interrupt::detached;
use crate::params::Segments;

/// A row's state in plain values: counts, sums, spectra, unfinished segment, open gap.
type Plain = (
    (u64, u64, u64),
    (u64, u64, u64),
    Vec<f64>,
    Vec<f64>,
    Vec<(f64, f64)>,
    usize,
    (Option<(f64, f64)>, usize),
);

each_type!(Kind, Rows);

/// Samples between two looks at whether the caller has left, of segments that do not overlap.
const PIECE: usize = 1 << 20;

/// One accumulator per row.
struct Rows<S: Sample> {
    rows: Arc<Mutex<Vec<WelchAccumulator<S>>>>,
    /// Samples that are pushed at a time.
    piece: usize,
}

/// Accumulators of the rows of arrays that arrive block by block.
#[pyclass(frozen)]
pub(crate) struct Accumulator(Kind);

#[pymethods]
impl Accumulator {
    #[new]
    fn new(dtype: &str, segments: &Segments, rows: usize, limit: u64) -> PyResult<Self> {
        Ok(Self(for_dtype!(dtype, Kind => Rows::new(segments, rows, limit))))
    }

    /// Takes a block `[…, n]`, one row an accumulator.
    fn push(&self, x: &Bound<'_, PyAny>) -> PyResult<()> {
        on_each!(&self.0, Kind, rows => rows.push(x))
    }

    /// Ends the stretch.
    fn gap(&self) -> PyResult<()> {
        on_each!(&self.0, Kind, rows => rows.each(|a| a.push_gap()))
    }

    /// Adds what another one has taken.
    fn merge(&self, other: &Self) -> PyResult<()> {
        match (&self.0, &other.0) {
            (Kind::F32(a), Kind::F32(b)) => a.merge(b),
            (Kind::F64(a), Kind::F64(b)) => a.merge(b),
            (Kind::C32(a), Kind::C32(b)) => a.merge(b),
            (Kind::C64(a), Kind::C64(b)) => a.merge(b),
            _ => Err(PyTypeError::new_err("other: has taken samples of another type")),
        }
    }

    /// The averages so far, `[rows · bins]` flat.
    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        on_each!(&self.0, Kind, rows => rows.snapshot(py))
    }

    /// Samples, segments averaged and segments left out, a row.
    fn counts(&self) -> Vec<(u64, u64, u64)> {
        on_each!(&self.0, Kind, rows => {
            let all = rows.rows.lock().unwrap_or_else(PoisonError::into_inner);
            all.iter().map(|a| (a.samples(), a.coverage().segments, a.coverage().skipped)).collect()
        })
    }

    fn state(&self) -> Vec<Plain> {
        on_each!(&self.0, Kind, rows => {
            let all = rows.rows.lock().unwrap_or_else(PoisonError::into_inner);
            all.iter().map(|a| plain(a.state())).collect()
        })
    }

    fn restore(&self, states: Vec<Plain>) -> PyResult<()> {
        on_each!(&self.0, Kind, rows => {
            let mut all = rows.rows.lock().unwrap_or_else(PoisonError::into_inner);
            if all.len() != states.len() {
                return Err(PyValueError::new_err("state: of another number of rows"));
            }
            for (accumulator, state) in all.iter_mut().zip(states) {
                accumulator.restore(&whole(state)).map_err(refused)?;
            }
            Ok(())
        })
    }
}

impl<S: Number> Rows<S> {
    fn new(segments: &Segments, rows: usize, limit: u64) -> PyResult<Self> {
        let one = WelchAccumulator::with_stored_segments(segments.exact.clone(), limit).map_err(refused)?;
        let (segment_len, hop) = (segments.exact.segments.segment_len, segments.exact.segments.hop);
        let piece = PIECE / segment_len.div_ceil(hop.max(1)).clamp(1, 1 << 10);
        Ok(Self { rows: Arc::new(Mutex::new(vec![one; rows])), piece: piece.max(segment_len) })
    }

    fn each(&self, work: impl Fn(&mut WelchAccumulator<S>) -> rlx_fft::dsp::Result<()>) -> PyResult<()> {
        let mut all = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter_mut().try_for_each(work).map_err(refused)
    }

    fn push(&self, x: &Bound<'_, PyAny>) -> PyResult<()> {
        let (array, shape) = samples::<S>(x, "x")?;
        let (rows, len) = rows_of(&shape)?;
        let (shared, piece) = (Arc::clone(&self.rows), self.piece);
        let cost = array.len().saturating_mul((PIECE / piece).max(1));
        detached(x.py(), cost, move |cancelled| -> Result<(), Refusal> {
            let mut all = shared.lock().unwrap_or_else(PoisonError::into_inner);
            if all.len() != rows {
                let reason = format!("{rows} rows, but the blocks before had {}", all.len());
                return Err(Error::Argument { name: "x", reason }.into());
            }
            // After an error or an interrupt nothing of the block may have been taken by any row.
            let before = if rows > 1 || len > piece { Some(all.clone()) } else { None };
            for row in 0..rows {
                for part in array[row * len..(row + 1) * len].chunks(piece) {
                    let pushed = all[row].push(part).map_err(|error| Refusal::from(error).after(row));
                    if pushed.is_err() || cancelled.get() {
                        if let Some(before) = before {
                            *all = before;
                        }
                        return pushed;
                    }
                }
            }
            Ok(())
        })??;
        x.py().check_signals()
    }

    fn merge(&self, other: &Self) -> PyResult<()> {
        // One lock at a time: two threads may merge crosswise, and an accumulator with itself.
        let others = other.rows.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut all = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() != others.len() {
            let reason = format!("other: {} rows cannot be merged into {}", others.len(), all.len());
            return Err(PyValueError::new_err(reason));
        }
        all.iter_mut()
            .zip(others)
            .try_for_each(|(a, b)| a.merge(b))
            .map_err(|error| Refusal { argument: "other", error }.into())
    }

    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let mut all = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = Vec::new();
        for accumulator in all.iter_mut() {
            out.extend(accumulator.snapshot().map_err(refused)?.values);
        }
        Ok(out.into_pyarray(py).into_any())
    }
}

fn plain(state: AccumulatorState) -> Plain {
    let AccumulatorState { samples, segments, skipped, filled, held, spectra, tail, skip, gap } = state;
    let filled = (filled.samples, filled.gaps, filled.left);
    ((samples, segments, skipped), filled, held, spectra, tail, skip, (gap.before, gap.held))
}

fn whole(state: Plain) -> AccumulatorState {
    let ((samples, segments, skipped), (filled, gaps, left), held, spectra, tail, skip, (before, open)) =
        state;
    AccumulatorState {
        samples,
        segments,
        skipped,
        filled: Filled { samples: filled, gaps, left },
        held,
        spectra,
        tail,
        skip,
        gap: InterpolatorState { before, held: open },
    }
}
