//! From the core's errors to Python's, with the arguments' Python names.

use pyo3::PyErr;
use pyo3::exceptions::PyValueError;
use rlx_fft::dsp::Error;

/// A refusal and the argument that it is about where the core says "signal" or gives no name.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) argument: &'static str,
    pub(crate) error: Error,
}

impl From<Error> for Refusal {
    /// With SciPy's names.
    fn from(error: Error) -> Self {
        Self::renamed(error, |name| match name {
            "sample_rate" => "fs",
            "segment_len" => "nperseg",
            "n_fft" => "nfft",
            "hop" => "noverlap",
            "nan" => "nan_policy",
            other => other,
        })
    }
}

impl Refusal {
    /// With other names for some arguments.
    pub(crate) fn renamed(mut error: Error, rename: impl Fn(&'static str) -> &'static str) -> Self {
        if let Error::Argument { name, .. } | Error::Length { name, .. } = &mut error {
            *name = rename(name);
        }
        Self { argument: "x", error }
    }

    /// With librosa's names.
    pub(crate) fn of_mel(error: Error) -> Self {
        Self::renamed(error, |name| match name {
            "sample_rate" => "sr",
            "hop" => "hop_length",
            "f_min" => "fmin",
            "f_max" => "fmax",
            "padding" => "pad_mode",
            other => other,
        })
    }

    /// Counts rows from `first` on.
    pub(crate) fn after(mut self, first: usize) -> Self {
        if let Error::NonFinite { row, .. } = &mut self.error {
            *row += first;
        }
        self
    }
}

impl From<Refusal> for PyErr {
    fn from(Refusal { argument, error }: Refusal) -> Self {
        PyValueError::new_err(match error {
            Error::Argument { name, reason } => format!("{}: {reason}", python_name(name, argument)),
            Error::Length { name, expected, got } => {
                format!("{}: expected {expected} values, got {got}", python_name(name, argument))
            }
            other => format!("{argument}: {other}"),
        })
    }
}

/// The argument that the core calls the signal.
fn python_name(name: &'static str, argument: &'static str) -> &'static str {
    if matches!(name, "signal" | "samples") { argument } else { name }
}

/// An error of the core about `x`.
pub(crate) fn refused(error: Error) -> PyErr {
    Refusal::from(error).into()
}

/// An error of the facade, whose names are its own.
pub(crate) fn facade(error: rlx_fft::Error) -> PyErr {
    match error {
        rlx_fft::Error::Dsp(error) => Refusal::renamed(error, |name| name).into(),
        other => PyValueError::new_err(other.to_string()),
    }
}
