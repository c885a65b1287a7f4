//! A file in memory for machines without temporary files.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};

/// Bytes of a block.
const BLOCK: usize = 1 << 20;

/// Bytes in blocks of equal size, so that growing never copies what is there. Writes append, whatever the position.
#[derive(Debug)]
pub(crate) struct MemoryFile {
    blocks: Vec<Box<[u8]>>,
    len: u64,
    limit: u64,
    pos: u64,
}

impl MemoryFile {
    /// An empty file of at most `limit` bytes.
    pub(crate) fn new(limit: u64) -> Self {
        Self { blocks: Vec::new(), len: 0, limit, pos: 0 }
    }
}

impl Write for MemoryFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let at = (self.len % BLOCK as u64) as usize;
        let count = bytes.len().min(BLOCK - at);
        if self.len + count as u64 > self.limit {
            let reason =
                format!("decoded, it has more than {} MiB, which is all that is kept", self.limit >> 20);
            return Err(io::Error::new(ErrorKind::FileTooLarge, reason));
        }
        if at == 0 && count > 0 {
            self.blocks.push(vec![0; BLOCK].into_boxed_slice());
        }
        if let Some(block) = self.blocks.last_mut() {
            block[at..at + count].copy_from_slice(&bytes[..count]);
        }
        self.len += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for MemoryFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.len.saturating_sub(self.pos);
        let at = (self.pos % BLOCK as u64) as usize;
        let count = into.len().min(BLOCK - at).min(usize::try_from(left).unwrap_or(usize::MAX));
        if count > 0 {
            let block = &self.blocks[(self.pos / BLOCK as u64) as usize];
            into[..count].copy_from_slice(&block[at..at + count]);
        }
        self.pos += count as u64;
        Ok(count)
    }
}

impl Seek for MemoryFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.pos.checked_add_signed(by),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
        };
        self.pos = target.ok_or_else(|| io::Error::from(ErrorKind::InvalidInput))?;
        Ok(self.pos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_from_any_position() {
        let bytes: Vec<u8> = (0..2 * BLOCK + 17).map(|i| (i * 31 % 251) as u8).collect();
        let mut file = MemoryFile::new(bytes.len() as u64);
        bytes.chunks(1000).try_for_each(|part| file.write_all(part)).expect("within the limit");
        assert_eq!(file.write_all(&[0]).unwrap_err().kind(), ErrorKind::FileTooLarge);
        for at in [0, 5, BLOCK - 3, BLOCK, 2 * BLOCK + 16] {
            let mut part = vec![0; 40.min(bytes.len() - at)];
            file.seek(SeekFrom::Start(at as u64))
                .and_then(|_| file.read_exact(&mut part))
                .expect("it is there");
            assert_eq!(part, bytes[at..at + part.len()]);
        }
        assert_eq!(file.seek(SeekFrom::End(0)).expect("the end"), bytes.len() as u64);
        assert_eq!(file.read(&mut [0; 4]).expect("nothing"), 0);
        assert!(file.seek(SeekFrom::Current(-(1 << 40))).is_err());
    }
}
