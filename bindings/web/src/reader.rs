//! Files of the host as the readers want them.

use crate::host::read_file;
use std::io::{self, Read, Seek, SeekFrom};

/// A file of the host, read in blocks.
pub(crate) struct HostReader {
    file: u32,
    size: u64,
    at: u64,
    block: Vec<u8>,
    block_at: u64,
}

/// Bytes of a read that follows the one before; one elsewhere is no longer than it was asked for.
const AHEAD: u64 = 1 << 20;
/// Bytes that any read brings: headers are read in small steps.
const LEAST: u64 = 1 << 12;

impl HostReader {
    pub(crate) fn new(file: u32, size: u64) -> Self {
        Self { file, size, at: 0, block: Vec::new(), block_at: 0 }
    }
}

impl Read for HostReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let end = self.block_at + self.block.len() as u64;
        if self.at < self.block_at || self.at >= end {
            let left = self.size.saturating_sub(self.at);
            let wanted = if self.at == end && end > 0 { AHEAD } else { LEAST.max(into.len() as u64) };
            let len = wanted.min(left).min(AHEAD) as usize;
            self.block.resize(len, 0);
            self.block_at = self.at;
            let got = read_file(self.file, self.at, &mut self.block);
            self.block.truncate(got.unwrap_or(0));
            if got.is_none() {
                return Err(io::Error::other(
                    "the file cannot be read any more: it was changed, moved or removed",
                ));
            }
        }
        let from = (self.at - self.block_at) as usize;
        let count = into.len().min(self.block.len() - from);
        into[..count].copy_from_slice(&self.block[from..from + count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for HostReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
        };
        self.at = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
