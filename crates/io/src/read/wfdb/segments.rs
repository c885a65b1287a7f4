//! Records of several segments, each with a header of its own.
//!
//! ```text
//! NAME/SEGMENTS SIGNALS RATE FRAMES        the header of the record
//! SEGMENT FRAMES                           one line per segment
//! ```
//! A segment `~` has no samples: a pause. A first segment of 0 frames is the layout of all signals; each of the others
//! has some of them, by name. Without a layout every segment has the same signals in the same order.

use super::annotations::{self, AnnotationFile};
use super::header::{self, Header};
use super::reader::BUDGET;
use super::{MAX_HEADER, beside, rates, single};
use crate::read::format::Readers;
use crate::read::reader::{BlockReader, Chunk, Guarded, SignalReader};
use crate::read::sample::Target;
use crate::read::source::Beside;
use crate::read::{Annotation, ChannelInfo, Format, OpenOptions, Precision, SignalInfo};
use crate::{Error, Place, Result};
use std::path::{Path, PathBuf};

/// Largest number of segments.
const MAX_SEGMENTS: usize = 1 << 20;

/// The header of a record of several segments.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record {
    rate: f64,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq)]
struct Segment {
    /// `None` for a pause.
    name: Option<String>,
    frames: u64,
}

/// Reads the header; `None` if the record is a single segment.
pub(super) fn parse(path: &Path, text: &[u8]) -> Result<Option<Record>> {
    let text = String::from_utf8_lossy(text);
    let lines = text.lines().enumerate().map(|(i, line)| (i as u64 + 1, line.trim()));
    let mut lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let bad = |line: u64, reason: String| Error::malformed(path, Place::Line { line, column: None }, reason);
    let Some((at, first)) = lines.next() else { return Ok(None) };
    let mut fields = first.split_whitespace();
    let Some((_, count)) = fields.next().and_then(|name| name.split_once('/')) else { return Ok(None) };
    let count = count.parse().ok().filter(|count| (1..=MAX_SEGMENTS).contains(count));
    let count = count.ok_or_else(|| bad(at, format!("the number of segments must be 1 … {MAX_SEGMENTS}")))?;
    let rate = fields.nth(1).map_or(Some(250.0), |field| field.split('/').next()?.parse().ok());
    let rate = rate.filter(|rate: &f64| *rate > 0.0 && rate.is_finite());
    let rate = rate.ok_or_else(|| bad(at, "the rate is not a number above 0".to_owned()))?;
    let mut segments = Vec::new();
    for index in 0..count {
        let Some((line, text)) = lines.next() else {
            return Err(bad(at, format!("the header promises {count} segments and lists {index}")));
        };
        let mut fields = text.split_whitespace();
        let (name, frames) = (fields.next().unwrap_or_default(), fields.next().map(str::parse));
        let Some(Ok(frames)) = frames else {
            return Err(bad(line, format!("segment '{name}' has no number of frames")));
        };
        segments.push(Segment { name: (name != "~").then(|| name.to_owned()), frames });
    }
    Ok(Some(Record { rate, segments }))
}

/// Returns a reader for each rate of the record.
pub(super) fn open(path: &Path, record: &Record, files: &Beside, options: &OpenOptions) -> Result<Readers> {
    let named = || record.segments.iter().filter_map(|segment| segment.name.as_deref());
    let has_layout = record.segments.first().is_some_and(|first| first.frames == 0 && first.name.is_some());
    let Some(first) = named().next() else {
        return Err(Error::unsupported(path, Place::File, "all segments of the record are empty"));
    };
    let reference = load(path, first, files, has_layout)?;
    let rates = rates(path, &reference.1, options)?;
    let annotations = AnnotationFile::of(path, record.rate, Some(files));
    let mut all: Readers = Vec::new();
    for per_frame in &rates {
        let rate = record.rate * *per_frame as f64;
        let mut info = SignalInfo::new(path, Format::Wfdb);
        info.precision = Precision::F64;
        info.set_rate(Some(rate), options.rate)?;
        info.part = (rates.len() > 1).then(|| format!("{rate} Hz"));
        let own = reference.1.signals.iter().enumerate().filter(|(_, signal)| signal.per_frame == *per_frame);
        info.channels = own
            .map(|(i, s)| ChannelInfo { number: i + 1, name: s.name.clone(), unit: Some(s.unit.clone()) })
            .collect();
        let mut parts: Vec<Part> = record
            .segments
            .iter()
            .filter(|segment| segment.frames > 0)
            .map(|s| Part { name: s.name.clone(), samples: s.frames.saturating_mul(*per_frame) })
            .collect();
        // What precedes the first sample is no pause but its time; what follows the last one is nothing.
        let empty = parts.iter().take_while(|part| part.name.is_none()).count();
        let start: f64 = parts.drain(..empty).map(|part| part.samples as f64).sum();
        while parts.last().is_some_and(|part| part.name.is_none()) {
            parts.pop();
        }
        let mut before = 0u64;
        let mut gaps = Vec::new();
        for part in &parts {
            match part.name {
                None => gaps.push((before, part.samples as f64)),
                Some(_) => before = before.saturating_add(part.samples),
            }
        }
        info.frames = Some(before);
        info.set_times(start, &gaps);
        let segments = named().count() - usize::from(has_layout);
        info.notes.push(format!("the record has {segments} segments"));
        all.push(Box::new(Guarded::new(SegmentsReader {
            info,
            parts,
            by_name: has_layout,
            files: files.clone(),
            options: options.clone(),
            annotations: annotations.clone(),
            at: 0,
            done: 0,
            current: None,
            block: Vec::new(),
        })));
    }
    Ok(all)
}

