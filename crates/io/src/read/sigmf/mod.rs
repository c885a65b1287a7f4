//! SigMF: a JSON description (`.sigmf-meta`) beside the samples (`.sigmf-data`).
//!
//! Either file opens the recording. Captures at one centre frequency are one reader; between captures that do
//! not follow each other there is a gap. An archive (`.sigmf`, a tar file) holds both halves of its recordings.

mod archive;
mod captures;
mod meta;

use super::body::Body;
use super::format::{self, Certainty, Descriptor, Readers};
use super::reader::{BlockReader, Chunk, Guarded, SignalReader};
use super::sample::Target;
use super::source::Source;
use super::{Annotation, Format, OpenOptions, RawFormat, SignalInfo, fuzz};
use crate::{Error, Place, Result};
use captures::{Group, Run, groups};
use meta::Meta;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The format's entry.
pub(super) static FORMAT: Descriptor = Descriptor {
    name: "sigmf",
    aliases: &[],
    title: "SigMF",
    extensions: &["sigmf-meta", "sigmf"],
    named_extensions: &["sigmf-data"],
    detect: |head| match head.extension {
        // The samples may begin with anything.
        "sigmf-meta" | "sigmf-data" | "sigmf" => Certainty::Name,
        _ => Certainty::signature(is_meta(head.bytes)),
    },
    open,
    fuzz: |_, bytes| fuzz::recording(bytes),
};

fn is_meta(head: &[u8]) -> bool {
    head.trim_ascii_start().first() == Some(&b'{') && head.windows(13).any(|w| w == b"core:datatype")
}

/// Channels that a description may claim.
const MAX_CHANNELS: u64 = 65_536;

/// Opens the other half too: the data beside the description, or the description beside the data.
fn open(mut source: Source, options: &OpenOptions) -> Result<Readers> {
    if archive::is_archive(source.peek(format::PEEK)?) {
        let mut readers = Vec::new();
        for archive::Recording { meta, data } in archive::recordings(source)? {
            readers.extend(open_sigmf(meta, data, options)?);
        }
        return Ok(readers);
    }
    let path = source.name().to_owned();
    let is_data = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sigmf-data"));
    if is_data {
        let description = path.with_extension("sigmf-meta");
        let meta = read_meta(&mut source.sibling(&description)?)?;
        return open_pair(&description, &meta, source, options);
    }
    let meta = read_meta(&mut source)?;
    if meta.global.metadata_only {
        return Err(Error::unsupported(
            &path,
            Place::File,
            "the recording is a description only, without samples",
        ));
    }
    let data = data_path(&path, &meta)?;
    open_pair(&path, &meta, source.sibling(&data)?, options)
}

fn read_meta(source: &mut Source) -> Result<Meta> {
    let mut text = Vec::new();
    let mut block = vec![0; 1 << 16];
    loop {
        let got = source.fill(&mut block)?;
        text.extend_from_slice(&block[..got]);
        if got == 0 {
            return meta::parse(source.name(), &text);
        }
        if text.len() as u64 > meta::MAX_META {
            let reason = format!("a description of more than {} bytes", meta::MAX_META);
            return Err(Error::malformed(source.name(), Place::Byte(source.position()), reason));
        }
    }
}

/// `core:dataset` names a file in the same directory; a path to elsewhere is not followed.
fn data_path(path: &Path, meta: &Meta) -> Result<PathBuf> {
    let Some(name) = &meta.global.dataset else { return Ok(path.with_extension("sigmf-data")) };
    let name = Path::new(name);
    if name.file_name() != Some(name.as_os_str()) {
        let reason = format!("core:dataset '{}' is not a file of the same directory", name.display());
        return Err(Error::unsupported(path, Place::File, reason));
    }
    Ok(path.with_file_name(name))
}

/// A recording whose halves are not two files side by side.
///
/// # Errors
/// As [`super::open`].
pub fn open_sigmf(
    mut meta: Source,
    data: Source,
    options: &OpenOptions,
) -> Result<Vec<Box<dyn SignalReader>>> {
    let description = meta.name().to_owned();
    open_pair(&description, &read_meta(&mut meta)?, data, options)
}

