//! Results, version 1: the names that the program, its files and other readers share.
//!
//! Every result begins with the fields of [`Header`]. Powers follow `scaling`; `level_db` is
//! 10·log10(power) re 1 unit² (spectrum) or 1 unit²/`x_unit` (density). Times are in seconds where
//! `x_unit` is Hz, otherwise in the unit of time whose reciprocal `x_unit` is.

mod cross;
mod cross_matrix;
mod header;
mod info;
mod mel;
mod peaks;
mod psd;
mod spectrogram;

pub use cross::{CoherenceChannel, CoherenceResult, CrossChannel, CrossResult};
pub use cross_matrix::{CrossMatrixResult, CrossPair};
pub use header::{Header, SCHEMA, power_unit};
pub use info::InfoResult;
pub use mel::{MelChannel, MelResult};
pub use peaks::{ChannelPeaks, FramePeaks, PeakEntry, PeaksResult};
pub use psd::{ChannelPsd, PsdResult};
pub use spectrogram::{ChannelSpectrogram, SpectrogramResult};

/// Returns 10·log10(power): −∞ for zero power, NaN for unknown power. JSON writes null for both.
pub fn level_db(power: f64) -> f64 {
    10.0 * power.log10()
}

#[cfg(test)]
mod tests {
    use super::level_db;

    #[test]
    fn silence_and_the_unknown_have_no_number() {
        assert_eq!(level_db(100.0), 20.0);
        assert_eq!(level_db(0.0), f64::NEG_INFINITY);
        assert!(level_db(f64::NAN).is_nan());
        assert!((level_db(1e-300) + 3000.0).abs() < 1e-9);
    }
}
