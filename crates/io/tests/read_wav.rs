//! WAV headers of every kind, whole, cut and lying.

mod common;

use common::{every_prefix, open_bytes, open_one, read_all, read_whole};
use rlx_io::Error;
use rlx_io::read::{OpenOptions, Precision};

/// A WAV of these samples' bytes.
fn wav(tag: u16, channels: u16, bits: u16, data: &[u8]) -> Vec<u8> {
    let align = channels * bits.div_ceil(8);
    let mut out = b"RIFF\0\0\0\0WAVEfmt ".to_vec();
    out.extend(16u32.to_le_bytes());
    for word in [tag, channels] {
        out.extend(word.to_le_bytes());
    }
    out.extend(8000u32.to_le_bytes());
    out.extend((8000 * u32::from(align)).to_le_bytes());
    for word in [align, bits] {
        out.extend(word.to_le_bytes());
    }
    out.extend(b"LIST\x03\0\0\0abc\0data");
    out.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
    out.extend(data);
    out
}

fn data_size_at(bytes: &[u8]) -> usize {
    bytes.windows(4).position(|w| w == b"data").unwrap() + 4
}

#[test]
fn stereo_16_bit() {
    let data: Vec<u8> = (0..5000i16).flat_map(|i| [i.to_le_bytes(), (-i).to_le_bytes()].concat()).collect();
    let bytes = wav(1, 2, 16, &data);
    let planes = read_whole("a.wav", &bytes, &OpenOptions::default());
    assert_eq!(planes.len(), 2);
    assert!((0..5000).all(|i| planes[0][i] == i as f64 / 32768.0 && planes[1][i] == -(i as f64) / 32768.0));
    let counts = read_whole("a.wav", &bytes, &OpenOptions { counts: true, ..Default::default() });
    assert_eq!(counts[1][4999], -4999.0);
    let reader = open_one("a.wav", &bytes, &OpenOptions::default());
    let info = reader.info();
    assert_eq!((info.sample_rate, info.frames, info.precision), (Some(8000.0), Some(5000), Precision::F32));
    assert!(serde_json::to_string(info).unwrap().contains("\"format\":\"wav\""));
}

#[test]
fn other_widths() {
    let one = |bytes: &[u8]| read_whole("x", bytes, &OpenOptions::default())[0].clone();
    assert_eq!(one(&wav(1, 1, 8, &[0, 128, 255])), [-1.0, 0.0, 127.0 / 128.0]);
    assert_eq!(one(&wav(1, 1, 24, &[0, 0, 0x80, 0, 0, 0x40])), [-1.0, 0.5]);
    assert_eq!(one(&wav(1, 1, 32, &[0, 0, 0, 0x80])), [-1.0]);
    assert_eq!(one(&wav(3, 1, 64, &0.1f64.to_le_bytes())), [0.1]);
    let floats = one(&wav(3, 1, 32, &[1.5f32.to_le_bytes(), f32::NAN.to_le_bytes()].concat()));
    assert!(floats[0] == 1.5 && floats[1].is_nan());
}

#[test]
fn extensible_and_rf64() {
    let mut bytes = b"RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0".to_vec();
    bytes.extend(100u64.to_le_bytes());
    bytes.extend(4u64.to_le_bytes());
    bytes.extend([0; 12]);
    bytes.extend(
        b"fmt \x28\0\0\0\xfe\xff\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0\x16\0\x10\0\0\0\0\0\x01\0",
    );
    bytes.extend([0; 14]);
    bytes.extend(b"data\xff\xff\xff\xff\x00\x40\x00\xc0LIST\0\0\0\0");
    assert_eq!(read_whole("a", &bytes, &OpenOptions::default()), [[0.5, -0.5]]);
    every_prefix("a.wav", &bytes, &OpenOptions::default());
}

#[test]
fn big_endian_riff() {
    let bytes = b"RIFX\0\0\0\0WAVEfmt \0\0\0\x10\0\x01\0\x01\0\0\x1f\x40\0\0\x3e\x80\0\x02\0\x10data\0\0\0\x02\x40\x00";
    assert_eq!(read_whole("a", bytes, &OpenOptions::default()), [[0.5]]);
}

#[test]
fn streams_without_a_size() {
    for size in [0u32, u32::MAX] {
        let mut bytes = wav(1, 1, 16, &[0, 0x40, 0, 0xc0]);
        let at = data_size_at(&bytes);
        bytes[at..at + 4].copy_from_slice(&size.to_le_bytes());
        assert_eq!(read_whole("a", &bytes, &OpenOptions::default()), [[0.5, -0.5]]);
    }
    let empty = wav(1, 1, 16, &[]);
    assert_eq!(open_one("a", &empty, &OpenOptions::default()).info().frames, Some(0));
}

#[test]
fn cut_in_the_samples() {
    let bytes = wav(1, 1, 16, &[1; 2000]);
    let mut reader = open_one("cut.wav", &bytes[..bytes.len() - 501], &OpenOptions::default());
    assert_eq!(reader.info().frames, Some(749));
    assert!(reader.info().notes[0].contains("promises 1000 frames"));
    let all = read_all(&mut reader, 100);
    assert_eq!(all.planes[0].len(), 749);
    let error = all.error.unwrap();
    assert!(matches!(error, Error::Truncated { .. }));
    let text = error.to_string();
    assert!(
        text.starts_with("cut.wav: byte ") && text.contains("1000 frames") && text.contains("has 749"),
        "{text}"
    );
}

#[test]
fn headers_that_lie() {
    let good = wav(1, 2, 16, &[0; 64]);
    every_prefix("a.wav", &good, &OpenOptions::default());
    let with = |at: usize, new: &[u8]| {
        let mut bytes = good.clone();
        bytes[at..at + new.len()].copy_from_slice(new);
        open_bytes("a.wav", &bytes, &OpenOptions::default()).map(|_| ()).map_err(|e| e.to_string())
    };
    assert!(with(22, &[0, 0]).unwrap_err().contains("0 channels"));
    assert!(with(22, &[3, 0]).unwrap_err().contains("byte 20"));
    assert!(with(16, &[4, 0, 0, 0]).unwrap_err().contains("format chunk of 4 bytes"));
    assert!(with(40, &[0xff; 4]).unwrap_err().contains("'LIST'"));
    assert!(with(34, &[12, 0]).is_ok(), "12 bits in a 16 bit container");
    assert!(open_bytes("a.wav", &[], &OpenOptions::default()).is_err());
    assert!(open_bytes("a.wav", b"RIFF1234WAVXfmt ", &OpenOptions::default()).is_err());
}
