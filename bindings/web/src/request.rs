//! Requests of a page. Its JavaScript half has filled in the defaults of SciPy; requests are complete.

use rlx_dsp::detrend::Detrend;
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::scaling::{Average, Scaling, Sides};
use rlx_dsp::welch::PsdParams;
use rlx_dsp::window::Window;
use serde::Deserialize;

use crate::arrays;
use crate::error::Failure;

/// A request: an object whose `fn` names the variant.
#[derive(Deserialize)]
#[serde(tag = "fn", rename_all = "camelCase")]
pub(crate) enum Request {
    Psd(Psd),
    Cross(Cross),
    Spectrogram(Frames),
    Stft(Frames),
    FindPeaks(FindPeaks),
    WelchPeaks(WelchPeaks),
    LogMel(LogMel),
    Accumulator(Start),
    Push {
        accumulator: u32,
        x: Input,
    },
    Gap {
        accumulator: u32,
    },
    Merge {
        accumulator: u32,
        other: u32,
    },
    Average {
        accumulator: u32,
        finish: bool,
    },
    Drop {
        accumulator: u32,
    },
    #[cfg(feature = "files")]
    Open(Open),
    #[cfg(feature = "files")]
    Engine {
        engine: u32,
        request: String,
    },
    #[cfg(feature = "files")]
    Close {
        engine: u32,
    },
}

/// An array of samples, which the request takes out of the table.
#[derive(Deserialize)]
pub(crate) struct Input {
    pub(crate) id: u32,
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    F32,
    F64,
}

/// Segments of an estimate.
#[derive(Deserialize)]
pub(crate) struct Segments {
    fs: f64,
    /// A name, or the number of an array of `f64`.
    #[serde(default)]
    window: Option<String>,
    #[serde(default)]
    weights: Option<u32>,
    nperseg: usize,
    hop: usize,
    nfft: usize,
    detrend: String,
    scaling: String,
    #[serde(default)]
    average: Option<String>,
    onesided: bool,
    nan_policy: String,
}

impl Segments {
    pub(crate) fn params(&self) -> Result<PsdParams, Failure> {
        let window = match (self.weights, &self.window) {
            (Some(id), _) => {
                let array = arrays::take(id).ok_or_else(|| Failure::new("window: the array is gone"))?;
                Window::Custom(array.doubles().into())
            }
            (None, Some(name)) => name.parse()?,
            (None, None) => Window::Hann,
        };
        let average = self.average.as_deref().map_or(Ok(Average::Mean), str::parse)?;
        let params = PsdParams::new(self.fs, self.nperseg)
            .window(window)
            .hop(self.hop)
            .n_fft(self.nfft)
            .detrend(self.detrend.parse::<Detrend>()?)
            .scaling(self.scaling.parse::<Scaling>()?)
            .average(average)
            .sides(if self.onesided { Sides::Auto } else { Sides::Two })
            .nan(nan(&self.nan_policy)?);
        Ok(params)
    }
}

fn nan(policy: &str) -> Result<NanPolicy, Failure> {
    Ok(match policy {
        "propagate" => NanPolicy::Propagate,
        "raise" => NanPolicy::Error,
        "omit" => NanPolicy::SkipSegment,
        _ => {
            let reason = format!("nan_policy: {policy:?} is none of \"propagate\", \"raise\", \"omit\"");
            return Err(Failure::new(reason));
        }
    })
}

#[derive(Deserialize)]
pub(crate) struct Psd {
    pub(crate) x: Input,
    pub(crate) segments: Segments,
}

#[derive(Deserialize)]
pub(crate) struct Cross {
    pub(crate) x: Input,
    pub(crate) y: Input,
    pub(crate) segments: Segments,
    /// The coherence, not the cross spectrum.
    pub(crate) coherence: bool,
}

#[derive(Deserialize)]
pub(crate) struct Frames {
    pub(crate) x: Input,
    pub(crate) segments: Segments,
}

/// SciPy's conditions; `[lowest, highest]` each.
#[derive(Deserialize)]
pub(crate) struct FindPeaks {
    pub(crate) x: Input,
    #[serde(default)]
    pub(crate) height: Option<[Option<f64>; 2]>,
    #[serde(default)]
    pub(crate) threshold: Option<[Option<f64>; 2]>,
    #[serde(default)]
    pub(crate) distance: Option<f64>,
    #[serde(default)]
    pub(crate) prominence: Option<[Option<f64>; 2]>,
    #[serde(default)]
    pub(crate) width: Option<[Option<f64>; 2]>,
    #[serde(default)]
    pub(crate) wlen: Option<usize>,
    #[serde(default)]
    pub(crate) rel_height: Option<f64>,
    #[serde(default)]
    pub(crate) plateau_size: Option<[Option<f64>; 2]>,
}

#[derive(Deserialize)]
pub(crate) struct WelchPeaks {
    pub(crate) x: Input,
    pub(crate) segments: Segments,
    pub(crate) k: usize,
}

#[derive(Deserialize)]
pub(crate) struct LogMel {
    pub(crate) x: Input,
    pub(crate) preset: String,
    #[serde(default)]
    pub(crate) n_mels: Option<usize>,
}

#[derive(Deserialize)]
pub(crate) struct Start {
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    pub(crate) segments: Segments,
}

/// A recording: its files, the one to open first.
#[cfg(feature = "files")]
#[derive(Deserialize)]
pub(crate) struct Open {
    pub(crate) files: Vec<HostFile>,
    #[serde(default)]
    pub(crate) rate: Option<f64>,
    #[serde(default)]
    pub(crate) raw: Option<String>,
    #[serde(default)]
    pub(crate) channels: Option<usize>,
    #[serde(default)]
    pub(crate) format: Option<String>,
    #[serde(default)]
    pub(crate) iq: bool,
}

#[cfg(feature = "files")]
#[derive(Deserialize, Clone)]
pub(crate) struct HostFile {
    pub(crate) name: String,
    pub(crate) file: u32,
    pub(crate) size: u64,
}
