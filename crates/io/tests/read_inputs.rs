//! Files, directories, globs, standard names, and what cannot be opened; raw samples.

mod common;

use common::{open_bytes, open_one, read_all, read_whole};
use rlx_io::read::{Format, OpenOptions, Source, expand_inputs, open, open_source};
use std::fs;
use std::path::PathBuf;

fn options(raw: &str, channels: usize) -> OpenOptions {
    OpenOptions {
        raw: Some(raw.parse().unwrap()),
        channels: Some(channels),
        rate: Some(8.0),
        ..Default::default()
    }
}

#[test]
fn directories_globs_and_names() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::create_dir_all(root.join("b/.hidden")).unwrap();
    fs::create_dir(root.join("empty")).unwrap();
    for name in ["z.csv", "a.WAV", "note.md", "b/c.npy", "b/.hidden/d.npy", ".e.csv", "[1].csv"] {
        fs::write(root.join(name), "1\n2\n").unwrap();
    }
    let of = |inputs: &[PathBuf]| {
        let found = expand_inputs(inputs);
        let files: Vec<_> = found
            .files
            .iter()
            .map(|f| f.strip_prefix(root).unwrap_or(f).to_string_lossy().into_owned())
            .collect();
        (files, found.errors.len())
    };
    assert_eq!(of(&[root.into()]), (["[1].csv", "a.WAV", "b/c.npy", "z.csv"].map(String::from).to_vec(), 0));
    assert_eq!(of(&[root.join("*.csv")]).0.len(), 3);
    assert_eq!(of(&[root.join("**/*.npy")]).0, ["b/.hidden/d.npy", "b/c.npy"]);
    assert_eq!(of(&[root.join("[1].csv"), "-".into(), root.join("note.md")]).0, ["[1].csv", "-", "note.md"]);
    assert_eq!(
        of(&[root.join("none.csv"), root.join("*.flac"), root.join("empty"), root.join("z.csv")]),
        (vec!["z.csv".into()], 3)
    );
    let bad = expand_inputs(&[root.join("[.csv")]);
    assert_eq!(bad.errors.len(), 1);
}

#[cfg(unix)]
#[test]
fn names_that_are_not_text() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(OsStr::from_bytes(b"caf\xe9.csv"));
    fs::write(&path, "x\n1\nbad\n").unwrap();
    let found = expand_inputs(&[directory.path()]);
    assert_eq!(found.files, std::slice::from_ref(&path));
    let mut readers = open(&path, &OpenOptions::default()).unwrap();
    assert!(serde_json::to_string(readers[0].info()).unwrap().contains("caf"));
    assert!(read_all(&mut readers[0], 9).error.is_none_or(|e| e.to_string().contains("caf")));
}

#[cfg(unix)]
#[test]
fn unreadable_and_odd_files() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("secret.wav");
    fs::write(&path, "RIFF").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).unwrap();
    let error = open(&path, &OpenOptions::default()).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("secret.wav"), "{error}");
    let error = open(directory.path(), &OpenOptions::default()).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("is a directory"), "{error}");
    fs::write(directory.path().join("empty.wav"), "").unwrap();
    let error = open(directory.path().join("empty.wav"), &OpenOptions::default()).map(|_| ()).unwrap_err();
    assert!(error.to_string().ends_with("empty.wav: the file is empty"));
}

#[test]
fn content_comes_before_the_name() {
    let npy = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/data/ecg.npy")).unwrap();
    assert_eq!(open_one("wrong.wav", &npy, &OpenOptions::default()).info().format, Format::Npy);
    assert_eq!(open_one("noname", b"1\n2\n3\n", &OpenOptions::default()).info().format, Format::Csv);
    let error =
        open_bytes("x.bin", &[0, 1, 2, 3], &OpenOptions::default()).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("--raw"), "{error}");
    assert!(open_bytes("x.wav", b"1,2\n", &OpenOptions::default()).is_err());
    let forced = OpenOptions { format: Some(Format::Csv), ..Default::default() };
    assert_eq!(open_one("x.wav", b"1,2\n", &forced).info().channels.len(), 2);
}

#[test]
fn raw_samples() {
    assert_eq!(read_whole("a", &[0, 0x40, 0, 0xc0], &options("s16le", 2)), [[0.5], [-0.5]]);
    assert_eq!(read_whole("a", &[0x40, 0, 0xc0, 0], &options("s16be", 1)), [[0.5, -0.5]]);
    assert_eq!(read_whole("a", &[192, 64, 128, 0], &options("iq-u8", 1)), [[0.5, 0.0], [-0.5, -1.0]]);
    let two = [192, 64, 128, 0];
    assert_eq!(read_whole("a", &two, &options("iq-u8", 2)), [[0.5], [-0.5], [0.0], [-1.0]]);
    let mut reader = open_one("a", &[1; 11], &options("s16le", 2));
    assert_eq!(reader.info().frames, Some(2));
    let all = read_all(&mut reader, 100);
    assert!(all.error.is_none() && all.planes[0].len() == 2);
    assert!(reader.info().notes[0].contains("last 3 bytes"));
    assert!(open_bytes("a", &[1; 4], &options("s16le", 0)).is_err());
    assert!(open_bytes("a", &[], &options("s16le", 1)).is_err());
    let bad_rate = OpenOptions { rate: Some(f64::NAN), ..options("u8", 1) };
    assert!(open_bytes("a", &[1; 4], &bad_rate).is_err());
}

#[test]
fn raw_from_a_stream() {
    let source = Source::from_read("-", std::io::Cursor::new(vec![0u8; 3_000_001]));
    let mut readers = open_source(source, &options("f32le", 1)).unwrap();
    assert_eq!(readers[0].info().frames, None);
    assert_eq!(read_all(&mut readers[0], 1 << 20).planes[0].len(), 750_000);
    assert!(readers[0].read_f32(&mut [], 10).is_err());
}
