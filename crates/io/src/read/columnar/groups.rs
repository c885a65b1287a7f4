//! Groups of rows: each value of a column names a signal.
//!
//! Opening reads the column of groups (and of times). Where the rows of every group follow each other, samples are
//! read from the file; otherwise one pass sorts them into a temporary file when the first sample is read.

use super::labels::{Labels, is_name};
use super::rows::Row;
use super::select::Choice;
use super::spool::{Extent, Spool, full};
use super::table::{Scan, Table, at_row};
use super::times::Series;
use super::wide::fill;
use crate::read::csv::{Times, Uneven};
use crate::read::format::Readers;
use crate::read::reader::{BlockReader, Chunk, Guarded, SignalReader};
use crate::read::sample::Target;
use crate::read::{OpenOptions, SignalInfo};
use crate::{Error, Place, Result};
use arrow_array::{Array, RecordBatch};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// One group.
struct Group {
    rows: u64,
    /// First row, if the rows follow each other.
    first: u64,
    last: u64,
    times: Option<std::result::Result<Series, Uneven>>,
}

/// Returns the reader of the first group, which is followed by the others.
pub(super) fn open(
    table: Arc<dyn Table>,
    mut info: SignalInfo,
    choice: &Choice,
    by: usize,
    options: &OpenOptions,
) -> Result<Readers> {
    let field = table.schema().field(by);
    if !is_name(field.data_type()) {
        let reason = format!(
            "column '{}' is of type {}; groups are named by texts, numbers or booleans",
            field.name(),
            field.data_type()
        );
        return Err(Error::argument("by", reason));
    }
    let (labels, mut groups, sorted) = index(&table, choice, by)?;
    if groups.is_empty() {
        return Err(Error::malformed(table.name(), Place::File, "the table has no rows"));
    }
    let mut notes = std::mem::take(&mut info.notes);
    notes.push(match groups.len() {
        1 => format!("1 group of column '{}'", field.name()),
        n => format!("{n} groups of column '{}', each of which is a signal", field.name()),
    });
    let mut rates = Vec::new();
    if let Some(time) = choice.time {
        let field = table.schema().field(time);
        for group in &mut groups {
            let series = group.times.take().unwrap_or_else(|| Ok(Series::new(field.data_type())));
            rates.push(series.and_then(|series| series.finish(field, &options.csv)));
        }
    }
    let store = if sorted { Store::Sorted(Cursor::default()) } else { Store::Mixed(None) };
    let shared = Arc::new(Shared {
        by,
        columns: choice.columns.clone(),
        lists: choice.lists,
        time: choice.time,
        given: options.rate,
        groups,
        names: labels.names.clone(),
        info,
        store: Mutex::new((store, labels)),
        table,
    });
    let mut waiting: VecDeque<Waiting> = match choice.time {
        Some(_) => rates.into_iter().enumerate().map(|(group, times)| (group, Some(times))).collect(),
        None => (0..shared.groups.len()).map(|group| (group, None)).collect(),
    };
    // A group with uneven times does not spoil the others; its error follows the first signal.
    let good = waiting.iter().position(|(_, times)| !matches!(times, Some(Err(_)))).unwrap_or(0);
    let Some(first) = waiting.remove(good) else { return Ok(Vec::new()) };
    let mut reader = shared.reader(first)?;
    reader.info.notes.splice(0..0, notes);
    reader.waiting = waiting;
    Ok(vec![Box::new(Guarded::new(reader))])
}

/// A group whose reader was not created yet, and its rate.
type Waiting = (usize, Option<std::result::Result<Times, Uneven>>);

/// Reads the columns of groups and times; also returns whether the rows of each group follow each other.
fn index(table: &Arc<dyn Table>, choice: &Choice, by: usize) -> Result<(Labels, Vec<Group>, bool)> {
    let mut labels = Labels::default();
    let mut groups: Vec<Group> = Vec::new();
    let columns: Vec<usize> = [by].into_iter().chain(choice.time).collect();
    let mut scan = Arc::clone(table).scan(&columns, 0)?;
    let (mut row, mut sorted) = (0u64, true);
    while let Some(batch) = scan.next()? {
        let times = choice.time.map(|_| batch.column(1));
        let of_time = choice.time.map(|column| table.schema().field(column).data_type());
        let done = labels.runs(batch.column(0), |index, from, to| {
            let (start, count) = (row + from as u64, (to - from) as u64);
            if index == groups.len() {
                let times = of_time.map(|data_type| Ok(Series::new(data_type)));
                groups.push(Group { rows: 0, first: start, last: start, times });
            }
            let group = &mut groups[index];
            sorted &= group.last == start;
            group.rows += count;
            group.last = start + count;
            if let (Some(Ok(series)), Some(array)) = (&mut group.times, times)
                && let Err(error) = series.push(array.slice(from, to - from).as_ref(), start)
            {
                group.times = Some(Err(error));
            }
            Ok(())
        });
        done.map_err(|(at, reason)| {
            at_row(table.name(), row + at as u64, table.schema().field(by).name(), reason)
        })?;
        row += batch.num_rows() as u64;
    }
    Ok((labels, groups, sorted))
}

