//! Tiles: 256 columns of a spectrogram, each of any number of frames, with the envelope of their samples.

use crate::aggregate::Column;
use crate::frames::{FrameKernel, FrameSample};
use crate::recording::{Recording, Stretch};
use crate::{Cancel, Error, Result, TileQuery};
use rayon::prelude::*;
use rlx_dsp::scaling::Average;
use rlx_dsp::welch::PsdParams;

/// Samples (of all planes) that are read at a time.
const PIECE: usize = 1 << 17;
/// Largest number of samples of a tile for which a preview uses every frame.
const EXACT_ANYWAY: u64 = 1 << 22;
/// Frames of a column in a preview.
const FIRST_FRAMES: u64 = 8;
/// Largest number of rows of a tile.
const MAX_ROWS: usize = 1 << 14;
/// Largest number of frames of a column.
const MAX_FRAMES: u64 = 1 << 36;

/// A tile to compute, checked against its recording.
#[derive(Debug, Clone)]
pub(crate) struct Tile<'a> {
    query: &'a TileQuery,
    params: PsdParams,
    /// Samples of the recording.
    total: u64,
    /// Columns of the tile that have a frame.
    columns: usize,
    /// Whether every frame is used.
    pub(crate) exact: bool,
}

impl<'a> Tile<'a> {
    pub(crate) fn new(recording: &Recording, query: &'a TileQuery) -> Result<Self> {
        let params = query.estimate.params(recording.rate(), Average::Mean)?;
        let channels = recording.signal().channels.len();
        if query.channel >= channels {
            return Err(Error::request(format!("channel: {} of {channels}", query.channel)));
        }
        if !(1..=MAX_FRAMES).contains(&query.frames) {
            return Err(Error::request(format!("frames: {} is not within 1 … {MAX_FRAMES}", query.frames)));
        }
        let bins = if recording.is_complex() { params.segments.n_fft } else { params.segments.n_fft / 2 + 1 };
        if query.fold == 0 || bins.div_ceil(query.fold) > MAX_ROWS {
            let reason = format!("fold: {} of {bins} bins is not within 1 … {MAX_ROWS} rows", query.fold);
            return Err(Error::request(reason));
        }
        let total = recording.frames();
        let width = query.frames.saturating_mul(params.segments.hop as u64);
        let start = query.index.saturating_mul(TileQuery::COLUMNS as u64).saturating_mul(width);
        let columns = total.saturating_sub(start).div_ceil(width).min(TileQuery::COLUMNS as u64) as usize;
        let samples = width.saturating_mul(columns as u64);
        let exact = query.exact || query.frames <= FIRST_FRAMES || samples <= EXACT_ANYWAY;
        Ok(Self { query, params, total, columns, exact })
    }

    /// Returns the samples of the recording up to the end of the tile. This distinguishes versions of the last tile
    /// of a growing recording.
    pub(crate) fn end(&self) -> u64 {
        let width = self.query.frames.saturating_mul(self.params.segments.hop as u64);
        let next = self.query.index.saturating_add(1).saturating_mul(TileQuery::COLUMNS as u64);
        next.saturating_mul(width).saturating_add(self.params.segments.n_fft as u64).min(self.total)
    }

    /// Computes the tile on all threads. See [`crate::Reply::Tile`] for the bytes.
    pub(crate) fn compute<S: FrameSample>(&self, recording: &Recording, cancel: &Cancel) -> Result<Vec<u8>> {
        let share = self.columns.div_ceil(4 * rayon::current_num_threads()).max(1);
        let parts: Vec<usize> = (0..self.columns).step_by(share).collect();
        let columns: Vec<Result<Vec<Column>>> = parts
            .into_par_iter()
            .map(|from| {
                let to = self.columns.min(from + share);
                Worker::<S>::new(self, recording, cancel)?.columns(from, to)
            })
            .collect();
        let columns: Vec<Column> =
            columns.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
        Ok(self.bytes(&columns, recording.is_complex()))
    }

    fn bytes(&self, columns: &[Column], complex: bool) -> Vec<u8> {
        let mut levels = Vec::new();
        columns.iter().for_each(|c| c.levels(self.query.fold, complex, self.query.aggregate, &mut levels));
        let rows = levels.len() / columns.len().max(1);
        let used = if self.exact { self.query.frames } else { FIRST_FRAMES };
        let used = u32::try_from(used).unwrap_or(u32::MAX);
        let head = [columns.len() as u32, rows as u32, u32::from(self.exact), used, 0, 0];
        let mut bytes = Vec::with_capacity(24 + 2 * levels.len() + 8 * columns.len());
        bytes.extend(head.into_iter().flat_map(u32::to_le_bytes));
        bytes.extend(levels.into_iter().flat_map(i16::to_le_bytes));
        bytes.extend(columns.iter().flat_map(|c| [c.low, c.high]).flat_map(f32::to_le_bytes));
        bytes
    }
}

