//! Destination of the columns of a spectrogram: written immediately if the format permits it, otherwise stored.

use super::per_signal::Answers;
use super::shrunk::Shrunk;
use crate::memory::{size, too_much};
use anyhow::{Result, bail};
use rlx_io::write::results::{ChannelSpectrogram, Header, SpectrogramResult, level_db};
use rlx_io::write::{ArraySpool, Error, Format};
use std::path::{Path, PathBuf};

/// Memory per stored value in bytes: the value and its text.
const BYTES_A_VALUE: u64 = 32;
/// Largest size that is stored without a note, in bytes.
const SILENTLY: u64 = 64 << 20;

/// Properties shared by all columns.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// Names of the channels.
    pub(super) names: Vec<String>,
    /// Frequencies of the rows.
    pub(super) freq: Vec<f64>,
    /// The header, before the first column.
    pub(super) header: Header,
}

enum Kept {
    /// Nothing is stored: each column is written immediately.
    Parts,
    /// The array, on disk.
    Array(ArraySpool),
    /// All columns.
    Whole(Vec<ChannelSpectrogram>),
}

/// Receives columns.
pub(super) struct ColumnSink {
    frame: Frame,
    kept: Kept,
    /// One image per channel.
    pictures: Vec<Shrunk>,
    columns: u64,
    /// Number of columns at the next check of the memory.
    look_at: u64,
    directory: Option<PathBuf>,
}

impl ColumnSink {
    /// Creates a sink. `directory` is the directory of the result, if it is a file.
    pub(super) fn new(frame: Frame, to: &Answers<'_>, directory: Option<&Path>) -> Result<Self> {
        let (channels, rows) = (frame.names.len(), frame.freq.len());
        let kept = match to.output.format() {
            Format::Npy => {
                let spool = ArraySpool::new(directory, channels, rows);
                Kept::Array(spool.map_err(|e| spool_error(directory, e))?)
            }
            _ if to.output.streams() => Kept::Parts,
            _ => Kept::Whole(frame.names.iter().map(|name| empty(name, &frame.freq)).collect()),
        };
        let pictures = if to.plots.wanted() { channels } else { 0 };
        let pictures = (0..pictures).map(|_| Shrunk::new(rows * channels)).collect();
        Ok(Self {
            frame,
            kept,
            pictures,
            columns: 0,
            look_at: 1024,
            directory: directory.map(Path::to_path_buf),
        })
    }

    /// Receives the powers of each channel in the column centred at `t`.
    pub(super) fn column(&mut self, t: f64, powers: Vec<Vec<f64>>, to: &mut Answers<'_>) -> Result<()> {
        for (picture, power) in self.pictures.iter_mut().zip(&powers) {
            picture.push(t, power.iter().map(|&p| level_db(p) as f32));
        }
        self.columns += 1;
        match &mut self.kept {
            Kept::Parts => {
                let channel = |(name, power): (&String, Vec<f64>)| ChannelSpectrogram {
                    t_s: vec![t],
                    power: vec![power],
                    ..empty(name, &self.frame.freq)
                };
                let channels = self.frame.names.iter().zip(powers).map(channel).collect();
                let part = SpectrogramResult { header: self.frame.header.clone(), channels, part: true };
                if self.columns == 1 { to.deliver(&part)? } else { to.output.write_more(&part)? }
            }
            Kept::Array(spool) => {
                spool
                    .push(powers.into_iter().flatten())
                    .map_err(|e| spool_error(self.directory.as_deref(), e))?;
            }
            Kept::Whole(channels) => {
                for (channel, power) in channels.iter_mut().zip(powers) {
                    channel.t_s.push(t);
                    channel.power.push(power);
                }
                if self.columns >= self.look_at {
                    self.look_at = 2 * self.columns;
                    // The next check follows after as many columns again.
                    if let Some(why) = too_much(self.bytes()) {
                        bail!(
                            "{} holds all columns at once, which {why}: write csv, jsonl, parquet or npy, which are written as they arrive",
                            to.output.format()
                        );
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns the number of columns so far.
    pub(super) fn columns(&self) -> u64 {
        self.columns
    }

    fn bytes(&self) -> u64 {
        self.columns * (self.frame.freq.len() * self.frame.names.len()) as u64 * BYTES_A_VALUE
    }

    /// Writes the stored columns; `notes` were found after the first column.
    pub(super) fn finish(
        self,
        notes: Vec<String>,
        to: &mut Answers<'_>,
        draw: impl FnOnce(&Header, &[String], Vec<Shrunk>, &mut Answers<'_>) -> Result<()>,
    ) -> Result<()> {
        let bytes = self.bytes();
        let Frame { names, freq, mut header } = self.frame;
        if !self.pictures.is_empty() {
            draw(&header, &names, self.pictures, to)?;
        }
        match self.kept {
            Kept::Parts => notes.iter().for_each(|note| to.console.note(note)),
            Kept::Array(spool) => {
                header.notes.extend(notes);
                let (channels, bins) = (names.len(), freq.len());
                let caption = SpectrogramResult { header, channels: Vec::new(), part: true };
                to.caption(&caption);
                to.console.note(&format!("{channels} × {} frames of {bins} bins", self.columns));
                let shape = |frames| vec![channels, frames, bins];
                let target = to.output.array_target()?;
                spool.write_npy(shape, target).map_err(|e| Error::io("the array", e))?;
            }
            Kept::Whole(channels) => {
                header.notes.extend(notes);
                if bytes > SILENTLY {
                    to.console.note(&format!(
                        "{} holds all columns at once, about {} of memory; csv, jsonl, parquet and npy are written as they arrive",
                        to.output.format(),
                        size(bytes)
                    ));
                }
                to.deliver(&SpectrogramResult { header, channels, part: false })?;
            }
        }
        Ok(())
    }
}

fn empty(name: &str, freq: &[f64]) -> ChannelSpectrogram {
    ChannelSpectrogram { name: name.to_owned(), t_s: Vec::new(), freq: freq.to_vec(), power: Vec::new() }
}

/// Returns the error of a temporary file, with its directory.
pub(super) fn spool_error(directory: Option<&Path>, error: std::io::Error) -> Error {
    let place = directory.map_or_else(std::env::temp_dir, Path::to_path_buf);
    Error::io(format!("a temporary file in {}", place.display()), error)
}
