//! `AutoWelchPeaks`: packed peaks by the strategy that is predicted to be the cheapest.

use std::sync::{Mutex, PoisonError};

use numpy::{PyArrayDyn, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rlx_fft::welch_peaks_picker::parse_welch_peaks_strategy;
use rlx_fft::{AutoSettings, AutoWelchPeaks as Auto};

use crate::arrays::{borrow, zeros};
use crate::errors::facade;
use crate::learned::LearnedFft;
use crate::threads;

/// Built once for a batch, called many times.
#[pyclass(frozen, module = "rlx_fft._native", name = "AutoPeaks")]
pub(crate) struct AutoPeaks {
    auto: Mutex<Auto>,
    batch: usize,
    k_out: usize,
    lens: (usize, usize),
}

#[pymethods]
impl AutoPeaks {
    #[new]
    #[pyo3(signature = (batch, n_fft, k, device, strategy, same_answer, threads, learned=None))]
    #[expect(clippy::too_many_arguments, reason = "the facade's settings")]
    fn new(
        batch: usize,
        n_fft: usize,
        k: usize,
        device: Option<&str>,
        strategy: &str,
        same_answer: bool,
        threads: Option<usize>,
        learned: Option<&Bound<'_, LearnedFft>>,
    ) -> PyResult<Self> {
        let mode = parse_welch_peaks_strategy(strategy)
            .map_err(|error| PyValueError::new_err(format!("strategy: {error}")))?;
        // 0 lets the batch decide how many of the cores it can use.
        let threads = threads.map_or(Ok(0), |n| threads::resolve(Some(n)))?;
        let learned = learned.map(|learned| &learned.get().model);
        let settings =
            AutoSettings { device, learned, mode, same_answer, threads, ..AutoSettings::default() };
        let auto = Auto::with_settings(batch, n_fft, k, &settings).map_err(facade)?;
        log::info!(target: crate::LOG, "{}", auto.picker_line());
        Ok(Self { batch, k_out: auto.params().k_out(), lens: auto.layout_lens(), auto: Mutex::new(auto) })
    }

    /// Packed peaks `[batch, k, 2]` of `[batch, row_len]` f32 samples in either layout.
    fn __call__<'py>(&self, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArrayDyn<f32>>> {
        let py = x.py();
        let array = borrow::<f32>(x, "x")?;
        let (fast, full) = self.lens;
        if array.len() != fast && array.len() != full {
            let rows = self.batch.max(1);
            return Err(PyValueError::new_err(format!(
                "x: expected {} rows of {} (or of {}) samples, got shape {:?}",
                self.batch,
                full / rows,
                fast / rows,
                array.shape()
            )));
        }
        let x = array.as_slice()?;
        let out = zeros::<f32>(py, &[self.batch, self.k_out, 2])?;
        {
            let mut writable = out.readwrite();
            let out = writable.as_slice_mut()?;
            py.detach(|| {
                let mut auto = self.auto.lock().unwrap_or_else(PoisonError::into_inner);
                auto.welch_peaks_batch_into(x, out)
            })
            .map_err(facade)?;
        }
        py.check_signals()?;
        Ok(out)
    }

    /// The picker's view: what was compared and what runs.
    fn trace<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let auto = self.auto.lock().unwrap_or_else(PoisonError::into_inner);
        let trace = auto.trace();
        let dict = PyDict::new(py);
        dict.set_item("batch", trace.batch)?;
        dict.set_item("n_fft", trace.n_fft)?;
        dict.set_item("k", trace.k)?;
        dict.set_item("device", trace.device)?;
        dict.set_item("threads", auto.threads())?;
        dict.set_item("strategy", auto.strategy_label())?;
        dict.set_item("predicted_ms", trace.predicted_ms)?;
        dict.set_item("candidates", trace.candidates)?;
        dict.set_item("layout", trace.layout)?;
        dict.set_item("calibration", trace.calibration)?;
        dict.set_item("line", auto.picker_line())?;
        Ok(dict)
    }

    /// Returns a line per region of the plan that runs.
    fn regions(&self) -> Vec<String> {
        self.auto.lock().unwrap_or_else(PoisonError::into_inner).regions()
    }

    /// Returns the strategy that would be selected for another number of rows.
    fn pick_for_batch(&self, batch: usize) -> &'static str {
        self.auto.lock().unwrap_or_else(PoisonError::into_inner).pick_for_batch(batch).label()
    }
}
