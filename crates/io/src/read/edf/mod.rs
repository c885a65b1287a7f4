//! EDF, EDF+ and BDF: recordings of several signals, each with its rate and its physical unit.
//!
//! Signals of one rate are one reader. Samples are physical values (digital × gain + offset). The records of an
//! EDF+D carry their start times: where one does not follow the one before, there is a gap. Annotation signals
//! are listed in the notes and not analysed.

mod header;
mod onset;

use super::format::{Certainty, Descriptor, Readers};
use super::reader::{BlockReader, Chunk, Guarded, SignalReader};
use super::sample::{SampleKind, SampleType, Scale, Target, decode};
use super::source::Source;
use super::{ChannelInfo, Format, OpenOptions, Precision, SignalInfo, fuzz};
use crate::{Error, Result};
use header::{Header, Signal};
use std::sync::Arc;

/// EDF's entry.
pub(super) static EDF: Descriptor = Descriptor {
    name: "edf",
    aliases: &[],
    title: "EDF",
    extensions: &["edf"],
    named_extensions: &["rec"],
    detect: |head| Certainty::signature(head.has(0, b"0       ") && header::is_plausible(head.bytes)),
    open: open,
    fuzz: fuzz::plain,
};

/// BDF's entry.
pub(super) static BDF: Descriptor = Descriptor {
    name: "bdf",
    aliases: &[],
    title: "BDF",
    extensions: &["bdf"],
    named_extensions: &[],
    detect: |head| Certainty::signature(head.has(0, b"\xffBIOSEMI")),
    open: open,
    fuzz: fuzz::plain,
};

/// Bytes that are read at once; small records come many at a time.
const CACHE: usize = 256 * 1024;
/// Samples of all channels that one read gives at most.
const BUDGET: usize = 1 << 20;

struct EdfReader {
    info: SignalInfo,
    header: Arc<Header>,
    /// Indices of this reader's signals, all with the same number of samples in a record.
    signals: Vec<usize>,
    /// The signal with the records' start times.
    clock: Option<usize>,
    source: Source,
    records: u64,
    /// The next record, and how many of its samples were given out.
    record: u64,
    given: u64,
    /// When the next record should start, in an EDF+D.
    due: Option<f64>,
    cache: Vec<u8>,
    cache_at: u64,
    cache_len: usize,
    scratch: Vec<f64>,
}

fn open(source: Source, options: &OpenOptions) -> Result<Readers> {
    let mut source = source.into_seekable(u64::MAX)?;
    let header = Arc::new(header::parse(&mut source)?);
    let there = source.left().unwrap_or(0) / header.record_bytes;
    let mut notes = annotation_notes(&header);
    if let Some(promised) = header.records.filter(|promised| *promised > there) {
        notes.push(format!("the header promises {promised} records, the file has {there}"));
    }
    let mut groups: Vec<(u64, Vec<usize>)> = Vec::new();
    for (index, signal) in header.signals.iter().enumerate().filter(|(_, s)| !s.annotations && s.samples > 0)
    {
        match groups.iter_mut().find(|(samples, _)| *samples == signal.samples) {
            Some((_, group)) => group.push(index),
            None => groups.push((signal.samples, vec![index])),
        }
    }
    if groups.is_empty() {
        let reason = "the file has annotations only, no signals";
        return Err(Error::unsupported(source.name(), crate::Place::Byte(256), reason));
    }
    if groups.len() > 1 && options.rate.is_some() {
        let reason = format!(
            "{} has signals of {} rates, one cannot stand for all",
            source.name().display(),
            groups.len()
        );
        return Err(Error::argument("rate", reason));
    }
    let several = groups.len() > 1;
    let mut readers: Vec<Box<dyn SignalReader>> = Vec::new();
    for (samples, group) in groups {
        let Some(fork) = source.fork() else { break };
        let mut info = info(&source, &header, &group, samples, options)?;
        info.frames = Some(header.records.unwrap_or(there).min(there).saturating_mul(samples));
        info.part = several.then(|| match info.sample_rate {
            Some(rate) => format!("{rate} Hz"),
            None => format!("{samples} a record"),
        });
        info.notes.splice(0..0, notes.iter().cloned());
        readers.push(Box::new(Guarded::new(EdfReader::new(fork, info, Arc::clone(&header), group, there))));
    }
    Ok(readers)
}

fn annotation_notes(header: &Header) -> Vec<String> {
    let of = |signal: &Signal| format!("signal '{}' has annotations and is not analysed", signal.label);
    header.signals.iter().filter(|signal| signal.annotations).map(of).collect()
}

fn info(
    source: &Source,
    header: &Header,
    group: &[usize],
    samples: u64,
    options: &OpenOptions,
) -> Result<SignalInfo> {
    let mut info = SignalInfo::new(source.name(), if header.bdf { Format::Bdf } else { Format::Edf });
    info.channels = group
        .iter()
        .map(|index| {
            let signal = &header.signals[*index];
            let name = match signal.label.as_str() {
                "" => format!("ch{}", index + 1),
                label => label.to_owned(),
            };
            ChannelInfo { name, unit: Some(signal.unit.clone()).filter(|unit| !unit.is_empty()) }
        })
        .collect();
    // A gain of its own leaves few values that are an f32.
    info.precision = Precision::F64;
    info.set_rate(Some(samples as f64 / header.duration), options.rate)?;
    Ok(info)
}

