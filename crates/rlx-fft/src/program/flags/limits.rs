//! Limits of numeric arguments: one table for all commands.
//!
//! A value beyond its limit is rejected before anything is allocated for it. A permitted value may still exceed the
//! memory of this machine: see [`memory`](crate::memory).

use super::Usage;

/// The range of an argument.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    least: u64,
    most: u64,
}

macro_rules! limits {
    ($($name:ident, $constant:ident: $least:expr, $most:expr, $about:literal;)*) => {
        $(
            #[doc = $about]
            pub(crate) const $constant: Limit = Limit { least: $least, most: $most };

            #[doc = concat!("Reads: ", $about)]
            pub(crate) fn $name(text: &str) -> Result<usize, String> {
                $constant.read(text)
            }
        )*
    };
}

limits! {
    n_fft, N_FFT: 2, 1 << 26, "points of a transform";
    segment, SEGMENT: 1, 1 << 26, "samples of a segment";
    hop, HOP: 1, 1 << 30, "distance between segment starts, in samples";
    n_mels, N_MELS: 1, 8192, "mel bands";
    peaks, PEAKS: 1, 1 << 24, "peaks of a spectrum";
    threads, THREADS: 1, 1024, "threads";
    threads_or_all, THREADS_OR_ALL: 0, 1024, "threads, 0 for all cores";
    channels, CHANNELS: 1, 1 << 16, "channels of headerless samples";
    skipped_lines, SKIPPED_LINES: 0, 1 << 40, "skipped lines";
    max_gap, MAX_GAP: 0, 1 << 30, "samples of a gap";
    bench_n_fft, BENCH_N_FFT: 2, 1 << 20, "points of a transform that is timed";
    learned_n_fft, LEARNED_N_FFT: 2, 4096, "points of a learned transform";
    batch, BATCH: 1, 1 << 24, "rows";
    any_batch, ANY_BATCH: 0, 1 << 24, "rows, 0 for all";
    bench_peaks, BENCH_PEAKS: 1, 1 << 20, "peaks of a row";
    rounds, ROUNDS: 1, 1_000_000, "timed rounds";
    steps, STEPS: 0, 1_000_000_000, "steps of a training";
    some_steps, SOME_STEPS: 1, 1_000_000_000, "steps of a training, at least one";
    frames, FRAMES: 1, 1 << 24, "random frames";
}

impl Limit {
    fn read(self, text: &str) -> Result<usize, String> {
        let text = text.trim();
        let digits = text.strip_prefix('+').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!("'{text}' is not a whole number within {self}"));
        }
        // Numbers that overflow are above every limit.
        let value = digits.parse::<u64>().unwrap_or(u64::MAX);
        match usize::try_from(value) {
            Ok(small) if (self.least..=self.most).contains(&value) => Ok(small),
            _ if value < self.least => {
                Err(format!("{digits} is less than {}: must be at least {}", self.least, self.least))
            }
            _ => Err(format!("{digits} is more than {}: must be within {self}", self.most)),
        }
    }

    /// Rejects values of a list beyond the limit.
    pub(crate) fn check(self, flag: &str, values: &[usize]) -> Result<(), Usage> {
        let within = |value: usize| (self.least..=self.most).contains(&(value as u64));
        match values.iter().find(|value| !within(**value)) {
            Some(value) => Err(Usage::new(flag, format!("{value} is not within {self}"))),
            None => Ok(()),
        }
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} … {}", self.least, self.most)
    }
}

/// Returns a finite number.
pub(crate) fn finite(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(format!("'{text}' is not a finite number")),
    }
}

/// Returns a finite number of at least 0.
pub(crate) fn not_negative(text: &str) -> Result<f64, String> {
    match finite(text)? {
        value if value >= 0.0 => Ok(value),
        value => Err(format!("{value} is less than 0")),
    }
}

/// The largest rate, weight or level of noise of a training.
const MOST: f64 = 1e6;

/// Returns a rate, a weight or a level of noise.
pub(crate) fn weight(text: &str) -> Result<f64, String> {
    match not_negative(text)? {
        value if value <= MOST => Ok(value),
        value => Err(format!("{value} is more than {MOST}: must be within 0 … {MOST}")),
    }
}

/// Returns a share, ends included.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    match finite(text)? {
        value if (0.0..=1.0).contains(&value) => Ok(value),
        value => Err(format!("{value} is not within 0 … 1")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::Cli;
    use clap::{CommandFactory, Parser};

    #[test]
    fn limits_are_named() {
        assert_eq!(n_fft("512"), Ok(512));
        for text in ["67108865", "18446744073709551615", "99999999999999999999999999"] {
            assert!(n_fft(text).unwrap_err().contains("67108864"), "{text}");
        }
        assert!(n_fft("1").unwrap_err().contains("at least 2"));
        for text in ["", "-5", "1e3", "nan", "inf", "0x10", "+"] {
            assert!(n_fft(text).is_err(), "{text}");
        }
        assert!(share("nan").is_err() && not_negative("inf").is_err() && not_negative("-1").is_err());
    }

    /// Every argument of every command either is not a number or rejects unreasonable values.
    #[test]
    fn no_number_is_without_a_limit() {
        let text = [
            "color",
            "raw",
            "input-format",
            "time",
            "column",
            "delimiter",
            "output",
            "channel",
            "x-unit",
            "device",
            "devices",
            "relative-to",
            "plot",
            "out",
            "json",
            "html",
            "strategy",
            "csv",
            "checkpoint",
            "matrix",
            "inputs",
            "outputs",
            "data",
            "models",
            "teacher",
            "comment",
            "date-format",
            "encoding",
            "time-unit",
            "memory",
            "format",
        ];
        // These are seeds, rates or durations; their extremes are tested elsewhere.
        let any = [
            "seed",
            "rate",
            "start",
            "duration",
            "every",
            "axis",
            "band",
            "height",
            "distance",
            "prominence",
            "f-min",
            "f-max",
            "range",
            "confidence",
        ];
        let mut program = Cli::command();
        program.build();
        for command in program.get_subcommands() {
            for arg in command.get_arguments().filter(|a| a.get_action().takes_values()) {
                let Some(long) = arg.get_long().filter(|long| !text.contains(long)) else { continue };
                // Lists are read after the command line, where each number has its limit.
                if arg.get_value_names().is_some_and(|names| names.iter().any(|name| *name == "LIST")) {
                    continue;
                }
                for value in ["18446744073709551615", "99999999999999999999", "nan", "inf", "-inf", "1e400"] {
                    if any.contains(&long) && value.starts_with(|c: char| c.is_ascii_digit()) {
                        continue;
                    }
                    let flag = format!("--{long}={value}");
                    let args = ["rlx-fft", command.get_name(), &flag];
                    let Err(error) = Cli::try_parse_from(args) else {
                        panic!("{args:?} was taken");
                    };
                    let names = error.to_string();
                    let later = names.contains("required") || names.contains("subcommand");
                    assert!(names.contains(&format!("--{long}")) || later, "{args:?}: {names}");
                }
            }
        }
    }
}
