//! Entry point for fuzzers and for the replay of their corpora: reads arbitrary bytes as one format to the end.

use super::format::Readers;
use super::{Chunk, CsvOptions, Format, OpenOptions, RawFormat, SampleKind, SampleType, Source};
use super::{open_sigmf, open_source};
use crate::Result;

/// Returns the names of the fuzz targets: one per format, and those of options.
pub fn targets() -> Vec<String> {
    let more = [COMPRESSED, TABLE_OPTIONS].map(str::to_owned);
    Format::all().map(|format| format.to_string()).chain(more).collect()
}

/// Bytes of any format, detected and unpacked.
const COMPRESSED: &str = "any";
/// A table behind two bytes that choose how it is read.
const TABLE_OPTIONS: &str = "csv_options";

/// Largest number of blocks that are read.
const BLOCKS: usize = 256;
const BLOCK: usize = 4096;

/// Opens `bytes` as the format of a target and reads them. Errors are fine, panics and large allocations are not.
pub fn drive(target: &str, bytes: &[u8]) {
    match target {
        COMPRESSED => {
            exhaust(open_source(Source::from_bytes("fuzz", bytes), &OpenOptions::default()));
            let stream = Source::from_read("fuzz", std::io::Cursor::new(bytes.to_vec()));
            exhaust(open_source(stream, &OpenOptions { iq: true, rate: Some(1.0), ..Default::default() }));
        }
        TABLE_OPTIONS => table_options(bytes),
        name => {
            if let Ok(format) = name.parse::<Format>() {
                format.fuzz(bytes);
            }
        }
    }
}

/// The first two bytes choose the options.
fn table_options(bytes: &[u8]) {
    const FORMATS: [&str; 8] =
        ["dmy", "mdy", "%d/%m/%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f%z", "%I:%M %p", "%j %y", "%s", "%d. %B %Y"];
    const DELIMITERS: [u8; 8] = [b',', b';', b'\t', b' ', b'|', b':', b'"', b'#'];
    let [a, b, text @ ..] = bytes else { return };
    let some = |bit: u8| a >> bit & 1 == 1;
    let csv = CsvOptions {
        columns: if some(0) { vec!["2".into()] } else { Vec::new() },
        time: some(1).then(|| "1".into()),
        delimiter: some(2).then(|| DELIMITERS[usize::from(b & 7)]),
        header: some(3).then_some(b & 8 != 0),
        skip_rows: u64::from(b >> 4 & 3),
        comment: some(4).then(|| if b & 8 != 0 { "//".into() } else { String::new() }),
        decimal: some(5).then_some(if b & 16 != 0 { b',' } else { b'.' }),
        time_unit: some(6).then_some(1e-3),
        by: None,
        date_format: some(7).then(|| FORMATS[usize::from(b >> 5)].parse().ok()).flatten(),
    };
    let options = OpenOptions { csv, ..Default::default() };
    one(Format::Csv, text, &options);
    let stream = Source::from_read("fuzz", std::io::Cursor::new(text.to_vec()));
    exhaust(open_source(stream, &OpenOptions { format: Some(Format::Csv), ..options }));
}

/// From a file and from a stream.
pub(super) fn plain(format: Format, bytes: &[u8]) {
    one(format, bytes, &OpenOptions::default());
    stream(format, bytes);
}

/// With and without a column of times.
pub(super) fn table(bytes: &[u8]) {
    let csv = CsvOptions { time: Some("1".into()), ..Default::default() };
    one(Format::Csv, bytes, &OpenOptions::default());
    one(Format::Csv, bytes, &OpenOptions { csv, ..Default::default() });
}

/// Also with times and groups in the first column.
#[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
pub(super) fn columns(format: Format, bytes: &[u8]) {
    plain(format, bytes);
    let first = || Some("1".to_owned());
    for csv in [
        CsvOptions { time: first(), ..Default::default() },
        CsvOptions { by: first(), ..Default::default() },
        CsvOptions { by: first(), time: Some("2".into()), ..Default::default() },
    ] {
        one(format, bytes, &OpenOptions { csv, ..Default::default() });
    }
}

/// Also with the other axis as time.
pub(super) fn array(format: Format, bytes: &[u8]) {
    plain(format, bytes);
    one(format, bytes, &OpenOptions { axis: Some(0), ..Default::default() });
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

/// The first two bytes choose the sample format and the channels.
pub(super) fn raw(bytes: &[u8]) {
    const KINDS: [SampleKind; 12] = [
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
        SampleKind::ALaw,
        SampleKind::MuLaw,
    ];
    let [choice, channels, samples @ ..] = bytes else { return };
    let sample =
        SampleType { kind: KINDS[usize::from(choice & 15) % KINDS.len()], big_endian: choice & 16 != 0 };
    let options = OpenOptions {
        raw: Some(RawFormat { sample, complex: choice & 32 != 0 }),
        channels: Some(usize::from(*channels)),
        counts: choice & 64 != 0,
        iq: choice & 128 != 0,
        ..Default::default()
    };
    exhaust(open_source(Source::from_bytes("fuzz", samples), &options));
}

/// A description, a zero byte and the samples; or an archive of both.
pub(super) fn recording(bytes: &[u8]) {
    if bytes.get(257..262) == Some(b"ustar") {
        one(Format::SigMf, bytes, &OpenOptions::default());
        return stream(Format::SigMf, bytes);
    }
    halves(bytes, open_sigmf);
}

/// Returns a description, a zero byte and the samples.
pub(super) fn halves(bytes: &[u8], open: fn(Source, Source, &OpenOptions) -> Result<Readers>) {
    let split = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    let (meta, data) = bytes.split_at(split);
    let data = data.get(1..).unwrap_or_default();
    for options in [OpenOptions::default(), OpenOptions { ignore_length: true, ..Default::default() }] {
        let (meta, data) = (Source::from_bytes("fuzz.meta", meta), Source::from_bytes("fuzz", data));
        exhaust(open(meta, data, &options));
    }
}

fn exhaust(readers: Result<Readers>) {
    let Ok(readers) = readers else { return };
    for (index, mut reader) in readers.into_iter().enumerate() {
        let count = reader.info().planes();
        let _ = reader.annotations();
        let (mut narrow, mut wide) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        for block in 0..BLOCKS {
            let chunk = if (index + block) % 2 == 0 {
                reader.read_f32(&mut narrow, BLOCK)
            } else {
                reader.read_f64(&mut wide, BLOCK)
            };
            match chunk {
                Ok(Chunk::Data(frames)) => assert!((1..=BLOCK).contains(&frames)),
                Ok(Chunk::Gap { frames }) => assert!(!frames.is_nan()),
                Ok(Chunk::End) | Err(_) => break,
            }
        }
    }
}
