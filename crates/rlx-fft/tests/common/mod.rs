//! Shared code of the program's tests.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The program, without a terminal and without colours.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rlx-fft"));
    command.stdin(Stdio::null()).env_remove("RLX_ISA");
    command
}

/// Runs the program.
pub(crate) fn run(args: &[&str]) -> Output {
    program().args(args).output().expect("the program starts")
}

/// Runs the program, which must succeed, and gives its standard output.
pub(crate) fn stdout(args: &[&str]) -> String {
    let output = run(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Runs the program, which must succeed, and parses its standard output.
pub(crate) fn json(args: &[&str]) -> serde_json::Value {
    let text = stdout(args);
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{args:?}: {e}: {text}"))
}

/// Standard error and exit code.
pub(crate) fn failure(args: &[&str]) -> (i32, String) {
    let output = run(args);
    let code = output.status.code().expect("not killed");
    (code, String::from_utf8(output.stderr).expect("text"))
}

/// A shipped signal.
pub(crate) fn data(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/data").join(name);
    path.to_str().expect("a path in UTF-8").to_owned()
}

/// A folder of a test's own, removed at its end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a path in UTF-8").to_owned()
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).expect("a file");
        path
    }

    /// Names of all files in it, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).expect("the folder");
        let mut names: Vec<_> =
            entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Two channels of `f32`, interleaved: tones at 50 and 120 Hz that both have, at a rate of 1000 Hz, in noise of their
/// own. The second one is a quarter of the first one's period of 50 Hz late.
pub(crate) fn stereo(frames: usize) -> Vec<u8> {
    let mut source = rlx_testkit::Noise::new(1);
    let mut noise = || source.uniform() / 2.0;
    let mut bytes = Vec::with_capacity(frames * 8);
    for i in 0..frames {
        let t = i as f64 / 1000.0;
        let tone = |f: f64, late: f64| (std::f64::consts::TAU * f * (t - late)).sin();
        let left = tone(50.0, 0.0) + 0.5 * tone(120.0, 0.0) + 0.2 * noise();
        let right = tone(50.0, 0.005) + 0.5 * tone(120.0, 0.005) + 0.2 * noise();
        bytes.extend((left as f32).to_le_bytes());
        bytes.extend((right as f32).to_le_bytes());
    }
    bytes
}

/// The flags that read [`stereo`].
pub(crate) const STEREO: [&str; 6] = ["--raw", "f32le", "--channels", "2", "--rate", "1000"];

/// The bytes of an NPY file: `descr` is NumPy's name of the type, `data` its little-endian values.
pub(crate) fn npy(descr: &str, len: usize, data: &[u8]) -> Vec<u8> {
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({len},), }}");
    while (10 + text.len() + 1) % 64 != 0 {
        text.push(' ');
    }
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(data);
    bytes
}

/// An NPY of `f32`.
pub(crate) fn npy_f32(values: impl IntoIterator<Item = f64>) -> Vec<u8> {
    let data: Vec<u8> = values.into_iter().flat_map(|v| (v as f32).to_le_bytes()).collect();
    npy("<f4", data.len() / 4, &data)
}

/// An NPY of `f64`.
pub(crate) fn npy_f64(values: impl IntoIterator<Item = f64>) -> Vec<u8> {
    let data: Vec<u8> = values.into_iter().flat_map(f64::to_le_bytes).collect();
    npy("<f8", data.len() / 8, &data)
}

/// An NPY of `complex64`.
pub(crate) fn npy_c64(values: impl IntoIterator<Item = (f64, f64)>) -> Vec<u8> {
    let parts = values.into_iter().flat_map(|(re, im)| [re as f32, im as f32]);
    let data: Vec<u8> = parts.flat_map(f32::to_le_bytes).collect();
    npy("<c8", data.len() / 8, &data)
}

/// Noise within ±½ that is the same every time.
pub(crate) fn noise(seed: u32) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1u32 << 24) - 0.5
    }
}
