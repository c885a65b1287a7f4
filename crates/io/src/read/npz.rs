//! NPZ: a ZIP archive of arrays, each of which is a signal.
//!
//! Opening reads only the headers of the arrays. An array is unpacked when its samples are read, through a temporary
//! file if its channels are stored one after the other. The archive is opened once.

use super::format::{Certainty, Descriptor, Readers};
use super::npy::{self, NpyReader};
use super::reader::{BlockReader, Chunk, Guarded, SignalReader};
use super::sample::Target;
use super::source::Source;
use super::{Format, OpenOptions, SignalInfo, fuzz};
use crate::{Error, Place, Result};
use flate2::{Crc, read::DeflateDecoder};
use std::io::{self, ErrorKind, Read};
use std::path::PathBuf;
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
    open,
    fuzz: fuzz::plain,
};

/// Largest number of entries of an archive that are inspected.
const MAX_ARRAYS: usize = 1 << 16;
/// Largest number of channels of all arrays together.
const MAX_CHANNELS: usize = 1 << 20;

fn open(source: Source, options: &OpenOptions) -> Result<Readers> {
    let source = source.into_seekable(u64::MAX)?;
    let bad = |error: ZipError| match error {
        ZipError::Io(error) => source.io_error(error),
        ZipError::UnsupportedArchive(what) => Error::unsupported(source.name(), Place::File, what),
        other => Error::malformed(source.name(), Place::File, format!("not a complete ZIP archive: {other}")),
    };
    let fork = || source.fork().ok_or_else(|| source.io_error(io::Error::from(ErrorKind::NotSeekable)));
    let mut archive = ZipArchive::new(fork()?).map_err(bad)?;
    if archive.len() > MAX_ARRAYS {
        let reason = format!("an archive of {} entries; at most {MAX_ARRAYS} are supported", archive.len());
        return Err(Error::unsupported(source.name(), Place::File, reason));
    }
    let mut readers: Vec<LazyArray> = Vec::new();
    let mut left_out = Vec::new();
    let mut channels = 0;
    for index in 0..archive.len() {
        let entry = Entry::find(&mut archive, index).map_err(bad)?;
        let Some(array) = entry.name.strip_suffix(".npy") else {
            left_out.push((entry.name, None));
            continue;
        };
        let mut info = SignalInfo::new(source.name(), Format::Npz);
        info.part = Some(array.to_owned());
        // Only the header is read here; the decoder is dropped with it.
        let described = entry.source(&source).and_then(|inner| npy::describe(inner, &mut info, options));
        match described {
            Ok(()) => {
                for channel in &mut info.channels {
                    channel.number += channels;
                }
                channels += info.channels.len();
                if channels > MAX_CHANNELS {
                    let reason = format!("arrays of more than {MAX_CHANNELS} channels");
                    return Err(Error::unsupported(source.name(), Place::File, reason));
                }
                let options = options.clone();
                readers.push(LazyArray { info, archive: fork()?, entry, options, reader: None });
            }
            // Scalars and strings besides the signals are common: a rate, labels.
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

/// An array that is opened when its first sample is read.
struct LazyArray {
    info: SignalInfo,
    archive: Source,
    entry: Entry,
    options: OpenOptions,
    reader: Option<NpyReader>,
}

impl BlockReader for LazyArray {
    fn info(&self) -> &SignalInfo {
        &self.info
    }

    fn read_block<T: Target>(&mut self, planes: &mut [Vec<T>], max_frames: usize) -> Result<Chunk> {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            None => {
                let inner = self.entry.source(&self.archive)?;
                let mut info = SignalInfo::new(self.archive.name(), Format::Npz);
                info.part.clone_from(&self.info.part);
                self.reader.insert(npy::open_array(inner, info, &self.options)?)
            }
        };
        let chunk = reader.read_block(planes, max_frames);
        if matches!(chunk, Ok(Chunk::End) | Err(_)) {
            // Its resources, such as a temporary file, are no longer needed.
            self.reader = None;
        }
        chunk
    }
}

/// Position of an entry.
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
        let name = PathBuf::from(format!("{}:{}", archive.name().display(), self.name));
        let refuse = |what: &str| Err(Error::unsupported(&name, Place::Byte(self.start), what));
        if self.encrypted {
            return refuse("the entry is encrypted");
        }
        let Some(part) = archive.part(name.clone(), self.start, self.stored) else {
            return refuse("the archive is not seekable");
        };
        let inner: Box<dyn Read + Send> = match self.method {
            CompressionMethod::Stored => Box::new(part),
            CompressionMethod::Deflated => Box::new(DeflateDecoder::new(part)),
            other => {
                return refuse(&format!(
                    "compression {other} is not supported; supported are stored and deflated entries"
                ));
            }
        };
        let checked = Checked { inner, crc: Crc::new(), expected: self.crc, left: self.size };
        let mut source = Source::from_read(&name, checked);
        source.expect_len(self.size);
        Ok(source)
    }
}

/// Reads up to the size of the entry and verifies the checksum at its end.
struct Checked {
    inner: Box<dyn Read + Send>,
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
            return Err(io::Error::new(
                ErrorKind::InvalidData,
                "the checksum of the entry does not match its data",
            ));
        }
        Ok(got)
    }
}
