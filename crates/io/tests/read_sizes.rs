//! Sizes in headers that writers did not know, or that no longer fit the file.

mod common;

use common::{open_bytes, open_one, read_all};
use rlx_io::Error;
use rlx_io::read::{Format, OpenOptions, Source, open_source};

fn samples() -> Vec<u8> {
    (0..4000i16).flat_map(|i| (i.wrapping_mul(7)).to_le_bytes()).collect()
}

fn wav(riff: u32, data: u32) -> Vec<u8> {
    let mut bytes = b"RIFF".to_vec();
    bytes.extend(riff.to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data");
    bytes.extend(data.to_le_bytes());
    bytes.extend(samples());
    bytes
}

fn aiff(frames: u32, size: u32) -> Vec<u8> {
    let mut bytes = b"FORM\0\0\0\0AIFCCOMM\0\0\0\x18\0\x01".to_vec();
    bytes.extend(frames.to_be_bytes());
    bytes.extend(b"\0\x10\x40\x0b\xfa\0\0\0\0\0\0\0sowt\0\0SSND");
    bytes.extend(size.to_be_bytes());
    bytes.extend([0; 8]);
    bytes.extend(samples());
    bytes
}

fn au(size: u32) -> Vec<u8> {
    let mut bytes = b".snd\0\0\0\x18".to_vec();
    bytes.extend(size.to_be_bytes());
    bytes.extend(b"\0\0\0\x03\0\0\x1f\x40\0\0\0\x01");
    bytes.extend(samples());
    bytes
}

/// All samples from a file and from a stream, which must be whole and without a note.
fn whole(name: &str, bytes: &[u8]) {
    let stream = Source::from_read("-", std::io::Cursor::new(bytes.to_vec()));
    for source in [Source::from_bytes(name, bytes), stream] {
        let mut readers = open_source(source, &OpenOptions::default()).unwrap();
        let all = read_all(&mut readers[0], 777);
        assert!(all.error.is_none(), "{name}: {:?}", all.error);
        assert_eq!(all.planes[0].len(), 4000, "{name}");
        assert_eq!(readers[0].info().notes, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn writers_to_a_pipe_do_not_know_the_size() {
    for (riff, data) in [
        (8036, 8000),
        (0x7fff_f024, 0x7fff_f000),
        (0x8000_0024, 0x8000_0000),
        (u32::MAX, u32::MAX - 36),
        (u32::MAX, u32::MAX),
        (0x7fff_ffff, 0x7fff_ffff),
        (0xffff_f024, 0xffff_f000),
        (0, 0),
        (36, 0),
    ] {
        whole("a.wav", &wav(riff, data));
    }
    for (frames, size) in [(4000, 8008), (0, 0), (0, 8), (0x3f80_0000, 0x7f00_0008), (u32::MAX, u32::MAX)] {
        whole("a.aiff", &aiff(frames, size));
    }
    whole("a.au", &au(8000));
    whole("a.au", &au(u32::MAX));
}

#[test]
fn a_real_truncation_is_an_error() {
    for (name, bytes) in [
        ("a.wav", wav(10_036, 10_000)),
        ("a.aiff", aiff(5000, 10_008)),
        ("a.au", au(10_000)),
        ("a.wav", wav(0x7000_0024, 0x7000_0000)),
    ] {
        let stream = Source::from_read("-", std::io::Cursor::new(bytes.clone()));
        for source in [Source::from_bytes(name, bytes), stream] {
            let mut readers = open_source(source, &OpenOptions::default()).unwrap();
            let all = read_all(&mut readers[0], 777);
            assert_eq!(all.planes[0].len(), 4000, "{name}");
            assert!(matches!(all.error, Some(Error::Truncated { .. })), "{name}: {:?}", all.error);
        }
    }
}

#[test]
fn what_follows_the_samples_is_noted_and_can_be_read() {
    let ignore = OpenOptions { ignore_length: true, ..Default::default() };
    for (name, bytes) in [("a.wav", wav(4036, 4000)), ("a.aiff", aiff(2000, 4008)), ("a.au", au(4000))] {
        let mut reader = open_one(name, &bytes, &OpenOptions::default());
        assert_eq!(read_all(&mut reader, 777).planes[0].len(), 2000);
        let notes = &reader.info().notes;
        assert!(
            notes.len() == 1
                && notes[0].starts_with("4000 bytes follow")
                && notes[0].contains("--ignore-length"),
            "{notes:?}"
        );
        let mut reader = open_one(name, &bytes, &ignore);
        assert_eq!((read_all(&mut reader, 777).planes[0].len(), reader.info().notes.len()), (4000, 0));
    }
}

#[test]
fn chunks_after_the_samples_are_no_left_over() {
    for tail in [
        &b"LIST\x04\0\0\0INFO"[..],
        b"LIST\x05\0\0\0INFOx\0",
        b"LIST\x05\0\0\0INFOx",
        b"id3 \x02\0\0\0abfact\x04\0\0\0abcd",
        b"\0",
    ] {
        let bytes = [wav(8036, 8000), tail.to_vec()].concat();
        let mut reader = open_one("a.wav", &bytes, &OpenOptions::default());
        assert_eq!(read_all(&mut reader, 777).planes[0].len(), 4000);
        assert_eq!(reader.info().notes, Vec::<String>::new(), "{tail:?}");
    }
}

#[test]
fn a_raw_file_that_shrinks_is_truncated() {
    let path = std::env::temp_dir().join(format!("rlx-shrinks-{}", std::process::id()));
    std::fs::write(&path, vec![1u8; 1 << 20]).unwrap();
    let options = OpenOptions { raw: Some("u8".parse().unwrap()), ..Default::default() };
    let mut readers = rlx_io::read::open(&path, &options).unwrap();
    let mut planes = vec![Vec::new()];
    readers[0].read_f32(&mut planes, 1000).unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_len(5000).unwrap();
    let all = read_all(&mut readers[0], 1 << 16);
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(all.error, Some(Error::Truncated { .. })), "{:?}", all.error);
}

#[test]
fn rest_of_a_frame_in_raw_samples_is_noted() {
    let options =
        OpenOptions { raw: Some("s16le".parse().unwrap()), channels: Some(2), ..Default::default() };
    let mut reader = open_one("a", &[0; 1003], &options);
    assert_eq!(read_all(&mut reader, 64).planes[0].len(), 250);
    assert!(reader.info().notes[0].contains("the last 3 bytes"));
}

/// A WAV with a codec in another wrapping.
fn coded(wrap: &str, tag: u16, align: u16, bits: u16, data: &[u8]) -> Vec<u8> {
    let mut format = Vec::new();
    let extensible = wrap != "plain";
    format.extend(if extensible { 0xfffeu16 } else { tag }.to_le_bytes());
    format.extend(1u16.to_le_bytes());
    format.extend(8000u32.to_le_bytes());
    format.extend(8000u32.to_le_bytes());
    format.extend(align.to_le_bytes());
    format.extend(bits.to_le_bytes());
    if extensible {
        format.extend([22, 0, bits.to_le_bytes()[0], 0, 4, 0, 0, 0]);
        format.extend(tag.to_le_bytes());
        format.extend(b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71");
    }
    let mut bytes = if wrap == "rf64" {
        b"RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0".to_vec()
    } else {
        b"RIFF\0\0\0\0WAVE".to_vec()
    };
    if wrap == "rf64" {
        bytes.extend(1000u64.to_le_bytes());
        bytes.extend((data.len() as u64).to_le_bytes());
        bytes.extend([0; 12]);
    }
    bytes.extend(b"fmt ");
    bytes.extend(u32::try_from(format.len()).unwrap().to_le_bytes());
    bytes.extend(format);
    bytes.extend(b"data");
    bytes.extend(if wrap == "rf64" { u32::MAX } else { u32::try_from(data.len()).unwrap() }.to_le_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn logarithmic_codes_in_every_wrapping() {
    // ITU-T G.711: the values of some codes at 16 bits.
    for (tag, codes, values) in [
        (7, [0x00u8, 0x7f, 0x80, 0xff, 0xf0, 0x8f], [-32124.0, 0.0, 32124.0, 0.0, 120.0, 16764.0]),
        (6, [0x00u8, 0x55, 0xd5, 0x2a, 0xaa, 0x80], [-5504.0, -8.0, 8.0, -32256.0, 32256.0, 5504.0]),
    ] {
        for wrap in ["plain", "extensible", "rf64"] {
            let bytes = coded(wrap, tag, 1, 8, &codes);
            let counts = OpenOptions { counts: true, ..Default::default() };
            let stream = Source::from_read("-", std::io::Cursor::new(bytes.clone()));
            for source in [Source::from_bytes("a.wav", bytes), stream] {
                let mut readers = open_source(source, &counts).unwrap();
                assert_eq!(read_all(&mut readers[0], 2).planes[0], values, "{tag} {wrap}");
            }
        }
    }
    let error = open_bytes("a.wav", &coded("plain", 0x31, 65, 0, &[0; 65]), &OpenOptions::default());
    assert!(error.map(|_| ()).unwrap_err().to_string().contains("GSM"));
}

#[test]
fn adpcm_from_a_file_and_from_a_pipe() {
    // One block of IMA: predictor 100, index 0, then the codes 7 and 0, 15 and 8 (low nibble first).
    let ima = [100, 0, 0, 0, 0x07, 0x8f, 0, 0];
    let bytes = coded("extensible", 0x11, 8, 4, &ima);
    let counts = OpenOptions { counts: true, ..Default::default() };
    for source in
        [Source::from_bytes("a.wav", bytes.clone()), Source::from_read("-", std::io::Cursor::new(bytes))]
    {
        let mut readers = open_source(source, &counts).unwrap();
        let all = read_all(&mut readers[0], 3);
        // Steps 7, 16, 14, 31: 7·(1 + 1/2 + 1/4 + 1/8) with each part rounded down is 11; 16/8 is 2.
        assert_eq!(all.planes[0][..3], [100.0, 111.0, 113.0]);
        assert_eq!((all.planes[0].len(), readers[0].info().format), (9, Format::Wav));
    }
}

#[test]
fn little_endian_aiff() {
    let mut bytes =
        b"FORM\0\0\0\0AIFCCOMM\0\0\0\x18\0\x01\0\0\0\x02\0\x18\x40\x0b\xfa\0\0\0\0\0\0\x0042ni\0\0".to_vec();
    bytes.extend(b"SSND\0\0\0\x0e\0\0\0\0\0\0\0\0\0\0\x40\0\0\xc0");
    assert_eq!(common::read_whole("a.aifc", &bytes, &OpenOptions::default()), [[0.5, -0.5]]);
}
