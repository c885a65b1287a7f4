//! Adapts a source to symphonia's interface.

use crate::read::source::Source;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use symphonia::core::io::{MediaSource, MediaSourceStream};

/// Bytes for symphonia, with the position visible from outside.
struct Tracked {
    source: Mutex<Source>,
    seekable: bool,
    len: Option<u64>,
    taken: Arc<AtomicU64>,
}

/// Returns the stream, and a counter of the bytes read from it.
pub(super) fn tracked(source: Source) -> (MediaSourceStream<'static>, Arc<AtomicU64>) {
    let taken = Arc::new(AtomicU64::new(0));
    let stream = Tracked {
        seekable: source.is_seekable(),
        len: source.len(),
        source: Mutex::new(source),
        taken: Arc::clone(&taken),
    };
    (MediaSourceStream::new(Box::new(stream), Default::default()), taken)
}

impl Tracked {
    fn with<R>(&mut self, work: impl FnOnce(&mut Source) -> R) -> R {
        let source = self.source.get_mut().unwrap_or_else(PoisonError::into_inner);
        let result = work(source);
        self.taken.store(source.position(), Ordering::Relaxed);
        result
    }
}

impl Read for Tracked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.with(|source| source.read(buffer))
    }
}

impl Seek for Tracked {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.with(|source| source.seek(to))
    }
}

impl MediaSource for Tracked {
    fn is_seekable(&self) -> bool {
        self.seekable
    }

    fn byte_len(&self) -> Option<u64> {
        self.len
    }
}
