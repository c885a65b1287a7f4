//! The start times of the records of an EDF+D or BDF+D.

use super::header::{Header, Signal};
use super::tal;
use crate::Result;
use crate::read::Annotation;
use crate::read::source::Source;

/// Bytes of a record's annotations that are searched for its start time.
const CLOCK_BYTES: u64 = 1024;
/// Largest number of bytes of a record's annotations that are read.
const LIST_BYTES: u64 = 1 << 20;

/// Records that follow each other without a pause.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Run {
    /// Its first record.
    pub(super) record: u64,
    /// Start time of that record, in seconds.
    pub(super) onset: f64,
}

/// The times of all records.
#[derive(Debug, Clone, Default)]
pub(super) struct Times {
    pub(super) runs: Vec<Run>,
    /// The first record without a start time, if any; times after it are unknown.
    pub(super) unknown_from: Option<u64>,
}

impl Times {
    /// Reads the start times of `records` records.
    pub(super) fn scan(source: &mut Source, header: &Header, records: u64) -> Result<Self> {
        let mut times = Self::default();
        let clock = header.signals.iter().find(|signal| signal.annotations);
        let Some(clock) = clock.filter(|_| header.discontinuous && header.duration > 0.0) else {
            return Ok(times);
        };
        // A deviation of at least one sample period is a pause; smaller ones are rounding.
        let most = header.signals.iter().filter(|s| !s.annotations).map(|s| s.samples).max().unwrap_or(1);
        let tolerance = 0.5 * header.duration / most.max(1) as f64;
        let mut due = None;
        let mut bytes = Vec::new();
        for record in 0..records {
            read(source, header, clock, record, CLOCK_BYTES, &mut bytes)?;
            let Some(onset) = tal::onset(&bytes) else {
                times.unknown_from = Some(record);
                break;
            };
            if due.is_none_or(|due: f64| (onset - due).abs() > tolerance) {
                times.runs.push(Run { record, onset });
            }
            // Counted from the run's onset: the sum of rounded onsets would drift.
            let Some(run) = times.runs.last() else { break };
            due = Some(run.onset + (record + 1 - run.record) as f64 * header.duration);
        }
        Ok(times)
    }

    /// Returns the pauses before records, in seconds: of the run that begins there.
    pub(super) fn pause_before(&self, record: u64, duration: f64) -> Option<f64> {
        let index =
            self.runs.binary_search_by_key(&record, |run| run.record).ok().filter(|index| *index > 0)?;
        Some(self.pause(index, duration))
    }

    fn pause(&self, index: usize, duration: f64) -> f64 {
        let (before, run) = (self.runs[index - 1], self.runs[index]);
        run.onset - (before.onset + (run.record - before.record) as f64 * duration)
    }

    /// Returns all pauses: records before, and seconds.
    pub(super) fn pauses(&self, duration: f64) -> Vec<(u64, f64)> {
        (1..self.runs.len()).map(|index| (self.runs[index].record, self.pause(index, duration))).collect()
    }
}

/// Returns the annotations of all records and signals, in order of time.
pub(super) fn annotations(source: &mut Source, header: &Header, records: u64) -> Result<Vec<Annotation>> {
    let mut found = Vec::new();
    let mut bytes = Vec::new();
    for record in 0..records {
        for signal in header.signals.iter().filter(|signal| signal.annotations) {
            read(source, header, signal, record, LIST_BYTES, &mut bytes)?;
            tal::annotations(&bytes, &mut found);
        }
    }
    found.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
    Ok(found)
}

/// The bytes of one signal in one record, `most` of them at most.
fn read(
    source: &mut Source,
    header: &Header,
    signal: &Signal,
    record: u64,
    most: u64,
    bytes: &mut Vec<u8>,
) -> Result<()> {
    source.seek_to(header.start + record * header.record_bytes + signal.offset);
    let len = (signal.samples * header.sample_bytes()).min(most).min(source.left().unwrap_or(0));
    bytes.resize(usize::try_from(len).unwrap_or(0), 0);
    let got = source.fill(bytes)?;
    bytes.truncate(got);
    Ok(())
}
