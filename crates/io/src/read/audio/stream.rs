//! Adapts a source to symphonia's interface.

use crate::Result;
use crate::read::source::Source;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use symphonia::core::io::{MediaSource, MediaSourceStream};

/// A source that several streams read, one after the other, with its position visible from outside.
#[derive(Clone)]
pub(super) struct Shared {
    source: Arc<Mutex<Source>>,
    taken: Arc<AtomicU64>,
}

impl Shared {
    pub(super) fn new(source: Source) -> Self {
        Self { source: Arc::new(Mutex::new(source)), taken: Arc::default() }
    }

    /// Returns the bytes read so far.
    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Returns the source, between streams.
    pub(super) fn source(&self) -> MutexGuard<'_, Source> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a stream of the bytes up to `end`. Only a stream from the start of a source can be sought.
    pub(super) fn stream(&self, end: Option<u64>) -> MediaSourceStream<'static> {
        let source = self.source();
        let seekable = source.is_seekable() && source.position() == 0;
        let len = if seekable { source.len().map(|len| end.map_or(len, |end| end.min(len))) } else { None };
        let part = Part { shared: self.clone(), seekable, len, end };
        drop(source);
        MediaSourceStream::new(Box::new(part), Default::default())
    }

    /// Passes over the bytes up to `end` that a stream has not taken; false if nothing follows.
    pub(super) fn skip_to(&self, end: u64) -> Result<bool> {
        let mut source = self.source();
        let left = end.saturating_sub(source.position());
        // What a decoder has sought behind the end is read again.
        if source.is_seekable() {
            source.seek_to(end);
        } else {
            source.skip(left)?;
        }
        let more = !source.peek(1)?.is_empty();
        self.taken.store(source.position(), Ordering::Relaxed);
        Ok(more)
    }
}

/// One stream of the source.
struct Part {
    shared: Shared,
    seekable: bool,
    len: Option<u64>,
    end: Option<u64>,
}

impl Part {
    fn with<R>(&mut self, work: impl FnOnce(&mut Source) -> R) -> R {
        let mut source = self.shared.source();
        let result = work(&mut source);
        self.shared.taken.store(source.position(), Ordering::Relaxed);
        result
    }
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = self.end.unwrap_or(u64::MAX);
        self.with(|source| {
            let left = usize::try_from(end.saturating_sub(source.position())).unwrap_or(usize::MAX);
            let most = left.min(buffer.len());
            source.read(&mut buffer[..most])
        })
    }
}

impl Seek for Part {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match (to, self.len) {
            (SeekFrom::End(by), Some(len)) => SeekFrom::Start(len.saturating_add_signed(by)),
            (to, _) => to,
        };
        self.with(|source| source.seek(to))
    }
}

impl MediaSource for Part {
    fn is_seekable(&self) -> bool {
        self.seekable
    }

    fn byte_len(&self) -> Option<u64> {
        self.len
    }
}
