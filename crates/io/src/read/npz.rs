//! NPZ: a ZIP archive of arrays, each of which is a signal.

use super::format::{Certainty, Descriptor, Readers};
use super::reader::{Guarded, SignalReader};
use super::source::Source;
use super::{Format, OpenOptions, SignalInfo, fuzz, npy};
use crate::{Error, Place, Result};
use flate2::{Crc, read::DeflateDecoder};
use std::io::{self, ErrorKind, Read};
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

/// The format's entry.
pub(super) static FORMAT: Descriptor = Descriptor {
    name: "npz",
    aliases: &[],
    title: "NPZ",
    extensions: &["npz"],
    named_extensions: &[],
    detect: |head| Certainty::signature(head.has(0, b"PK\x03\x04") || head.has(0, b"PK\x05\x06")),
    open: open,
    fuzz: fuzz::plain,
};

/// Entries of an archive that are looked at.
const MAX_ARRAYS: usize = 4096;

fn open(source: Source, options: &OpenOptions) -> Result<Readers> {
    let source = source.into_seekable(u64::MAX)?;
    let bad = |error: ZipError| match error {
        ZipError::Io(error) => source.io_error(error),
        ZipError::UnsupportedArchive(what) => Error::unsupported(source.name(), Place::File, what),
        other => Error::malformed(source.name(), Place::File, format!("not a whole ZIP archive: {other}")),
    };
    let fork = || source.fork().ok_or_else(|| source.io_error(io::Error::from(ErrorKind::NotSeekable)));
    let mut archive = ZipArchive::new(fork()?).map_err(bad)?;
    if archive.len() > MAX_ARRAYS {
        let reason = format!("an archive of {} entries, {MAX_ARRAYS} are read at most", archive.len());
        return Err(Error::unsupported(source.name(), Place::File, reason));
    }
    let mut readers = Vec::new();
    let mut left_out = Vec::new();
    for index in 0..archive.len() {
        let entry = Entry::find(&mut archive, index).map_err(bad)?;
        let Some(array) = entry.name.strip_suffix(".npy") else {
            left_out.push((entry.name, None));
            continue;
        };
        let mut info = SignalInfo::new(source.name(), Format::Npz);
        info.part = Some(array.to_owned());
        match entry.source(&source).and_then(|inner| npy::open_array(inner, info, options)) {
            Ok(reader) => readers.push(reader),
            // Scalars and strings beside the signals are usual: a rate, labels.
            Err(error @ Error::Unsupported { .. }) => left_out.push((entry.name, Some(error))),
            Err(error) => return Err(error),
        }
    }
    if readers.is_empty() {
        return Err(left_out.into_iter().find_map(|(_, error)| error).unwrap_or_else(|| {
            Error::unsupported(source.name(), Place::File, "the archive has no .npy arrays")
        }));
    }
    if let Some(first) = readers.first_mut() {
        for (name, error) in left_out {
            let why = error.map_or_else(|| "not an array".into(), |error| error.to_string());
            first.info.notes.push(format!("{name} left out: {why}"));
        }
    }
    Ok(readers.into_iter().map(|reader| Box::new(Guarded::new(reader)) as Box<dyn SignalReader>).collect())
}

/// Where an entry lies.
struct Entry {
    name: String,
    start: u64,
    stored: u64,
    size: u64,
    crc: u32,
    method: CompressionMethod,
    encrypted: bool,
}

impl Entry {
    fn find(archive: &mut ZipArchive<Source>, index: usize) -> std::result::Result<Self, ZipError> {
        let entry = archive.by_index_raw(index)?;
        Ok(Self {
            name: entry.name()?.into_owned(),
            start: entry.data_start().ok_or(ZipError::InvalidArchive("an entry without data".into()))?,
            stored: entry.compressed_size(),
            size: entry.size(),
            crc: entry.crc32(),
            method: entry.compression(),
            encrypted: entry.encrypted(),
        })
    }

    fn source(&self, archive: &Source) -> Result<Source> {
        let name = format!("{}:{}", archive.name().display(), self.name);
        let refuse = |what: &str| Err(Error::unsupported(name.as_ref(), Place::Byte(self.start), what));
        if self.encrypted {
            return refuse("the entry is encrypted");
        }
        let Some(part) = archive.part(name.clone().into(), self.start, self.stored) else {
            return refuse("the archive cannot be sought");
        };
        match self.method {
            CompressionMethod::Stored => Ok(part),
            CompressionMethod::Deflated => {
                let checked = Checked {
                    inner: DeflateDecoder::new(part),
                    crc: Crc::new(),
                    expected: self.crc,
                    left: self.size,
                };
                Ok(Source::from_read(name, checked))
            }
            other => refuse(&format!("compression {other} is not read, stored and deflated entries are")),
        }
    }
}

/// Stops at the entry's size and compares the checksum there.
struct Checked {
    inner: DeflateDecoder<Source>,
    crc: Crc,
    expected: u32,
    left: u64,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let want = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let got = self.inner.read(&mut buffer[..want])?;
        self.crc.update(&buffer[..got]);
        self.left -= got as u64;
        if got > 0 && self.left == 0 && self.crc.sum() != self.expected {
            return Err(io::Error::new(ErrorKind::InvalidData, "the entry's checksum does not fit its data"));
        }
        Ok(got)
    }
}
