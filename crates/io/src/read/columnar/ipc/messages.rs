//! The messages of an Arrow stream: a header in flatbuffers, and a body. Lengths are checked against the bytes that
//! are there, or read block by block.

use crate::read::source::Source;
use crate::{Error, Place, Result};
use arrow_buffer::{Buffer, MutableBuffer};
use arrow_ipc::{Message, root_as_message};
use std::path::Path;

/// Signature at both ends of a file; it is padded to 8 bytes at the start.
pub(in super::super) const MAGIC: &[u8; 6] = b"ARROW1";
/// Stands before the length of each header.
const CONTINUATION: [u8; 4] = [0xff; 4];
/// Largest header.
const LONGEST_HEADER: u64 = 256 << 20;
/// Bytes that are read at a time.
const BLOCK: usize = 1 << 18;

/// Returns whether bytes are the beginning of a stream: the header of a schema.
pub(in super::super) fn is_stream(head: &[u8]) -> bool {
    let Some((first, rest)) = head.split_first_chunk::<8>() else { return false };
    let [a, b, c, d, length @ ..] = *first;
    let length = u32::from_le_bytes(length);
    // A root table lies behind its table of fields, in the first bytes.
    let root = rest.first_chunk::<4>().map(|root| u32::from_le_bytes(*root));
    [a, b, c, d] == CONTINUATION
        && (16..LONGEST_HEADER).contains(&u64::from(length))
        && length.is_multiple_of(8)
        && root.is_some_and(|root| (4..=64).contains(&root))
}

/// Reads messages one by one.
pub(super) struct Messages {
    pub(super) source: Source,
    /// Whether the source is a file, with a signature and a footer.
    file: bool,
    header: Vec<u8>,
    /// Bytes of the current body that were not taken.
    body: u64,
}

impl Messages {
    /// Starts at the first byte of a file or a stream.
    pub(super) fn new(mut source: Source) -> Result<Self> {
        let file = source.peek(MAGIC.len())? == MAGIC;
        if file {
            source.skip(8)?;
            // Some writers align the first message to 64 bytes.
            while source.position() < 64 && source.peek(8)? == [0; 8] {
                source.skip(8)?;
            }
        }
        Ok(Self { source, file, header: Vec::new(), body: 0 })
    }

    fn name(&self) -> &Path {
        self.source.name()
    }

    fn malformed(&self, reason: impl Into<String>) -> Error {
        Error::malformed(self.name(), Place::Byte(self.source.position()), reason)
    }

    fn truncated(&self, reason: impl Into<String>) -> Error {
        Error::truncated(self.name(), self.source.position(), reason)
    }

    /// Moves to the next message; false at the end. The rest of the last body is skipped.
    pub(super) fn advance(&mut self) -> Result<bool> {
        let skipped = self.source.skip(self.body)?;
        if skipped < self.body {
            return Err(self.truncated(format!("a message of {} bytes more", self.body - skipped)));
        }
        self.body = 0;
        let mut start = [0; 4];
        let got = self.source.fill(&mut start)?;
        if got == 0 {
            // A stream may just end; a file ends with a footer.
            return if self.file { Err(self.truncated("the footer is missing")) } else { Ok(false) };
        }
        if start == CONTINUATION {
            start = self.source.exact("the length of a message")?;
        } else if got < 4 {
            return Err(self.truncated("the length of a message"));
        }
        let length = u64::from(u32::from_le_bytes(start));
        if length == 0 {
            return Ok(false);
        }
        if length > LONGEST_HEADER {
            return Err(self.malformed(format!("a header of {length} bytes")));
        }
        let mut header = MutableBuffer::new(0);
        self.read(length, &mut header)?;
        self.header = header.as_slice().to_vec();
        let body = self.message()?.bodyLength();
        self.body = u64::try_from(body).map_err(|_| self.malformed(format!("a body of {body} bytes")))?;
        if let Some(left) = self.source.left().filter(|left| *left < self.body) {
            let reason = format!("a message of {} bytes, {left} are left", self.body);
            return Err(self.truncated(reason));
        }
        Ok(true)
    }

    /// Returns the header of the current message.
    pub(super) fn message(&self) -> Result<Message<'_>> {
        root_as_message(&self.header).map_err(|e| self.malformed(format!("a damaged header: {e}")))
    }

    /// Reads the body of the current message.
    pub(super) fn body(&mut self) -> Result<Buffer> {
        let mut body = MutableBuffer::new(0);
        let length = std::mem::take(&mut self.body);
        self.read(length, &mut body)?;
        Ok(body.into())
    }

    /// Appends exactly `length` bytes; memory grows with what arrives.
    fn read(&mut self, length: u64, into: &mut MutableBuffer) -> Result<()> {
        let mut block = vec![0; usize::try_from(length).unwrap_or(usize::MAX).min(BLOCK)];
        let mut left = length;
        while left > 0 {
            let want = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
            let got = self.source.fill(&mut block[..want])?;
            into.extend_from_slice(&block[..got]);
            left -= got as u64;
            if got < want {
                return Err(self.truncated(format!("a message of {length} bytes, {left} are missing")));
            }
        }
        Ok(())
    }
}
