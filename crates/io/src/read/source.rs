//! Bytes from a file, standard input or memory, with the place always known.

use crate::{Error, Result};
use std::fs::File;
use std::io::{self, Cursor, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Streams that must be sought are kept in memory up to this size and in an unnamed temporary file beyond it. A page has no
/// temporary files: there it is the most that is kept at all.
const SPOOL_IN_MEMORY: usize = if cfg!(target_arch = "wasm32") { 1 << 29 } else { 1 << 20 };

/// Opens the files that a recording consists of beside the first one, where they are not the system's: those that were
/// dropped on a page, for example.
pub trait Siblings: Send + Sync {
    /// The file of this name.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    fn open(&self, path: &Path) -> Result<Source>;
}

/// Opens the other files of a recording, later too.
#[derive(Clone)]
pub(super) struct Beside(Option<Arc<dyn Siblings>>);

impl Beside {
    /// Opens a file.
    pub(super) fn open(&self, path: &Path) -> Result<Source> {
        match &self.0 {
            Some(siblings) => Ok(siblings.open(path)?.with_siblings(Arc::clone(siblings))),
            None => Source::open(path),
        }
    }
}

trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

enum Stream {
    /// One handle, which several sources read at their own positions.
    Seekable(Arc<Mutex<Box<dyn ReadSeek>>>),
    Forward(Box<dyn Read + Send>),
}

/// Input of a reader: bytes, their name for messages, and the position in them.
pub struct Source {
    name: PathBuf,
    stream: Stream,
    /// Where in the stream this source's byte 0 lies, and its length, where it is known.
    base: u64,
    len: Option<u64>,
    pos: u64,
    /// Bytes that were looked at (from the position on) but not taken.
    peeked: Vec<u8>,
    /// Most bytes that may be copied to a temporary file.
    spool_limit: u64,
    /// Bytes that a stream promises to have in all.
    expected: Option<u64>,
    /// Where the other files of the recording are; the system's files by default.
    siblings: Option<Arc<dyn Siblings>>,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source")
            .field("name", &self.name)
            .field("pos", &self.pos)
            .field("len", &self.len)
            .finish()
    }
}

