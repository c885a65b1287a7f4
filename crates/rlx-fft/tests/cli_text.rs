//! Names that come with files cannot act on a terminal, forge lines, break a picture or become formulas.

mod common;
use common::{Folder, failure, run, stdout};

/// A table of two columns with these names.
fn table(names: [&str; 2]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let mut text = quoted.join(",") + "\n";
    for i in 0..600 {
        let t = f64::from(i);
        text += &format!("{},{}\n", (0.7 * t).sin(), (0.3 * t).cos() + 0.1 * (1.1 * t).sin());
    }
    text
}

/// No character but line ends that does something.
#[track_caller]
fn harmless(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).expect("UTF-8");
    let odd = |c: &char| {
        (c.is_control() && *c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200f}')
    };
    assert_eq!(text.chars().find(odd), None, "{text}");
}

const NAMES: [[&str; 2]; 4] = [
    ["\u{1b}]0;pwned\u{7}\u{1b}[31m", "\u{1b}[2J"],
    ["\u{9b}31mred", "a\u{202e}gnp.exe"],
    ["<&\u{8}>", "\u{2066}\u{feff}\u{7f}"],
    ["a\u{1}b", "\u{85}next\u{2028}line"],
];

#[test]
fn names_are_shown_and_do_nothing() {
    let folder = Folder::new("text");
    for (i, names) in NAMES.into_iter().enumerate() {
        let file = folder.file(&format!("t{i}.csv"), table(names));
        for args in [
            &["info"][..],
            &["peaks", "--rate", "100", "--n-fft", "64"],
            &["peaks", "--rate", "100", "--n-fft", "64", "--every", "2s"],
            &["psd", "--rate", "100", "--n-fft", "64"],
            &["psd", "--cross", "1:2", "--rate", "100", "--n-fft", "64"],
            &["coherence", "1:2", "--rate", "100", "--n-fft", "64"],
            &["spectrogram", "--rate", "100", "--n-fft", "64"],
            &["mel", "--rate", "100", "--preset", "librosa", "--n-fft", "64", "--hop", "32", "--n-mels", "4"],
            &["peaks", "--rate", "100", "--channel", "none"],
            &["peaks", "--rate", "100", "--n-fft", "4096"],
        ] {
            let mut all = args.to_vec();
            all.push(&file);
            let output = run(&all);
            harmless(&output.stdout);
            harmless(&output.stderr);
            let lines = |text: &[u8], start: &str| {
                String::from_utf8_lossy(text).lines().filter(|l| l.starts_with(start)).count()
            };
            assert!(lines(&output.stderr, "error") <= 1, "{all:?}");
            if output.status.success() && args[0] != "info" && args[0] != "mel" {
                let svg = folder.path("p.svg");
                if !args.contains(&"--every") {
                    all.extend(["--plot", &svg, "-q"]);
                    assert!(run(&all).status.success(), "{all:?}");
                    let text = std::fs::read(&svg).expect("a picture");
                    harmless(&text);
                    assert!(!String::from_utf8_lossy(&text).contains("<&"), "escaped");
                }
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn names_of_files_and_messages_do_nothing() {
    let folder = Folder::new("names");
    for name in ["a\nerror: forged.csv", "b\u{1b}[2J.csv", "c\u{202e}.csv"] {
        let file = folder.file(name, table(["x", "y"]));
        for args in
            [&["info", &file][..], &["psd", &file, "--rate", "100"], &["peaks", &file], &["eval", &file]]
        {
            let output = run(args);
            harmless(&output.stdout);
            harmless(&output.stderr);
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(text.lines().filter(|l| l.starts_with("error")).count() <= 1, "{text}");
        }
        let (code, message) = failure(&["psd", &file, "--rate", "100", "-f", "csv", "-o", &file]);
        assert_eq!(code, 2);
        harmless(message.as_bytes());
    }
}

#[test]
fn formulas_are_texts_where_that_is_asked_for() {
    let folder = Folder::new("formula");
    let file = folder.file("f.csv", table(["=1+1", "@cmd|' /C calc'!A0"]));
    let args = ["peaks", &file, "--rate", "100", "-q", "-k", "1", "-f", "csv"];
    let plain = stdout(&args);
    assert!(plain.contains(",=1+1,"), "{plain}");
    let mut safe = args.to_vec();
    safe.push("--csv-safe");
    let safe = stdout(&safe);
    assert!(safe.contains(",'=1+1,") && safe.contains(",'@cmd|' /C calc'!A0,"), "{safe}");
    assert_eq!(plain, safe.replace(",'=", ",=").replace(",'@", ",@"));
    assert_eq!(failure(&["peaks", &file, "--rate", "100", "--csv-safe"]).0, 2);
}

/// Names that are no Unicode are files like others, in messages about arguments too.
#[cfg(target_os = "linux")]
#[test]
fn names_need_not_be_unicode() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new("bytes");
    let name = std::ffi::OsStr::from_bytes(b"x\xff\xfe.csv");
    let path = std::path::Path::new(&folder.path("")).join(name);
    std::fs::write(&path, table(["x", "y"])).expect("a file");
    let with =
        |args: &[&str]| common::program().args(args).arg(&path).output().expect("it runs").status.code();
    assert_eq!(with(&["peaks", "--rate", "100"]), Some(0));
    assert_eq!(with(&["peaks", "--rate", "100", "--csv-safe"]), Some(2));
    assert_eq!(with(&["peaks", "--rate", "-1"]), Some(2));
    assert_eq!(with(&["eval"]), Some(1));
    assert_eq!(with(&["fit", "--n-fft", "8", "--out"]), Some(0));
}
