//! The fused kernel: from rows of samples to the strongest bins, their averaged power, or both.

use rlx_compile::params::{Average, Detrend, WelchPeaksSpec};

use super::limits::GroupLimits;
use super::recipe::Recipe;
use super::source::{Source, stage};
use super::{Blueprint, Buffer};
use crate::error::{Error, Result};
use crate::session::SampleFormat;

/// Specialisation of a fused kernel.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::wgpu) struct WelchPeaks {
    /// Segments, window and peaks.
    pub(in crate::wgpu) spec: WelchPeaksSpec,
    /// Samples per row.
    pub(in crate::wgpu) row_len: usize,
    /// Type of a sample in memory.
    pub(in crate::wgpu) samples: SampleFormat,
    /// Whether the K strongest bins are found.
    pub(in crate::wgpu) peaks: bool,
    /// Whether the averaged one-sided power is written.
    pub(in crate::wgpu) psd: bool,
}

/// Transforms that are summed before they are added to the total.
const PAIRS_OF_BLOCK: usize = 8;

/// Bytes for the lengths of the lists of all rows of a workgroup, at most eight.
const LISTS: usize = 4 * 8;

/// Distribution of the bins of a row over groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TopK {
    groups: usize,
    /// Threads that share a group.
    fan: usize,
    /// Bins per group, without the Nyquist bin.
    members: usize,
    /// Whether groups are compared by one word.
    short: bool,
    /// Largest number of bins that can reach the threshold.
    list: usize,
    threads: usize,
}

impl TopK {
    fn new(k: usize, n: usize, threads: usize, short: bool) -> Self {
        // With twice as many groups as peaks, few bins that are not among the strongest reach the threshold.
        let groups = (2 * k).next_power_of_two().clamp(threads.min(32), n / 2);
        let members = n / 2 / groups;
        let fan = (threads / groups).max(1);
        let list = if short { n / 2 + 1 } else { k.min(groups) * members + 1 };
        Self { groups, fan, members, short, list, threads }
    }

    /// Returns the pairs of words per row.
    fn pairs(&self) -> usize {
        let bests = if self.fan > 1 { self.threads } else { 0 };
        // The threshold follows the list or the best bins, and the list is read in groups of four.
        (bests + self.groups).max(self.list) + 4
    }
}

impl WelchPeaks {
    /// Returns the segments per row.
    pub(in crate::wgpu) fn segments(&self) -> usize {
        self.row_len.saturating_sub(self.spec.segment_len) / self.spec.hop.max(1) + 1
    }

    /// Returns the peaks per row.
    pub(in crate::wgpu) fn k_out(&self) -> usize {
        self.spec.k.min(self.spec.n_fft / 2 + 1)
    }

    /// Returns text, tables and launch of this kernel.
    pub(in crate::wgpu) fn blueprint(&self, limits: &GroupLimits) -> Result<Blueprint> {
        let spec = &self.spec;
        let lacks = |what: String| Error::unsupported(format!("the fused kernel has no {what}"));
        let recipe = Recipe::new(spec.n_fft).filter(|r| r.n.is_power_of_two() && r.n >= 64);
        let recipe = recipe.ok_or_else(|| lacks(format!("n_fft {}", spec.n_fft)))?;
        let average = match spec.average {
            Average::Mean => 0,
            Average::Max => 1,
            Average::Min => 2,
            Average::Median => return Err(lacks("median".to_owned())),
        };
        if spec.detrend == Detrend::Linear || spec.keep.is_some() {
            return Err(lacks("linear detrend or band".to_owned()));
        }
        let (n, threads) = (recipe.n, recipe.threads());
        let k = self.k_out();
        let shape = TopK::new(k, n, threads, true);
        let pairs = n.max(shape.pairs());
        let paired = GroupLimits { memory: limits.memory.saturating_sub(LISTS), ..*limits };
        let rows = paired.rows(threads, pairs);
        let (in_turn, shape, pairs_of_row, lists) = if paired.fits(rows, threads, pairs) {
            (false, shape, pairs, LISTS)
        } else {
            let shape = TopK::new(k, n, threads, false);
            // The length of the list is among them.
            (true, shape, (n / 2).max(shape.pairs() + 1), 0)
        };
        let memory = 8 * rows * pairs_of_row + lists;
        limits.check(&format!("the fused kernel of n_fft {n}"), rows * threads, memory)?;

        let segments = self.segments();
        let mean = average == 0;
        let pairs = if mean { segments.div_ceil(2) } else { segments };
        // |Z|² of two mirrored bins is twice the sum of both segments' powers; hold counts one segment, one-sided.
        let scale = if mean { 1.0 / segments as f64 } else { 1.0 };
        let mut source = Source::default();
        source
            .count("LEN", spec.segment_len)
            .count("HOP", spec.hop)
            .count("ROW_LEN", self.row_len)
            .count("SEGMENTS", segments)
            .count("PAIRS", pairs)
            .count("PAIRS_OF_BLOCK", PAIRS_OF_BLOCK)
            .count("AVERAGE", average)
            .count("K_OUT", k)
            .count("GROUPS", shape.groups)
            .count("GROUPS_OF_THREAD", (shape.groups / threads).max(1))
            .count("FAN", shape.fan)
            .count("MEMBERS", shape.members / shape.fan)
            .count("LIST", shape.list)
            .switch("SHORT", shape.short)
            .count("ROWS", rows)
            .count("GROUP", rows * threads)
            .count("PAIRS_OF_ROW", pairs_of_row)
            .count("PAIRS_OF_GROUP", rows * pairs_of_row)
            .number("SCALE", scale as f32)
            .switch("WHOLE", spec.segment_len == n)
            .switch("DETREND", spec.detrend == Detrend::Constant)
            .switch("PEAKS", self.peaks)
            .switch("PSD", self.psd)
            .transform(&recipe, in_turn)
            .samples(self.samples)
            .stage(stage!("row_sum"))
            .stage(stage!("detrend"))
            .stage(stage!("power"))
            .stage(stage!("fold"))
            .stage(stage!("topk"))
            .stage(stage!("welch_peaks"));
        let window: Vec<f32> = spec
            .window
            .coefficients(spec.segment_len, spec.symmetry)
            .map_err(Error::Dsp)?
            .into_iter()
            .map(|w| w as f32)
            .collect();
        let output = |on: bool, index| if on { Buffer::Output(index) } else { Buffer::Nothing };
        Ok(Blueprint {
            name: "welch_peaks",
            text: source.finish()?,
            buffers: vec![
                Buffer::Input,
                Buffer::Table(window),
                Buffer::Table(recipe.twiddles().concat()),
                output(self.peaks, 0),
                output(self.psd, usize::from(self.peaks)),
                Buffer::Batch,
            ],
            items_of_group: rows,
            items_of_row: 1,
        })
    }
}
