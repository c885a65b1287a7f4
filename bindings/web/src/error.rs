//! Failures as a caller receives them.

use serde::Serialize;

/// A failure as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    /// Begins with the argument's name where one is at fault.
    message: String,
    /// A newer request has made this one useless.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cancelled: bool,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), cancelled: false }
    }
}

/// SciPy's names of dsp's arguments.
const NAMES: [(&str, &str); 6] = [
    ("sample_rate", "fs"),
    ("segment_len", "nperseg"),
    ("win_length", "nperseg"),
    ("hop", "noverlap"),
    ("n_fft", "nfft"),
    ("sides", "return_onesided"),
];

impl From<rlx_dsp::Error> for Failure {
    fn from(error: rlx_dsp::Error) -> Self {
        use rlx_dsp::Error;
        Self::new(match &error {
            Error::Argument { name, reason } => {
                let name = NAMES.iter().find(|(ours, _)| ours == name).map_or(*name, |(_, scipy)| scipy);
                format!("{name}: {reason}")
            }
            Error::TooShort { .. } | Error::NonFinite { .. } => format!("x: {error}"),
            _ => error.to_string(),
        })
    }
}

#[cfg(feature = "files")]
impl From<rlx_io::Error> for Failure {
    fn from(error: rlx_io::Error) -> Self {
        Self::new(error.to_string())
    }
}

#[cfg(feature = "files")]
impl From<rlx_view::Error> for Failure {
    fn from(error: rlx_view::Error) -> Self {
        let cancelled = matches!(error, rlx_view::Error::Cancelled);
        Self { message: error.to_string(), cancelled }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::new(error.to_string())
    }
}
