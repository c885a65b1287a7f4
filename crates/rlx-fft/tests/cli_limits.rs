//! Unreasonable arguments are rejected with exit code 2, the flag that was typed, its limit and the usage of the
//! command, before anything is allocated.

mod common;
use common::{Folder, STEREO, data, failure, stereo};

#[track_caller]
fn refused(args: &[&str], names: &[&str]) {
    let (code, message) = failure(args);
    assert_eq!(code, 2, "{args:?}: {message}");
    assert!(message.contains(&format!("Usage: rlx-fft {}", args[0])), "{args:?}: {message}");
    for name in names {
        assert!(message.contains(name), "{args:?}: no '{name}' in {message}");
    }
}

#[test]
fn numbers_beyond_their_limits_are_refused_everywhere() {
    let pulse = data("ppg_100hz.csv");
    let huge = ["18446744073709551615", "9223372036854775808", "4611686018427387904", "1099511627776"];
    for value in huge {
        for command in ["peaks", "psd", "spectrogram"] {
            for flag in ["--n-fft", "--hop", "--threads"] {
                refused(&[command, &pulse, "--rate", "100", flag, value], &[flag, "within"]);
            }
            refused(&[command, &pulse, "--rate", "100", "--n-fft", "64", "--segment", value], &["--segment"]);
        }
        for flag in ["--n-mels", "--n-fft", "--hop"] {
            refused(&["mel", &pulse, "--rate", "100", "--preset", "librosa", flag, value], &[flag, "within"]);
        }
        refused(&["peaks", &pulse, "--rate", "100", "-k", value], &["--k", "16777216"]);
        for flag in ["--n-fft", "--iters", "--batch", "--k", "--threads", "--train-steps"] {
            refused(&["bench-welch-peaks", flag, value], &[flag]);
        }
        for flag in ["--n-fft", "--iters", "--batch", "--k"] {
            refused(&["bench-fusion-phases", flag, value], &[flag]);
        }
        for flag in ["--n-fft", "--batch", "--k", "--threads"] {
            refused(&["bench-picker", flag, value], &[flag]);
        }
        for flag in ["--n-fft", "--batch", "--n-mels", "--steps", "--peak-k", "--patience"] {
            refused(&["train-e2e", flag, value], &[flag]);
        }
        for flag in ["--n-fft", "--steps", "--polish", "--seeds", "--threads"] {
            refused(&["train", flag, value], &[flag]);
        }
        for flag in ["--n-fft", "--polish"] {
            refused(&["fit", flag, value], &[flag]);
        }
    }
    for size in ["20000x20000", "99999999999x200", "16384x16384", "4294967295x4294967295"] {
        refused(&["psd", &pulse, "--rate", "100", "--plot-size", size], &["--plot-size"]);
    }
}

#[test]
fn negative_numbers_name_the_flag_that_was_typed() {
    for (args, flag) in [
        (&["bench-welch-peaks", "--batch", "-5"][..], "--batch"),
        (&["bench-welch-peaks", "--k", "-1"], "--k"),
        (&["bench-fusion-phases", "--n-fft", "-256"], "--n-fft"),
        (&["train-e2e", "--steps", "-3"], "--steps"),
        (&["psd", "x.wav", "--n-fft", "-5"], "--n-fft"),
        (&["peaks", "x.wav", "-k", "-2"], "--k"),
        (&["mel", "x.wav", "--n-mels", "-40"], "--n-mels"),
        (&["max-batch", "--limit", "-1"], "--limit"),
        (&["compare-rigs", "a", "b", "--threshold", "-0.5"], "--threshold"),
    ] {
        refused(args, &[flag]);
    }
}

#[test]
fn zeros_and_what_is_no_number_name_their_own_flag() {
    for (args, flag) in [
        (&["bench-fusion-phases", "--k", "0"][..], "--k"),
        (&["bench-fusion-phases", "--n-fft", "0"], "--n-fft"),
        (&["bench-fusion-phases", "--n-fft", "1"], "--n-fft"),
        (&["bench-fusion-phases", "--iters", "0"], "--iters"),
        (&["train-e2e", "--peak-k", "0"], "--peak-k"),
        (&["train-e2e", "--peak-weight", "nan"], "--peak-weight"),
        (&["train-e2e", "--lr", "inf"], "--lr"),
        (&["train-e2e", "--harden-at", "2"], "--harden-at"),
        (&["train-e2e", "--target-gates", "nan"], "--target-gates"),
        (&["train", "--lr", "nan"], "--lr"),
        (&["bench-e2e", "--peak-k", "0"], "--peak-k"),
        (&["bench-e2e", "--iters", "0"], "--iters"),
        (&["max-batch", "--k", "0"], "--k"),
        (&["eval", "no-model", "--iters", "0"], "--iters"),
        (&["fit", "--noise", "nan"], "--noise"),
    ] {
        refused(args, &[flag]);
    }
}

/// Under a limit on its memory the program refuses what does not fit, instead of being ended.
#[cfg(target_os = "linux")]
#[test]
fn what_does_not_fit_into_memory_is_refused() {
    let pulse = data("ppg_100hz.csv");
    let exe = env!("CARGO_BIN_EXE_rlx-fft");
    for args in [
        format!("psd '{pulse}' --rate 100 --n-fft 67108864"),
        format!("mel '{pulse}' --rate 16000 --n-fft 67108864 --n-mels 8192"),
        "bench-welch-peaks --batch 16777216 --iters 1 --train-steps 0".to_owned(),
        "bench-fusion-phases --batch 16777216 --iters 1".to_owned(),
    ] {
        let line = format!("ulimit -v 8000000; '{exe}' {args}");
        let output = std::process::Command::new("sh").args(["-c", &line]).output().expect("a shell");
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args}: {message}");
        assert!(message.contains("memory are left"), "{args}: {message}");
    }
}

#[test]
fn a_transform_longer_than_the_recording_is_refused_early() {
    let folder = Folder::new("longer");
    let file = folder.file("two.raw", stereo(1000));
    for command in ["psd", "peaks", "spectrogram"] {
        let mut args = vec![command, &file, "--n-fft", "1048576"];
        args.extend(STEREO);
        let (code, message) = failure(&args);
        assert!(code == 1 && message.contains("1048576") && message.contains("1000"), "{message}");
    }
}

/// Samples that a long hop skips are not stored.
#[cfg(target_os = "linux")]
#[test]
fn long_hops_take_no_memory() {
    let folder = Folder::new("hops");
    let file = folder.file("x.raw", stereo(1000));
    let exe = env!("CARGO_BIN_EXE_rlx-fft");
    for command in [
        "peaks",
        "psd",
        "psd --average median",
        "spectrogram",
        "mel --preset librosa",
        "coherence 1:2 --n-fft 64",
    ] {
        let line = format!(
            "ulimit -v 1048576; '{exe}' {command} '{file}' --raw f32le --channels 2 --rate 1000 --hop 1073741824"
        );
        let output = std::process::Command::new("sh").args(["-c", &line]).output().expect("a shell");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{command}: {message}");
        let one = line.replace("--channels 2", "--channels 1");
        if !command.starts_with("coherence") {
            let output = std::process::Command::new("sh").args(["-c", &one]).output().expect("a shell");
            assert_eq!(
                output.status.code(),
                Some(0),
                "{command}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
}
