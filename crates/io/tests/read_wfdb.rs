//! WFDB records of several segments, and reference annotations.

mod common;

use common::read_all;
use rlx_io::Error;
use rlx_io::read::{OpenOptions, open};
use std::path::{Path, PathBuf};

/// A folder of a test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("wfdb-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A segment in format 16 with a gain of 2, and the names of its signals.
    fn segment(&self, name: &str, signals: &[&str], frames: &[&[i16]]) {
        let mut header = format!("{name} {} 100 {}\n", signals.len(), frames.len());
        for signal in signals {
            header += &format!("{name}.dat 16 2/mV 16 0 0 0 0 {signal}\n");
        }
        self.file(&format!("{name}.hea"), header);
        let bytes: Vec<u8> = frames.iter().flat_map(|f| f.iter().flat_map(|v| v.to_le_bytes())).collect();
        self.file(&format!("{name}.dat"), bytes);
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn one(path: &Path) -> common::Reader {
    let mut all = open(path, &OpenOptions::default()).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[test]
fn segments_follow_each_other_and_null_segments_are_pauses() {
    let folder = Folder::new("fixed");
    folder.segment("a", &["x", "y"], &[&[2, 4], &[6, 8]]);
    folder.segment("b", &["x", "y"], &[&[10, -32768]]);
    // Ten empty frames first, a pause of five, and more after the end.
    let text = "rec/5 2 100 22\n~ 10\na 2\n~ 5\nb 1\n~ 4\n";
    let mut reader = one(&folder.file("rec.hea", text));
    let info = reader.info().clone();
    assert_eq!((info.frames, info.start_s, info.channels.len()), (Some(3), 0.1, 2));
    let pause = info.pauses[0];
    assert_eq!((info.pauses.len(), pause.sample), (1, 2));
    assert!((pause.start_s - 0.12).abs() < 1e-12 && (pause.end_s - 0.17).abs() < 1e-12);
    for block in [1, 2, 1000] {
        let mut reader = one(&folder.0.join("rec.hea"));
        let all = read_all(&mut reader, block);
        assert!(all.error.is_none());
        assert_eq!(all.gaps, [2]);
        assert_eq!(all.planes[0], [1.0, 3.0, 5.0]);
        assert_eq!(all.planes[1][..2], [2.0, 4.0]);
        assert!(all.planes[1][2].is_nan(), "a missing sample");
    }
    for (frame, first) in [(0, 1.0), (1, 3.0), (2, 5.0)] {
        assert!(reader.seek(frame).unwrap());
        let mut planes = vec![Vec::new(); 2];
        reader.read_f64(&mut planes, 1).unwrap();
        assert_eq!(planes[0], [first]);
    }
    assert!(reader.seek(9).unwrap() && read_all(&mut reader, 4).planes[0].is_empty());
}

#[test]
fn a_layout_finds_the_signals_of_each_segment_by_name() {
    let folder = Folder::new("layout");
    folder.file(
        "lay.hea",
        "lay 3 100 0\n~ 0 2/mV 16 0 0 0 0 x\n~ 0 2/mV 16 0 0 0 0 y\n~ 0 2/mmHg 16 0 0 0 0 z\n",
    );
    folder.segment("a", &["z", "x"], &[&[2, 4]]);
    folder.segment("b", &["y"], &[&[6]]);
    let mut reader = one(&folder.file("rec.hea", "rec/3 3 100 2\nlay 0\na 1\nb 1\n"));
    let names: Vec<_> =
        reader.info().channels.iter().map(|c| (c.name.clone(), c.unit.clone().unwrap())).collect();
    assert_eq!(names, [("x", "mV"), ("y", "mV"), ("z", "mmHg")].map(|(n, u)| (n.to_owned(), u.to_owned())));
    let all = read_all(&mut reader, 10);
    let text = format!("{:?}", all.planes);
    assert_eq!(text, "[[2.0, NaN], [NaN, 3.0], [1.0, NaN]]");
}

#[test]
fn what_is_wrong_with_a_record_of_segments_is_said() {
    let folder = Folder::new("wrong");
    folder.segment("a", &["x"], &[&[2]]);
    let message = |text: &str| match open(folder.file("rec.hea", text), &OpenOptions::default()) {
        Err(error) => error.to_string(),
        Ok(mut all) => read_all(&mut all[0], 100).error.map_or_else(String::new, |error| error.to_string()),
    };
    for (text, reason) in [
        ("rec/0 1 100\n", "number of segments"),
        ("rec/x 1 100\n", "number of segments"),
        ("rec/2 1 100\na 1\n", "lists 1"),
        ("rec/1 1 100\na\n", "no number of frames"),
        ("rec/1 1 nan\na 1\n", "rate"),
        ("rec/1 1 100\n~ 5\n", "empty"),
        ("rec/1 1 100\nnone 5\n", "none.hea"),
        ("rec/1 1 100\n../a 5\n", "same directory"),
        ("rec/1 1 200\na 1\n", "samples per second"),
        ("rec/1 1 100\na 5\n", "promises 5"),
    ] {
        let message = message(text);
        assert!(message.contains(reason), "{text}: {message}");
    }
    assert_eq!(message("rec/1 1 100\na 1\n"), "");
    // A record that names itself.
    let nested = message("rec/1 1 100\nrec 1\n");
    assert!(nested.contains("segments itself"), "{nested}");
    let longest = format!("rec/99999999999 1 100\n{}", "a 1\n".repeat(3));
    assert!(message(&longest).contains("number of segments"));
    let cut = open(folder.file("rec.hea", "rec/2 1 100\na 1\na 7\n"), &OpenOptions::default());
    let all = read_all(&mut cut.unwrap()[0], 100);
    assert!(matches!(all.error, Some(Error::Truncated { .. })) && all.planes[0] == [1.0, 1.0]);
}

#[test]
fn annotations_beside_the_header_are_read() {
    let folder = Folder::new("atr");
    folder.segment("a", &["x"], &[&[2], &[4], &[6]]);
    let mut reader = one(&folder.0.join("a.hea"));
    assert!(reader.annotations().unwrap().is_empty());
    // A beat 1 sample after the start, a change of rhythm with a text 50 samples later.
    let mut bytes = Vec::new();
    for word in [1 << 10 | 1, 28 << 10 | 50, 63 << 10 | 2u16] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(b"(N\0\0");
    folder.file("a.atr", &bytes);
    let record = folder.file("rec.hea", "rec/1 1 100\na 3\n");
    folder.file("rec.atr", &bytes);
    for path in [folder.0.join("a.hea"), folder.0.join("a.dat"), record] {
        let found = one(&path).annotations().unwrap();
        let text: Vec<_> = found.iter().map(|a| (a.start_s, a.text.as_str())).collect();
        assert_eq!(text, [(0.01, "N"), (0.51, "+ (N")], "{}", path.display());
    }
}
