//! EDF, EDF+ and BDF against what pyedflib and edfio read (scripts/golden_edf.py).

mod common;

use common::{every_prefix, open_bytes, read_all};
use rlx_io::Error;
use rlx_io::read::{Format, OpenOptions};
use serde_json::Value;

fn data(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn values_rates_and_units_of_other_readers() {
    let golden: Value = serde_json::from_slice(&data("edf_golden.json")).unwrap();
    for file in golden["files"].as_array().unwrap() {
        let name = file["file"].as_str().unwrap();
        let mut found = 0;
        for block in [1000, 9] {
            for mut reader in open_bytes(name, &data(name), &OpenOptions::default()).unwrap() {
                let info = reader.info().clone();
                assert_eq!(info.format, if name.ends_with("bdf") { Format::Bdf } else { Format::Edf });
                let all = read_all(&mut reader, block);
                assert!(all.error.is_none() && all.gaps.is_empty());
                for (channel, plane) in info.channels.iter().zip(&all.planes) {
                    let signals = file["signals"].as_array().unwrap();
                    let signal = signals.iter().find(|s| s["label"] == channel.name.as_str()).unwrap();
                    found += 1;
                    assert_eq!(signal["unit"].as_str(), channel.unit.as_deref());
                    assert_eq!(signal["rate"].as_f64(), info.sample_rate);
                    assert_eq!(signal["count"].as_u64(), Some(plane.len() as u64));
                    assert_eq!(info.frames, Some(plane.len() as u64));
                    let step = signal["step"].as_u64().unwrap() as usize;
                    for (value, ours) in
                        signal["values"].as_array().unwrap().iter().zip(plane.iter().step_by(step))
                    {
                        assert!(
                            (value.as_f64().unwrap() - ours).abs() < 1e-9,
                            "{name} {}: {value} {ours}",
                            channel.name
                        );
                    }
                }
            }
        }
        assert_eq!(found, 2 * file["signals"].as_array().unwrap().len(), "{name}");
    }
}

#[test]
fn signals_of_one_rate_are_one_reader() {
    let readers = open_bytes("plus.edf", &data("plus.edf"), &OpenOptions::default()).unwrap();
    let parts: Vec<_> = readers.iter().map(|r| r.info().part.clone().unwrap()).collect();
    assert_eq!(parts, ["100 Hz", "20 Hz", "1 Hz"]);
    assert_eq!(readers[0].info().channels.len(), 2);
    assert!(readers[0].info().notes[0].contains("'EDF Annotations' has annotations and is not analysed"));
    let rate = OpenOptions { rate: Some(5.0), ..Default::default() };
    assert!(matches!(
        open_bytes("plus.edf", &data("plus.edf"), &rate),
        Err(Error::Argument { name: "rate", .. })
    ));
}

#[test]
fn discontinuous_records_are_gaps() {
    for block in [1000, 100, 33] {
        let mut readers = open_bytes("gaps.edf", &data("gaps.edf"), &OpenOptions::default()).unwrap();
        let all = read_all(&mut readers[0], block);
        assert!(all.error.is_none());
        assert_eq!(all.gaps, [300, 500]);
        assert_eq!(all.planes[0].len(), 600);
    }
}

#[test]
fn cut_and_lying() {
    for name in ["plain.bdf", "gaps.edf", "plus.edf"] {
        let bytes = data(name);
        every_prefix(name, &bytes[..1540], &OpenOptions::default());
        for cut in (1540..bytes.len()).step_by(61) {
            for mut reader in open_bytes(name, &bytes[..cut], &OpenOptions::default()).unwrap() {
                let promised = reader.info().frames.unwrap();
                let all = read_all(&mut reader, 77);
                assert_eq!(all.planes[0].len() as u64, promised);
                assert!(matches!(all.error, Some(Error::Truncated { .. })));
            }
        }
    }
    let bytes = data("plain.edf");
    let with = |at: usize, new: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[at..at + new.len()].copy_from_slice(new);
        bytes
    };
    let text = |bytes: &[u8]| {
        open_bytes("a.edf", bytes, &OpenOptions::default()).map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(text(&with(252, b"x   ")), "a.edf: byte 252: the number of signals 'x' is not a number");
    assert!(text(&with(252, b"9999")).contains("needs 2559744 bytes"));
    assert!(text(&with(252, b"0   ")).contains("0 signals"));
    let samples = 256 + 4 * (16 + 80 + 8 * 5 + 80);
    let mut readers = open_bytes("a.edf", &with(samples, b"99999999"), &OpenOptions::default()).unwrap();
    assert!(matches!(read_all(&mut readers[0], 10).error, Some(Error::Truncated { .. })));
    let mut readers = open_bytes("a.edf", &with(236, b"-1      "), &OpenOptions::default()).unwrap();
    assert_eq!(read_all(&mut readers[0], 1000).planes[0].len(), 600);
}
