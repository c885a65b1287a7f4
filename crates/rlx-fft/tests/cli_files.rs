//! No output destroys an input or another output, and what exists keeps what it is.
#![cfg(unix)]

mod common;
use common::{Folder, data, failure, program, run};
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::process::Stdio;

const SPECTRUM: [&str; 4] = ["--rate", "100", "-f", "csv"];

/// A folder with a pulse wave, `x.csv`.
fn pulse(name: &str) -> (Folder, String) {
    let folder = Folder::new(name);
    let file = folder.file("x.csv", fs::read(data("ppg_100hz.csv")).expect("the pulse"));
    (folder, file)
}

/// Refused with exit code 2, and every file is as before.
#[track_caller]
fn refused(folder: &Folder, args: &[&str], names: &[&str]) {
    let content = || -> Vec<_> {
        let read = |name: &String| fs::read(folder.path(name)).unwrap_or_default();
        folder.names().iter().map(|name| (name.clone(), read(name))).collect()
    };
    let before = content();
    let (code, message) = failure(args);
    assert_eq!(code, 2, "{args:?}: {message}");
    for name in names {
        assert!(message.contains(name), "{args:?}: no '{name}' in {message}");
    }
    assert!(content() == before, "{args:?} changed {:?}", folder.names());
}

#[test]
fn an_output_that_is_an_input_is_refused() {
    let (folder, x) = pulse("same");
    let at = |name: &str| folder.path(name);
    symlink(&x, at("soft.csv")).expect("a link");
    fs::hard_link(&x, at("hard.csv")).expect("a link");
    symlink(at("."), at("here")).expect("a link");
    for out in [x.clone(), at("soft.csv"), at("hard.csv"), at("here/x.csv"), at("here/here/soft.csv")] {
        refused(
            &folder,
            &["psd", &x, "-o", &out, SPECTRUM[0], SPECTRUM[1], SPECTRUM[2], SPECTRUM[3]],
            &["--output"],
        );
        refused(&folder, &["peaks", &at("hard.csv"), "-o", &out, "--rate", "100"], &["--output", "input"]);
        refused(&folder, &["info", &x, "-o", &out], &["--output"]);
        refused(&folder, &["spectrogram", &x, "-o", &out, "--rate", "100"], &["--output"]);
        refused(&folder, &["coherence", "1:2", &x, "-o", &out, "--rate", "100"], &["--output"]);
        refused(&folder, &["mel", &x, "-o", &out, "--rate", "16000"], &["--output"]);
        // A directory that holds it, a glob that finds it.
        refused(&folder, &["psd", &at(""), "-o", &out, "--rate", "100"], &["--output"]);
        refused(&folder, &["psd", &at("*.csv"), "-o", &out, "--rate", "100"], &["--output"]);
    }
    let svg = folder.file("x.svg", fs::read(&x).expect("the pulse"));
    refused(&folder, &["psd", &svg, "--input-format", "csv", "--rate", "100", "--plot", &svg], &["--plot"]);
    // A file that belongs to an input.
    folder.file("r.sigmf-meta", "{}");
    folder.file("r.sigmf-data", "xxxx");
    refused(&folder, &["psd", &at("r.sigmf-meta"), "-f", "csv", "-o", &at("r.sigmf-data")], &["--output"]);
}

#[test]
fn two_outputs_are_two_files() {
    let (folder, x) = pulse("twice");
    let at = |name: &str| folder.path(name);
    symlink(at("."), at("here")).expect("a link");
    for (out, plot) in [("q.png", "q.png"), ("q.png", "here/q.png"), ("p-3.svg", "p.svg")] {
        let args = ["psd", &x, "--rate", "100", "-f", "csv", "-o", &at(out), "--plot", &at(plot)];
        refused(&folder, &args, &["--plot"]);
    }
    let args = ["fit", "--n-fft", "8", "--out", &at("m"), "--json", &at("here/m")];
    refused(&folder, &args, &["--json", "--out"]);
    // Different ones are fine.
    let args = ["psd", &x, "--rate", "100", "-f", "csv", "-o", &at("q.png"), "--plot", &at("r.png"), "-q"];
    assert!(run(&args).status.success());
}

