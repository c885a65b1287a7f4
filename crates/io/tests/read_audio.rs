//! AIFF and compressed audio, against the tones that the files were made of (scripts/reader_samples.py).

mod common;

use common::{bits, every_prefix, open_bytes, open_one, read_all, read_whole};
use rlx_io::Error;
use rlx_io::read::{Chunk, OpenOptions, Precision, Source, open_source};
use std::f64::consts::TAU;

fn data(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn tone(channel: usize, t: usize) -> f64 {
    let (amplitude, frequency) = [(0.5, 440.0), (0.25, 1000.0)][channel];
    amplitude * (TAU * frequency * t as f64 / 8000.0).sin()
}

/// The largest distance from the tones, at the best of a few delays.
fn distance(planes: &[Vec<f64>], most_delay: usize) -> f64 {
    (0..=most_delay)
        .map(|delay| {
            if planes[0].len() < 3000 + delay {
                return f64::INFINITY;
            }
            let of = |c: usize| {
                let plane = &planes[c];
                (500..3000).map(move |t| (plane[t + delay] - tone(c, t)).abs()).fold(0.0, f64::max)
            };
            of(0).max(of(1))
        })
        .fold(f64::INFINITY, f64::min)
}

#[test]
fn lossless_files() {
    for (name, frames, step, precision) in [
        ("pcm16.flac", 10_000, 1.0 / 32768.0, Precision::F32),
        ("pcm24.flac", 1000, 1.0 / 8_388_608.0, Precision::F32),
        ("pcm16.aiff", 4000, 1.0 / 32768.0, Precision::F32),
        ("float.aiff", 1000, 1e-7, Precision::F32),
    ] {
        let bytes = data(name);
        let reader = open_one(name, &bytes, &OpenOptions::default());
        let info = reader.info();
        assert_eq!(
            (info.sample_rate, info.frames, info.precision),
            (Some(8000.0), Some(frames), precision),
            "{name}"
        );
        let planes = read_whole(name, &bytes, &OpenOptions::default());
        assert_eq!((planes.len(), planes[0].len() as u64), (2, frames));
        for (c, plane) in planes.iter().enumerate() {
            for (t, value) in plane.iter().enumerate() {
                assert!((value - tone(c, t)).abs() <= step, "{name} {c} {t}: {value}");
                if !name.starts_with("float") {
                    assert_eq!((value / step).fract(), 0.0, "{name}: a whole number of steps");
                }
            }
        }
    }
    let counts = OpenOptions { counts: true, ..Default::default() };
    let flac = read_whole("pcm16.flac", &data("pcm16.flac"), &counts);
    let aiff = read_whole("pcm16.aiff", &data("pcm16.aiff"), &counts);
    assert!(flac[0].iter().zip(&aiff[0]).all(|(a, b)| a.fract() == 0.0 && (a - b).abs() <= 1.0));
}

#[test]
fn lossy_files() {
    for (name, delay, tolerance) in [
        ("ulaw.aiff", 0, 0.02),
        ("alaw.wav", 0, 0.02),
        ("ima.wav", 0, 0.05),
        ("vorbis.ogg", 0, 0.05),
        ("lame.mp3", 0, 0.05),
    ] {
        let mut reader = open_one(name, &data(name), &OpenOptions::default());
        assert_eq!(reader.info().sample_rate, Some(8000.0), "{name}");
        let all = read_all(&mut reader, 333);
        assert!(
            all.error.is_none() && all.gaps.is_empty(),
            "{name}: {:?} {:?}",
            all.error,
            reader.info().notes
        );
        assert!(distance(&all.planes, delay) < tolerance, "{name}: {}", distance(&all.planes, delay));
    }
}

#[test]
fn from_a_stream() {
    for name in ["pcm16.flac", "vorbis.ogg", "lame.mp3", "pcm16.aiff"] {
        let source = Source::from_read("-", std::io::Cursor::new(data(name)));
        let mut readers = open_source(source, &OpenOptions::default()).unwrap();
        let all = read_all(&mut readers[0], 500);
        assert!(all.error.is_none(), "{name} {:?}", all.error);
        assert!(distance(&all.planes, 1200) < 0.05, "{name}");
    }
    for name in ["alaw.wav", "ulaw.aiff", "ima.wav"] {
        let source = Source::from_read("-", std::io::Cursor::new(data(name)));
        let mut readers = open_source(source, &OpenOptions::default()).unwrap();
        let streamed = read_all(&mut readers[0], 500).planes;
        let mut reader = open_one(name, &data(name), &OpenOptions::default());
        assert_eq!(bits(&read_all(&mut reader, 77).planes), bits(&streamed), "{name}");
    }
}

#[test]
fn joined_mp3_files_are_read_to_their_end() {
    let one = data("lame.mp3");
    let mut first = open_one("a.mp3", &one, &OpenOptions::default());
    let alone = read_all(&mut first, 500).planes;
    let tagged = [&one[..], b"TAG", &[b' '; 125]].concat();
    let all = read_all(&mut open_one("a.mp3", &tagged, &OpenOptions::default()), 500);
    assert_eq!((bits(&all.planes), all.gaps.len(), all.error.is_none()), (bits(&alone), 0, true));

    let joined = [&one[..], &one, &one].concat();
    let streamed =
        open_source(Source::from_read("-", std::io::Cursor::new(joined.clone())), &OpenOptions::default());
    for mut reader in [open_one("a.mp3", &joined, &OpenOptions::default()), streamed.unwrap().remove(0)] {
        let all = read_all(&mut reader, 500);
        assert!(all.error.is_none(), "{:?}", all.error);
        let len = alone[0].len();
        // The streams are not one recording: no segment spans two of them.
        assert_eq!((all.planes[0].len(), &all.gaps[..]), (3 * len, &[len, 2 * len][..]));
        for (plane, alone) in all.planes.iter().zip(&alone) {
            assert!(plane.chunks(len).all(|part| part == alone));
        }
        let notes = reader.info().notes.join("; ");
        assert!(notes.contains(&format!("byte {}", one.len())), "{notes}");
    }
    // What is no MP3 is named and left.
    let foreign = [&one[..], &b"something else ".repeat(40)].concat();
    let mut reader = open_one("a.mp3", &foreign, &OpenOptions::default());
    assert_eq!(bits(&read_all(&mut reader, 500).planes), bits(&alone));
    assert!(reader.info().notes.iter().any(|n| n.contains("600 bytes follow")), "{:?}", reader.info().notes);
}

#[test]
fn a_cut_flac_gives_what_it_has_and_says_so() {
    let bytes = data("pcm16.flac");
    let mut reader = open_one("a.flac", &bytes[..bytes.len() - 3600], &OpenOptions::default());
    let all = read_all(&mut reader, 512);
    assert!(!all.planes[0].is_empty());
    let error = all.error.unwrap();
    assert!(matches!(error, Error::Truncated { .. }));
    assert!(error.to_string().contains("promises 10000 frames"), "{error}");
}

#[test]
fn a_damaged_packet_is_a_gap() {
    let mut bytes = data("vorbis.ogg");
    let mut gaps = 0;
    for byte in &mut bytes[3000..3400] {
        *byte ^= 0xff;
    }
    if let Ok(mut readers) = open_bytes("a.ogg", &bytes, &OpenOptions::default()) {
        let mut planes = vec![Vec::new(); 2];
        while let Ok(chunk) = readers[0].read_f32(&mut planes, 100) {
            match chunk {
                Chunk::Gap { .. } => gaps += 1,
                Chunk::Data(_) => {}
                Chunk::End => break,
            }
        }
        assert!(gaps == 0 || readers[0].info().notes.iter().any(|n| n.contains("could not be decoded")));
    }
}

#[test]
fn every_prefix_of_every_file() {
    for name in [
        "pcm16.flac",
        "float.aiff",
        "pcm16.aiff",
        "ulaw.aiff",
        "alaw.wav",
        "ima.wav",
        "vorbis.ogg",
        "lame.mp3",
    ] {
        let bytes = data(name);
        // The headers at every byte, the samples at some.
        every_prefix(name, &bytes[..bytes.len().min(300)], &OpenOptions::default());
        for cut in (300..bytes.len()).step_by(97) {
            if let Ok(mut readers) = open_bytes(name, &bytes[..cut], &OpenOptions::default()) {
                read_all(&mut readers[0], 100);
            }
        }
    }
}

#[test]
fn more_channels_than_bytes_are_a_truncation() {
    let mut file = data("ulaw.aiff");
    let at = file.windows(4).position(|w| w == b"COMM").unwrap() + 8;
    file[at..at + 2].copy_from_slice(&[0xf9, 0xfd]);
    let mut reader = open_one("many.aiff", &file, &OpenOptions::default());
    assert!(matches!(read_all(&mut reader, 100).error, Some(Error::Truncated { .. })));
}

#[test]
fn aiff_headers() {
    let mut bytes =
        b"FORM\0\0\0\0AIFCCOMM\0\0\0\x18\0\x01\0\0\0\x02\0\x10\x40\x0b\xfa\0\0\0\0\0\0\0sowt\0\0".to_vec();
    bytes.extend(b"SSND\0\0\0\x0e\0\0\0\x02\0\0\0\0xx\0\x40\0\xc0");
    assert_eq!(read_whole("a.aif", &bytes, &OpenOptions::default()), [[0.5, -0.5]]);
    every_prefix("a.aif", &bytes, &OpenOptions::default());
    // The description after the samples.
    let late = [&bytes[..12], &bytes[44..], &bytes[12..44]].concat();
    assert_eq!(read_whole("a.aif", &late, &OpenOptions::default()), [[0.5, -0.5]]);
    every_prefix("a.aif", &late, &OpenOptions::default());
    let mut none = bytes.clone();
    none[21] = 0;
    let error = open_bytes("a.aif", &none, &OpenOptions::default()).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("0 channels"), "{error}");
}
