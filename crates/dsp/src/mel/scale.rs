//! Mel scales: perceived pitch as a function of frequency, by three formulas.

/// A mel scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum MelScale {
    /// Slaney's Auditory Toolbox (librosa's default): `f / (200/3)` below 1 kHz, `15 + ln(f/1000) / (ln 6.4 / 27)`
    /// from there.
    #[default]
    Slaney,
    /// HTK: `2595 log10(1 + f/700)`.
    Htk,
    /// Kaldi: `1127 ln(1 + f/700)`.
    Kaldi,
}

/// Slaney: Hz per mel below the break.
const LINEAR_STEP: f64 = 200.0 / 3.0;
/// Slaney: start of the logarithmic part, in Hz and in mel.
const BREAK_HZ: f64 = 1000.0;
const BREAK_MEL: f64 = BREAK_HZ / LINEAR_STEP;

/// Slaney: logarithm of the ratio of two frequencies one mel apart, above the break.
fn log_step() -> f64 {
    6.4_f64.ln() / 27.0
}

impl MelScale {
    /// Returns the mel value of a frequency in Hz, 0 or more.
    pub fn to_mel(self, hz: f64) -> f64 {
        match self {
            Self::Slaney if hz < BREAK_HZ => hz / LINEAR_STEP,
            Self::Slaney => BREAK_MEL + (hz / BREAK_HZ).ln() / log_step(),
            Self::Htk => 2595.0 * (1.0 + hz / 700.0).log10(),
            Self::Kaldi => 1127.0 * (1.0 + hz / 700.0).ln(),
        }
    }

    /// Computes [`Self::Kaldi`] in Kaldi's arithmetic, `f32`.
    pub(super) fn kaldi_f32(hz: f32) -> f32 {
        1127.0 * (1.0 + hz / 700.0).ln()
    }

    /// Returns the frequency in Hz of a mel value, 0 or more.
    pub fn to_hz(self, mel: f64) -> f64 {
        match self {
            Self::Slaney if mel < BREAK_MEL => mel * LINEAR_STEP,
            Self::Slaney => BREAK_HZ * ((mel - BREAK_MEL) * log_step()).exp(),
            Self::Htk => 700.0 * (10.0_f64.powf(mel / 2595.0) - 1.0),
            Self::Kaldi => 700.0 * (mel / 1127.0).exp_m1(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::MelScale::{Htk, Kaldi, Slaney};

    #[test]
    fn known_points() {
        // librosa's documentation: hz_to_mel([110, 220, 440]) = [1.65, 3.3, 6.6]; 1 kHz is 15 mel, 6.4 kHz 42.
        for (hz, mel) in [(110.0, 1.65), (440.0, 6.6), (1000.0, 15.0), (6400.0, 42.0)] {
            assert!((Slaney.to_mel(hz) - mel).abs() < 1e-12, "{hz}");
        }
        // O'Shaughnessy's scale puts 1 kHz near 1000 mel.
        assert!((Htk.to_mel(1000.0) - 999.985_537).abs() < 1e-6);
        assert!((Kaldi.to_mel(1000.0) - 1127.0 * (17.0_f64 / 7.0).ln()).abs() < 1e-9);
        assert!((Kaldi.to_mel(1000.0) - f64::from(super::MelScale::kaldi_f32(1000.0))).abs() < 1e-3);
    }

    #[test]
    fn there_and_back() {
        for scale in [Slaney, Htk, Kaldi] {
            for hz in [0.0, 1.0, 999.9, 1000.0, 1000.1, 8000.0, 24_000.0] {
                assert!((scale.to_hz(scale.to_mel(hz)) - hz).abs() < 1e-9 * (1.0 + hz), "{scale:?} {hz}");
            }
        }
    }
}