/// Returns the readers of a description and its samples.
fn open_pair(
    description: &Path,
    meta: &Meta,
    data: Source,
    options: &OpenOptions,
) -> Result<Vec<Box<dyn SignalReader>>> {
    let raw = meta::datatype(description, &meta.global.datatype)?;
    let channels = meta::whole(description, meta.global.channels.unwrap_or(1.0), "core:num_channels")?;
    if !(1..=MAX_CHANNELS).contains(&channels) {
        return Err(Error::malformed(description, Place::File, format!("core:num_channels is {channels}")));
    }
    let data = data.into_seekable(u64::MAX)?;
    let frame = channels * if raw.complex { 2 } else { 1 } * raw.sample.kind.bytes() as u64;
    let trailing =
        meta::whole(description, meta.global.trailing_bytes.unwrap_or(0.0), "core:trailing_bytes")?;
    let end = data.len().unwrap_or(0).saturating_sub(trailing);
    let (groups, positions) = groups(description, meta, frame, end)?;
    let rate = options.rate.or(meta.global.sample_rate).filter(|rate| *rate > 0.0);
    let captures: Vec<_> = meta.captures.iter().zip(&positions).map(|(c, at)| c.shown(*at, rate)).collect();
    let annotations: Arc<[Annotation]> = meta::annotations(meta, &positions, rate).into();
    let trailing_note = trailing_note(&data, end, frame, &groups);
    let several = groups.len() > 1;
    let mut readers: Vec<Box<dyn SignalReader>> = Vec::new();
    for group in groups {
        let Group { center, runs } = &group;
        let Some(fork) = data.fork() else { break };
        let mut info = SignalInfo::new(description, Format::SigMf);
        info.number_channels(channels as usize);
        info.complex = raw.complex;
        info.set_kind(raw.sample.kind);
        info.center_freq = *center;
        info.frames = Some(runs.iter().map(|run| run.frames).sum());
        info.part = several.then(|| center.map_or_else(|| "no frequency".into(), |hz| format!("{hz} Hz")));
        info.set_rate(meta.global.sample_rate, options.rate)?;
        info.captures.clone_from(&captures);
        info.notes.extend(trailing_note.clone());
        info.set_times(runs.first().map_or(0.0, |run| run.position as f64), &group.gaps());
        let reader = SigMfReader {
            info,
            raw,
            scale: options.scale(),
            source: fork,
            all: group.runs.clone(),
            runs: group.runs.into(),
            annotations: Arc::clone(&annotations),
            body: None,
            end,
        };
        readers.push(Box::new(Guarded::new(reader)));
    }
    Ok(readers)
}

struct SigMfReader {
    info: SignalInfo,
    raw: RawFormat,
    scale: super::sample::Scale,
    source: Source,
    /// Every run, and those that were not read yet.
    all: Vec<Run>,
    runs: VecDeque<Run>,
    annotations: Arc<[Annotation]>,
    body: Option<Body>,
    /// Where the samples end.
    end: u64,
}

impl SigMfReader {
    fn body_of(&self, run: Run) -> Option<Body> {
        let mut source = self.source.part(self.source.name().to_owned(), 0, self.end)?;
        source.seek_to(run.start);
        Some(Body::new(source, self.raw.sample, self.scale, self.info.planes(), Some(run.frames)))
    }
}

impl BlockReader for SigMfReader {
    fn info(&self) -> &SignalInfo {
        &self.info
    }

    fn read_block<T: Target>(&mut self, planes: &mut [Vec<T>], max_frames: usize) -> Result<Chunk> {
        loop {
            if let Some(body) = &mut self.body {
                match body.read(planes, max_frames)? {
                    Chunk::End => self.body = None,
                    chunk => return Ok(chunk),
                }
            }
            let Some(run) = self.runs.pop_front() else { return Ok(Chunk::End) };
            self.body = self.body_of(run);
            if self.body.is_none() {
                return Ok(Chunk::End);
            }
            if let Some(frames) = run.gap {
                return Ok(Chunk::Gap { frames });
            }
        }
    }

    fn annotations(&mut self) -> Result<Vec<Annotation>> {
        Ok(self.annotations.to_vec())
    }

    fn seek(&mut self, frame: u64) -> Result<bool> {
        let mut left = frame;
        let mut runs = self.all.iter().copied();
        self.body = None;
        for run in runs.by_ref() {
            if left < run.frames {
                // The position asked for is the start: no gap is reported before it.
                self.body = self.body_of(run);
                if let Some(body) = &mut self.body {
                    body.seek(left);
                }
                break;
            }
            left -= run.frames;
        }
        self.runs = runs.collect();
        Ok(true)
    }
}

/// Returns the bytes that no capture covers.
fn trailing_note(data: &Source, end: u64, frame: u64, groups: &[Group]) -> Option<String> {
    let last =
        groups.iter().flat_map(|g| &g.runs).map(|run| run.start + run.frames * frame).max().unwrap_or(0);
    let left = end.saturating_sub(last);
    (left > 0).then(|| {
        format!("the last {left} bytes of {} are not a whole frame and were left out", data.name().display())
    })
}