/// Returns the path and the header of a segment.
fn load(record: &Path, name: &str, files: &Beside, layout: bool) -> Result<(PathBuf, Header)> {
    let path = beside(record, &format!("{name}.hea"))?;
    let text = files.open(&path)?.text(MAX_HEADER)?;
    let header = if layout { header::layout(&path, &text) } else { header::parse(&path, &text) };
    Ok((path, header?))
}

/// A segment at the rate of a reader.
struct Part {
    name: Option<String>,
    samples: u64,
}

/// The open segment, and the plane of it for each channel.
struct Current {
    reader: Option<Box<dyn SignalReader>>,
    planes: Vec<Option<usize>>,
}

struct SegmentsReader {
    info: SignalInfo,
    parts: Vec<Part>,
    /// Whether the channels of segments are found by name.
    by_name: bool,
    files: Beside,
    options: OpenOptions,
    annotations: AnnotationFile,
    /// The segment, and the samples of it that have been delivered.
    at: usize,
    done: u64,
    current: Option<Current>,
    block: Vec<Vec<f64>>,
}

impl SegmentsReader {
    /// Opens a segment: the reader that has this reader's channels, positioned at `self.done`.
    fn open(&self, name: &str) -> Result<Current> {
        let (path, header) = load(&self.info.path, name, &self.files, false)?;
        let options = OpenOptions { rate: None, ..self.options.clone() };
        let readers = single(&path, &header, &self.files, &options)?;
        let channels = &self.info.channels;
        let plane = |reader: &dyn SignalReader, wanted: &ChannelInfo| {
            let same = |c: &ChannelInfo| {
                if self.by_name { c.name == wanted.name } else { c.number == wanted.number }
            };
            reader.info().channels.iter().position(same)
        };
        for mut reader in readers {
            let planes: Vec<_> = channels.iter().map(|wanted| plane(&*reader, wanted)).collect();
            if planes.iter().all(Option::is_none) {
                continue;
            }
            let (own, whole) = (reader.info().sample_rate, self.info.sample_rate);
            if own != whole && self.options.rate.is_none() {
                let reason = format!(
                    "segment {name} has {} samples per second, the record {}",
                    own.unwrap_or(0.0),
                    whole.unwrap_or(0.0)
                );
                return Err(Error::malformed(&self.info.path, Place::File, reason));
            }
            skip(&mut *reader, self.done)?;
            return Ok(Current { reader: Some(reader), planes });
        }
        Ok(Current { reader: None, planes: vec![None; channels.len()] })
    }
}

/// Passes over samples.
fn skip(reader: &mut dyn SignalReader, samples: u64) -> Result<()> {
    if samples == 0 || reader.seek(samples)? {
        return Ok(());
    }
    let mut planes = vec![Vec::new(); reader.info().planes()];
    let mut left = samples;
    while left > 0 {
        match reader.read_f64(&mut planes, usize::try_from(left).unwrap_or(usize::MAX).min(1 << 16))? {
            Chunk::Data(count) => left -= count as u64,
            Chunk::Gap { .. } => {}
            Chunk::End => break,
        }
    }
    Ok(())
}

impl BlockReader for SegmentsReader {
    fn info(&self) -> &SignalInfo {
        &self.info
    }

    fn read_block<T: Target>(&mut self, planes: &mut [Vec<T>], max_frames: usize) -> Result<Chunk> {
        loop {
            let Some(part) = self.parts.get(self.at) else { return Ok(Chunk::End) };
            let left = part.samples - self.done;
            if part.name.is_none() {
                self.at += 1;
                return Ok(Chunk::Gap { frames: left as f64 });
            }
            if left == 0 {
                (self.at, self.done, self.current) = (self.at + 1, 0, None);
                continue;
            }
            if self.current.is_none() {
                let name = part.name.clone().unwrap_or_default();
                self.current = Some(self.open(&name)?);
            }
            let Some(current) = &mut self.current else { continue };
            let most = max_frames.min((BUDGET / planes.len()).max(1));
            let want = usize::try_from(left).unwrap_or(usize::MAX).min(most);
            let count = match &mut current.reader {
                None => want,
                Some(reader) => {
                    self.block.resize_with(reader.info().planes(), Vec::new);
                    match reader.read_f64(&mut self.block, want)? {
                        Chunk::Data(count) => count,
                        Chunk::Gap { .. } => continue,
                        Chunk::End => {
                            let name = part.name.as_deref().unwrap_or_default();
                            let reason = format!(
                                "the record promises {} samples of segment {name}, it has {}",
                                part.samples, self.done
                            );
                            return Err(Error::truncated(&self.info.path, 0, reason));
                        }
                    }
                }
            };
            for (plane, from) in planes.iter_mut().zip(&current.planes) {
                match from {
                    Some(index) => plane.extend(self.block[*index].iter().map(|value| T::of_f64(*value))),
                    None => plane.resize(plane.len() + count, T::of_f64(f64::NAN)),
                }
            }
            self.done += count as u64;
            return Ok(Chunk::Data(count));
        }
    }

    fn annotations(&mut self) -> Result<Vec<Annotation>> {
        annotations::read(&self.annotations)
    }

    fn seek(&mut self, frame: u64) -> Result<bool> {
        let mut left = frame;
        (self.at, self.done, self.current) = (self.parts.len(), 0, None);
        for (index, part) in self.parts.iter().enumerate().filter(|(_, part)| part.name.is_some()) {
            if left < part.samples {
                (self.at, self.done) = (index, left);
                break;
            }
            left -= part.samples;
        }
        Ok(true)
    }
}
