//! Multitaper spectra (Thomson 1982): the same samples under several orthogonal tapers, whose power spectra are averaged.
//!
//! ```text
//! row → mean removed → · taper k → FFT → |X_k|² → weights (√λ_k, or adaptive) → Σ d_k²|X_k|² / Σ d_k² → scale
//! ```
//!
//! The tapers are discrete prolate spheroidal sequences ([`Dpss`], Slepian 1978). Definitions and numbers are those of
//! MNE-Python's `psd_array_multitaper`; the jackknife is that of Thomson and Chave (1991).

mod adaptive;
mod dpss;
mod eigen;
mod jackknife;
mod params;
mod plan;
mod powers;
mod student;

pub use dpss::{Dpss, DpssParams};
pub use params::{MultitaperNorm, MultitaperParams};
pub use plan::{Multitaper, MultitaperPsd, MultitaperScratch, multitaper};
