//! The contract of a reader.

use super::{Annotation, SignalInfo, sample::Target};
use crate::{Error, Result};

/// Result of one read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Chunk {
    /// This many samples were appended to every plane: at least 1, at most the requested number.
    Data(usize),
    /// The recording is interrupted here; the following samples are not contiguous with the previous ones.
    Gap {
        /// Length in samples: 0 if the file does not state it, negative if its clock goes back.
        frames: f64,
    },
    /// The end. Every later call returns it again.
    End,
}

/// Reads a signal block by block.
///
/// `planes` has [`SignalInfo::planes`] vectors, one per channel; a complex source has the real parts of
/// channel c in plane 2c and the imaginary parts in plane 2c + 1. Every call clears the planes and then fills
/// them with at most `max_frames` samples each; fewer is not the end, only [`Chunk::End`] is.
///
/// Samples that could be read before an error are delivered first; the next call returns the error, and later calls
/// [`Chunk::End`].
pub trait SignalReader: Send {
    /// Returns the properties of the signal. Notes may be added while reading.
    fn info(&self) -> &SignalInfo;

    /// Returns the next samples in single precision.
    ///
    /// # Errors
    /// The file cannot be read, violates its format, or ends early; `planes` has the wrong length.
    fn read_f32(&mut self, planes: &mut [Vec<f32>], max_frames: usize) -> Result<Chunk>;

    /// Returns the next samples in double precision.
    ///
    /// # Errors
    /// Those of [`SignalReader::read_f32`].
    fn read_f64(&mut self, planes: &mut [Vec<f64>], max_frames: usize) -> Result<Chunk>;

    /// Returns the annotations of the whole file, in order of time. May read through the file; samples are read as
    /// before.
    ///
    /// # Errors
    /// The file cannot be read, or its annotations violate its format.
    fn annotations(&mut self) -> Result<Vec<Annotation>> {
        Ok(Vec::new())
    }

    /// Returns the reader of the signal that follows in a file of many similar signals, such as the rows of a table;
    /// `None` after the last one and for other formats. A second call returns `None`, because the reader returned
    /// leads to the signals after it; after an error it returns the signal behind the one that failed. Samples are
    /// read as before.
    ///
    /// # Errors
    /// That signal cannot be read.
    fn following(&mut self) -> Result<Option<Box<dyn SignalReader>>> {
        Ok(None)
    }

    /// Moves to a sample, counted from 0 over the data (gaps take no samples): the next read starts there. Returns
    /// `false`, without moving, if the format can only be read in order. A position after the end reads as the end. A
    /// pending error is dropped.
    ///
    /// # Errors
    /// The file cannot be read.
    fn seek(&mut self, frame: u64) -> Result<bool>;
}

/// The interface of a format: one implementation for both precisions.
pub(super) trait BlockReader: Send {
    fn info(&self) -> &SignalInfo;

    /// Appends at most `max_frames` samples to each of the (empty) planes.
    /// `max_frames` is at least 1 and the number of planes is right.
    fn read_block<T: Target>(&mut self, planes: &mut [Vec<T>], max_frames: usize) -> Result<Chunk>;

    /// See [`SignalReader::annotations`].
    fn annotations(&mut self) -> Result<Vec<Annotation>> {
        Ok(Vec::new())
    }

    /// See [`SignalReader::following`].
    fn following(&mut self) -> Result<Option<Box<dyn SignalReader>>> {
        Ok(None)
    }

    /// Moves to a sample, if the format allows it; see [`SignalReader::seek`].
    fn seek(&mut self, _frame: u64) -> Result<bool> {
        Ok(false)
    }
}

/// Enforces the contract of [`SignalReader`] around a format's implementation.
pub(super) struct Guarded<R> {
    inner: R,
    pending: Option<Error>,
    done: bool,
}

impl<R: BlockReader> Guarded<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, pending: None, done: false }
    }

    fn read<T: Target>(&mut self, planes: &mut [Vec<T>], max_frames: usize) -> Result<Chunk> {
        planes.iter_mut().for_each(Vec::clear);
        let expected = self.inner.info().planes();
        if planes.len() != expected {
            return Err(Error::argument(
                "planes",
                format!("expected {expected} vectors, got {}", planes.len()),
            ));
        }
        if let Some(error) = self.pending.take() {
            return Err(error);
        }
        if self.done {
            return Ok(Chunk::End);
        }
        let result = self.inner.read_block(planes, max_frames.max(1));
        match result {
            Ok(Chunk::End) => self.done = true,
            Ok(_) => {}
            Err(error) => {
                self.done = true;
                // Only samples present in every plane are complete.
                let whole = planes.iter().map(Vec::len).min().unwrap_or(0);
                planes.iter_mut().for_each(|plane| plane.truncate(whole));
                if whole == 0 {
                    return Err(error);
                }
                self.pending = Some(error);
                return Ok(Chunk::Data(whole));
            }
        }
        result
    }
}

impl<R: BlockReader> SignalReader for Guarded<R> {
    fn info(&self) -> &SignalInfo {
        self.inner.info()
    }

    fn read_f32(&mut self, planes: &mut [Vec<f32>], max_frames: usize) -> Result<Chunk> {
        self.read(planes, max_frames)
    }

    fn read_f64(&mut self, planes: &mut [Vec<f64>], max_frames: usize) -> Result<Chunk> {
        self.read(planes, max_frames)
    }

    fn annotations(&mut self) -> Result<Vec<Annotation>> {
        self.inner.annotations()
    }

    fn following(&mut self) -> Result<Option<Box<dyn SignalReader>>> {
        self.inner.following()
    }

    fn seek(&mut self, frame: u64) -> Result<bool> {
        let moved = self.inner.seek(frame)?;
        if moved {
            self.pending = None;
            self.done = false;
        }
        Ok(moved)
    }
}
