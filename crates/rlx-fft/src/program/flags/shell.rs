//! `completions` and `man`.

use clap::Args;
use clap_complete::Shell;

/// Flags of `completions`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Example:
  rlx-fft completions bash > /etc/bash_completion.d/rlx-fft")]
pub(crate) struct CompletionsFlags {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// Flags of `man`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft man > rlx-fft.1
  rlx-fft man peaks | man -l -")]
pub(crate) struct ManFlags {
    /// Command of the manual page; the program by default
    pub(crate) command: Option<String>,
}
