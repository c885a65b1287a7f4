//! The generalised Lomb–Scargle periodogram: spectra of samples at uneven times.
//!
//! At each frequency a sinusoid (and a constant, with a floating mean) is fitted to the weighted samples by least squares
//! (Lomb 1976, Scargle 1982; Zechmeister and Kürster 2009 for weights and the floating mean). Names, units and values are
//! those of `scipy.signal.lombscargle`.

mod params;
mod plan;
mod sincos;

pub use params::{LombScargleNorm, LombScargleParams};
pub use plan::{LombScargle, lomb_scargle};
