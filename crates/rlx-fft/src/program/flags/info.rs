//! `info`.

use super::{OutputArgs, OutputFlags, SourceArgs, SourceFlags, Usage};
use clap::Args;

/// Flags of `info`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft info examples/data/ecg.npy --rate 360
  rlx-fft info *.wav -f json")]
pub(crate) struct InfoFlags {
    #[command(flatten)]
    source: SourceFlags,

    #[command(flatten)]
    output: OutputFlags,
}

/// Validated arguments of `info`.
#[derive(Debug, Clone)]
pub(crate) struct InfoArgs {
    pub(crate) source: SourceArgs,
    pub(crate) output: OutputArgs,
}

impl TryFrom<InfoFlags> for InfoArgs {
    type Error = Usage;

    fn try_from(flags: InfoFlags) -> Result<Self, Usage> {
        let output: OutputArgs = flags.output.try_into()?;
        if output.format.is_binary() {
            return Err(Usage::new(
                "--format",
                format!("{} holds arrays: use table, json, jsonl or csv", output.format),
            ));
        }
        Ok(Self { source: flags.source.try_into()?, output })
    }
}
