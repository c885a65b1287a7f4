//! Cross spectra on a device: the spectra of all frames of all signals, then averages of their products. Plain data, the same for
//! every GPU.

use rlx_compile::ValueKind;
use rlx_compile::params::{Average, CrossSpec, CrossValue, Detrend, Layout, Padding};
use rlx_compile::regions::{Asked, FrameStep, Framed, Transform};

/// Largest number of frames that one thread sums; more frames are divided between several threads.
const MAX_GROUP: usize = 64;

/// The averages of the spectra of `channels` signals per row, `[channels, frames, bins]`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CrossAverage {
    pub(crate) channels: usize,
    /// The pairs (x, y) in the order of the results.
    pub(crate) pairs: Vec<(usize, usize)>,
    /// Coherences instead of scaled cross spectra.
    pub(crate) coherence: bool,
    /// Medians instead of means, of cross spectra only.
    pub(crate) median: bool,
    pub(crate) frames: usize,
    pub(crate) bins: usize,
    pub(crate) n_fft: usize,
    /// Bins that represent their mirror images too are doubled.
    pub(crate) doubled: bool,
    /// Factor of the averages.
    pub(crate) factor: f64,
    /// Rows of the plan.
    pub(crate) batch: usize,
}

impl CrossAverage {
    /// Returns the transforms of a region's frames, and the averages of their products; the reason if no device has them.
    pub(crate) fn of(asked: &Asked<'_>, spec: &CrossSpec) -> Result<(Transform, Self), String> {
        let made = &asked.types[asked.region.results[0].0];
        let complex = asked.source().kind == ValueKind::Samples { complex: true };
        let params = &spec.estimate;
        let (segments, bins) = (&params.segments, made.last());
        if spec.value == CrossValue::Coherence && params.average == Average::Median {
            return Err("no coherence of medians".to_owned());
        }
        let weights = segments.weights().map_err(|error| error.to_string())?;
        let row_len = asked.source().last() / spec.channels.max(1);
        let trend = (segments.detrend != Detrend::None).then_some(FrameStep::Detrend(segments.detrend));
        let window = FrameStep::Window(segments.window.clone(), segments.symmetry);
        let (count, n_fft) = (params.segment_count(row_len), segments.n_fft);
        let frames = Framed {
            source: asked.region.source,
            nodes: Vec::new(),
            row_len,
            segments: count,
            len: segments.segment_len,
            hop: segments.hop,
            pad: Padding::None,
            drop_last: 0,
            complex,
            steps: trend.into_iter().chain([window]).collect(),
        };
        let average = Self {
            channels: spec.channels,
            pairs: spec.pairs.clone(),
            coherence: spec.value == CrossValue::Coherence,
            median: params.average == Average::Median,
            frames: count,
            bins,
            n_fft,
            doubled: !complex && bins == n_fft / 2 + 1,
            factor: params.scaling.factor(&weights, params.sample_rate),
            batch: asked.source().dims.first().copied().unwrap_or(1),
        };
        Ok((Transform { frames, n_fft, bins, layout: Layout::Interleaved, keep: None }, average))
    }

    /// Returns the number of values per bin of a result.
    pub(crate) fn width(&self) -> usize {
        if self.coherence { 1 } else { 2 }
    }

    /// Returns the number of values per bin of a partial sum.
    pub(crate) fn parts(&self) -> usize {
        if self.coherence { 4 } else { 2 }
    }

    /// Returns the frames of a group that one thread sums, and the number of groups, for a device that `threads` keep busy.
    pub(crate) fn groups(&self, threads: usize) -> (usize, usize) {
        let one = self.batch.max(1).saturating_mul(self.pairs.len()).saturating_mul(self.bins);
        let groups = threads.div_ceil(one).min(self.frames.div_ceil(4)).max(self.frames.div_ceil(MAX_GROUP));
        let group = self.frames.div_ceil(groups);
        (group, self.frames.div_ceil(group))
    }

    /// Returns the numbers of the signals, pair by pair. They are small: f32 has them exactly.
    pub(crate) fn table(&self) -> Vec<f32> {
        self.pairs.iter().flat_map(|&(x, y)| [x as f32, y as f32]).collect()
    }
}
