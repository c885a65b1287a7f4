//! Spools arrays that arrive frame by frame and are written row by row.

use super::npy::npy_header;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Number of values that are held in memory before they are written to disk.
const TILE: usize = 1 << 17;

/// An array of `[rows][frames][item]` numbers whose frames `[rows][item]` arrive one by one; their number is known
/// only at the end. Frames are stored in an unnamed temporary file.
///
/// ```text
/// frames → tiles [rows][frames of the tile][item], one after the other → per row: its part of every tile
/// ```
#[derive(Debug)]
pub struct ArraySpool {
    file: File,
    rows: usize,
    item: usize,
    /// Frames of a full tile.
    per_tile: usize,
    /// Values of the current tile, as they came.
    tile: Vec<f64>,
    full_tiles: u64,
    /// All of it is in the file.
    closed: bool,
    bytes: Vec<u8>,
}

impl ArraySpool {
    /// Returns a spool in `directory`, or among the system's temporary files.
    ///
    /// # Errors
    /// No file can be created there.
    pub fn new(directory: Option<&Path>, rows: usize, item: usize) -> io::Result<Self> {
        let file = match directory {
            Some(directory) => tempfile::tempfile_in(directory)?,
            None => tempfile::tempfile()?,
        };
        let per_tile = (TILE / (rows * item).max(1)).max(1);
        Ok(Self {
            file,
            rows,
            item,
            per_tile,
            tile: Vec::new(),
            full_tiles: 0,
            closed: false,
            bytes: Vec::new(),
        })
    }

    /// Adds a frame of `rows × item` values.
    ///
    /// # Errors
    /// The disk is full.
    pub fn push(&mut self, frame: impl IntoIterator<Item = f64>) -> io::Result<()> {
        self.tile.extend(frame);
        debug_assert_eq!(self.tile.len() % (self.rows * self.item).max(1), 0);
        if self.tile.len() >= self.per_tile * self.rows * self.item {
            self.write_tile()?;
            self.full_tiles += 1;
        }
        Ok(())
    }

    /// Returns the frames so far.
    pub fn frames(&self) -> u64 {
        self.full_tiles * self.per_tile as u64 + self.in_tile() as u64
    }

    fn in_tile(&self) -> usize {
        self.tile.len() / (self.rows * self.item).max(1)
    }

    fn write_tile(&mut self) -> io::Result<()> {
        let (frames, width) = (self.in_tile(), self.rows * self.item);
        self.bytes.clear();
        for row in 0..self.rows {
            for frame in 0..frames {
                let first = frame * width + row * self.item;
                let values = &self.tile[first..first + self.item];
                self.bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
            }
        }
        self.tile.clear();
        self.file.write_all(&self.bytes)
    }

    /// Calls `work` with each frame again, from the first one on: for values that depend on those that came later.
    ///
    /// # Errors
    /// Those of the file, or the first one of `work`.
    pub fn again<E: From<io::Error>>(
        &mut self,
        mut work: impl FnMut(&[f64]) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let last = self.close()?;
        self.file.seek(SeekFrom::Start(0))?;
        let width = self.rows * self.item;
        let mut frame = vec![0.0; width];
        for tile in 0..=self.full_tiles {
            let frames = if tile == self.full_tiles { last } else { self.per_tile };
            self.bytes.resize(8 * frames * width, 0);
            self.file.read_exact(&mut self.bytes)?;
            for at in 0..frames {
                for row in 0..self.rows {
                    let first = 8 * (row * frames + at) * self.item;
                    let values = self.bytes[first..first + 8 * self.item].chunks_exact(8);
                    let out = &mut frame[row * self.item..(row + 1) * self.item];
                    out.iter_mut().zip(values).for_each(|(out, bytes)| *out = number(bytes));
                }
                work(&frame)?;
            }
        }
        Ok(())
    }

    /// Writes the rest to the disk, and gives its number of frames. Nothing can be pushed afterwards.
    fn close(&mut self) -> io::Result<usize> {
        let last = self.in_tile();
        if last > 0 && !self.closed {
            let tile = self.tile.clone();
            self.write_tile()?;
            // Its frames are still counted by their place.
            self.tile = tile;
        }
        self.closed = true;
        Ok(last)
    }

    /// Writes the array as NPY; `shape` makes its axes of the number of frames.
    ///
    /// # Errors
    /// What the target or the temporary file says.
    pub fn write_npy(
        mut self,
        shape: impl FnOnce(usize) -> Vec<usize>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let frames = usize::try_from(self.frames()).map_err(io::Error::other)?;
        let last = self.close()?;
        let mut out = BufWriter::with_capacity(1 << 16, out);
        out.write_all(&npy_header("<f8", &shape(frames)))?;
        let tile_bytes = 8 * (self.per_tile * self.rows * self.item) as u64;
        for row in 0..self.rows {
            for tile in 0..=self.full_tiles {
                let count = if tile == self.full_tiles { last } else { self.per_tile };
                let bytes = 8 * count * self.item;
                self.file.seek(SeekFrom::Start(tile * tile_bytes + (row * bytes) as u64))?;
                self.bytes.resize(bytes, 0);
                self.file.read_exact(&mut self.bytes)?;
                out.write_all(&self.bytes)?;
            }
        }
        out.flush()
    }
}

fn number(bytes: &[u8]) -> f64 {
    bytes.try_into().map_or(f64::NAN, f64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::{NamedArray, npy_bytes};

    #[test]
    fn frames_become_rows() {
        for (rows, item, frames) in
            [(1, 1, 0), (1, 3, 5), (3, 1, 7), (2, 50_000, 5), (2, 70_000, 4), (80, 1, 5000)]
        {
            let value = |row: usize, frame: usize, i: usize| (row * 1_000_003 + frame * 1009 + i) as f64;
            let mut spool = ArraySpool::new(None, rows, item).unwrap();
            for frame in 0..frames {
                spool.push((0..rows * item).map(|at| value(at / item, frame, at % item))).unwrap();
            }
            assert_eq!(spool.frames(), frames as u64);
            let mut out = Vec::new();
            spool.write_npy(|frames| vec![rows, frames, item], &mut out).unwrap();
            let all = (0..rows)
                .flat_map(|row| (0..frames).flat_map(move |f| (0..item).map(move |i| value(row, f, i))));
            let want = NamedArray::real("x", &[rows, frames, item], all.collect::<Vec<_>>());
            assert!(out == npy_bytes(&want), "{rows} {item} {frames}");
        }
    }

    #[test]
    fn frames_come_again() {
        let (rows, item, frames) = (2, 9000, 30);
        let mut spool = ArraySpool::new(None, rows, item).unwrap();
        for frame in 0..frames {
            spool.push((0..rows * item).map(|at| (frame * 100_000 + at) as f64)).unwrap();
        }
        for _ in 0..2 {
            let mut frame = 0;
            spool
                .again(|values| {
                    assert!(values.iter().enumerate().all(|(at, v)| *v == (frame * 100_000 + at) as f64));
                    frame += 1;
                    io::Result::Ok(())
                })
                .unwrap();
            assert_eq!(frame, frames);
        }
    }
}
