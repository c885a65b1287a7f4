//! BrainVision: a header (`.vhdr`) that describes binary samples (`.eeg`) and markers (`.vmrk`) beside it.
//!
//! Samples are physical values, digital × resolution. Markers are annotations; a marker `New Segment` after the first
//! sample is a gap, of unknown length unless its date and that of the previous one are known.

mod header;
mod markers;

use super::body::Body;
use super::format::{Certainty, Descriptor, Readers};
use super::npy::Planar;
use super::reader::{BlockReader, Chunk, Guarded};
use super::sample::{Scale, Target};
use super::source::Source;
use super::{Annotation, ChannelInfo, Format, OpenOptions, Precision, SignalInfo, fuzz};
use crate::{Error, Place, Result};
use header::Header;
use markers::Marker;
use std::path::{Path, PathBuf};

/// The format's entry.
pub(super) static FORMAT: Descriptor = Descriptor {
    name: "brainvision",
    aliases: &["vhdr"],
    title: "BrainVision",
    extensions: &["vhdr"],
    named_extensions: &[],
    detect: |head| match head.extension {
        "vhdr" => Certainty::Name,
        // The samples have no signature; the header file decides.
        "eeg" | "vmrk" if head.path.with_extension("vhdr").is_file() => Certainty::Name,
        _ => Certainty::signature(header::is_header(head.bytes)),
    },
    open,
    fuzz: |_, bytes| fuzz::halves(bytes, open_brainvision),
};

/// Largest size of a header or a list of markers.
const MAX_TEXT: u64 = 64 << 20;

fn open(mut source: Source, options: &OpenOptions) -> Result<Readers> {
    let path = source.name().to_owned();
    if path.as_os_str() == "-" {
        let reason = "the header refers to other files, which standard input cannot provide: name the file";
        return Err(Error::unsupported(&path, Place::File, reason));
    }
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("eeg") || e.eq_ignore_ascii_case("vmrk")) {
        source = source.sibling(&path.with_extension("vhdr"))?;
    }
    let description = source.name().to_owned();
    let header = header::parse(&description, &source.text(MAX_TEXT)?)?;
    let data = source.sibling(&beside(&description, &header.data_file)?)?;
    let mut notes = Vec::new();
    let mut found = Vec::new();
    if let Some(name) = &header.marker_file {
        match source.sibling(&beside(&description, name)?) {
            Ok(mut source) => found = markers::parse(&source.text(MAX_TEXT)?),
            Err(error) => notes.push(format!("the markers cannot be read: {error}")),
        }
    }
    reader(&description, &header, data, found, notes, options)
}

/// Returns a description and its samples, without markers.
pub(super) fn open_brainvision(meta: Source, data: Source, options: &OpenOptions) -> Result<Readers> {
    let mut meta = meta;
    let name = meta.name().to_owned();
    let header = header::parse(&name, &meta.text(MAX_TEXT)?)?;
    reader(&name, &header, data, Vec::new(), Vec::new(), options)
}

/// Returns the path of a file in the same directory; paths to other directories are rejected. `$b` is the name of the
/// header.
fn beside(description: &Path, file: &str) -> Result<PathBuf> {
    let stem = description.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let file = file.replace("$b", &stem);
    let name = Path::new(&file);
    if name.file_name() != Some(name.as_os_str()) {
        let reason = format!("'{file}' is not a file of the same directory");
        return Err(Error::unsupported(description, Place::File, reason));
    }
    Ok(description.with_file_name(name))
}

fn reader(
    path: &Path,
    header: &Header,
    data: Source,
    markers: Vec<Marker>,
    notes: Vec<String>,
    options: &OpenOptions,
) -> Result<Readers> {
    let mut info = SignalInfo::new(path, Format::BrainVision);
    info.precision = Precision::F64;
    info.set_rate(Some(header.rate), options.rate)?;
    info.notes.extend(notes);
    info.channels = header
        .channels
        .iter()
        .enumerate()
        .map(|(i, channel)| ChannelInfo {
            number: i + 1,
            name: channel.name.clone(),
            unit: Some(channel.unit.clone()).filter(|unit| !unit.is_empty()),
        })
        .collect();
    let count = header.channels.len();
    let frame = (count * header.sample.kind.bytes()) as u64;
    let data = if header.planar { data.into_seekable(u64::MAX)? } else { data };
    let there = data.left().map(|left| left / frame);
    let promised = header.points.filter(|_| !options.ignore_length && !header.planar);
    match (promised, there) {
        (Some(promised), Some(there)) if there < promised => {
            info.notes.push(format!("the header promises {promised} frames, the file has {there}"));
        }
        (Some(promised), Some(there)) if there > promised => {
            info.notes.push(format!(
                "{} bytes follow the {promised} frames that the header counts and are not read; --ignore-length reads them",
                data.left().unwrap_or(0) - promised * frame
            ));
        }
        _ => {}
    }
    let frames = match (promised, there) {
        (Some(promised), Some(there)) => Some(promised.min(there)),
        (promised, there) => promised.or(there),
    };
    info.frames = frames;
    let gaps = markers::gaps(&markers, header.rate, frames.unwrap_or(u64::MAX));
    info.set_times(0.0, &gaps);
    let annotations = markers::annotations(&markers, header.rate, &gaps);
    let store = if header.planar {
        Store::Channels(Planar::new(data, header.sample, 1, frames.unwrap_or(0)))
    } else {
        Store::Frames(Body::new(data, header.sample, Scale::Counts, count, promised))
    };
    let gains = header.channels.iter().map(|channel| channel.resolution).collect();
    Ok(vec![Box::new(Guarded::new(BrainVisionReader {
        info,
        store,
        gains,
        annotations,
        gaps,
        next: 0,
        told: 0,
    }))])
}

enum Store {
    Frames(Body),
    Channels(Planar),
}

struct BrainVisionReader {
    info: SignalInfo,
    store: Store,
    gains: Vec<f64>,
    annotations: Vec<Annotation>,
    gaps: Vec<(u64, f64)>,
    next: u64,
    /// Number of gaps already reported.
    told: usize,
}

impl BlockReader for BrainVisionReader {
    fn info(&self) -> &SignalInfo {
        &self.info
    }

    fn read_block<T: Target>(&mut self, planes: &mut [Vec<T>], max_frames: usize) -> Result<Chunk> {
        let mut most = max_frames;
        if let Some(&(at, frames)) = self.gaps.get(self.told) {
            if at == self.next {
                self.told += 1;
                return Ok(Chunk::Gap { frames });
            }
            most = most.min(usize::try_from(at - self.next).unwrap_or(usize::MAX));
        }
        let result = match &mut self.store {
            Store::Frames(body) => body.read(planes, most),
            Store::Channels(planar) => planar.read(planes, most),
        };
        for (plane, gain) in planes.iter_mut().zip(&self.gains) {
            plane.iter_mut().for_each(|value| *value = value.times(T::of_f64(*gain)));
        }
        if let Ok(Chunk::Data(frames)) = result {
            self.next += frames as u64;
        }
        if let Store::Frames(body) = &mut self.store {
            body.note_trailing(&mut self.info);
        }
        result
    }

    fn annotations(&mut self) -> Result<Vec<Annotation>> {
        Ok(self.annotations.clone())
    }
}
