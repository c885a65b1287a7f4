//! Averages over frames of products of spectra: cross spectra and coherences of pairs of signals.

use super::source::{Source, stage};
use super::{Blueprint, Passes, pointwise};
use crate::error::{Error, Result};
use crate::recipe::median_bias;

/// Largest number of frames that one thread sums; more frames are divided between several threads.
const MAX_GROUP: usize = 64;
/// Number of threads that keep a device busy.
const THREADS: usize = 1 << 17;

/// The averages of the spectra of `channels` signals per row, `[channels, frames, bins]`.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::wgpu) struct CrossAverage {
    pub(in crate::wgpu) channels: usize,
    /// The pairs (x, y) in the order of the results.
    pub(in crate::wgpu) pairs: Vec<(usize, usize)>,
    /// Coherences instead of scaled cross spectra.
    pub(in crate::wgpu) coherence: bool,
    /// Medians instead of means, of cross spectra only.
    pub(in crate::wgpu) median: bool,
    pub(in crate::wgpu) frames: usize,
    pub(in crate::wgpu) bins: usize,
    pub(in crate::wgpu) n_fft: usize,
    /// Bins that represent their mirror images too are doubled.
    pub(in crate::wgpu) doubled: bool,
    /// Factor of the averages.
    pub(in crate::wgpu) factor: f64,
    /// Rows of the plan.
    pub(in crate::wgpu) batch: usize,
}

impl CrossAverage {
    /// Adds the averages to the launches that compute the spectra of all signals, as pairs.
    pub(in crate::wgpu) fn behind(&self, spectra: Passes) -> Result<Passes> {
        let (frames, pairs, bins) = (self.frames, self.pairs.len(), self.bins);
        let bytes = 8u64
            .saturating_mul(self.channels as u64)
            .saturating_mul(frames as u64)
            .saturating_mul(bins as u64);
        // Kernels count values in 32 bits.
        let Some(bytes) = usize::try_from(bytes).ok().filter(|bytes| bytes / 4 <= u32::MAX as usize) else {
            return Err(Error::unsupported(format!("the spectra of a row are {bytes} bytes")));
        };
        if frames == 0 {
            return Err(Error::unsupported("no frames"));
        }
        let width = if self.coherence { 1 } else { 2 };
        if self.median {
            let mut source = self.source();
            source.number("FACTOR", (self.factor / median_bias(frames)) as f32).stage(stage!("cross_pair"));
            let median = self.each("cross_median", source, stage!("cross_median"), width * pairs * bins)?;
            return Ok(spectra.then(bytes, median));
        }
        let one = self.batch.max(1).saturating_mul(pairs).saturating_mul(bins);
        let groups = THREADS.div_ceil(one).min(frames.div_ceil(4)).max(frames.div_ceil(MAX_GROUP));
        let group = frames.div_ceil(groups);
        let groups = frames.div_ceil(group);
        let parts = if self.coherence { 4 } else { 2 };
        let mut source = self.source();
        source.count("GROUPS", groups).count("FRAMES_OF_GROUP", group).count("PARTS", parts);
        source.stage(stage!("cross_pair"));
        let values = parts * pairs * groups * bins;
        let sums = self.each("cross_sums", source, stage!("cross_sums"), values)?;
        let mut source = self.source();
        source
            .count("GROUPS", groups)
            .count("PARTS", parts)
            // Sums of sums, which bounds their rounding.
            .count("BLOCK", groups.isqrt().max(1))
            .number("FACTOR", (self.factor / frames as f64) as f32)
            .switch("COHERENCE", self.coherence)
            .stage(stage!("cross_pair"));
        let finish = self.each("cross_finish", source, stage!("cross_finish"), width * pairs * bins)?;
        Ok(spectra.then(bytes, sums).then(4 * values, finish))
    }

    fn source(&self) -> Source {
        let mut source = Source::default();
        source
            .count("CHANNELS", self.channels)
            .count("PAIRS", self.pairs.len())
            .count("FRAMES", self.frames)
            .count("BINS", self.bins)
            .count("N_FFT", self.n_fft)
            .switch("DOUBLED", self.doubled);
        source
    }

    fn each(&self, name: &'static str, source: Source, text: &str, values: usize) -> Result<Blueprint> {
        // Numbers of signals are small: f32 has them exactly.
        let pairs = self.pairs.iter().flat_map(|&(x, y)| [x as f32, y as f32]).collect();
        pointwise::each(name, source, text, values, Some(pairs))
    }
}