impl Source {
    /// A file; `-` is standard input. A pipe or device is read forward only.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path) -> Result<Self> {
        if path.as_os_str() == "-" {
            return Ok(Self::from_read("-", io::stdin()));
        }
        let file = File::open(path).map_err(|e| Error::io(path, e))?;
        let meta = file.metadata().map_err(|e| Error::io(path, e))?;
        if meta.is_dir() {
            return Err(Error::io(path, io::Error::from(ErrorKind::IsADirectory)));
        }
        if meta.is_file() { Self::from_seek(path, file) } else { Ok(Self::from_read(path, file)) }
    }

    /// Anything that can only be read forward.
    pub fn from_read(name: impl Into<PathBuf>, stream: impl Read + Send + 'static) -> Self {
        Self::with(name.into(), Stream::Forward(Box::new(stream)), None)
    }

    /// Anything that can be sought, from its start.
    ///
    /// # Errors
    /// Its length cannot be found.
    pub fn from_seek(
        name: impl Into<PathBuf>,
        mut stream: impl Read + Seek + Send + 'static,
    ) -> Result<Self> {
        let name = name.into();
        let len = stream.seek(SeekFrom::End(0)).map_err(|e| Error::io(&name, e))?;
        Ok(Self::with(name, Stream::Seekable(Arc::new(Mutex::new(Box::new(stream)))), Some(len)))
    }

    /// Bytes in memory.
    pub fn from_bytes(name: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        let len = bytes.len() as u64;
        Self::with(
            name.into(),
            Stream::Seekable(Arc::new(Mutex::new(Box::new(Cursor::new(bytes))))),
            Some(len),
        )
    }

    fn with(name: PathBuf, stream: Stream, len: Option<u64>) -> Self {
        Self {
            name,
            stream,
            base: 0,
            len,
            pos: 0,
            peeked: Vec::new(),
            spool_limit: u64::MAX,
            expected: None,
            siblings: None,
        }
    }

    /// Looks up the other files of a recording of several files there, not among the system's files.
    #[must_use]
    pub fn with_siblings(mut self, siblings: Arc<dyn Siblings>) -> Self {
        self.siblings = Some(siblings);
        self
    }

    /// Returns access to the other files of the recording that this one belongs to.
    pub(super) fn beside(&self) -> Beside {
        Beside(self.siblings.clone())
    }

    /// Opens another file of the recording that this one belongs to.
    pub(super) fn sibling(&self, path: &Path) -> Result<Self> {
        self.beside().open(path)
    }

    /// Returns the name for messages.
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// Returns the bytes taken so far.
    pub fn position(&self) -> u64 {
        self.pos
    }

    /// Returns the length in bytes, where it is known.
    pub fn len(&self) -> Option<u64> {
        self.len
    }

    /// Returns whether it is known to hold nothing.
    pub fn is_empty(&self) -> bool {
        self.len == Some(0)
    }

    /// Returns the bytes after the position, where the length is known.
    pub(super) fn left(&self) -> Option<u64> {
        self.len.map(|len| len.saturating_sub(self.pos))
    }

    pub(super) fn is_seekable(&self) -> bool {
        matches!(self.stream, Stream::Seekable(_))
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn io_error(&self, source: io::Error) -> Error {
        Error::Io { path: self.name.clone(), offset: Some(self.pos), source }
    }

    /// Copies at most so many bytes to a temporary file.
    pub(super) fn limit_spool(&mut self, bytes: u64) {
        self.spool_limit = bytes;
    }

    /// A stream that another header promises to have so many bytes.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn expect_len(&mut self, bytes: u64) {
        self.expected = Some(bytes);
    }

    /// Returns the bytes after the position that the length or a promise tells of.
    pub(super) fn promised(&self) -> Option<u64> {
        self.left().or(self.expected.map(|len| len.saturating_sub(self.pos)))
    }

    /// What was looked at and not taken.
    pub(super) fn peeked(&self) -> &[u8] {
        &self.peeked
    }

    /// Looks further ahead: one read of a stream, `most` bytes of a file. False at the end.
    pub(super) fn peek_more(&mut self, most: usize) -> Result<bool> {
        let have = self.peeked.len();
        self.peeked.resize(have + most, 0);
        let mut more = std::mem::take(&mut self.peeked);
        let got = self.pull_some(have as u64, &mut more[have..]);
        more.truncate(have + *got.as_ref().unwrap_or(&0));
        self.peeked = more;
        Ok(got? > 0)
    }

    /// Returns the next `count` bytes, or fewer at the end, without taking them and without waiting for more than
    /// those.
    pub(super) fn peek_some(&mut self, count: usize) -> Result<&[u8]> {
        while self.peeked.len() < count && self.peek_more(1 << 12)? {}
        Ok(&self.peeked[..count.min(self.peeked.len())])
    }

    /// Takes what there is, at most a buffer: none at the end only.
    pub(super) fn read_some(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.peeked.is_empty() {
            let got = self.pull_some(0, buffer)?;
            self.pos += got as u64;
            return Ok(got);
        }
        let ready = self.peeked.len().min(buffer.len());
        buffer[..ready].copy_from_slice(&self.peeked[..ready]);
        self.peeked.drain(..ready);
        self.pos += ready as u64;
        Ok(ready)
    }

    /// Returns the rest as text, at most `limit` bytes of it.
    pub(super) fn text(&mut self, limit: u64) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        let mut block = vec![0; 1 << 16];
        loop {
            let got = self.fill(&mut block)?;
            text.extend_from_slice(&block[..got]);
            if got == 0 {
                return Ok(text);
            }
            if text.len() as u64 > limit {
                let reason = format!("a description of more than {limit} bytes");
                return Err(Error::malformed(&self.name, crate::Place::Byte(self.pos), reason));
            }
        }
    }

    /// Returns the next `count` bytes, or fewer at the end, without taking them.
    pub(super) fn peek(&mut self, count: usize) -> Result<&[u8]> {
        if self.peeked.len() < count {
            let have = self.peeked.len();
            let mut more = vec![0; count - have];
            let got = self.pull(have as u64, &mut more)?;
            self.peeked.extend_from_slice(&more[..got]);
        }
        Ok(&self.peeked[..count.min(self.peeked.len())])
    }

    /// Takes bytes until `buffer` is full or the end is reached, and tells how many.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let ready = self.peeked.len().min(buffer.len());
        buffer[..ready].copy_from_slice(&self.peeked[..ready]);
        self.peeked.drain(..ready);
        self.pos += ready as u64;
        let got = self.pull(0, &mut buffer[ready..])?;
        self.pos += got as u64;
        Ok(ready + got)
    }

    /// `N` bytes of the header, which must be there.
    pub(super) fn exact<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        let start = self.pos;
        let got = self.fill(&mut bytes)?;
        if got < N {
            let reason = format!("{what} at byte {start} needs {N} bytes, {got} are left");
            return Err(Error::truncated(&self.name, self.pos, reason));
        }
        Ok(bytes)
    }

    /// Passes over `count` bytes, or fewer at the end, and tells how many.
    pub(super) fn skip(&mut self, count: u64) -> Result<u64> {
        if let (true, Some(left)) = (self.is_seekable(), self.left()) {
            let count = count.min(left);
            self.seek_to(self.pos + count);
            return Ok(count);
        }
        let mut scratch = [0; 8192];
        let mut skipped = 0;
        while skipped < count {
            let part = usize::try_from(count - skipped).unwrap_or(usize::MAX).min(scratch.len());
            let got = self.fill(&mut scratch[..part])?;
            skipped += got as u64;
            if got < part {
                break;
            }
        }
        Ok(skipped)
    }

    /// Goes to an offset. Only for seekable sources.
    pub(super) fn seek_to(&mut self, offset: u64) {
        debug_assert!(self.is_seekable());
        if offset != self.pos {
            self.pos = offset;
            self.peeked.clear();
        }
    }

    /// Another source over the same bytes, at the start. `None` for a forward stream.
    pub(super) fn fork(&self) -> Option<Self> {
        let Stream::Seekable(shared) = &self.stream else { return None };
        let stream = Stream::Seekable(Arc::clone(shared));
        Some(Self { base: self.base, ..Self::with(self.name.clone(), stream, self.len) })
    }

    /// Returns the part of a seekable source from `start` on, `len` bytes or what there is of them.
    pub(super) fn part(&self, name: PathBuf, start: u64, len: u64) -> Option<Self> {
        let mut part = self.fork()?;
        let there = self.len.map_or(len, |all| all.saturating_sub(start).min(len));
        part.name = name;
        part.base = self.base.saturating_add(start);
        part.len = Some(there);
        Some(part)
    }

    /// Makes a forward stream seekable by copying at most `limit` bytes of the rest of it.
    pub(super) fn into_seekable(mut self, limit: u64) -> Result<Self> {
        if self.is_seekable() {
            return Ok(self);
        }
        let mut spool = tempfile::SpooledTempFile::new(SPOOL_IN_MEMORY);
        let name = self.name.clone();
        let full = |copied: u64, error: io::Error| {
            let folder = std::env::temp_dir();
            let reason = format!("a temporary file for {} at {copied} bytes: {error}", name.display());
            Error::io(folder, io::Error::new(error.kind(), reason))
        };
        let mut block = vec![0; 1 << 16];
        let mut copied = 0;
        while copied < limit {
            let part = usize::try_from(limit - copied).unwrap_or(usize::MAX).min(block.len());
            let got = self.fill(&mut block[..part])?;
            spool.write_all(&block[..got]).map_err(|e| full(copied, e))?;
            copied += got as u64;
            if copied > self.spool_limit {
                let reason = format!(
                    "unpacked, the file has more than {} bytes, and its format needs all of them at once: unpack it first",
                    self.spool_limit
                );
                return Err(Error::unsupported(&self.name, crate::Place::Byte(copied), reason));
            }
            if got < part {
                break;
            }
        }
        Self::from_seek(self.name, spool)
    }

    /// Reads from the stream at `ahead` bytes after the position, until full or the end.
    fn pull(&mut self, ahead: u64, buffer: &mut [u8]) -> Result<usize> {
        self.pull_by(ahead, buffer, |stream, buffer| read_full(stream, buffer))
    }

    /// As [`Source::pull`], but what one read of a stream gives.
    fn pull_some(&mut self, ahead: u64, buffer: &mut [u8]) -> Result<usize> {
        self.pull_by(ahead, buffer, |stream, buffer| {
            loop {
                match stream.read(buffer) {
                    Err(e) if e.kind() == ErrorKind::Interrupted => {}
                    other => return other,
                }
            }
        })
    }

    fn pull_by(
        &mut self,
        ahead: u64,
        buffer: &mut [u8],
        read: impl FnOnce(&mut dyn Read, &mut [u8]) -> io::Result<usize>,
    ) -> Result<usize> {
        let at = self.pos.saturating_add(ahead);
        let result = match &mut self.stream {
            Stream::Forward(stream) => match read(stream, buffer) {
                // A compressed stream that is cut.
                Err(e) if e.kind() == ErrorKind::UnexpectedEof => {
                    return Err(Error::truncated(&self.name, at, e.to_string()));
                }
                other => other,
            },
            Stream::Seekable(shared) => {
                let left = self.len.map_or(u64::MAX, |len| len.saturating_sub(at));
                let want = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
                if want == 0 {
                    return Ok(0);
                }
                let mut stream = shared.lock().unwrap_or_else(PoisonError::into_inner);
                stream
                    .seek(SeekFrom::Start(self.base.saturating_add(at)))
                    .and_then(|_| read_full(&mut *stream, &mut buffer[..want]))
            }
        };
        result.map_err(|e| Error::Io { path: self.name.clone(), offset: Some(at), source: e })
    }
}

fn read_full(stream: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match stream.read(&mut buffer[done..]) {
            Ok(0) => break,
            Ok(got) => done += got,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(done)
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read_some(buffer).map_err(into_io)
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let from = |start: u64, by: i64| start.checked_add_signed(by);
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => from(self.pos, by),
            SeekFrom::End(by) => self.len.and_then(|len| from(len, by)),
        };
        let target = target.ok_or_else(|| io::Error::from(ErrorKind::InvalidInput))?;
        if !self.is_seekable() {
            return Err(io::Error::from(ErrorKind::NotSeekable));
        }
        self.seek_to(target);
        Ok(target)
    }
}

/// Returns the system's error where there is one; libraries that read through us want that type.
pub(super) fn into_io(error: Error) -> io::Error {
    match error {
        Error::Io { source, .. } => source,
        other => io::Error::other(other),
    }
}
