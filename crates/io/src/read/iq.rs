//! Two channels as one complex signal.

use super::reader::{Chunk, SignalReader};
use super::{Annotation, ChannelInfo, SignalInfo};
use crate::{Error, Place, Result};

/// The planes of the channels, reinterpreted as real and imaginary parts.
struct Iq {
    info: SignalInfo,
    inner: Box<dyn SignalReader>,
}

/// Combines each two channels of a reader into one complex channel: in phase and quadrature.
pub(super) fn paired(inner: Box<dyn SignalReader>) -> Result<Box<dyn SignalReader>> {
    let mut info = inner.info().clone();
    if info.complex {
        return Ok(inner);
    }
    let count = info.channels.len();
    if !count.is_multiple_of(2) {
        let reason = format!("two channels make one complex signal (--iq), and this file has {count}");
        return Err(Error::unsupported(&info.path, Place::File, reason));
    }
    info.complex = true;
    info.channels = info
        .channels
        .chunks(2)
        .enumerate()
        .map(|(i, pair)| {
            let name =
                if count == 2 { "iq".to_owned() } else { format!("{}+{}", pair[0].name, pair[1].name) };
            ChannelInfo { number: i + 1, name, unit: pair[0].unit.clone() }
        })
        .collect();
    Ok(Box::new(Iq { info, inner }))
}

impl Iq {
    fn noted(&mut self) {
        let notes = &self.inner.info().notes;
        if self.info.notes.len() != notes.len() || self.info.notes.last() != notes.last() {
            self.info.notes.clone_from(notes);
        }
    }
}

impl SignalReader for Iq {
    fn info(&self) -> &SignalInfo {
        &self.info
    }

    fn read_f32(&mut self, planes: &mut [Vec<f32>], max_frames: usize) -> Result<Chunk> {
        let chunk = self.inner.read_f32(planes, max_frames);
        self.noted();
        chunk
    }

    fn read_f64(&mut self, planes: &mut [Vec<f64>], max_frames: usize) -> Result<Chunk> {
        let chunk = self.inner.read_f64(planes, max_frames);
        self.noted();
        chunk
    }

    fn annotations(&mut self) -> Result<Vec<Annotation>> {
        self.inner.annotations()
    }

    fn following(&mut self) -> Result<Option<Box<dyn SignalReader>>> {
        self.inner.following()?.map(paired).transpose()
    }

    fn seek(&mut self, frame: u64) -> Result<bool> {
        self.inner.seek(frame)
    }
}
