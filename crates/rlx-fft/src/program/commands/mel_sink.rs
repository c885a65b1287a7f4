//! Destination of log-mel frames: written immediately if the format permits it, otherwise stored.

use super::column_sink::spool_error;
use super::per_signal::Answers;
use super::shrunk::Shrunk;
use crate::memory::{size, too_much};
use anyhow::{Result, bail};
use rlx_io::write::results::{Header, MelResult};
use rlx_io::write::{ArraySpool, Error, Format};
use std::path::{Path, PathBuf};

/// Memory per stored value in bytes: the value and its text.
const BYTES_A_VALUE: u64 = 32;
/// Largest size that is stored without a note, in bytes.
const SILENTLY: u64 = 64 << 20;

enum Kept {
    /// Nothing is stored: each frame is written immediately.
    Parts,
    /// The array, on disk.
    Array(ArraySpool),
    /// All frames.
    Whole,
}

/// Receives frames.
pub(super) struct MelSink {
    /// The result, with the stored frames.
    result: MelResult,
    kept: Kept,
    pictures: Vec<Shrunk>,
    frames: u64,
    look_at: u64,
    directory: Option<PathBuf>,
}

impl MelSink {
    /// Creates a sink. `result` has no frames yet; `directory` is the directory of the result, if it is a file.
    pub(super) fn new(result: MelResult, to: &Answers<'_>, directory: Option<&Path>) -> Result<Self> {
        let bands = result.channels.len() * result.n_mels;
        let kept = match to.output.format() {
            Format::Npy => {
                Kept::Array(ArraySpool::new(directory, bands, 1).map_err(|e| spool_error(directory, e))?)
            }
            _ if to.output.streams() => Kept::Parts,
            _ => Kept::Whole,
        };
        let pictures = if to.plots.wanted() { result.channels.len() } else { 0 };
        let pictures = (0..pictures).map(|_| Shrunk::new(bands)).collect();
        Ok(Self {
            result,
            kept,
            pictures,
            frames: 0,
            look_at: 4096,
            directory: directory.map(Path::to_path_buf),
        })
    }

    /// Receives the features of all channels, `[channels][n_mels]`, in the frame at `t`.
    pub(super) fn frame(&mut self, t: f64, values: &[f64], to: &mut Answers<'_>) -> Result<()> {
        let n_mels = self.result.n_mels;
        for (picture, bands) in self.pictures.iter_mut().zip(values.chunks_exact(n_mels)) {
            picture.push(t, bands.iter().map(|&v| v as f32));
        }
        self.frames += 1;
        match &mut self.kept {
            Kept::Array(spool) => {
                spool.push(values.iter().copied()).map_err(|e| spool_error(self.directory.as_deref(), e))?
            }
            Kept::Parts => {
                for (channel, bands) in self.result.channels.iter_mut().zip(values.chunks_exact(n_mels)) {
                    channel.t_s = vec![t];
                    channel.mel = bands.iter().map(|&v| vec![v]).collect();
                }
                if self.frames == 1 {
                    to.deliver(&self.result)?
                } else {
                    to.output.write_more(&self.result)?
                }
            }
            Kept::Whole => {
                for (channel, bands) in self.result.channels.iter_mut().zip(values.chunks_exact(n_mels)) {
                    channel.t_s.push(t);
                    channel.mel.iter_mut().zip(bands).for_each(|(row, v)| row.push(*v));
                }
                if self.frames >= self.look_at {
                    self.look_at = 2 * self.frames;
                    if let Some(why) = too_much(self.frames * values.len() as u64 * BYTES_A_VALUE) {
                        bail!(
                            "{} holds all frames at once, which {why}: write csv, jsonl, parquet or npy, which are written as they arrive",
                            to.output.format()
                        );
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes the stored frames; `notes` were found after the first frame.
    pub(super) fn finish(
        mut self,
        notes: Vec<String>,
        to: &mut Answers<'_>,
        draw: impl FnOnce(&MelResult, Vec<Shrunk>, &mut Answers<'_>) -> Result<()>,
    ) -> Result<()> {
        if !self.pictures.is_empty() {
            draw(&self.result, std::mem::take(&mut self.pictures), to)?;
        }
        let (channels, n_mels) = (self.result.channels.len(), self.result.n_mels);
        let bytes = self.frames * (channels * n_mels) as u64 * BYTES_A_VALUE;
        match self.kept {
            Kept::Parts => notes.iter().for_each(|note| to.console.note(note)),
            Kept::Array(spool) => {
                let Header { notes: all, .. } = &mut self.result.header;
                all.extend(notes);
                to.caption(&self.result);
                // For one channel the result is a matrix, as models expect.
                let shape = |frames| match channels {
                    1 => vec![n_mels, frames],
                    n => vec![n, n_mels, frames],
                };
                let target = to.output.array_target()?;
                spool.write_npy(shape, target).map_err(|e| Error::io("the array", e))?;
            }
            Kept::Whole => {
                self.result.header.notes.extend(notes);
                if bytes > SILENTLY {
                    to.console.note(&format!(
                        "{} holds all frames at once, about {} of memory; csv, jsonl, parquet and npy are written as they arrive",
                        to.output.format(),
                        size(bytes)
                    ));
                }
                to.deliver(&self.result)?;
            }
        }
        Ok(())
    }
}
