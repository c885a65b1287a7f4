//! The engine: answers requests with replies.

use crate::annotate::annotate;
use crate::cache::Cache;
use crate::command::command;
use crate::envelope::envelope;
use crate::export::export;
use crate::recording::{Recording, RecordingInfo, Stretch};
use crate::reply::{FileFailure, Info};
use crate::selection::Selection;
use crate::tile::Tile;
use crate::{Aggregate, Cancel, Error, Reply, Request, Result, SamplesQuery, SelectionQuery, TileQuery};
use num_complex::Complex;
use std::sync::Arc;

/// Options of an engine.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Size of the tile cache, in bytes.
    pub cache_bytes: usize,
    /// Whether annotations are written to files.
    pub may_write: bool,
    /// The flags that the files were opened with, for command lines.
    pub open_flags: Vec<String>,
    /// Files that could not be opened, with reasons.
    pub failures: Vec<FileFailure>,
    /// Whether the recordings may grow; a page should then repeat [`Request::Info`].
    pub following: bool,
}

impl EngineOptions {
    fn empty() -> Self {
        Self {
            cache_bytes: 0,
            may_write: false,
            open_flags: Vec::new(),
            failures: Vec::new(),
            following: false,
        }
    }
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self { cache_bytes: 64 << 20, may_write: false, ..Self::empty() }
    }
}

/// Answers requests about recordings. All methods may be called from several threads at once.
pub struct Engine {
    recordings: Vec<Recording>,
    tiles: Cache<TileKey>,
    options: EngineOptions,
}

/// Identity of a tile. The window and the other options are stored as text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct TileKey {
    recording: usize,
    channel: usize,
    n_fft: usize,
    hop: usize,
    estimate: String,
    frames: u64,
    index: u64,
    fold: usize,
    aggregate: Aggregate,
    exact: bool,
    end: u64,
}

/// The work of one page: newer views cancel older ones of the same kind.
#[derive(Debug, Clone, Default)]
pub struct Session {
    pictures: Cancel,
    selections: Cancel,
}

impl Engine {
    /// Creates an engine of these recordings.
    #[must_use]
    pub fn new(recordings: Vec<Recording>, options: EngineOptions) -> Self {
        Self { recordings, tiles: Cache::new(options.cache_bytes), options }
    }

    /// Returns the properties of all recordings.
    #[must_use]
    pub fn info(&self) -> Vec<RecordingInfo> {
        self.recordings.iter().map(Recording::info).collect()
    }

    /// Checks whether samples were added to the files. Returns whether there are any.
    ///
    /// # Errors
    /// A file can no longer be opened.
    pub fn refresh(&self) -> Result<bool> {
        self.recordings.iter().try_fold(false, |grown, recording| Ok(recording.refresh()? || grown))
    }

    /// Answers a request in JSON.
    ///
    /// # Errors
    /// Those of [`Engine::answer`], and invalid JSON.
    pub fn handle(&self, json: &[u8], session: &Session) -> Result<Reply> {
        let request = serde_json::from_slice(json).map_err(|e| Error::request(e.to_string()))?;
        self.answer(&request, session)
    }

