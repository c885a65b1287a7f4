//! One door to all formats.

use super::reader::SignalReader;
use super::source::Source;
use super::{Format, OpenOptions, aiff, audio, csv, edf, format, npy, npz, raw, sigmf, wav};
use crate::{Error, Place, Result};
use std::path::Path;

/// Opens a file, or standard input for `-`.
///
/// Gives one reader for each group of channels of equal rate: usually one; an EDF may have several rates,
/// an NPZ has several arrays, a SigMF recording several centre frequencies.
///
/// # Errors
/// The file cannot be opened, its header breaks the rules of its format, it is empty, or an option does
/// not fit it. The message names the file and the place.
pub fn open(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Vec<Box<dyn SignalReader>>> {
    open_source(Source::open(path.as_ref())?, options)
}

/// [`open`] for a stream or for bytes in memory. The source's name gives the extension.
///
/// # Errors
/// As [`open`].
pub fn open_source(mut source: Source, options: &OpenOptions) -> Result<Vec<Box<dyn SignalReader>>> {
    if let Some(raw) = options.raw {
        return Ok(vec![raw::open(source, raw, options)?]);
    }
    let name = source.name().to_owned();
    let head = source.peek(format::PEEK)?;
    if head.is_empty() {
        return Err(Error::malformed(&name, Place::File, "the file is empty"));
    }
    let Some(found) = options.format.or_else(|| Format::detect(head, &name)) else {
        let known: Vec<_> = Format::all().map(|f| f.to_string()).collect();
        let reason = format!(
            "neither the content nor the extension is of a known format ({}); a headerless file needs its sample format (--raw)",
            known.join(", ")
        );
        return Err(Error::unsupported(&name, Place::File, reason));
    };
    match found {
        Format::Raw => {
            Err(Error::argument("raw", "a headerless file needs its sample format, such as s16le"))
        }
        Format::Wav => Ok(vec![wav::open(source, options)?]),
        Format::Aiff => Ok(vec![aiff::open(source, options)?]),
        Format::Flac | Format::Mp3 | Format::Ogg => Ok(vec![audio::open(source, found, options)?]),
        Format::Csv => Ok(vec![csv::open(source, options)?]),
        Format::Edf | Format::Bdf => edf::open(source, options),
        Format::Npy => Ok(vec![npy::open(source, options)?]),
        Format::Npz => npz::open(source, options),
        Format::SigMf => sigmf::open(source, options),
    }
}
