//! NPY: one array of numbers, real or complex, in C or Fortran order.
//!
//! One dimension is one channel. Of two, the last is time (`[channels, samples]`) unless [`OpenOptions::axis`] says
//! otherwise. The contiguous axis determines how the file is read: frame by frame, or each channel at its offset.

mod header;
mod planar;

pub(super) use planar::Planar;

use super::body::Body;
use super::format::{Certainty, Descriptor, Readers};
use super::reader::{BlockReader, Chunk, Guarded};
use super::sample::{Scale, Target};
use super::source::Source;
use super::{Format, OpenOptions, SignalInfo, fuzz};
use crate::{Error, Place, Result};
use header::Header;

/// The format's entry.
pub(super) static FORMAT: Descriptor = Descriptor {
    name: "npy",
    aliases: &[],
    title: "NPY",
    extensions: &["npy"],
    named_extensions: &[],
    detect: |head| Certainty::signature(head.has(0, b"\x93NUMPY")),
    open,
    fuzz: fuzz::array,
};

/// Largest number of channels of an array without samples.
const MAX_CHANNELS: u64 = 65_536;

pub(super) struct NpyReader {
    pub(super) info: SignalInfo,
    store: Store,
}

enum Store {
    Frames(Body),
    Channels(Planar),
}

/// The array as a signal.
struct Layout {
    channels: u64,
    frames: u64,
    /// Whether the samples of a channel are contiguous.
    planar: bool,
}

fn open(source: Source, options: &OpenOptions) -> Result<Readers> {
    let info = SignalInfo::new(source.name(), Format::Npy);
    Ok(vec![Box::new(Guarded::new(open_array(source, info, options)?))])
}

/// Completes `info`, which already has the path and the format, from the header at the start of the source. Reads no
/// samples.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn describe(mut source: Source, info: &mut SignalInfo, options: &OpenOptions) -> Result<()> {
    let header = header::parse(&mut source)?;
    shape(&source, &header, info, options).map(|_| ())
}

/// Returns a reader of the array at the start of the source; `info` already has the path and the format.
pub(super) fn open_array(
    mut source: Source,
    mut info: SignalInfo,
    options: &OpenOptions,
) -> Result<NpyReader> {
    let header = header::parse(&mut source)?;
    let (layout, total) = shape(&source, &header, &mut info, options)?;
    let per: u64 = if header.complex { 2 } else { 1 };
    let channels = info.channels.len();
    let width = channels * per as usize;
    let frame = width as u64 * header.sample.kind.bytes() as u64;
    if let Some(left) = source.left().filter(|left| *left > total) {
        info.notes.push(format!("{} bytes follow the array and are not read", left - total));
    }
    let store = if layout.planar && channels > 1 {
        Store::Channels(Planar::new(source.into_seekable(total)?, header.sample, per as usize, layout.frames))
    } else {
        if let Some(there) = source.left().map(|left| left / frame).filter(|there| *there < layout.frames) {
            info.notes.push(format!("the header promises {} frames, the file has {there}", layout.frames));
            info.frames = Some(there);
        }
        Store::Frames(Body::new(source, header.sample, Scale::Counts, width, Some(layout.frames)))
    };
    Ok(NpyReader { info, store })
}

/// Checks the shape against the available bytes and describes it; also returns the size of the array in bytes.
fn shape(
    source: &Source,
    header: &Header,
    info: &mut SignalInfo,
    options: &OpenOptions,
) -> Result<(Layout, u64)> {
    let per: u64 = if header.complex { 2 } else { 1 };
    let element = per * header.sample.kind.bytes() as u64;
    let layout = layout(source, header, options)?;
    let total = check_size(source, &layout, element)?;

    // The check above has bounded it by the available bytes.
    let channels = usize::try_from(layout.channels).unwrap_or(usize::MAX);
    info.number_channels(channels);
    info.complex = header.complex;
    info.set_kind(header.sample.kind);
    info.set_rate(None, options.rate)?;
    info.frames = Some(layout.frames);
    if header.shape.len() == 2 && options.axis.is_none() && layout.channels > layout.frames {
        let note = format!(
            "read as {} channels of {} samples; if the first axis is time, use --axis 0",
            layout.channels, layout.frames
        );
        info.notes.push(note);
    }
    Ok((layout, total))
}

fn layout(source: &Source, header: &Header, options: &OpenOptions) -> Result<Layout> {
    match header.shape[..] {
        [frames] => Ok(Layout { channels: 1, frames, planar: false }),
        [rows, columns] => {
            let time = options.axis.unwrap_or(1);
            let (channels, frames) = match time {
                0 => (columns, rows),
                1 => (rows, columns),
                axis => return Err(Error::argument("axis", format!("{axis} is neither 0 nor 1"))),
            };
            let contiguous = if header.fortran { 0 } else { 1 };
            Ok(Layout { channels, frames, planar: contiguous == time })
        }
        ref other => {
            let reason =
                format!("an array of {} dimensions {other:?}: one or two are supported", other.len());
            Err(Error::unsupported(source.name(), Place::Byte(0), reason))
        }
    }
}

/// Returns the size of the array in bytes, after comparing its shape with the available bytes.
fn check_size(source: &Source, layout: &Layout, element: u64) -> Result<u64> {
    let Layout { channels, frames, planar } = *layout;
    let too_large = || {
        let reason = format!("{channels} channels of {frames} samples exceed the largest possible size");
        Error::malformed(source.name(), Place::Byte(0), reason)
    };
    let frame = channels.checked_mul(element).ok_or_else(too_large)?;
    let total = frame.checked_mul(frames).ok_or_else(too_large)?;
    if channels == 0 {
        let reason = "the shape has no channels";
        return Err(Error::malformed(source.name(), Place::Byte(0), reason));
    }
    let needed = if planar { total } else { frame };
    match source.promised() {
        // A file that ends between frames can be read up to there; one that ends between channels has no sample of
        // the last channel.
        Some(left) if frames > 0 && needed > left => {
            let reason = format!(
                "{channels} channels of {frames} samples need {total} bytes, {left} are left after the header"
            );
            Err(Error::truncated(source.name(), source.position() + left, reason))
        }
        Some(_) if frames > 0 => Ok(total),
        _ if channels > MAX_CHANNELS => Err(too_large()),
        _ => Ok(total),
    }
}

impl BlockReader for NpyReader {
    fn info(&self) -> &SignalInfo {
        &self.info
    }

    fn read_block<T: Target>(&mut self, planes: &mut [Vec<T>], max_frames: usize) -> Result<Chunk> {
        match &mut self.store {
            Store::Frames(body) => body.read(planes, max_frames),
            Store::Channels(planar) => planar.read(planes, max_frames),
        }
    }

    fn seek(&mut self, frame: u64) -> Result<bool> {
        Ok(match &mut self.store {
            Store::Frames(body) => body.seek(frame),
            Store::Channels(planar) => planar.seek(frame),
        })
    }
}
