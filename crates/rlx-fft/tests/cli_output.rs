//! Output is whole or absent, whatever happens.
#![cfg(unix)]

mod common;
use common::{Folder, data, failure, program, run, stereo};
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn a_closed_pipe_is_no_error() {
    let folder = Folder::new("pipe");
    let file = folder.file("two.raw", stereo(100_000));
    // Far more than a pipe holds.
    let mut child = program()
        .args(["spectrogram", &file, "--raw", "f32le", "--rate", "1000", "-f", "csv", "--n-fft", "256", "-q"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut some = [0; 100];
    let mut out = child.stdout.take().expect("a pipe");
    out.read_exact(&mut some).expect("the first bytes");
    drop(out);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_failed_run_leaves_the_old_file_and_nothing_else() {
    let folder = Folder::new("old");
    let out = folder.file("out.csv", "old");
    let (code, _) = failure(&["peaks", &data("ppg_100hz.csv"), "-o", &out]);
    assert_eq!(code, 1);
    assert_eq!(std::fs::read_to_string(&out).expect("the old file"), "old");
    assert_eq!(folder.names(), ["out.csv"]);
    assert!(run(&["peaks", &data("ppg_100hz.csv"), "--rate", "100", "-q", "-o", &out]).status.success());
    assert!(std::fs::read_to_string(&out).expect("the new file").starts_with("source,channel,"));
    assert_eq!(folder.names(), ["out.csv"]);
}

#[test]
fn a_folder_that_does_not_exist_is_named() {
    let folder = Folder::new("nowhere");
    let out = folder.path("no/such/out.json");
    let (code, message) = failure(&["peaks", &data("ppg_100hz.csv"), "--rate", "100", "-o", &out]);
    assert!(code == 1 && message.contains("no/such/out.json"), "{message}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_so() {
    let args = ["peaks", &data("ppg_100hz.csv"), "--rate", "100", "-o", "/dev/full"];
    let (code, message) = failure(&args);
    assert!(code == 1 && message.contains("/dev/full") && message.contains("disk is full"), "{message}");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("the device");
    let output = program().args(&args[..4]).stdout(full).stderr(Stdio::piped()).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output"));
}

/// Waits until a condition holds; tests must not depend on how fast the machine is.
fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn an_interrupt_leaves_no_half_file_and_whole_lines() {
    let folder = Folder::new("interrupt");
    let out = folder.path("out.csv");
    // A signal that the caller ignores stays ignored, and tests may run under such a caller.
    let mut child = Command::new("env")
        .args(["--default-signal=INT", env!("CARGO_BIN_EXE_rlx-fft")])
        .args(["peaks", "-", "--raw", "f32le", "--rate", "1000", "--every", "1s", "-q", "-o", &out])
        .stdin(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(&stereo(2000)).expect("some samples");
    wait_for("the temporary file", || folder.names().iter().any(|name| name.ends_with(".tmp")));
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(killed.success());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    drop(input);
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[test]
fn frames_of_a_live_signal_leave_at_once() {
    let mut child = program()
        .args(["peaks", "-", "--raw", "f32le", "--rate", "1000", "--every", "1s", "-f", "jsonl", "-k", "1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("a pipe");
    let mut output = std::io::BufReader::new(child.stdout.take().expect("a pipe"));
    // One channel of 2000 frames and a bit; the input stays open.
    let mono: Vec<u8> = stereo(2100).chunks_exact(8).flat_map(|frame| frame[..4].to_vec()).collect();
    input.write_all(&mono).expect("samples");
    input.flush().expect("samples");
    let mut line = String::new();
    std::io::BufRead::read_line(&mut output, &mut line).expect("a line");
    let frame: serde_json::Value = serde_json::from_str(&line).expect("an object");
    let freq = frame["channels"][0]["frames"][0]["peaks"][0]["freq"].as_f64().expect("a frequency");
    assert!((freq - 50.0).abs() < 0.5, "{freq}");
    drop(input);
    assert!(child.wait().expect("it ends").success());
}
