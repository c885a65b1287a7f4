//! Log-mel spectrograms, equal to those of speech and music toolkits.
//!
//! ```text
//! signal → preemphasis → padding → frames → DC removal → window → |FFT|^power → mel filters → log → normalise
//! ```
//!
//! [`LogMelParams::preset`] returns the parameters of librosa, whisper, Kaldi, torchaudio or NeMo; every field can be
//! changed before [`LogMel::new`] creates a reusable plan.
//!
//! ```
//! use rlx_dsp::mel::{LogMel, LogMelParams, Preset};
//!
//! let params = LogMelParams::preset(Preset::Whisper).n_mels(128); // large-v3
//! let plan = LogMel::<f32>::new(params)?;
//! let out = plan.run(&vec![0.1; 480_000])?;
//! assert_eq!((out.n_mels, out.n_frames), (128, 3000));
//! # Ok::<(), rlx_dsp::Error>(())
//! ```

mod dct;
mod decibel;
mod delta;
mod energies;
mod fast;
mod filterbank;
mod kaldi;
mod log_mel;
mod mfcc;
mod missing;
mod output;
mod params;
mod preset;
mod scale;
mod stages;
mod stream;

pub use dct::DctType;
pub use decibel::{DecibelParams, power_to_db};
pub use delta::{Delta, DeltaEdges, DeltaParams};
pub use filterbank::{MelFilterbank, MelFilterbankParams, MelNorm, TriangleDomain};
pub use kaldi::{Dither, FrameEnergy, KaldiFeatures, KaldiParams, KaldiScratch};
pub use log_mel::{LogMel, LogMelScratch, log_mel, log_mel_with};
pub use mfcc::{Lifter, Mfcc, MfccParams};
pub use output::{LogMelOutput, MelLayout};
pub use params::{LogMelParams, Preemphasis};
pub use preset::Preset;
pub use scale::MelScale;
pub use stages::{MaxOver, MelLog, MelNormalise, Reference};
pub use stream::LogMelStream;
