//! SigMF: a JSON description (`.sigmf-meta`) beside the samples (`.sigmf-data`).
//!
//! Either file opens the recording. Captures at one centre frequency are one reader; between captures that do
//! not follow each other there is a gap. An archive (`.sigmf`, a tar file) holds both halves of its recordings.

mod archive;
mod meta;

use super::body::Body;
use super::format::{self, Certainty, Descriptor, Readers};
use super::reader::{BlockReader, Chunk, Guarded, SignalReader};
use super::sample::Target;
use super::source::Source;
use super::{Format, OpenOptions, RawFormat, SignalInfo, fuzz};
use crate::{Error, Place, Result};
use meta::{Capture, Meta};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

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
    open: open,
    fuzz: |_, bytes| fuzz::recording(bytes),
};

fn is_meta(head: &[u8]) -> bool {
    head.trim_ascii_start().first() == Some(&b'{') && head.windows(13).any(|w| w == b"core:datatype")
}

/// Channels that a description may claim.
const MAX_CHANNELS: u64 = 65_536;
const MAX_CAPTURES: usize = 1 << 16;
/// Centre frequencies, each of which is a reader.
const MAX_GROUPS: usize = 1024;

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
        let meta = read_meta(Source::open(&description)?)?;
        return open_pair(&description, &meta, source, options);
    }
    let meta = read_meta(source)?;
    if meta.global.metadata_only {
        return Err(Error::unsupported(
            &path,
            Place::File,
            "the recording is a description only, without samples",
        ));
    }
    let data = data_path(&path, &meta)?;
    open_pair(&path, &meta, Source::open(&data)?, options)
}

fn read_meta(mut source: Source) -> Result<Meta> {
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

/// Samples that follow each other.
struct Run {
    start: u64,
    frames: u64,
    /// Whether time passed since the run before.
    gap: bool,
}

/// A recording whose halves are not two files side by side.
///
/// # Errors
/// As [`super::open`].
pub fn open_sigmf(meta: Source, data: Source, options: &OpenOptions) -> Result<Vec<Box<dyn SignalReader>>> {
    let description = meta.name().to_owned();
    open_pair(&description, &read_meta(meta)?, data, options)
}

/// The readers of a description and its samples.
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
    let groups = groups(description, meta, frame, end)?;
    let several = groups.len() > 1;
    let mut readers: Vec<Box<dyn SignalReader>> = Vec::new();
    for (center, runs) in groups {
        let Some(fork) = data.fork() else { break };
        let mut info = SignalInfo::new(description, Format::SigMf);
        info.number_channels(channels as usize);
        info.complex = raw.complex;
        info.precision = raw.sample.kind.precision();
        info.center_freq = center;
        info.frames = Some(runs.iter().map(|run| run.frames).sum());
        info.part = several.then(|| center.map_or_else(|| "no frequency".into(), |hz| format!("{hz} Hz")));
        info.set_rate(meta.global.sample_rate, options.rate)?;
        let reader = SigMfReader {
            info,
            raw,
            scale: options.scale(),
            source: fork,
            runs: runs.into(),
            body: None,
            end,
        };
        readers.push(Box::new(Guarded::new(reader)));
    }
    Ok(readers)
}

type Group = (Option<f64>, Vec<Run>);

/// The captures by centre frequency, in the order of their first one.
fn groups(description: &Path, meta: &Meta, frame: u64, end: u64) -> Result<Vec<Group>> {
    let whole_file = [Capture::default()];
    let captures = if meta.captures.is_empty() { &whole_file[..] } else { &meta.captures[..] };
    if captures.len() > MAX_CAPTURES {
        return Err(Error::malformed(description, Place::File, format!("{} captures", captures.len())));
    }
    let mut groups: Vec<Group> = Vec::new();
    let mut headers = 0u64;
    // The group of the capture before, and its end in samples of the file and of the recording.
    let mut before: Option<(usize, u64, Option<u64>)> = None;
    for (index, capture) in captures.iter().enumerate() {
        let start = meta::whole(description, capture.sample_start, "core:sample_start")?;
        headers += meta::whole(description, capture.header_bytes.unwrap_or(0.0), "core:header_bytes")?;
        let global =
            capture.global_index.map(|at| meta::whole(description, at, "core:global_index")).transpose()?;
        let next = captures
            .get(index + 1)
            .map(|next| meta::whole(description, next.sample_start, "core:sample_start"));
        let next = next.transpose()?;
        if next.is_some_and(|next| next < start) {
            let reason = format!("capture {} starts before capture {}", index + 2, index + 1);
            return Err(Error::malformed(description, Place::File, reason));
        }
        let at = start.checked_mul(frame).and_then(|bytes| bytes.checked_add(headers)).unwrap_or(u64::MAX);
        let there = end.saturating_sub(at) / frame;
        let frames = next.map_or(there, |next| next - start);
        if frames > there {
            let reason = format!("capture {} has {frames} frames, the data file {there} of them", index + 1);
            return Err(Error::truncated(description, end, reason));
        }
        let group = match groups.iter().position(|(center, _)| *center == capture.frequency) {
            Some(group) => group,
            None if groups.len() == MAX_GROUPS => {
                let reason = format!("more than {MAX_GROUPS} centre frequencies");
                return Err(Error::unsupported(description, Place::File, reason));
            }
            None => {
                groups.push((capture.frequency, Vec::new()));
                groups.len() - 1
            }
        };
        let follows = before.is_some_and(|(last, end, global_end)| {
            last == group
                && end == start
                && (global.is_none() || global_end.is_none() || global == global_end)
        });
        let runs = &mut groups[group].1;
        let gap = !runs.is_empty() && !follows;
        if frames > 0 {
            runs.push(Run { start: at, frames, gap });
        }
        before = Some((group, start.saturating_add(frames), global.map(|at| at.saturating_add(frames))));
    }
    Ok(groups)
}

struct SigMfReader {
    info: SignalInfo,
    raw: RawFormat,
    scale: super::sample::Scale,
    source: Source,
    runs: VecDeque<Run>,
    body: Option<Body>,
    /// Where the samples end.
    end: u64,
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
            let Some(mut source) = self.source.part(self.source.name().to_owned(), 0, self.end) else {
                return Ok(Chunk::End);
            };
            source.seek_to(run.start);
            let width = self.info.planes();
            self.body = Some(Body::new(source, self.raw.sample, self.scale, width, Some(run.frames)));
            if run.gap {
                return Ok(Chunk::Gap);
            }
        }
    }
}
