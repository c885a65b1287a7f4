//! WFDB (PhysioNet): a header (`.hea`) that describes signals in one or several files beside it.
//!
//! The formats and the text of the header are those of the WFDB applications guide, header(5) and signal(5). Samples
//! are physical values, (digital − baseline) / gain; the value that a format reserves for missing samples becomes
//! NaN. Signals with several samples per frame form a separate reader at their rate. A record of several segments is
//! one recording: its null segments are pauses, and signals that are absent from a segment are NaN in it. The reference
//! annotations (`.atr`) are read if they are beside the header.

mod annotations;
mod header;
mod reader;
mod samples;
mod segments;

use super::format::{Certainty, Descriptor, Readers};
use super::reader::Guarded;
use super::source::{Beside, Source};
use super::{ChannelInfo, Format, OpenOptions, Precision, SignalInfo, fuzz};
use crate::{Error, Place, Result};
use annotations::AnnotationFile;
use header::Header;
use reader::{File, WfdbReader};
use samples::Samples;
use std::path::Path;

/// The format's entry.
pub(super) static FORMAT: Descriptor = Descriptor {
    name: "wfdb",
    aliases: &["physionet"],
    title: "WFDB",
    extensions: &["hea"],
    named_extensions: &[],
    detect: |head| match head.extension {
        "hea" => Certainty::Name,
        // The samples have no signature; the header file decides.
        "dat" if head.path.with_extension("hea").is_file() => Certainty::Name,
        _ => Certainty::No,
    },
    open,
    fuzz: |_, bytes| {
        annotations::parse(bytes, 360.0);
        let _ = segments::parse(Path::new("a.hea"), bytes);
        fuzz::halves(bytes, open_wfdb)
    },
};

/// Largest size of a header.
const MAX_HEADER: u64 = 4 << 20;

fn open(mut source: Source, options: &OpenOptions) -> Result<Readers> {
    let path = source.name().to_owned();
    if path.as_os_str() == "-" {
        let reason = "the header refers to other files, which standard input cannot provide: name the file";
        return Err(Error::unsupported(&path, Place::File, reason));
    }
    if !path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("hea")) {
        source = source.sibling(&path.with_extension("hea"))?;
    }
    let description = source.name().to_owned();
    let text = source.text(MAX_HEADER)?;
    let beside_it = source.beside();
    match segments::parse(&description, &text)? {
        Some(record) => segments::open(&description, &record, &beside_it, options),
        None => single(&description, &header::parse(&description, &text)?, &beside_it, options),
    }
}

/// Returns the readers of a record of one segment.
fn single(path: &Path, header: &Header, files: &Beside, options: &OpenOptions) -> Result<Readers> {
    let annotations = AnnotationFile::of(path, header.rate, Some(files));
    readers(path, header, options, &annotations, &mut |file| files.open(&beside(path, file)?))
}

/// Returns the samples per frame of the signals, largest first; each rate has a reader of its own.
fn rates(path: &Path, header: &Header, options: &OpenOptions) -> Result<Vec<u64>> {
    let mut rates: Vec<u64> = header.signals.iter().map(|signal| signal.per_frame).collect();
    rates.sort_unstable();
    rates.dedup();
    rates.reverse();
    if rates.len() > 1 && options.rate.is_some() {
        let reason = format!(
            "{} has signals of {} rates, so one rate cannot replace all",
            path.display(),
            rates.len()
        );
        return Err(Error::argument("rate", reason));
    }
    Ok(rates)
}

/// Returns a description and the bytes of its (only) file of samples.
pub(super) fn open_wfdb(meta: Source, data: Source, options: &OpenOptions) -> Result<Readers> {
    let (mut meta, mut data) = (meta, Some(data));
    let name = meta.name().to_owned();
    let header = header::parse(&name, &meta.text(MAX_HEADER)?)?;
    let annotations = AnnotationFile::of(&name, header.rate, None);
    readers(&name, &header, options, &annotations, &mut |_| {
        data.take().ok_or_else(|| Error::unsupported(&name, Place::File, "more than one file of samples"))
    })
}

