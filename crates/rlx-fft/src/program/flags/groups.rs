//! The list of commands in the program's help, by what they are for.

use super::Cli;
use clap::{Command, CommandFactory};
use std::fmt::Write;

/// Headings, and the commands below each.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Analyse", &["peaks", "psd", "coherence", "spectrogram", "mel", "sql"]),
    ("View", &["view", "live", "info"]),
    (
        "Devices and benchmarks",
        &[
            "devices",
            "calibrate",
            "bench-welch-peaks",
            "bench-sweep",
            "bench-fusion-phases",
            "bench-picker",
            "max-batch",
            "compare-rigs",
        ],
    ),
    (
        "Learned transforms",
        &[
            "fit",
            "train",
            "train-e2e",
            "train-distill",
            "train-distill-ternary",
            "eval",
            "compare",
            "roundtrip",
            "ablation",
            "bench-e2e",
        ],
    ),
    ("Shell", &["completions", "man", "help"]),
];

/// Variables that the program and its libraries read.
const ENVIRONMENT: [(&str, &str); 11] = [
    ("RLX_ISA", "Instruction set of the CPU's kernels: avx512, avx2 or portable"),
    ("RLX_NVRTC", "Path of the CUDA compiler's library (libnvrtc.so)"),
    ("RLX_MKL", "Path of Intel's MKL (libmkl_rt.so) for bench-sweep"),
    ("RLX_FFT_CACHE", "Directory of calibrations and compiled CUDA kernels"),
    (
        "RLX_FFT_NO_PROBE",
        "1: do not measure this machine (some 50 ms) at the first use of the strategy picker",
    ),
    ("RLX_FFT_MEMORY_BUDGET", "Memory that one call may use: 8G, 512MiB; at most what is free"),
    ("RLX_FFT_PICKER_TRACE", "1: print what the strategy picker predicted and picked"),
    ("RLX_FFT_LEGACY_PICKER", "1: pick strategies by fixed thresholds, without a cost model"),
    ("RAYON_NUM_THREADS", "Threads where no flag says how many"),
    ("CUDA_VISIBLE_DEVICES", "NVIDIA devices that the driver shows"),
    ("NO_COLOR", "Not empty: no colours"),
];

const EXAMPLES: &str = "  rlx-fft peaks ecg.npy --rate 360 --k 5
  rlx-fft psd vibration.csv --rate 25600 --plot psd.svg
  rlx-fft spectrogram speech.wav --plot speech.png
  rlx-fft help peaks";

/// Returns the command line with its commands in groups, and with the environment and examples behind them.
pub(crate) fn grouped() -> Command {
    let command = Cli::command().mut_subcommands(negative_values);
    let mut list = String::new();
    for (heading, names) in GROUPS {
        let _ = writeln!(list, "{heading}:");
        for name in names {
            let about = match command.find_subcommand(name) {
                Some(found) => found.get_about().map(ToString::to_string).unwrap_or_default(),
                // A command of a feature that is off.
                None if *name != "help" => continue,
                None => "Print this list, or the help of a command".to_owned(),
            };
            let _ = writeln!(list, "  {name:<22} {about}");
        }
        list.push('\n');
    }
    let mut behind = String::from("Environment:\n");
    for (name, what) in ENVIRONMENT {
        let _ = writeln!(behind, "  {name:<22} {what}");
    }
    let _ = write!(behind, "\nExamples:\n{EXAMPLES}");
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{list}Options:\n{{options}}{{after-help}}"
    );
    command.help_template(template).after_help(behind)
}

/// Lets options take `-5` as a value, so that the refusal names the option and not an "unexpected argument".
fn negative_values(command: Command) -> Command {
    command.mut_args(|arg| {
        let option = arg.get_long().is_some() && arg.get_action().takes_values();
        arg.allow_negative_numbers(option)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_in_one_group() {
        let mut command = Cli::command();
        command.build();
        let mut known: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        let mut listed: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| *names).copied().collect();
        let off = |name: &&str| match *name {
            "view" => cfg!(not(feature = "view")),
            "live" => cfg!(not(feature = "live")),
            _ => false,
        };
        listed.retain(|name| !off(name));
        known.sort_unstable();
        listed.sort_unstable();
        assert_eq!(listed, known);
    }

    #[test]
    fn help_shows_groups_and_the_environment() {
        let help = grouped().render_long_help().to_string();
        for (heading, names) in GROUPS {
            let at = help.find(&format!("\n{heading}:\n")).expect(heading);
            assert!(names.iter().all(|n| help[at..].contains(&format!("  {n} "))), "{heading}");
        }
        assert!(
            ENVIRONMENT.iter().all(|(name, _)| help.contains(name)) && help.contains("--quiet"),
            "{help}"
        );
    }

    #[test]
    fn every_command_has_examples() {
        let lacking: Vec<String> = Cli::command()
            .get_subcommands_mut()
            .filter_map(|c| {
                let help = c.render_long_help().to_string();
                let example = format!("rlx-fft {}", c.get_name());
                (!help.contains("Example") || !help.contains(&example)).then(|| c.get_name().to_owned())
            })
            .collect();
        assert_eq!(lacking, Vec::<String>::new());
    }
}
