//! Learned transforms: load, fit, train, run.

use std::ops::ControlFlow;
use std::path::PathBuf;

use num_complex::Complex;
use numpy::{PyArrayDyn, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rlx_fft::FastLearnedFftModel;
use rlx_learn::{FitConfig, Progress, Target, TrainConfig, TrainingRecord, Transform};

use crate::arrays::{borrow, rows_of};

/// A transform of products of butterflies.
#[pyclass(frozen, name = "LearnedFft", module = "rlx_fft._native")]
pub(crate) struct LearnedFft {
    pub(crate) model: FastLearnedFftModel,
}

fn refused(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn target(n_fft: usize, transform: &str, seed: u64) -> PyResult<(Transform, Target)> {
    let name = serde_json::Value::String(transform.to_owned());
    let transform: Transform =
        serde_json::from_value(name).map_err(|e| PyValueError::new_err(format!("transform: {e}")))?;
    Ok((transform, transform.target(n_fft, seed).map_err(refused)?))
}

#[pymethods]
impl LearnedFft {
    /// From a safetensors file.
    #[staticmethod]
    fn load(path: PathBuf) -> PyResult<Self> {
        let model = FastLearnedFftModel::load(&path);
        Ok(Self {
            model: model.map_err(|e| PyValueError::new_err(format!("path: {}: {e}", path.display())))?,
        })
    }

    #[staticmethod]
    fn from_bytes(bytes: &[u8]) -> PyResult<Self> {
        Ok(Self { model: FastLearnedFftModel::from_bytes(bytes).map_err(refused)? })
    }

    /// The closed-form factors.
    #[staticmethod]
    fn fit(py: Python<'_>, n_fft: usize, transform: &str, seed: u64) -> PyResult<Self> {
        let (transform, target) = target(n_fft, transform, seed)?;
        let fitted = py.detach(|| rlx_learn::fit(&target, &FitConfig::default())).map_err(refused)?;
        let record = TrainingRecord {
            method: "fit".to_owned(),
            transform: Some(transform),
            seed,
            rel_l2: Some(fitted.rel_l2),
            ..TrainingRecord::default()
        };
        Ok(Self { model: FastLearnedFftModel::of_network(fitted.network, record) })
    }

    /// By gradient, from random weights. Python's signals stop it.
    #[staticmethod]
    fn train(
        py: Python<'_>,
        n_fft: usize,
        transform: &str,
        steps: Option<usize>,
        seed: u64,
    ) -> PyResult<Self> {
        let (transform, target) = target(n_fft, transform, seed)?;
        let mut config = TrainConfig { seed, ..TrainConfig::default() };
        config.steps = steps.unwrap_or(config.steps);
        let mut interrupt = None;
        let trained = py.detach(|| {
            let mut tell = |_: Progress| match Python::attach(|py| py.check_signals()) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    interrupt = Some(error);
                    ControlFlow::Break(())
                }
            };
            rlx_learn::train(&target, &config, &mut tell)
        });
        if let Some(error) = interrupt {
            return Err(error);
        }
        let trained = trained.map_err(refused)?;
        log::info!(target: crate::LOG, "trained {n_fft} points in {} steps: relative L2 {:.3e}", trained.steps, trained.rel_l2);
        let record = TrainingRecord {
            method: "train".to_owned(),
            transform: Some(transform),
            seed,
            steps: trained.steps,
            rel_l2: Some(trained.rel_l2),
            rmse: Some(trained.rmse),
            ..TrainingRecord::default()
        };
        Ok(Self { model: FastLearnedFftModel::of_network(trained.network, record) })
    }

    fn save(&self, path: PathBuf) -> PyResult<()> {
        self.model.save(path).map_err(refused)
    }

    fn to_bytes(&self) -> PyResult<Vec<u8>> {
        self.model.to_bytes().map_err(refused)
    }

    #[getter]
    fn n_fft(&self) -> usize {
        self.model.n_fft()
    }

    #[getter]
    fn rel_l2(&self) -> Option<f64> {
        self.model.record().rel_l2
    }

    #[getter]
    fn recall(&self) -> Option<f64> {
        self.model.recall()
    }

    #[getter]
    fn dead_share(&self) -> f64 {
        self.model.dead_share()
    }

    /// The transforms of `[…, n_fft]` complex64 frames.
    fn __call__<'py>(&self, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArrayDyn<Complex<f32>>>> {
        let py = x.py();
        let array = borrow::<Complex<f32>>(x, "x")?;
        let (_, len) = rows_of(array.shape())?;
        let n = self.model.n_fft();
        if len != n {
            return Err(PyValueError::new_err(format!("x: frames of {len} samples, the model takes {n}")));
        }
        let x = array.as_slice()?;
        let out = PyArrayDyn::<Complex<f32>>::zeros(py, array.shape(), false);
        {
            let mut writable = out.readwrite();
            let out = writable.as_slice_mut()?;
            out.copy_from_slice(x);
            py.detach(|| out.chunks_exact_mut(n).try_for_each(|frame| self.model.forward(frame)))
                .map_err(refused)?;
        }
        py.check_signals()?;
        Ok(out)
    }
}
