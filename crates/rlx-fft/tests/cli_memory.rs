//! Memory does not grow with the recording.
#![cfg(target_os = "linux")]

mod common;
use common::{Folder, program};
use std::fs::File;
use std::process::Stdio;
use std::time::Duration;

/// Largest resident memory of the program while it runs, in KiB.
fn peak_memory(args: &[&str]) -> u64 {
    let mut child = program().args(args).stdout(Stdio::null()).spawn().expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        if let Ok(text) = std::fs::read_to_string(&status) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = line.and_then(|l| l.trim().trim_end_matches(" kB").trim().parse().ok());
            peak = peak.max(kib.unwrap_or(0));
        }
        if let Some(code) = child.try_wait().expect("a child") {
            assert!(code.success());
            return peak;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_large_raw_file_takes_little_memory() {
    let folder = Folder::new("memory");
    let file = folder.path("zeros.raw");
    // Sparse: it takes no room on the disk.
    let bytes = if std::env::var_os("RLX_TEST_FULL").is_some() { 10_000_000_000 } else { 400_000_000 };
    File::create(&file).expect("a file").set_len(bytes).expect("a sparse file");
    let kib = peak_memory(&["psd", &file, "--raw", "f32le", "--rate", "48000", "-f", "csv", "-q"]);
    assert!(kib > 0 && kib < 64 * 1024, "{kib} KiB");
    let kib =
        peak_memory(&["peaks", &file, "--raw", "s16le", "--rate", "48000", "--duration", "1000s", "-q"]);
    assert!(kib < 64 * 1024, "{kib} KiB");
}