/// The table and its groups.
struct Shared {
    table: Arc<dyn Table>,
    by: usize,
    columns: Vec<usize>,
    lists: bool,
    time: Option<usize>,
    given: Option<f64>,
    groups: Vec<Group>,
    names: Vec<String>,
    info: SignalInfo,
    store: Mutex<(Store, Labels)>,
}

/// Where the samples are read from.
enum Store {
    Sorted(Cursor),
    /// Sorted into a file when the first sample is read.
    Mixed(Option<Spool>),
}

/// A position in the file that moves forward with the groups.
#[derive(Default)]
struct Cursor {
    scan: Option<Box<dyn Scan>>,
    batch: Option<RecordBatch>,
    /// Row of the first one of the batch.
    first: u64,
}

impl Cursor {
    /// Moves to a row and returns its batch, and its place there; `None` after the end.
    fn at(&mut self, shared: &Shared, row: u64) -> Result<Option<(&RecordBatch, usize)>> {
        let end = self.first + self.batch.as_ref().map_or(0, |batch| batch.num_rows() as u64);
        // A jump far ahead is made by the table, which skips row groups.
        if self.scan.is_none() || row < self.first || row > end + (1 << 16) {
            self.scan = Some(Arc::clone(&shared.table).scan(&shared.columns, row)?);
            (self.batch, self.first) = (None, row);
        }
        loop {
            let count = self.batch.as_ref().map_or(0, |batch| batch.num_rows() as u64);
            if row < self.first + count {
                let place = usize::try_from(row - self.first).unwrap_or(usize::MAX);
                return Ok(self.batch.as_ref().map(|batch| (batch, place)));
            }
            self.first += count;
            self.batch = match &mut self.scan {
                Some(scan) => scan.next()?,
                None => None,
            };
            if self.batch.is_none() {
                return Ok(None);
            }
        }
    }
}

impl Shared {
    fn reader(self: &Arc<Self>, (index, times): Waiting) -> Result<GroupReader> {
        let mut info = self.info.clone();
        let of = |column: usize| self.table.schema().field(column).name();
        info.part = Some(format!("{}={}", of(self.by), self.names[index]));
        let times = times.transpose().map_err(|(row, reason)| {
            let path = format!("{}:{}", info.path.display(), info.part.as_deref().unwrap_or_default());
            match self.time {
                Some(time) if row > 0 => at_row(path.as_ref(), row, of(time), reason),
                _ => Error::malformed(path.as_ref(), Place::File, reason),
            }
        })?;
        info.set_rate(times.as_ref().map(|times| times.rate), self.given)?;
        info.rate_in_hz &= times.as_ref().is_none_or(|times| times.in_hz);
        info.notes.extend(times.into_iter().flat_map(|times| times.notes));
        info.frames = (!self.lists).then_some(self.groups[index].rows);
        let shared = Arc::clone(self);
        let waiting = VecDeque::new();
        Ok(GroupReader { info, shared, index, waiting, next: 0, list: List::default(), extent: (0, 0) })
    }
}

/// Reads the samples of one group.
struct GroupReader {
    info: SignalInfo,
    shared: Arc<Shared>,
    index: usize,
    /// The groups that follow.
    waiting: VecDeque<Waiting>,
    /// Rows of the group that were taken.
    next: u64,
    list: List,
    /// Current extent of the spool, and its samples that were delivered.
    extent: (usize, u64),
}

/// The list that is being read.
#[derive(Default)]
struct List {
    row: Option<Row>,
    at: usize,
    /// Whether a list was delivered: a pause stands before the next one.
    delivered: bool,
    nulls: u64,
}

impl BlockReader for GroupReader {
    fn info(&self) -> &SignalInfo {
        &self.info
    }

