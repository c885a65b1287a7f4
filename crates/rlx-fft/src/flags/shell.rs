//! `completions` and `man`.

use clap::Args;
use clap_complete::Shell;

/// Flags of `completions`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CompletionsFlags {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// Flags of `man`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ManFlags {
    /// Command whose page is wanted; the program's own page by default
    pub(crate) command: Option<String>,
}