impl EdfReader {
    fn new(source: Source, info: SignalInfo, header: Arc<Header>, signals: Vec<usize>, there: u64) -> Self {
        let clock =
            header.signals.iter().position(|signal| signal.annotations).filter(|_| header.discontinuous);
        Self {
            info,
            signals,
            clock,
            source,
            records: header.records.unwrap_or(there),
            record: 0,
            given: 0,
            due: None,
            cache: Vec::new(),
            cache_at: 0,
            cache_len: 0,
            scratch: Vec::new(),
            header,
        }
    }

    /// Up to `most` bytes at an offset; at least `least` of them, or the file is cut there.
    fn bytes(&mut self, at: u64, least: usize, most: usize) -> Result<&[u8]> {
        let most = most.min(CACHE);
        let inside = at.checked_sub(self.cache_at).and_then(|skip| usize::try_from(skip).ok());
        let ready = inside.filter(|skip| self.cache_len.saturating_sub(*skip) >= least.max(1));
        let start = match ready {
            Some(skip) => skip,
            None => {
                // Reading ahead pays where the next signal of the record comes with it.
                let ahead = if self.header.record_bytes <= CACHE as u64 { CACHE } else { most };
                self.cache.resize(CACHE, 0);
                self.source.seek_to(at);
                self.cache_len = self.source.fill(&mut self.cache[..ahead])?;
                self.cache_at = at;
                if self.cache_len < least {
                    return Err(self.cut(at + self.cache_len as u64));
                }
                0
            }
        };
        Ok(&self.cache[start..self.cache_len.min(start + most)])
    }

    fn cut(&self, at: u64) -> Error {
        let reason = format!("the header promises {} records, the file has {}", self.records, self.record);
        Error::truncated(self.source.name(), at, reason)
    }

    /// Whether the record's start time leaves time since the end of the one before.
    fn is_gap(&mut self) -> Result<bool> {
        let Some(clock) = self.clock else { return Ok(false) };
        let signal = &self.header.signals[clock];
        let at = self.header.start + self.record * self.header.record_bytes + signal.offset;
        let len =
            usize::try_from(signal.samples * self.header.sample_bytes()).unwrap_or(usize::MAX).min(1024);
        let onset = onset::parse(self.bytes(at, len, len)?);
        let Some(onset) = onset else {
            let place = crate::Place::Byte(at);
            let reason = format!("record {} has no start time, which an EDF+D needs", self.record + 1);
            return Err(Error::malformed(self.source.name(), place, reason));
        };
        let due = self.due.replace(onset + self.header.duration);
        let sample = self.header.duration / self.header.signals[self.signals[0]].samples.max(1) as f64;
        Ok(due.is_some_and(|due| (onset - due).abs() > 0.5 * sample))
    }

    /// Appends the next samples of the current record to every plane.
    fn part<T: Target>(&mut self, planes: &mut [Vec<T>], count: u64) -> Result<()> {
        let header = Arc::clone(&self.header);
        let width = header.sample_bytes();
        let kind = if header.bdf { SampleKind::S24 } else { SampleKind::S16 };
        for (plane, index) in planes.iter_mut().zip(0..self.signals.len()) {
            let signal = &header.signals[self.signals[index]];
            let record = header.start + self.record * header.record_bytes + signal.offset;
            let mut done = 0;
            while done < count {
                let at = record + (self.given + done) * width;
                let want = usize::try_from((count - done) * width).unwrap_or(usize::MAX);
                let least = want.min(width as usize);
                let mut scratch = std::mem::take(&mut self.scratch);
                scratch.clear();
                let bytes = self.bytes(at, least, want)?;
                let whole = bytes.len() - bytes.len() % width as usize;
                let mut column = [scratch];
                decode(&bytes[..whole], SampleType::le(kind), Scale::Counts, &mut column);
                let [scratch] = column;
                plane.extend(scratch.iter().map(|digital| T::of_f64(digital * signal.gain + signal.zero)));
                done += scratch.len() as u64;
                self.scratch = scratch;
            }
        }
        Ok(())
    }
}

impl BlockReader for EdfReader {
    fn info(&self) -> &SignalInfo {
        &self.info
    }

    fn read_block<T: Target>(&mut self, planes: &mut [Vec<T>], max_frames: usize) -> Result<Chunk> {
        let per_record = self.header.signals[self.signals[0]].samples;
        let most = max_frames.min((BUDGET / planes.len()).max(1));
        let mut done = 0;
        while done < most && self.record < self.records {
            let record_end = self.header.start + (self.record + 1) * self.header.record_bytes;
            if let Some(len) = self.source.len().filter(|len| *len < record_end) {
                return Err(self.cut(len));
            }
            if self.given == 0 {
                let due = self.due;
                if self.is_gap()? {
                    if done > 0 {
                        // The gap is told by the next call.
                        self.due = due;
                        return Ok(Chunk::Data(done));
                    }
                    // Told once: the record now starts when it starts.
                    self.due = None;
                    return Ok(Chunk::Gap);
                }
            }
            let count = (per_record - self.given).min((most - done) as u64);
            self.part(planes, count)?;
            done += count as usize;
            self.given += count;
            if self.given == per_record {
                self.given = 0;
                self.record += 1;
            }
        }
        Ok(if done == 0 { Chunk::End } else { Chunk::Data(done) })
    }
}
