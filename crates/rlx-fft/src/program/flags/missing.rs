//! Policies for NaN, infinity and missing values.

use super::{Usage, limits};
use clap::{Args, ValueEnum};
use rlx_dsp::nan::NanPolicy;

/// Flags about missing values.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct MissingFlags {
    /// Policy for NaN, infinity and missing values
    #[arg(long, value_enum, default_value_t, value_name = "POLICY")]
    nan: Policy,

    /// Longest gap that `--nan interpolate` fills, in samples [default: 16]
    #[arg(long, value_name = "SAMPLES", value_parser = limits::max_gap)]
    max_gap: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Policy {
    /// Stop, and report the position of the first one
    #[default]
    Error,
    /// Skip segments that contain one, and report their number
    SkipSegment,
    /// Interpolate gaps up to --max-gap linearly, and report the number of samples
    Interpolate,
    /// Propagate them: affected results become NaN
    Propagate,
}

/// The policy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MissingArgs {
    /// The policy for the library.
    pub(crate) nan: NanPolicy,
}

impl TryFrom<MissingFlags> for MissingArgs {
    type Error = Usage;

    fn try_from(flags: MissingFlags) -> Result<Self, Usage> {
        if flags.max_gap.is_some() && flags.nan != Policy::Interpolate {
            return Err(Usage::new("--max-gap", "goes with --nan interpolate"));
        }
        let nan = match flags.nan {
            Policy::Error => NanPolicy::Error,
            Policy::SkipSegment => NanPolicy::SkipSegment,
            Policy::Propagate => NanPolicy::Propagate,
            Policy::Interpolate => {
                NanPolicy::Interpolate { max_gap: flags.max_gap.unwrap_or(NanPolicy::DEFAULT_MAX_GAP) }
            }
        };
        Ok(Self { nan })
    }
}
