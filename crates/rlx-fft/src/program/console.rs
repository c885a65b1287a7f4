//! Messages on standard error, and the use of colours.

use crate::flags::ColorChoice;
use rlx_io::write::escaped;
use std::io::{IsTerminal, Write};

/// Messages to the user on standard error, in colours on a terminal only.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Console {
    quiet: bool,
    color: ColorChoice,
}

impl Console {
    pub(crate) fn new(quiet: bool, color: ColorChoice) -> Self {
        Self { quiet, color }
    }

    /// Returns whether standard output gets colours. `NO_COLOR` (no-color.org) disables the automatic choice.
    pub(crate) fn colour_on_stdout(&self) -> bool {
        self.wants_colour(std::io::stdout().is_terminal())
    }

    /// Returns whether progress bars are shown.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// Prints an error, also with `--quiet`.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        // Errors of the libraries contain the texts of their causes; `{:#}` would repeat them.
        self.line("error", "\x1b[1;31m", &chain(error));
    }

    /// Prints a note.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.line("note", "\x1b[1;36m", text);
        }
    }

    fn line(&self, kind: &str, style: &str, text: &str) {
        // Names and messages may come from files.
        let text = escaped(text);
        let mut err = std::io::stderr().lock();
        // A closed standard error cannot be reported.
        let _ = if self.wants_colour(err.is_terminal()) {
            writeln!(err, "{style}{kind}:\x1b[0m {text}")
        } else {
            writeln!(err, "{kind}: {text}")
        };
    }

    fn wants_colour(&self, terminal: bool) -> bool {
        match self.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        }
    }
}

/// Returns the messages of an error and its causes, without those that a later one repeats.
fn chain(error: &anyhow::Error) -> String {
    let all: Vec<String> = error.chain().map(ToString::to_string).collect();
    let mut parts: Vec<&str> = Vec::new();
    for message in &all {
        if parts.iter().any(|part| part.contains(message.as_str())) {
            continue;
        }
        parts.retain(|part| !message.starts_with(part));
        parts.push(message);
    }
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::chain;

    #[test]
    fn nothing_is_said_twice() {
        let error = anyhow::anyhow!("a.wav: byte 7: truncated").context("a.wav");
        assert_eq!(chain(&error), "a.wav: byte 7: truncated");
        let error = anyhow::anyhow!("too short").context("a.wav");
        assert_eq!(chain(&error), "a.wav: too short");
    }
}
