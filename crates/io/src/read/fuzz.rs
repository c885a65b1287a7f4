//! One entry for fuzzers and for the replay of their corpora: any bytes, one format, read to the end.

use super::{Chunk, CsvOptions, Format, OpenOptions, RawFormat, SampleKind, SampleType, Source};
use super::{SignalReader, open_sigmf, open_source};
use crate::Result;

/// The formats, by the names of the fuzz targets.
pub const TARGETS: [&str; 11] =
    ["wav", "aiff", "flac", "mp3", "ogg", "npy", "npz", "csv", "raw", "edf", "sigmf"];

/// Reads at most; what comes after is more of the same.
const BLOCKS: usize = 256;
const BLOCK: usize = 4096;

/// Opens `bytes` as the format of a target and reads them. Errors are fine, panics and large allocations are not.
///
/// The first bytes of `raw` choose the sample format and the channels; `sigmf` is a description, a zero byte,
/// and the samples, or an archive of both.
pub fn drive(target: &str, bytes: &[u8]) {
    let plain = OpenOptions::default();
    match target {
        "raw" => raw(bytes),
        "sigmf" => sigmf(bytes),
        "csv" => {
            let csv = CsvOptions { time: Some("1".into()), ..Default::default() };
            one(Format::Csv, bytes, &plain);
            one(Format::Csv, bytes, &OpenOptions { csv, ..Default::default() });
        }
        "npy" => {
            one(Format::Npy, bytes, &plain);
            one(Format::Npy, bytes, &OpenOptions { axis: Some(0), ..Default::default() });
            stream(Format::Npy, bytes);
        }
        name => {
            if let Ok(format) = name.parse() {
                one(format, bytes, &plain);
                stream(format, bytes);
            }
        }
    }
}

fn one(format: Format, bytes: &[u8], options: &OpenOptions) {
    let options = OpenOptions { format: Some(format), ..options.clone() };
    exhaust(open_source(Source::from_bytes("fuzz", bytes), &options));
}

/// The same bytes without seeking.
fn stream(format: Format, bytes: &[u8]) {
    let options = OpenOptions { format: Some(format), ..Default::default() };
    exhaust(open_source(Source::from_read("fuzz", std::io::Cursor::new(bytes.to_vec())), &options));
}

fn raw(bytes: &[u8]) {
    const KINDS: [SampleKind; 10] = [
        SampleKind::U8,
        SampleKind::S8,
        SampleKind::U16,
        SampleKind::S16,
        SampleKind::U24,
        SampleKind::S24,
        SampleKind::U32,
        SampleKind::S32,
        SampleKind::F32,
        SampleKind::F64,
    ];
    let [choice, channels, samples @ ..] = bytes else { return };
    let sample =
        SampleType { kind: KINDS[usize::from(choice & 15) % KINDS.len()], big_endian: choice & 16 != 0 };
    let options = OpenOptions {
        raw: Some(RawFormat { sample, complex: choice & 32 != 0 }),
        channels: Some(usize::from(*channels)),
        counts: choice & 64 != 0,
        ..Default::default()
    };
    exhaust(open_source(Source::from_bytes("fuzz", samples), &options));
}

fn sigmf(bytes: &[u8]) {
    if bytes.get(257..262) == Some(b"ustar") {
        one(Format::SigMf, bytes, &OpenOptions::default());
        return stream(Format::SigMf, bytes);
    }
    let split = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    let (meta, data) = bytes.split_at(split);
    let data = data.get(1..).unwrap_or_default();
    let (meta, data) = (Source::from_bytes("fuzz.sigmf-meta", meta), Source::from_bytes("fuzz", data));
    exhaust(open_sigmf(meta, data, &OpenOptions::default()));
}

fn exhaust(readers: Result<Vec<Box<dyn SignalReader>>>) {
    let Ok(readers) = readers else { return };
    for (index, mut reader) in readers.into_iter().enumerate() {
        let info = reader.info();
        let count = info.planes();
        let (mut narrow, mut wide) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        for block in 0..BLOCKS {
            let chunk = if (index + block) % 2 == 0 {
                reader.read_f32(&mut narrow, BLOCK)
            } else {
                reader.read_f64(&mut wide, BLOCK)
            };
            match chunk {
                Ok(Chunk::Data(frames)) => assert!((1..=BLOCK).contains(&frames)),
                Ok(Chunk::Gap) => {}
                Ok(Chunk::End) | Err(_) => break,
            }
        }
    }
}