/// Computes columns on one thread.
struct Worker<'a, S: FrameSample> {
    tile: &'a Tile<'a>,
    recording: &'a Recording,
    cancel: &'a Cancel,
    kernel: S::Kernel,
    stretch: Stretch<S>,
    powers: Vec<f32>,
}

impl<'a, S: FrameSample> Worker<'a, S> {
    fn new(tile: &'a Tile<'a>, recording: &'a Recording, cancel: &'a Cancel) -> Result<Self> {
        // Frames of a preview are gathered consecutively.
        let hop = if tile.exact { tile.params.segments.hop } else { tile.params.segments.n_fft };
        let kernel = S::Kernel::new(&tile.params.clone().hop(hop))?;
        Ok(Self { tile, recording, cancel, kernel, stretch: Stretch::default(), powers: Vec::new() })
    }

    fn columns(mut self, from: usize, to: usize) -> Result<Vec<Column>> {
        let mut columns = vec![Column::new(self.kernel.bins()); to - from];
        if self.tile.exact {
            self.exact(from, &mut columns)?;
        } else {
            for (index, column) in columns.iter_mut().enumerate() {
                self.cancel.check()?;
                self.first(from + index, column)?;
            }
        }
        Ok(columns)
    }

    /// Returns the number of a column's first frame.
    fn frame_of(&self, column: usize) -> u64 {
        let query = self.tile.query;
        (query.index * TileQuery::COLUMNS as u64 + column as u64) * query.frames
    }

    /// Processes every frame, in chunks that neighbouring columns share.
    fn exact(&mut self, from: usize, columns: &mut [Column]) -> Result<()> {
        let Tile { query, params, total, .. } = self.tile.clone();
        let (hop, n_fft) = (params.segments.hop as u64, params.segments.n_fft as u64);
        let first = self.frame_of(from);
        let last = self.frame_of(from + columns.len()).min(total.div_ceil(hop));
        let room = (PIECE / self.recording.planes().max(1)).max(4 * params.segments.n_fft) as u64;
        let at_once = (room.saturating_sub(n_fft) / hop).max(1);
        let mut frame = first;
        while frame < last {
            self.cancel.check()?;
            let count = at_once.min(last - frame);
            let start = frame * hop;
            let len = (count - 1) * hop + n_fft.max(hop);
            self.recording.read(&[query.channel], start, len as usize, &mut self.stretch)?;
            let samples = &self.stretch.channels[0];
            let powers = self.kernel.powers(samples, &mut self.powers)?;
            let mut frames = powers.chunks_exact(self.kernel.bins());
            for index in 0..count {
                let at = (index * hop) as usize;
                let column = &mut columns[((frame + index - first) / query.frames) as usize];
                let end = samples.len().min(at + params.segments.hop);
                if at < end {
                    column.extend(&samples[at..end]);
                }
                let spans_gap = |gap: &usize| at < *gap && *gap < at + params.segments.n_fft;
                if let Some(powers) = frames.next()
                    && !self.stretch.gaps.iter().any(spans_gap)
                {
                    column.add(powers, query.aggregate);
                }
            }
            frame += count;
        }
        Ok(())
    }

    /// Processes a few frames, evenly spread over the column.
    fn first(&mut self, index: usize, column: &mut Column) -> Result<()> {
        let Tile { query, params, .. } = self.tile.clone();
        let start = self.frame_of(index);
        let mut gathered = Vec::with_capacity(FIRST_FRAMES as usize * params.segments.n_fft);
        for part in 0..FIRST_FRAMES {
            let frame = start + (2 * part + 1) * query.frames / (2 * FIRST_FRAMES);
            let at = frame * params.segments.hop as u64;
            self.recording.read(&[query.channel], at, params.segments.n_fft, &mut self.stretch)?;
            column.extend(&self.stretch.channels[0]);
            if self.stretch.len() == params.segments.n_fft && self.stretch.gaps.is_empty() {
                gathered.extend_from_slice(&self.stretch.channels[0]);
            }
        }
        let powers = self.kernel.powers(&gathered, &mut self.powers)?;
        powers.chunks_exact(self.kernel.bins()).for_each(|frame| column.add(frame, query.aggregate));
        Ok(())
    }
}