    fn read_block<T: Target>(&mut self, planes: &mut [Vec<T>], max_frames: usize) -> Result<Chunk> {
        let shared = Arc::clone(&self.shared);
        let mut store = shared.store.lock().unwrap_or_else(PoisonError::into_inner);
        let (store, labels) = &mut *store;
        let chunk = match store {
            Store::Sorted(cursor) if shared.lists => self.lists(cursor, planes, max_frames)?,
            Store::Sorted(cursor) => self.numbers(cursor, planes, max_frames)?,
            Store::Mixed(spool) => {
                let spool = match spool {
                    Some(spool) => spool,
                    None => {
                        let columns: Vec<usize> =
                            [shared.by].into_iter().chain(shared.columns.iter().copied()).collect();
                        let new = Spool::new(&shared.table, &columns, labels, shared.lists, &self.info)?;
                        spool.insert(new)
                    }
                };
                self.spooled(spool, planes, max_frames)?
            }
        };
        if chunk == Chunk::End && self.list.nulls > 0 {
            let count = std::mem::take(&mut self.list.nulls);
            self.info.notes.push(format!("{count} rows of the group are null and were left out"));
        }
        Ok(chunk)
    }

    fn seek(&mut self, frame: u64) -> Result<bool> {
        if self.shared.lists {
            return Ok(false);
        }
        self.next = frame.min(self.shared.groups[self.index].rows);
        self.extent = (usize::MAX, 0);
        Ok(true)
    }

    fn following(&mut self) -> Result<Option<Box<dyn SignalReader>>> {
        let Some(next) = self.waiting.pop_front() else { return Ok(None) };
        let mut reader = self.shared.reader(next)?;
        reader.waiting = std::mem::take(&mut self.waiting);
        Ok(Some(Box::new(Guarded::new(reader))))
    }
}

impl GroupReader {
    fn numbers<T: Target>(
        &mut self,
        cursor: &mut Cursor,
        planes: &mut [Vec<T>],
        max_frames: usize,
    ) -> Result<Chunk> {
        let group = &self.shared.groups[self.index];
        let left = usize::try_from(group.rows - self.next).unwrap_or(usize::MAX);
        if left == 0 {
            return Ok(Chunk::End);
        }
        let Some((batch, at)) = cursor.at(&self.shared, group.first + self.next)? else {
            return Ok(Chunk::End);
        };
        let count = left.min(max_frames).min(batch.num_rows() - at);
        fill(batch, at, at + count, planes, &self.info)?;
        self.next += count as u64;
        Ok(Chunk::Data(count))
    }

    fn lists<T: Target>(
        &mut self,
        cursor: &mut Cursor,
        planes: &mut [Vec<T>],
        max_frames: usize,
    ) -> Result<Chunk> {
        loop {
            let list = &mut self.list;
            if let Some(row) = list.row.as_ref().filter(|row| list.at < row.len) {
                let to = row.len.min(list.at + max_frames);
                if !row.fill(list.at, to, planes) {
                    let reason = "a list of an unexpected type";
                    return Err(Error::unsupported(&self.info.path, Place::File, reason));
                }
                let count = to - list.at;
                (list.at, list.delivered) = (to, true);
                return Ok(Chunk::Data(count));
            }
            list.row = None;
            let group = &self.shared.groups[self.index];
            if self.next == group.rows {
                return Ok(Chunk::End);
            }
            let row = group.first + self.next;
            let Some((batch, at)) = cursor.at(&self.shared, row)? else { return Ok(Chunk::End) };
            self.next += 1;
            match Row::of(batch, at, row, &self.info.channels, &self.info.path)? {
                Some(row) if row.len > 0 => {
                    (list.row, list.at) = (Some(row), 0);
                    if list.delivered {
                        return Ok(Chunk::Gap { frames: 0.0 });
                    }
                }
                Some(_) => {}
                None => list.nulls += 1,
            }
        }
    }

    fn spooled<T: Target>(
        &mut self,
        spool: &mut Spool,
        planes: &mut [Vec<T>],
        max_frames: usize,
    ) -> Result<Chunk> {
        if self.extent.0 == usize::MAX {
            self.extent = place(&spool.extents[self.index], self.next);
        }
        loop {
            let (index, done) = self.extent;
            let Some(&extent) = spool.extents[self.index].get(index) else {
                self.list.nulls = std::mem::take(&mut spool.nulls[self.index]);
                return Ok(Chunk::End);
            };
            if done == extent.len {
                self.extent = (index + 1, 0);
                continue;
            }
            if done == 0 && self.shared.lists && std::mem::take(&mut self.list.delivered) {
                return Ok(Chunk::Gap { frames: 0.0 });
            }
            let to = extent.len.min(done + max_frames as u64);
            spool.read(extent, done, to, planes).map_err(|e| full(&self.info, 0, &e))?;
            (self.extent, self.list.delivered) = ((index, to), true);
            return Ok(Chunk::Data((to - done) as usize));
        }
    }
}

/// Returns the extent of a sample, and the samples before it there.
fn place(extents: &[Extent], sample: u64) -> (usize, u64) {
    let mut before = 0;
    for (index, extent) in extents.iter().enumerate() {
        if sample < before + extent.len {
            return (index, sample - before);
        }
        before += extent.len;
    }
    (extents.len(), 0)
}
