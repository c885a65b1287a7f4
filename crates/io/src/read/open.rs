//! One door to all formats.

use super::format::{self, Format};
use super::reader::SignalReader;
use super::source::Source;
use super::{OpenOptions, unread};
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
    if options.raw.is_some() {
        return Format::Raw.open(source, options);
    }
    let name = source.name().to_owned();
    let head = source.peek(format::PEEK)?;
    if head.is_empty() {
        return Err(Error::malformed(&name, Place::File, "the file is empty"));
    }
    let found = match options.format {
        Some(format) => format,
        None => detect(head, &name)?,
    };
    found.open(source, options)
}

fn detect(head: &[u8], name: &Path) -> Result<Format> {
    let refuse = |reason: String| Err(Error::unsupported(name, Place::File, reason));
    if let Some(hint) = unread::by_content(head) {
        return refuse(hint);
    }
    if let Some(format) = Format::detect(head, name) {
        return Ok(format);
    }
    refuse(unread::by_name(name).unwrap_or_else(|| {
        let known = format::names();
        format!(
            "neither the content nor the extension is of a known format ({known}); a headerless file needs its sample format (--raw)"
        )
    }))
}
