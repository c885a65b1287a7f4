//! Bad input and bad arguments: exit codes and what the messages name.

mod common;
use common::{Folder, data, failure, json, run};

/// Fails with this code and names all of these.
#[track_caller]
fn refuses(args: &[&str], code: i32, names: &[&str]) {
    let (found, message) = failure(args);
    assert_eq!(found, code, "{args:?}: {message}");
    for name in names {
        assert!(message.contains(name), "{args:?}: '{name}' is not in: {message}");
    }
    assert!(!message.contains("panicked"), "{message}");
}

#[test]
fn wrong_arguments_are_named() {
    let pulse = data("ppg_100hz.csv");
    let with = |extra: &[&'static str]| {
        let mut args = vec!["peaks".to_owned(), pulse.clone(), "--rate".into(), "100".into()];
        args.extend(extra.iter().map(|s| (*s).to_owned()));
        args
    };
    for (extra, names) in [
        (&["--k", "0"][..], &["--k", "at least 1"][..]),
        (&["--hop", "0"], &["--hop"]),
        (&["--n-fft", "1"], &["--n-fft"]),
        (&["--band", "5:1"], &["--band", "not below"]),
        (&["--overlap", "100%"], &["--overlap"]),
        (&["--window", "square"], &["--window"]),
        (&["--every", "0s"], &["--every"]),
        (&["--every", "soon"], &["--every", "1.5s"]),
        (&["--device", "cuda:4711"], &["--device", "not available", "cpu"]),
        (&["--device", "abacus"], &["--device", "expected one of", "cpu"]),
        (&["--strategy", "slow"], &["--strategy", "ultra"]),
        (&["--raw", "s17le"], &["--raw", "s16le"]),
        (&["--nan", "maybe"], &["--nan", "interpolate"]),
        (&["--max-gap", "3"], &["--max-gap", "--nan interpolate"]),
        (&["--format", "xml"], &["--format", "jsonl"]),
        (&["--plot", "a.jpg"], &["--plot", ".svg"]),
        (&["--every", "10s", "--plot", "a.png"], &["--plot", "--every"]),
        (&["--no-such-flag"], &["--no-such-flag"]),
    ] {
        let args = with(extra);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        refuses(&args, 2, names);
    }
    refuses(&["peaks"], 2, &["INPUT"]);
    refuses(&["no-such-command"], 2, &["no-such-command"]);
    refuses(&["peaks", &pulse, "--rate", "-1"], 2, &["--rate"]);
}

#[test]
fn signals_that_do_not_fit_the_arguments_name_the_file() {
    let pulse = data("ppg_100hz.csv");
    refuses(&["peaks", &pulse], 1, &["ppg_100hz.csv", "--rate", "--time"]);
    refuses(&["peaks", &data("ecg.npy")], 1, &["ecg.npy", "--rate"]);
    refuses(
        &["peaks", &pulse, "--rate", "100", "--n-fft", "4096"],
        1,
        &["ppg_100hz.csv", "2483", "4096", "--n-fft"],
    );
    refuses(&["peaks", &pulse, "--rate", "100", "--band", "10:60"], 1, &["--band", "60", "50 Hz"]);
    refuses(&["peaks", &pulse, "--rate", "100", "--channel", "7"], 1, &["no channel '7'", "col1"]);
    refuses(&["peaks", &pulse, "--rate", "100", "--every", "100ms"], 1, &["--every", "--n-fft"]);
    refuses(&["mel", &pulse, "--rate", "100"], 1, &["whisper", "16000"]);
}

#[test]
fn broken_files_name_the_place() {
    let folder = Folder::new("broken");
    let empty = folder.file("empty.csv", "");
    refuses(&["peaks", &empty, "--rate", "1"], 1, &["empty.csv", "empty"]);
    let lines: String = (0..200).map(|i| if i == 150 { "oops\n".into() } else { format!("{i}\n") }).collect();
    let text = folder.file("text.csv", lines);
    refuses(&["peaks", &text, "--rate", "1"], 1, &["text.csv", "line 151", "oops"]);
    let missing = folder.path("missing.wav");
    refuses(&["peaks", &missing], 1, &["missing.wav", "No such file"]);
    refuses(&["info", &folder.file("noise.bin", [0u8, 1, 2, 3, 255, 254, 0, 0])], 1, &["noise.bin", "--raw"]);
}

