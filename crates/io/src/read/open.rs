//! Opens files of all formats.

use super::format::{self, Format};
use super::reader::SignalReader;
use super::source::Source;
use super::{OpenOptions, compressed, csv, iq, unread};
use crate::{Error, Place, Result};
use std::path::Path;

/// Largest number of signals of a file that [`open`] returns.
const MAX_SIGNALS: usize = 1 << 16;

/// Opens a file, or standard input for `-`.
///
/// Returns one reader per group of channels of equal rate: usually one; an EDF may have several rates, an NPZ several
/// arrays, a SigMF recording several centre frequencies, a columnar table a signal per row or group.
///
/// # Errors
/// The file cannot be opened, its header violates its format, it is empty, an option does not apply to it, or it has
/// more than 65,536 signals. The message names the file and the position.
pub fn open(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Vec<Box<dyn SignalReader>>> {
    open_source(Source::open(path.as_ref())?, options)
}

/// Opens a file as [`open`] does, but returns only the first of many similar signals (rows or groups of a table):
/// [`SignalReader::following`] leads to the others, one at a time, whatever their number.
///
/// # Errors
/// Those of [`open`], except for the number of signals.
pub fn open_leading(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Vec<Box<dyn SignalReader>>> {
    leading(Source::open(path.as_ref())?, options)
}

/// Opens a stream or bytes in memory, as [`open`] does. The name of the source gives the extension.
///
/// # Errors
/// Those of [`open`].
pub fn open_source(source: Source, options: &OpenOptions) -> Result<Vec<Box<dyn SignalReader>>> {
    let mut all = Vec::new();
    for mut reader in leading(source, options)? {
        while let Some(next) = reader.following()? {
            all.push(std::mem::replace(&mut reader, next));
            if all.len() == MAX_SIGNALS {
                let reason = format!(
                    "the table has more than {MAX_SIGNALS} signals (rows or groups), which are too many to open at once"
                );
                return Err(Error::unsupported(&reader.info().path, Place::File, reason));
            }
        }
        all.push(reader);
    }
    Ok(all)
}

fn leading(source: Source, options: &OpenOptions) -> Result<Vec<Box<dyn SignalReader>>> {
    let readers = open_format(source, options)?;
    if options.iq { readers.into_iter().map(iq::paired).collect() } else { Ok(readers) }
}

fn open_format(mut source: Source, options: &OpenOptions) -> Result<Vec<Box<dyn SignalReader>>> {
    let name = source.name().to_owned();
    if options.raw.is_some() {
        // Raw samples may begin with any bytes, so the name decides whether they are compressed.
        let source = if compressed::is_named(&name) { compressed::unpacked(source)? } else { source };
        return Format::Raw.open(source, options);
    }
    source = compressed::unpacked(source)?;
    let head = head(&mut source)?;
    if head.is_empty() {
        return Err(Error::malformed(&name, Place::File, "the file is empty"));
    }
    let found = match options.format {
        Some(format) => format,
        None => detect(head, &name)?,
    };
    if options.csv.by.is_some() && !found.has_groups() {
        let reason =
            format!("groups are columns of Parquet and Arrow tables, and {} is {found}", name.display());
        return Err(Error::argument("by", reason));
    }
    found.open(source, options)
}

/// Returns the first bytes, enough to distinguish the formats. A line of text suffices, because more may arrive
/// slowly.
fn head(source: &mut Source) -> Result<&[u8]> {
    loop {
        let head = source.peeked();
        let line =
            head.contains(&b'\n') && csv::is_text(head) && head.trim_ascii_start().first() != Some(&b'{');
        if line || head.len() >= format::PEEK || !source.peek_more(format::PEEK)? {
            break;
        }
    }
    let head = source.peeked();
    Ok(&head[..head.len().min(format::PEEK)])
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
