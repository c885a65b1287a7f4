//! Learned butterfly transforms that can take the FFT's place.
//!
//! Here: the model and its exact-twiddle constructor. With exact twiddles the network is the radix-2 FFT; training
//! bends the twiddles and closes gates until what is left is cheaper and still finds the peaks.

mod error;
mod live;
mod model;
mod network;
mod peaks;

pub use error::{Error, Result};
pub use model::{AffineCorrector, FastLearnedFftModel};
pub use network::{Butterfly, ButterflyNetwork};