#[test]
fn missing_values_stop_and_suggest() {
    let co2 = data("co2.csv");
    let rate = ["--rate", "52.18", "--x-unit", "cycles/year"];
    let all = |extra: &[&'static str]| [&["peaks", co2.as_str()][..], &rate, extra].concat();
    refuses(&all(&[]), 1, &["co2.csv", "sample 6", "--nan interpolate", "skip-segment", "propagate"]);
    let notes = |extra: &[&'static str]| {
        let result = json(&all(&[extra, &["-f", "json"]].concat()));
        result["notes"].to_string()
    };
    assert!(notes(&["--nan", "interpolate", "--max-gap", "20"]).contains("59 samples interpolated"));
    assert!(notes(&["--nan", "interpolate"]).contains("too long"));
    assert!(
        notes(&["--nan", "skip-segment", "--n-fft", "128"]).contains("segments with missing samples skipped")
    );
    assert!(run(&all(&["--nan", "propagate"])).status.success());
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let folder = Folder::new("many");
    let bad = folder.file("bad.wav", "RIFF\0\0\0\0WAVEfmt ");
    let output = run(&["peaks", &bad, &data("ppg_100hz.csv"), &folder.path("absent.csv"), "--rate", "100"]);
    assert_eq!(output.status.code(), Some(1));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(out.contains("ppg_100hz.csv") && out.contains("0.98"), "{out}");
    assert!(err.contains("bad.wav") && err.contains("absent.csv"), "{err}");
}

#[test]
fn a_truncated_file_gives_what_it_has_and_fails() {
    let folder = Folder::new("truncated");
    let whole = std::fs::read(data("ecg.npy")).expect("the signal");
    let file = folder.file("short.npy", &whole[..whole.len() - 200]);
    let output = run(&["peaks", &file, "--rate", "360"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("rank"));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("short.npy") && message.contains("truncated"), "{message}");
}

/// A file of the readers' tests.
fn sample(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../io/tests/data").join(name);
    std::fs::read(path).expect("a file of the readers' tests")
}

/// Samples as a WAV file whose header promises `claimed` bytes of them.
fn wav(samples: &[i16], claimed: u32) -> Vec<u8> {
    let mut bytes = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    bytes.extend([1000_u32.to_le_bytes(), 2000_u32.to_le_bytes()].concat());
    bytes.extend(b"\x02\0\x10\0data");
    bytes.extend(claimed.to_le_bytes());
    bytes.extend(samples.iter().flat_map(|s| s.to_le_bytes()));
    bytes
}

#[test]
fn every_truncated_format_names_the_file_and_keeps_what_was_there() {
    let folder = Folder::new("cut");
    let tone: Vec<i16> = (0..1000).map(|i| if i % 10 < 5 { 9000 } else { -9000 }).collect();
    let edf = sample("plain.edf");
    let flac = sample("pcm16.flac");
    let cut = |bytes: &[u8], len: usize| bytes[..len].to_vec();
    for (name, content) in [
        ("cut.wav", wav(&tone, 1_000_000)),
        ("lying.wav", wav(&tone, 0xffff_fff0)),
        ("cut.edf", cut(&edf, edf.len() - edf.len() / 4)),
        ("cut.flac", cut(&flac, flac.len() / 2)),
    ] {
        let file = folder.file(name, content);
        let output = run(&["psd", &file, "--n-fft", "16", "-f", "csv"]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(!message.contains("panicked"), "{message}");
        assert!(output.stdout.len() > 200, "{name}: nothing of it was kept: {message}");
        // A length that a stream's writer could not know is no fault.
        if name != "lying.wav" {
            assert_eq!(output.status.code(), Some(1), "{name}: {message}");
            assert!(message.contains(name) && message.contains("truncated"), "{name}: {message}");
        }
    }
    for (name, content) in [
        ("header.edf", cut(&edf, 300)),
        ("header.flac", cut(&flac, 20)),
        ("header.npy", b"\x93NUMPY\x01\0\xff\xff{'descr'".to_vec()),
        ("huge.npy", npy("(1000000000000, 4000000)")),
    ] {
        let file = folder.file(name, content);
        refuses(&["psd", &file, "--rate", "100"], 1, &[name]);
    }
}

/// An NPY header of 8-byte floats and no samples.
fn npy(shape: &str) -> Vec<u8> {
    let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
    while (header.len() + 11) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes()].concat()
}

#[test]
fn an_array_with_its_axes_the_other_way_is_told_how_it_was_read() {
    let folder = Folder::new("turned");
    let mut bytes = npy("(4096, 2)");
    bytes.resize(bytes.len() + 8 * 4096 * 2, 0);
    let file = folder.file("turned.npy", bytes);
    refuses(&["peaks", &file, "--rate", "100"], 1, &["turned.npy", "4096 channels of 2 samples", "--axis 0"]);
}

#[test]
fn infinity_is_found_where_it_is() {
    let folder = Folder::new("infinity");
    let mut bytes: Vec<u8> = (0..5000).flat_map(|i| ((i % 7) as f32).to_le_bytes()).collect();
    bytes[4 * 4321..4 * 4322].copy_from_slice(&f32::INFINITY.to_le_bytes());
    let file = folder.file("inf.raw", bytes);
    let read = ["psd", &file, "--raw", "f32le", "--rate", "10"];
    refuses(&read, 1, &["inf.raw", "sample 4321", "432.1", "--nan skip-segment"]);
}