/// Returns a file of the same directory; paths to other directories are rejected.
fn beside(description: &Path, file: &str) -> Result<std::path::PathBuf> {
    let name = Path::new(file);
    if file == "-" || file == "~" || name.file_name() != Some(name.as_os_str()) {
        let reason = format!("the file of samples '{file}' is not one of the same directory");
        return Err(Error::unsupported(description, Place::File, reason));
    }
    Ok(description.with_file_name(name))
}

fn readers(
    path: &Path,
    header: &Header,
    options: &OpenOptions,
    annotations: &AnnotationFile,
    open: &mut dyn FnMut(&str) -> Result<Source>,
) -> Result<Readers> {
    // Signals of one file are adjacent.
    let mut files: Vec<(Source, usize, usize)> = Vec::new();
    for (index, signal) in header.signals.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| &header.signals[before]);
        match files.last_mut() {
            Some((_, _, count)) if before.is_some_and(|before| before.file == signal.file) => *count += 1,
            _ => files.push((open(&signal.file)?.into_seekable(u64::MAX)?, index, 1)),
        }
    }
    let mut notes = Vec::new();
    let mut there = u64::MAX;
    for (source, first, count) in &files {
        let signals = &header.signals[*first..*first + *count];
        let per_frame: u64 = signals.iter().map(|s| s.per_frame).sum();
        let kind = &signals[0];
        if signals.iter().any(|s| s.format != kind.format || s.offset != kind.offset) {
            let reason = format!("the signals of {} have different formats", kind.file);
            return Err(Error::malformed(path, Place::File, reason));
        }
        let bytes = source.len().unwrap_or(0).saturating_sub(kind.offset);
        there = there.min(kind.format.samples_in(bytes) / per_frame);
    }
    let frames = match header.frames.filter(|_| !options.ignore_length) {
        Some(promised) if promised > there => {
            notes.push(format!("the header promises {promised} frames, the files have {there}"));
            promised
        }
        Some(promised) => {
            if there > promised + 1 {
                let more = there - promised;
                notes.push(format!(
                    "{more} frames follow the {promised} that the header counts and are not read; --ignore-length reads them"
                ));
            }
            promised
        }
        None => there,
    };
    for signal in header.signals.iter().filter(|signal| signal.skew != 0) {
        notes.push(format!(
            "signal '{}' has a skew of {} samples, which is not corrected",
            signal.name, signal.skew
        ));
    }
    let rates = rates(path, header, options)?;
    let mut all: Readers = Vec::new();
    for per_frame in &rates {
        let mut info = SignalInfo::new(path, Format::Wfdb);
        info.precision = Precision::F64;
        let rate = header.rate * *per_frame as f64;
        info.set_rate(Some(rate), options.rate)?;
        info.frames = Some(frames.min(there).saturating_mul(*per_frame));
        info.part = (rates.len() > 1).then(|| format!("{rate} Hz"));
        info.notes.clone_from(&notes);
        let wanted: Vec<usize> =
            (0..header.signals.len()).filter(|i| header.signals[*i].per_frame == *per_frame).collect();
        let channel = |i: &usize| {
            let signal = &header.signals[*i];
            ChannelInfo { number: i + 1, name: signal.name.clone(), unit: Some(signal.unit.clone()) }
        };
        info.channels = wanted.iter().map(channel).collect();
        let of_file = |(source, first, count): &(Source, usize, usize)| {
            let mut fork = source.fork()?;
            let kind = &header.signals[*first];
            fork.seek_to(kind.offset);
            Some(File { samples: Samples::new(fork, kind.format), first: *first, count: *count })
        };
        let own: Vec<File> = files
            .iter()
            .filter(|(_, first, count)| wanted.iter().any(|i| (*first..*first + *count).contains(i)))
            .filter_map(of_file)
            .collect();
        all.push(Box::new(Guarded::new(WfdbReader {
            info,
            signals: header.signals.clone(),
            wanted,
            files: own,
            per_frame: *per_frame,
            promised: frames,
            next: 0,
            rest: Vec::new(),
            digital: Vec::new(),
            annotations: annotations.clone(),
        })));
    }
    Ok(all)
}