    /// Answers a request.
    ///
    /// # Errors
    /// A field outside its domain, a file that cannot be read, an estimate that is not possible, or
    /// [`Error::Cancelled`].
    pub fn answer(&self, request: &Request, session: &Session) -> Result<Reply> {
        match request {
            Request::Info => Ok(Reply::Info(Info {
                version: env!("CARGO_PKG_VERSION").into(),
                recordings: self.info(),
                failures: self.options.failures.clone(),
                following: self.options.following,
                may_write: self.options.may_write,
            })),
            Request::Tile(query) => self.tile(query, &session.pictures.for_view(query.view)),
            Request::Envelope(query) => {
                let cancel = session.pictures.for_view(query.view);
                let (values, exact) = envelope(self.recording(query.recording)?, query, &cancel)?;
                let head = [query.channels.len() as u32, query.columns as u32, u32::from(exact), 0];
                let mut bytes = Vec::with_capacity(16 + 8 * values.len());
                bytes.extend(head.into_iter().flat_map(u32::to_le_bytes));
                bytes.extend(values.into_iter().flatten().flat_map(f32::to_le_bytes));
                Ok(Reply::Envelope(bytes))
            }
            Request::Psd(query) => {
                let (selection, cancel) = self.selection(query, session)?;
                Ok(Reply::Psd(selection.psd(&cancel)?))
            }
            Request::Peaks(query) => {
                let (selection, cancel) = self.selection(query, session)?;
                Ok(Reply::Peaks(selection.peaks(&cancel)?))
            }
            Request::Measure(query) => {
                let (selection, cancel) = self.selection(query, session)?;
                Ok(Reply::Measure(selection.measure(&cancel)?))
            }
            Request::Export(query) => {
                let (selection, cancel) = self.selection(&query.selection, session)?;
                export(&selection, query, &cancel)
            }
            Request::Command(query) => {
                let (selection, _) = self.selection(&query.selection, session)?;
                Ok(Reply::Command(command(&selection, query, &self.options.open_flags)))
            }
            Request::Samples(query) => self.samples(query),
            Request::Annotate(query) => {
                if !self.options.may_write {
                    return Err(Error::request("annotations are disabled"));
                }
                let path = annotate(self.recording(query.recording)?, query)?;
                Ok(Reply::Annotated(path.display().to_string()))
            }
        }
    }

    fn recording(&self, index: usize) -> Result<&Recording> {
        let count = self.recordings.len();
        self.recordings.get(index).ok_or_else(|| Error::request(format!("recording: {index} of {count}")))
    }

    fn selection<'a>(
        &'a self,
        query: &'a SelectionQuery,
        session: &Session,
    ) -> Result<(Selection<'a>, Cancel)> {
        let selection = Selection::new(self.recording(query.recording)?, query)?;
        Ok((selection, session.selections.for_view(query.view)))
    }

    fn tile(&self, query: &TileQuery, cancel: &Cancel) -> Result<Reply> {
        let recording = self.recording(query.recording)?;
        let tile = Tile::new(recording, query)?;
        let estimate = &query.estimate;
        let key = |exact| TileKey {
            recording: query.recording,
            channel: query.channel,
            n_fft: estimate.n_fft,
            hop: estimate.hop,
            estimate: format!("{} {} {}", estimate.window, estimate.detrend, estimate.scaling),
            frames: query.frames,
            index: query.index,
            fold: query.fold,
            aggregate: query.aggregate,
            exact,
            end: tile.end(),
        };
        let known = self.tiles.get(&key(true));
        if let Some(bytes) = known.or_else(|| (!tile.exact).then(|| self.tiles.get(&key(false))).flatten()) {
            return Ok(Reply::Tile(bytes));
        }
        let bytes = match recording.is_complex() {
            false => tile.compute::<f32>(recording, cancel)?,
            true => tile.compute::<Complex<f32>>(recording, cancel)?,
        };
        let bytes = Arc::new(bytes);
        self.tiles.put(key(tile.exact), Arc::clone(&bytes));
        Ok(Reply::Tile(bytes))
    }

    fn samples(&self, query: &SamplesQuery) -> Result<Reply> {
        let recording = self.recording(query.recording)?;
        let channels = recording.signal().channels.len();
        if query.channel >= channels {
            return Err(Error::request(format!("channel: {} of {channels}", query.channel)));
        }
        if query.count > SamplesQuery::MAX {
            let reason = format!("count: {} samples are more than {}", query.count, SamplesQuery::MAX);
            return Err(Error::request(reason));
        }
        let plane = query.channel * if recording.is_complex() { 2 } else { 1 };
        let mut stretch = Stretch::<f32>::default();
        recording.read(&[plane], query.start, query.count, &mut stretch)?;
        let bytes = stretch.channels[0].iter().flat_map(|sample| sample.to_le_bytes()).collect();
        Ok(Reply::Samples(bytes))
    }
}
