//! Memory for intermediate values of runs on data on the device.
//!
//! A run returns before the device is done, and streams are independent queues. Runs of one stream run one after
//! another and share scratch; each stream has its own scratch, as does each recorded graph, which may be launched at
//! any time.

use std::sync::Arc;

use super::driver::{Context, DeviceMemory, Event, Stream};
use super::stage::Value;
use crate::error::Result;

/// Streams whose scratch a program keeps; the least recently used is dropped first.
const MAX_STREAMS: usize = 4;

/// The values of a whole batch that remain on the device.
pub(super) struct Scratch {
    _memory: Vec<DeviceMemory>,
    /// For each value, its address; the addresses of results are set before each run.
    pub(super) addresses: Vec<u64>,
    /// Recorded after the last run if streams cannot be distinguished.
    done: Option<Event>,
}

impl Scratch {
    pub(super) fn new(context: &Arc<Context>, values: &[Value], batch: usize) -> Result<Self> {
        let bytes = |v: &Value| if v.result.is_some() { 0 } else { v.bytes(batch) };
        let memory: Vec<DeviceMemory> =
            values.iter().map(|v| DeviceMemory::new(context, bytes(v))).collect::<Result<_>>()?;
        let addresses = memory.iter().map(DeviceMemory::at).collect();
        Ok(Self { _memory: memory, addresses, done: None })
    }

    /// Makes a stream without an identifier wait for the previous run, which may have been in another stream.
    pub(super) fn wait_in(&self, stream: &Stream) -> Result<()> {
        self.done.as_ref().map_or(Ok(()), |done| stream.wait_event(done))
    }

    /// Marks the end of the work queued in a stream without an identifier.
    pub(super) fn mark_in(&mut self, stream: &Stream) -> Result<()> {
        let done = match &self.done {
            Some(done) => done,
            None => self.done.insert(Event::new(stream.context())?),
        };
        done.record(stream)
    }
}

/// Owner of a scratch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum User {
    /// The program has no intermediate values: all streams may share the scratch.
    Anyone,
    /// The stream with this identifier, which no other stream will have.
    Stream(u64),
    /// Streams of a driver before CUDA 12, which cannot distinguish them: each run waits for the previous run.
    Unnamed,
}

/// State of one user, created at its first run. It must be safe to drop while the device uses it, as device memory is
/// (the driver waits).
pub(super) struct ByUser<S> {
    /// Ordered by last use: the most recent is last.
    entries: Vec<(User, S)>,
    /// State that a recording of another library uses: its graph may be launched for as long as the program runs.
    recorded: Vec<S>,
}

impl<S> Default for ByUser<S> {
    fn default() -> Self {
        Self { entries: Vec::new(), recorded: Vec::new() }
    }
}

impl<S> ByUser<S> {
    pub(super) fn of(&mut self, user: User, make: impl FnOnce() -> Result<S>) -> Result<&mut S> {
        let entry = match self.entries.iter().position(|(u, _)| *u == user) {
            Some(at) => self.entries.remove(at),
            None => {
                if self.entries.len() >= MAX_STREAMS {
                    self.entries.remove(0);
                }
                (user, make()?)
            }
        };
        self.entries.push(entry);
        let last = self.entries.len() - 1;
        Ok(&mut self.entries[last].1)
    }

    /// Makes a new state, which no other run will use.
    pub(super) fn of_recording(&mut self, make: impl FnOnce() -> Result<S>) -> Result<&mut S> {
        self.recorded.push(make()?);
        let last = self.recorded.len() - 1;
        Ok(&mut self.recorded[last])
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Numbers each scratch in order of creation.
    fn numbered() -> impl Fn() -> Result<usize> {
        let made = Cell::new(0);
        move || {
            made.set(made.get() + 1);
            Ok(made.get())
        }
    }

    #[test]
    fn a_stream_keeps_its_scratch_and_shares_it_with_no_other() {
        let (make, mut scratch) = (numbered(), ByUser::default());
        let mut of = |user| *scratch.of(user, &make).unwrap();
        let (a, b) = (of(User::Stream(1)), of(User::Stream(2)));
        assert_ne!(a, b, "two streams");
        assert_eq!((of(User::Stream(1)), of(User::Stream(2))), (a, b));
        let unnamed = of(User::Unnamed);
        assert!(![a, b].contains(&unnamed) && of(User::Unnamed) == unnamed);
    }

    #[test]
    fn the_stream_that_was_used_least_recently_is_forgotten() {
        let (make, mut scratch) = (numbered(), ByUser::default());
        let mut of = |user| *scratch.of(user, &make).unwrap();
        for id in 0..MAX_STREAMS as u64 {
            of(User::Stream(id));
        }
        let first = of(User::Stream(0));
        of(User::Stream(100));
        assert_eq!(of(User::Stream(0)), first, "it was used again before");
        let again = of(User::Stream(1));
        assert_eq!(again, MAX_STREAMS + 2, "made anew");
        assert!(scratch.entries.len() <= MAX_STREAMS);
    }

    #[test]
    fn a_recording_has_its_own_for_good() {
        let (make, mut scratch) = (numbered(), ByUser::default());
        let stream = *scratch.of(User::Stream(1), &make).unwrap();
        let (a, b) = (*scratch.of_recording(&make).unwrap(), *scratch.of_recording(&make).unwrap());
        assert!(a != b && a != stream && b != stream);
        assert_eq!(*scratch.of(User::Stream(1), &make).unwrap(), stream);
        for id in 0..20 {
            scratch.of(User::Stream(id), &make).unwrap();
        }
        assert_eq!(scratch.recorded, [a, b]);
    }

    #[test]
    fn what_cannot_be_made_is_not_kept() {
        let mut scratch = ByUser::<usize>::default();
        let fail = || Err(crate::error::Error::Cancelled);
        assert!(scratch.of(User::Stream(1), fail).is_err());
        assert_eq!(*scratch.of(User::Stream(1), || Ok(7)).unwrap(), 7);
    }
}
