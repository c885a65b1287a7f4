//! Standard input, kept in an unnamed temporary file so that any part of it can be read again.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The data received so far.
#[derive(Clone)]
pub(crate) struct StdinSpool {
    file: Arc<File>,
    ended: Arc<AtomicBool>,
}

impl StdinSpool {
    /// Starts copying.
    pub(crate) fn start() -> io::Result<Self> {
        let file = tempfile::tempfile()?;
        let mut target = file.try_clone()?;
        let spool = Self { file: Arc::new(file), ended: Arc::new(AtomicBool::new(false)) };
        let ended = Arc::clone(&spool.ended);
        std::thread::spawn(move || {
            let mut block = vec![0; 1 << 16];
            let mut input = io::stdin().lock();
            loop {
                match input.read(&mut block) {
                    Ok(0) => break,
                    Ok(got) if target.write_all(&block[..got]).is_err() => break,
                    Ok(_) => {}
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
            ended.store(true, Ordering::Release);
        });
        Ok(spool)
    }

    /// Waits until `bytes` bytes have arrived, or the end, for at most 30 s.
    pub(crate) fn wait_for(&self, bytes: u64) {
        let start = Instant::now();
        while !self.ended.load(Ordering::Acquire)
            && self.file.metadata().map_or(0, |about| about.len()) < bytes
            && start.elapsed() < Duration::from_secs(30)
        {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Returns a reader of the data received so far.
    pub(crate) fn reader(&self) -> SpoolReader {
        SpoolReader { file: Arc::clone(&self.file), at: 0 }
    }
}

/// Reads the file at an independent position.
pub(crate) struct SpoolReader {
    file: Arc<File>,
    at: u64,
}

impl Read for SpoolReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let got = std::os::unix::fs::FileExt::read_at(&*self.file, buffer, self.at)?;
        #[cfg(windows)]
        let got = std::os::windows::fs::FileExt::seek_read(&*self.file, buffer, self.at)?;
        self.at += got as u64;
        Ok(got)
    }
}

impl Seek for SpoolReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.file.metadata()?.len().checked_add_signed(by),
        };
        self.at = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