#[test]
fn standard_input_and_output_count_too() {
    let (folder, x) = pulse("streams");
    let read = || Stdio::from(File::open(&x).expect("the pulse"));
    let before = fs::read(&x).expect("the pulse");
    let output =
        program().args(["psd", "-", "--rate", "100", "-o", &x]).stdin(read()).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let append = fs::OpenOptions::new().append(true).open(&x).expect("the pulse");
    let output = program()
        .args(["psd", &x, "--rate", "100"])
        .stdout(append)
        .stderr(Stdio::piped())
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read(&x).expect("the pulse"), before);
    // A device is read and written at once by design.
    assert!(run(&["psd", &x, "--rate", "100", "-o", "/dev/null"]).status.success());
    assert_eq!(folder.names(), ["x.csv"]);
}

#[test]
fn files_that_exist_keep_mode_links_and_names() {
    let (folder, x) = pulse("keep");
    let at = |name: &str| folder.path(name);
    let write = |out: &str| run(&["psd", &x, "--rate", "100", "-q", "-f", "csv", "-o", &at(out)]);
    let out = folder.file("out.csv", "old");
    fs::set_permissions(&out, fs::Permissions::from_mode(0o640)).expect("a mode");
    symlink("out.csv", at("link.csv")).expect("a link");
    fs::hard_link(&out, at("twin.csv")).expect("a link");
    for name in ["out.csv", "link.csv", "twin.csv"] {
        fs::write(&out, "old").expect("a file");
        assert!(write(name).status.success(), "{name}");
        for name in ["out.csv", "link.csv", "twin.csv"] {
            assert!(fs::read_to_string(at(name)).expect("a file").starts_with("source,"), "{name}");
        }
        let meta = fs::metadata(&out).expect("a file");
        assert_eq!((meta.mode() & 0o7777, meta.nlink()), (0o640, 2));
        assert!(fs::symlink_metadata(at("link.csv")).expect("a link").is_symlink());
    }
    symlink(at("nothing"), at("dangling")).expect("a link");
    symlink(at("loop"), at("loop")).expect("a link");
    let before = folder.names();
    for name in ["dangling", "loop"] {
        let (code, message) = failure(&["psd", &x, "--rate", "100", "-f", "csv", "-o", &at(name)]);
        assert!(code == 1 && message.contains(name), "{message}");
        assert!(fs::symlink_metadata(at(name)).expect("a link").is_symlink());
    }
    assert_eq!(folder.names(), before);
}

#[test]
fn a_closed_standard_output_is_an_error() {
    let (folder, x) = pulse("closed");
    let shell = |line: String| {
        let output = std::process::Command::new("sh").args(["-c", &line]).output().expect("a shell");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let exe = env!("CARGO_BIN_EXE_rlx-fft");
    let psd = format!("'{exe}' psd '{x}' --rate 100");
    for line in [format!("{psd} >&-"), format!("'{exe}' devices >&-"), format!("'{exe}' fit --n-fft 8 >&-")] {
        let (code, message) = shell(line.clone());
        assert!(code == Some(1) && message.contains("standard output"), "{line}: {code:?} {message}");
    }
    // Nothing is lost where the result goes elsewhere, and the other streams may be closed.
    let out = folder.path("out.csv");
    assert_eq!(shell(format!("{psd} -q -f csv -o '{out}' >&- <&- 2>&-")).0, Some(0));
    assert!(fs::read_to_string(&out).expect("the result").starts_with("source,"));
    assert_eq!(shell(format!("{psd} -q <&- 2>&- > '{out}'")).0, Some(0));
    assert!(fs::read_to_string(&out).expect("the result").len() > 1000);
}
