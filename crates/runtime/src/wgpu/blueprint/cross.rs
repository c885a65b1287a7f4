//! Averages over frames of products of spectra: cross spectra and coherences of pairs of signals.

use super::source::{Source, stage};
use super::{Blueprint, Passes, pointwise};
use crate::cross::CrossAverage;
use crate::error::{Error, Result};
use crate::recipe::median_bias;

/// Number of threads that keep a device busy.
const THREADS: usize = 1 << 17;

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
        let width = self.width();
        if self.median {
            let mut source = self.source();
            source
                .number("FACTOR", (self.factor / median_bias(frames)) as f32)
                .stage(stage!("cross_pair"))
                .stage(stage!("ordered"))
                .stage(stage!("median_digit"));
            let median = self.each("cross_median", source, stage!("cross_median"), width * pairs * bins)?;
            return Ok(spectra.then(bytes, median));
        }
        let ((group, groups), parts) = (self.groups(THREADS), self.parts());
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
        pointwise::each(name, source, text, values, Some(self.table()))
    }
}
