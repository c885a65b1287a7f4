//! Learned transforms: load, fit, train, run.

use std::ops::ControlFlow;
use std::path::PathBuf;

use num_complex::Complex;
use numpy::{PyArrayDyn, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rlx_fft::FastLearnedFftModel;
use rlx_learn::{
    ButterflyNetwork, FitConfig, Matrix, Permutation, Progress, Shown, Target, TrainConfig, TrainingRecord,
    Transform, estimate,
};

use crate::arrays::{borrow, rows_of, zeros};
use crate::interrupt::detached;

/// A transform of products of butterflies.
#[pyclass(frozen, name = "LearnedFft", module = "rlx_fft._native")]
pub(crate) struct LearnedFft {
    pub(crate) model: FastLearnedFftModel,
}

fn refused(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// Target of learning from Python: a named transform, a matrix, or pairs.
#[derive(FromPyObject)]
struct Wanted<'py> {
    #[pyo3(item)]
    n_fft: usize,
    #[pyo3(item)]
    transform: String,
    /// `[n, n]`, or the inputs of pairs `[pairs, n]`, complex128.
    #[pyo3(item)]
    matrix: Option<Bound<'py, PyAny>>,
    /// Outputs of pairs `[pairs, n]`, complex128.
    #[pyo3(item)]
    outputs: Option<Bound<'py, PyAny>>,
    #[pyo3(item)]
    depth: usize,
    #[pyo3(item)]
    permutation: Option<String>,
    #[pyo3(item)]
    complex_target: bool,
    /// Relative rounding of the entries.
    #[pyo3(item)]
    rounding: f64,
    #[pyo3(item)]
    seed: u64,
}

/// Reads the name of a transform or of an order as it is in files.
macro_rules! named {
    ($argument:literal, $name:expr) => {
        serde_json::from_value(serde_json::Value::String($name.to_owned()))
            .map_err(|e| PyValueError::new_err(format!("{}: {e}", $argument)))
    };
}

fn matrix_of(x: &Bound<'_, PyAny>, name: &str) -> PyResult<Matrix> {
    let array = borrow::<Complex<f64>>(x, name)?;
    let &[rows, cols] = array.shape() else {
        return Err(PyValueError::new_err(format!("{name}: must have two axes, got {:?}", array.shape())));
    };
    let (re, im) = array.as_slice()?.iter().map(|z| (z.re, z.im)).unzip();
    Matrix::from_planes(rows, cols, re, im).map_err(refused)
}

impl Wanted<'_> {
    /// The target and the order of its input.
    fn target(&self) -> PyResult<(Target, Permutation)> {
        let (target, own) = match &self.matrix {
            None => {
                let transform: Transform = named!("transform", self.transform)?;
                let target = transform.target(self.n_fft, self.seed).map_err(refused)?;
                let own = target.permutation;
                (target, own)
            }
            Some(given) => {
                let mut matrix = matrix_of(given, "matrix")?;
                if let Some(outputs) = &self.outputs {
                    matrix = estimate(&matrix, &matrix_of(outputs, "outputs")?).map_err(refused)?;
                }
                let own = if self.depth == 2 { Permutation::BitReversal } else { Permutation::Other };
                let target = Target::of_matrix(matrix, own, self.depth).map_err(refused)?;
                (target.rounded_to(self.rounding), own)
            }
        };
        let permutation = match self.permutation.as_deref() {
            None => own,
            Some("unknown") => Permutation::Other,
            Some(name) => named!("permutation", name)?,
        };
        Ok((target, permutation))
    }

    fn model(&self, network: ButterflyNetwork, mut record: TrainingRecord) -> LearnedFft {
        if self.outputs.is_some() {
            record.shown = Some(Shown::Pairs);
        }
        LearnedFft { model: FastLearnedFftModel::of_network(network, record) }
    }
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
    fn fit(py: Python<'_>, wanted: Wanted<'_>, polish: usize) -> PyResult<Self> {
        let (target, permutation) = wanted.target()?;
        let config = FitConfig { permutation, polish, complex_target: wanted.complex_target };
        // The steps of a fit cannot be counted before.
        let (fitted, record) = detached(py, usize::MAX, move |_| {
            let fitted = rlx_learn::fit(&target, &config)?;
            let record = fitted.record(&target, &config);
            Ok::<_, rlx_learn::Error>((fitted, record))
        })?
        .map_err(refused)?;
        Ok(wanted.model(fitted.network, record))
    }

    /// By gradient, from random weights. Python's signals and a callback that returns `False` stop it.
    #[staticmethod]
    fn train(
        py: Python<'_>,
        wanted: Wanted<'_>,
        steps: Option<usize>,
        callback: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let (target, permutation) = wanted.target()?;
        let mut config = TrainConfig {
            seed: wanted.seed,
            permutation,
            complex_target: wanted.complex_target,
            ..TrainConfig::default()
        };
        config.steps = steps.unwrap_or(config.steps);
        let mut failed = None;
        let trained = py.detach(|| {
            let mut tell = |progress: Progress| {
                let heard = Python::attach(|py| -> PyResult<bool> {
                    py.check_signals()?;
                    let Some(callback) = &callback else { return Ok(true) };
                    let answer = callback.call1(py, (progress.step, progress.steps, progress.rel_l2))?;
                    Ok(!matches!(answer.extract::<bool>(py), Ok(false)))
                });
                match heard {
                    Ok(true) => ControlFlow::Continue(()),
                    Ok(false) => ControlFlow::Break(()),
                    Err(error) => {
                        failed = Some(error);
                        ControlFlow::Break(())
                    }
                }
            };
            rlx_learn::train(&target, &config, &mut tell)
        });
        if let Some(error) = failed {
            return Err(error);
        }
        let trained = trained.map_err(refused)?;
        let (n, steps, error) = (target.n(), trained.steps, trained.rel_l2);
        log::info!(target: crate::LOG, "trained {n} points in {steps} steps: relative L2 {error:.3e}");
        if !trained.learned {
            log::warn!(target: crate::LOG, "not learned: the relative L2 error is {error:.3e}");
        }
        let record = trained.record(&target, &config);
        Ok(wanted.model(trained.network, record))
    }

    /// How the model was made, as JSON.
    fn record(&self) -> PyResult<String> {
        serde_json::to_string(self.model.record()).map_err(refused)
    }

    /// The same in one line.
    fn summary(&self) -> String {
        self.model.record().summary()
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
        let out = zeros::<Complex<f32>>(py, array.shape())?;
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
