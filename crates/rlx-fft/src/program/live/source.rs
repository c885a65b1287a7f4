//! Reads a signal as it arrives and averages the spectra of each line.

use super::state::Shared;
use crate::signal::InputSample;
use anyhow::Result;
use rlx_dsp::fft::Sample;
use rlx_dsp::welch::{PsdParams, WelchAccumulator};
use rlx_io::read::{Chunk, OpenOptions, SignalReader, open};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Polling interval at the end of a file that may grow.
const WAIT: Duration = Duration::from_millis(50);

/// A signal that is read as it arrives.
pub(crate) struct LiveSource {
    pub(crate) reader: Box<dyn SignalReader>,
    pub(crate) channel: usize,
    pub(crate) params: PsdParams,
    /// Samples per line.
    pub(crate) line_len: usize,
    /// The file to wait for, if it may grow.
    pub(crate) follow: Option<(PathBuf, OpenOptions)>,
    /// Largest number of samples per second, if a file is replayed as a running signal.
    pub(crate) pace: Option<f64>,
}

impl LiveSource {
    /// Reads to the end, giving each line's mean powers (in the transform's order) to `line`.
    pub(crate) fn run<S: InputSample>(mut self, shared: &Shared, mut line: impl FnMut(&[f64])) -> Result<()> {
        let mut planes: Vec<Vec<S::Plane>> = (0..self.reader.info().planes()).map(|_| Vec::new()).collect();
        let mut block = Vec::<S>::new();
        let mut accumulator = WelchAccumulator::<S>::new(self.params.clone())?;
        let (mut filled, mut done) = (0, 0u64);
        let start = std::time::Instant::now();
        loop {
            let chunk = S::read(self.reader.as_mut(), &mut planes, self.line_len - filled);
            match chunk {
                Ok(Chunk::Data(count)) => {
                    S::take(&mut planes, self.channel, &mut block);
                    accumulator.push(&block)?;
                    filled += count;
                    done += count as u64;
                    if filled == self.line_len {
                        filled = 0;
                        let whole =
                            std::mem::replace(&mut accumulator, WelchAccumulator::new(self.params.clone())?);
                        emit::<S>(whole, &mut line);
                    }
                    shared.lock().samples = done;
                    if let Some(rate) = self.pace {
                        let due = Duration::from_secs_f64(done as f64 / rate);
                        std::thread::sleep(due.saturating_sub(start.elapsed()));
                    }
                }
                Ok(Chunk::Gap { .. }) => accumulator.push_gap()?,
                Ok(Chunk::End) | Err(rlx_io::Error::Truncated { .. }) if self.follow.is_some() => {
                    std::thread::sleep(WAIT);
                    if let Some(reader) = again(&self.follow, done)? {
                        self.reader = reader;
                    }
                }
                Ok(Chunk::End) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn emit<S: Sample>(accumulator: WelchAccumulator<S>, line: &mut impl FnMut(&[f64])) {
    // A line that contains only missing samples has no spectrum.
    if let Ok(psd) = accumulator.finish() {
        let power: Vec<f64> = psd.values.iter().map(|&p| rlx_dsp::fft::Real::widen(p)).collect();
        line(&power);
    }
}

/// Returns the file opened again at sample `done`, if it has more by now.
fn again(file: &Option<(PathBuf, OpenOptions)>, done: u64) -> Result<Option<Box<dyn SignalReader>>> {
    let Some((path, options)) = file else { return Ok(None) };
    let mut readers = open(path, options)?;
    if readers.is_empty() {
        return Ok(None);
    }
    let mut reader = readers.swap_remove(0);
    let more = reader.info().frames.is_some_and(|frames| frames > done);
    Ok(if more && reader.seek(done)? { Some(reader) } else { None })
}

/// Returns the value of [`LiveSource::follow`] for a file that can be opened again.
pub(crate) fn follow(path: &Path, options: &OpenOptions, wanted: bool) -> Option<(PathBuf, OpenOptions)> {
    (wanted && path.as_os_str() != "-").then(|| (path.to_owned(), options.clone()))
}
