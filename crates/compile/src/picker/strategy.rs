//! Names of the strategies.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A way to compute packed peaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum WelchPeaksStrategy {
    /// One segment, row by row, on the host.
    #[serde(rename = "ultra_fast_rustfft")]
    UltraFast,
    /// Two segments, row by row, on the host, without a stored PSD.
    #[serde(rename = "fast_streaming_rustfft")]
    FastStreaming,
    /// A compiled plan: the fused op of the device (on the CPU: rows in lanes).
    #[serde(rename = "rlx_compiled")]
    RlxCompiled,
    /// A compiled plan with a learned transform.
    #[serde(rename = "learned_compiled")]
    LearnedCompiled,
}

impl WelchPeaksStrategy {
    /// Every strategy.
    pub const ALL: [Self; 4] =
        [Self::UltraFast, Self::FastStreaming, Self::RlxCompiled, Self::LearnedCompiled];

    /// Returns the label in reports.
    pub fn label(self) -> &'static str {
        match self {
            Self::UltraFast => "ultra_fast_rustfft",
            Self::FastStreaming => "fast_streaming_rustfft",
            Self::RlxCompiled => "rlx_compiled",
            Self::LearnedCompiled => "learned_compiled",
        }
    }

    /// Returns whether the bins are those of the two-segment spectrum; `ultra` uses one segment, and `learned`
    /// approximates.
    pub fn same_answer(self) -> bool {
        matches!(self, Self::FastStreaming | Self::RlxCompiled)
    }

    /// Returns the number of segments that the strategy transforms, for a layout of `layout` segments.
    pub fn segments(self, layout: usize) -> usize {
        if self == Self::UltraFast { layout.min(1) } else { layout }
    }
}

impl fmt::Display for WelchPeaksStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// How the strategy is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum WelchPeaksPickMode {
    /// By the lowest predicted time.
    #[default]
    Auto,
    /// This strategy.
    Force(WelchPeaksStrategy),
}

impl FromStr for WelchPeaksPickMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        parse_welch_peaks_strategy(text)
    }
}

/// Parses the name of a strategy: `auto`, `ultra|ultra-fast|1seg`, `fast|streaming|rustfft|2seg`, `rlx|compiled|gpu`,
/// `learned|learned_compiled`, or a label. Case does not matter.
///
/// # Errors
/// [`Error::Argument`] with the known names.
pub fn parse_welch_peaks_strategy(text: &str) -> Result<WelchPeaksPickMode> {
    use WelchPeaksStrategy as S;
    let name = text.trim().to_ascii_lowercase();
    let strategy = match name.as_str() {
        "auto" => return Ok(WelchPeaksPickMode::Auto),
        "ultra" | "ultra-fast" | "1seg" => S::UltraFast,
        "fast" | "streaming" | "rustfft" | "2seg" => S::FastStreaming,
        "rlx" | "compiled" | "gpu" => S::RlxCompiled,
        "learned" => S::LearnedCompiled,
        label => match S::ALL.into_iter().find(|s| s.label() == label) {
            Some(strategy) => strategy,
            None => {
                let reason = format!("{text:?} is unknown; expected auto, ultra, fast, rlx or learned");
                return Err(Error::argument("strategy", reason));
            }
        },
    };
    Ok(WelchPeaksPickMode::Force(strategy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_specification() {
        use WelchPeaksStrategy as S;
        let cases: [(&[&str], S); 4] = [
            (&["ultra", "ultra-fast", "1seg", "ultra_fast_rustfft"], S::UltraFast),
            (&["fast", "streaming", "rustfft", "2seg", "FAST"], S::FastStreaming),
            (&["rlx", "compiled", "gpu"], S::RlxCompiled),
            (&["learned", "learned_compiled"], S::LearnedCompiled),
        ];
        for (names, strategy) in cases {
            for name in names {
                assert_eq!(parse_welch_peaks_strategy(name).unwrap(), WelchPeaksPickMode::Force(strategy));
            }
        }
        assert_eq!("auto".parse::<WelchPeaksPickMode>().unwrap(), WelchPeaksPickMode::Auto);
        let error = parse_welch_peaks_strategy("quick").unwrap_err().to_string();
        assert_eq!(error, "strategy: \"quick\" is unknown; expected auto, ultra, fast, rlx or learned");
    }

    #[test]
    fn labels_are_what_serde_writes() {
        for s in WelchPeaksStrategy::ALL {
            assert_eq!(serde_json::to_value(s).unwrap(), s.label());
        }
    }
}
