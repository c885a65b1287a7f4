//! Recordings that can only be read in order, kept in a temporary file where they can be read anywhere.

use rlx_io::read::{Chunk, Precision, SignalInfo, SignalReader};
use rlx_io::{Error, Result};
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Samples per plane that are decoded at a time.
const BLOCK: usize = 1 << 14;
#[cfg(not(target_arch = "wasm32"))]
type Store = tempfile::SpooledTempFile;
#[cfg(target_arch = "wasm32")]
type Store = crate::memory::MemoryFile;

/// Up to 32 MiB are kept in memory; what comes after goes to an unnamed temporary file.
#[cfg(not(target_arch = "wasm32"))]
fn store() -> Store {
    Store::new(32 << 20)
}

/// A page has no temporary files: of its 4 GiB at most, this much is for one recording.
#[cfg(target_arch = "wasm32")]
fn store() -> Store {
    Store::new(2 << 30)
}

/// The decoded samples of one recording, frame by frame, and where it is interrupted.
pub(crate) struct Spool {
    file: Mutex<Store>,
    info: SignalInfo,
    frames: u64,
    gaps: Vec<u64>,
}

impl Spool {
    /// Decodes `reader` to its end. A file that ends early gives what it has; the error becomes a note.
    pub(crate) fn decode(mut reader: Box<dyn SignalReader>) -> Result<Arc<Self>> {
        let mut file = store();
        let (mut frames, mut gaps) = (0, Vec::new());
        let mut failed = None;
        let planes = reader.info().planes();
        let path = reader.info().path.clone();
        let mut bytes = Vec::new();
        let (mut single, mut double) = (vec![Vec::new(); planes], vec![Vec::new(); planes]);
        let precision = reader.info().precision;
        loop {
            let chunk = match precision {
                Precision::F32 => reader.read_f32(&mut single, BLOCK),
                Precision::F64 => reader.read_f64(&mut double, BLOCK),
            };
            bytes.clear();
            match chunk {
                Ok(Chunk::End) => break,
                Ok(Chunk::Gap { .. }) => gaps.push(frames),
                Ok(Chunk::Data(count)) => {
                    for at in 0..count {
                        match precision {
                            Precision::F32 => {
                                single.iter().for_each(|plane| bytes.extend(plane[at].to_le_bytes()));
                            }
                            Precision::F64 => {
                                double.iter().for_each(|plane| bytes.extend(plane[at].to_le_bytes()));
                            }
                        }
                    }
                    frames += count as u64;
                    file.write_all(&bytes).map_err(|e| Error::io(&path, e))?;
                }
                Err(error) if frames > 0 => {
                    failed = Some(error.to_string());
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        let mut info = reader.info().clone();
        info.frames = Some(frames);
        info.notes.extend(failed);
        Ok(Arc::new(Self { file: Mutex::new(file), info, frames, gaps }))
    }

    fn value_bytes(&self) -> u64 {
        match self.info.precision {
            Precision::F32 => 4,
            Precision::F64 => 8,
        }
    }
}

/// Reads a [`Spool`] from any position.
pub(crate) struct SpoolReader {
    spool: Arc<Spool>,
    next: u64,
    /// Whether the gap at `next` has been reported.
    reported: bool,
}

impl SpoolReader {
    pub(crate) fn boxed(spool: &Arc<Spool>) -> Box<dyn SignalReader> {
        Box::new(Self { spool: Arc::clone(spool), next: 0, reported: true })
    }

    fn read<T>(
        &mut self,
        planes: &mut [Vec<T>],
        most: usize,
        single: fn(f32) -> T,
        double: fn(f64) -> T,
    ) -> Result<Chunk> {
        planes.iter_mut().for_each(Vec::clear);
        let spool = Arc::clone(&self.spool);
        if planes.len() != spool.info.planes() {
            return Err(Error::argument("planes", format!("expected {} vectors", spool.info.planes())));
        }
        if self.next >= spool.frames {
            return Ok(Chunk::End);
        }
        if !self.reported && spool.gaps.binary_search(&self.next).is_ok() {
            self.reported = true;
            // How long it was is in the pauses of the info.
            return Ok(Chunk::Gap { frames: 0.0 });
        }
        let after = spool.gaps.partition_point(|gap| *gap <= self.next);
        let end = spool.gaps.get(after).copied().unwrap_or(spool.frames).min(spool.frames);
        let count = usize::try_from(end - self.next).unwrap_or(usize::MAX).min(most.clamp(1, BLOCK));
        let value = spool.value_bytes();
        let mut bytes = vec![0; count * planes.len() * value as usize];
        let offset = self.next * planes.len() as u64 * value;
        {
            let mut file = spool.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(offset))
                .and_then(|_| file.read_exact(&mut bytes))
                .map_err(|e| Error::io(&spool.info.path, e))?;
        }
        for (index, raw) in bytes.chunks_exact(value as usize).enumerate() {
            let plane = index % planes.len();
            let value = match *raw {
                [a, b, c, d] => single(f32::from_le_bytes([a, b, c, d])),
                [a, b, c, d, e, f, g, h] => double(f64::from_le_bytes([a, b, c, d, e, f, g, h])),
                _ => continue,
            };
            planes[plane].push(value);
        }
        self.next += count as u64;
        self.reported = false;
        Ok(Chunk::Data(count))
    }
}

impl SignalReader for SpoolReader {
    fn info(&self) -> &SignalInfo {
        &self.spool.info
    }

    fn read_f32(&mut self, planes: &mut [Vec<f32>], max_frames: usize) -> Result<Chunk> {
        self.read(planes, max_frames, |value| value, |value| value as f32)
    }

    fn read_f64(&mut self, planes: &mut [Vec<f64>], max_frames: usize) -> Result<Chunk> {
        self.read(planes, max_frames, f64::from, |value| value)
    }

    fn seek(&mut self, frame: u64) -> Result<bool> {
        self.next = frame.min(self.spool.frames);
        self.reported = true;
        Ok(true)
    }
}
