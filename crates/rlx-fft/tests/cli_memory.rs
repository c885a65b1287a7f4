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

/// Bytes of an hour of 16 bits at 48 kHz, or of a minute and a half where the long tests are not asked for.
fn long() -> u64 {
    if std::env::var_os("RLX_TEST_FULL").is_some() { 2 * 48_000 * 3600 } else { 2 * 48_000 * 90 }
}

#[test]
fn columns_and_features_leave_as_they_come() {
    let folder = Folder::new("columns");
    let file = folder.path("zeros.raw");
    File::create(&file).expect("a file").set_len(long()).expect("a sparse file");
    let raw = ["--raw", "s16le", "--rate", "48000", "-q"];
    for command in [
        &["spectrogram"][..],
        &["mel", "--preset", "librosa", "--n-mels", "32"],
        &["mel", "--preset", "torchaudio", "--n-mels", "32"],
    ] {
        for format in ["csv", "jsonl", "npy", "table"] {
            // What would be kept is far more: 8 kB per column.
            let out = folder.path("out.npy");
            let mut args = command.to_vec();
            args.extend([file.as_str(), "-f", format]);
            args.extend(raw);
            if format == "npy" {
                args.extend(["-o", &out]);
            }
            let kib = peak_memory(&args);
            assert!(kib < 64 * 1024, "{args:?}: {kib} KiB");
        }
    }
}

#[test]
fn a_pipe_takes_no_more_than_a_file() {
    let mut child = program()
        .args(["spectrogram", "-", "--raw", "s16le", "--rate", "48000", "-q", "-f", "csv"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("a pipe");
    let block = vec![0_u8; 1 << 16];
    for _ in 0..long() >> 16 {
        std::io::Write::write_all(&mut input, &block).expect("samples");
    }
    let text = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("a process");
    drop(input);
    assert!(child.wait().expect("it ends").success());
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(kib < 64 * 1024, "{kib} KiB");
}

/// Headers that claim 65,535 channels cost what the file has, not what they claim.
#[test]
fn channels_without_samples_cost_nothing() {
    let folder = Folder::new("claims");
    let mut wav = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\xff\xff".to_vec();
    wav.extend(8000_u32.to_le_bytes());
    wav.extend((8000_u64 * 65_535 * 2).to_le_bytes()[..4].to_vec());
    wav.extend([0xfe, 0xff, 16, 0]);
    wav.extend(b"data\0\0\0\0");
    let file = folder.file("claims.wav", wav);
    for args in [
        &["psd"][..],
        &["peaks"],
        &["peaks", "--every", "1s"],
        &["spectrogram"],
        &["psd", "--n-fft", "65536"],
    ] {
        let mut child = program()
            .args(args)
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let status = format!("/proc/{}/status", child.id());
        let mut peak = 0;
        let code = loop {
            if let Ok(text) = std::fs::read_to_string(&status) {
                let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
                peak =
                    peak.max(line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0));
            }
            if let Some(code) = child.try_wait().expect("a child") {
                break code;
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        assert_eq!(code.code(), Some(1), "{args:?}");
        assert!(peak < 128 * 1024, "{args:?}: {peak} KiB");
    }
}
