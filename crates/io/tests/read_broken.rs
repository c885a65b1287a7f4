//! One broken part of a file does not spoil the rest.

mod common;

use common::edf::{Signal, annotations, file, signal, tone};
use common::{open_bytes, open_one, read_all};
use rlx_io::read::OpenOptions;

/// Fp1, a signal that `break_it` has broken, O2.
fn with_dead(bdf: bool, break_it: impl FnOnce(&mut Signal)) -> Vec<u8> {
    let mut dead = signal("E129", 100, vec![7; 300]);
    break_it(&mut dead);
    let signals = [signal("EEG Fp1", 100, tone(10.0, 300)), dead, signal("EEG O2", 100, tone(12.0, 300))];
    file(bdf, "", &signals, 3, "3")
}

#[test]
fn a_channel_without_a_scale_is_given_as_stored() {
    let breaks: [fn(&mut Signal); 7] = [
        |s| s.physical = ["0".into(), "0".into()],
        |s| s.digital = ["5".into(), "5".into()],
        |s| (s.physical, s.digital) = (["1".into(), "1".into()], ["1".into(), "1".into()]),
        |s| s.physical[0] = String::new(),
        |s| s.digital = [String::new(), String::new()],
        |s| s.physical[1] = "n/a".into(),
        |s| s.physical[1] = "1e999".into(),
    ];
    for bdf in [false, true] {
        for break_it in breaks {
            let bytes = with_dead(bdf, break_it);
            let mut reader = open_one("a", &bytes, &OpenOptions::default());
            let info = reader.info().clone();
            assert_eq!(
                info.channels.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(),
                ["EEG Fp1", "E129", "EEG O2"]
            );
            assert_eq!(info.notes.len(), 1);
            assert!(info.notes[0].contains("'E129' has no scale"), "{:?}", info.notes);
            assert_eq!(
                (info.channels[0].unit.as_deref(), info.channels[1].unit.as_deref()),
                (Some("uV"), None)
            );
            let all = read_all(&mut reader, 64);
            assert!(all.error.is_none());
            for (ours, digital) in all.planes[0].iter().zip(tone(10.0, 300)) {
                assert!((ours - f64::from(digital) / 10.0).abs() < 1e-9);
            }
            assert!(all.planes[1].iter().all(|v| *v == 7.0));
        }
    }
}

#[test]
fn channels_are_numbered_over_the_file() {
    let signals = [
        signal("EEG Fp1", 100, tone(10.0, 300)),
        annotations(
            false,
            &["+0\u{14}\u{14}\0".into(), "+1\u{14}\u{14}\0".into(), "+2\u{14}\u{14}\0".into()],
        ),
        signal("Resp", 25, tone(1.0, 75)),
        signal("EEG O2", 100, tone(12.0, 300)),
    ];
    let readers = open_bytes("a", &file(false, "EDF+C", &signals, 3, "3"), &OpenOptions::default()).unwrap();
    let numbers: Vec<Vec<(usize, &str)>> = readers
        .iter()
        .map(|r| r.info().channels.iter().map(|c| (c.number, c.name.as_str())).collect())
        .collect();
    assert_eq!(numbers, [vec![(1, "EEG Fp1"), (3, "EEG O2")], vec![(2, "Resp")]]);
}

#[test]
fn units_and_names_of_any_encoding() {
    let mut utf8 = signal("Temp", 100, tone(1.0, 300));
    utf8.unit = "µV".as_bytes().to_vec();
    let mut latin = signal("Strom", 100, tone(1.0, 300));
    latin.unit = b"\xb5A".to_vec();
    let bytes = file(false, "", &[utf8, latin], 3, "3");
    // The patient's name in the header is no ASCII, and the name of the file tells nothing.
    for name in ["umlaut.rec", "-", "umlaut.edf"] {
        let reader = open_one(name, &bytes, &OpenOptions::default());
        let units: Vec<_> = reader.info().channels.iter().map(|c| c.unit.clone().unwrap()).collect();
        assert_eq!(units, ["µV", "µA"]);
    }
}

#[test]
fn records_beyond_the_count_are_noted_and_can_be_read() {
    for bdf in [false, true] {
        let bytes = file(bdf, "", &[signal("A", 100, tone(10.0, 500))], 5, "3");
        let mut reader = open_one("a", &bytes, &OpenOptions::default());
        let width = if bdf { 3 } else { 2 };
        let note = format!("{} bytes (2 records) follow the 3 records that the header counts", 200 * width);
        assert!(reader.info().notes[0].contains(&note), "{:?}", reader.info().notes);
        assert_eq!(read_all(&mut reader, 64).planes[0].len(), 300);
        let all = OpenOptions { ignore_length: true, ..Default::default() };
        let mut reader = open_one("a", &bytes, &all);
        assert_eq!((reader.info().notes.len(), read_all(&mut reader, 64).planes[0].len()), (0, 500));
    }
}

#[test]
fn formats_that_are_not_read_say_their_names() {
    let of = |name: &str, bytes: &[u8]| {
        open_bytes(name, bytes, &OpenOptions::default()).map(|_| ()).unwrap_err().to_string()
    };
    assert!(of("a.mat", b"MATLAB 5.0 MAT-file, Platform: GLNXA64").contains("MATLAB"));
    assert!(
        of("-", b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead\x01\x02")
            .contains("Opus")
    );
    assert!(of("a.set", b"\x01\x02\x03\x04").contains("EEGLAB"));
    assert!(of("a.bin", b"\x01\x02\x03\x04").contains("--raw"));
    assert!(of("a.csv", b"<!DOCTYPE html><html>").contains("download"));
}
