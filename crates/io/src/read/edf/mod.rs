//! EDF, EDF+ and BDF: recordings of several signals, each with its rate and its physical unit.
//!
//! Signals of equal rate share a reader. Samples are physical values (digital × gain + offset); a signal without a
//! usable scale is returned as stored, which does not affect the others. The records of an EDF+D contain their start
//! times: a record that does not follow the previous one starts after a pause. Annotations are reported, not
//! analysed.

mod header;
mod tal;
mod times;

use super::format::{Certainty, Descriptor, Readers};
use super::reader::{BlockReader, Chunk, Guarded, SignalReader};
use super::sample::{SampleKind, SampleType, Scale, Target, decode};
use super::source::Source;
use super::{Annotation, ChannelInfo, Format, OpenOptions, Precision, SignalInfo, fuzz};
use crate::{Error, Result};
use header::{Header, Signal};
use std::sync::Arc;
use times::Times;

/// EDF's entry.
pub(super) static EDF: Descriptor = Descriptor {
    name: "edf",
    aliases: &[],
    title: "EDF",
    extensions: &["edf"],
    named_extensions: &["rec"],
    detect: |head| Certainty::signature(head.has(0, b"0       ") && header::is_plausible(head.bytes)),
    open,
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
    open,
    fuzz: fuzz::plain,
};

/// Bytes per read; covers many small records.
const CACHE: usize = 256 * 1024;
/// Largest number of samples of all channels per read.
const BUDGET: usize = 1 << 20;

struct EdfReader {
    info: SignalInfo,
    header: Arc<Header>,
    /// Indices of this reader's signals, all with the same number of samples in a record.
    signals: Vec<usize>,
    /// The records' start times, in an EDF+D.
    times: Arc<Times>,
    source: Source,
    /// Stated number of records, and the number in the file.
    records: u64,
    there: u64,
    /// The next record, and the number of its samples already delivered.
    record: u64,
    given: u64,
    /// Whether the pause before the next record was reported.
    paused: bool,
    cache: Vec<u8>,
    cache_at: u64,
    cache_len: usize,
    scratch: Vec<f64>,
}

fn open(source: Source, options: &OpenOptions) -> Result<Readers> {
    let mut source = source.into_seekable(u64::MAX)?;
    let header = Arc::new(header::parse(&mut source)?);
    let there = source.left().unwrap_or(0) / header.record_bytes;
    let records = if options.ignore_length { None } else { header.records };
    let mut notes = signal_notes(&header);
    match records {
        Some(promised) if promised > there => {
            notes.push(format!("the header promises {promised} records, the file has {there}"));
        }
        Some(promised) if promised < there => {
            let more = there - promised;
            let bytes = source.left().unwrap_or(0) - promised * header.record_bytes;
            notes.push(format!(
                "{bytes} bytes ({more} records) follow the {promised} records that the header counts and are not read; \
                 --ignore-length reads them"
            ));
        }
        _ => {}
    }
    let times = {
        let mut fork = source.fork();
        let fork = fork.as_mut().unwrap_or(&mut source);
        Arc::new(Times::scan(fork, &header, records.unwrap_or(there).min(there))?)
    };
    let pauses = times.pauses(header.duration);
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
            "{} has signals of {} rates, so one rate cannot replace all",
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
        info.frames = Some(records.unwrap_or(there).min(there).saturating_mul(samples));
        info.part = several.then(|| match info.sample_rate {
            Some(rate) => format!("{rate} Hz"),
            None => format!("{samples} a record"),
        });
        info.notes.splice(0..0, notes.iter().cloned());
        let per_second = samples as f64 / header.duration;
        let gaps: Vec<_> =
            pauses.iter().map(|(records, seconds)| (records * samples, seconds * per_second)).collect();
        info.set_times(times.runs.first().map_or(0.0, |run| run.onset * per_second), &gaps);
        readers.push(Box::new(Guarded::new(EdfReader {
            info,
            header: Arc::clone(&header),
            signals: group,
            times: Arc::clone(&times),
            source: fork,
            records: records.unwrap_or(there),
            there,
            record: 0,
            given: 0,
            paused: false,
            cache: Vec::new(),
            cache_at: 0,
            cache_len: 0,
            scratch: Vec::new(),
        })));
    }
    Ok(readers)
}

/// Returns the notes about single signals.
fn signal_notes(header: &Header) -> Vec<String> {
    let of = |signal: &Signal| match (&signal.unscaled, signal.annotations) {
        (_, true) => Some(format!("signal '{}' has annotations and is not analysed", signal.label)),
        (Some(reason), _) => Some(format!(
            "signal '{}' has no scale ({reason}): its samples are returned as stored",
            signal.label
        )),
        (None, _) => None,
    };
    header.signals.iter().filter_map(of).collect()
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
            let before = header.signals[..*index].iter().filter(|s| !s.annotations && s.samples > 0).count();
            let name = match signal.label.as_str() {
                "" => format!("ch{}", index + 1),
                label => label.to_owned(),
            };
            let unit = Some(signal.unit.clone()).filter(|unit| !unit.is_empty() && signal.unscaled.is_none());
            ChannelInfo { number: before + 1, name, unit }
        })
        .collect();
    // With an arbitrary gain few values are exact in f32.
    info.precision = Precision::F64;
    info.set_rate(Some(samples as f64 / header.duration), options.rate)?;
    Ok(info)
}

impl EdfReader {
    /// Returns up to `most` bytes at an offset; fewer than `least` are an error, because the file ends early.
    fn bytes(&mut self, at: u64, least: usize, most: usize) -> Result<&[u8]> {
        let most = most.min(CACHE);
        let inside = at.checked_sub(self.cache_at).and_then(|skip| usize::try_from(skip).ok());
        let ready = inside.filter(|skip| self.cache_len.saturating_sub(*skip) >= least.max(1));
        let start = match ready {
            Some(skip) => skip,
            None => {
                // Reading ahead pays if it includes the next signal of the record.
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
            if self.given == 0 && self.times.unknown_from == Some(self.record) {
                let place = crate::Place::Byte(self.header.start + self.record * self.header.record_bytes);
                let reason = format!("record {} has no start time, which an EDF+D needs", self.record + 1);
                return Err(Error::malformed(self.source.name(), place, reason));
            }
            if self.given == 0
                && !self.paused
                && let Some(seconds) = self.times.pause_before(self.record, self.header.duration)
            {
                if done > 0 {
                    // The next call reports the pause.
                    return Ok(Chunk::Data(done));
                }
                self.paused = true;
                return Ok(Chunk::Gap { frames: seconds / self.header.duration * per_record as f64 });
            }
            self.paused = false;
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

    fn annotations(&mut self) -> Result<Vec<Annotation>> {
        let Some(mut fork) = self.source.fork() else { return Ok(Vec::new()) };
        times::annotations(&mut fork, &self.header, self.records.min(self.there))
    }

    fn seek(&mut self, frame: u64) -> Result<bool> {
        let per_record = self.header.signals[self.signals[0]].samples;
        self.record = (frame / per_record).min(self.records);
        self.given = if self.record == self.records { 0 } else { frame % per_record };
        // No pause is reported before the requested position.
        self.paused = true;
        Ok(true)
    }
}
