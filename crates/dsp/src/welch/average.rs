//! The running average of segments' powers.

use super::kernel::{self, SegmentKernel};
use super::layout::Layout;
use super::median::SpectraStore;
use super::params::PsdParams;
use super::segment::SegmentSpec;
use super::state::AccumulatorState;
use crate::error::{Error, Result};
use crate::fft::{Sample, rfft_bins};
use crate::scaling::Average;

/// Accumulates segments and returns their average. Stores bins, not segments, except for the median.
#[derive(Debug, Clone)]
pub(crate) struct PowerAverage<S: Sample> {
    kernel: Box<dyn SegmentKernel<S>>,
    hop: usize,
    average: Average,
    layout: Layout,
    segments: u64,
    /// Sum, maximum or minimum so far of each of the transform's bins; scratch of the median.
    held: Vec<f64>,
    /// Powers of some segments, or sums of some rows.
    block: Vec<f64>,
    spectra: SpectraStore,
}

/// Rows with fewer groups of segments than this are computed together.
const SHORT_ROWS: usize = 2;

/// Number of segments per block of powers.
const BLOCK: usize = 64;

/// State of an average that stores bins.
pub(super) struct Checkpoint {
    segments: u64,
    held: Vec<f64>,
}

impl<S: Sample> PowerAverage<S> {
    pub(crate) fn with_spec(params: &PsdParams, spec: &SegmentSpec) -> Result<Self> {
        let kernel = kernel::plan(spec)?;
        let bins = if S::COMPLEX { spec.n_fft } else { rfft_bins(spec.n_fft) };
        Ok(Self {
            kernel,
            hop: spec.hop,
            average: params.average,
            layout: Layout::new::<S>(params, spec),
            segments: 0,
            held: vec![0.0; bins],
            block: Vec::new(),
            spectra: SpectraStore::new(bins),
        })
    }

    /// Allocates all tables and buffers in advance, so that whole signals are added without allocation.
    pub(crate) fn prepare(&mut self) {
        let single = self.average != Average::Mean;
        self.kernel.prepare(single);
        if single {
            self.block.resize(BLOCK * self.held.len(), 0.0);
        }
    }

    /// Returns the number of segments that are best added at a time. A median counts each segment when it arrives.
    pub(super) fn group(&self) -> usize {
        if self.average == Average::Median { 1 } else { self.kernel.group() }
    }

    pub(crate) fn clear(&mut self) {
        self.segments = 0;
        self.held.fill(0.0);
        self.spectra.clear();
    }

    /// Returns the state for [`restore`](Self::restore), except for the median.
    pub(super) fn checkpoint(&self) -> Checkpoint {
        Checkpoint { segments: self.segments, held: self.held.clone() }
    }

    /// Discards everything since the checkpoint.
    pub(super) fn restore(&mut self, checkpoint: Checkpoint) {
        Checkpoint { segments: self.segments, held: self.held } = checkpoint;
    }

    pub(crate) fn segments(&self) -> u64 {
        self.segments
    }

    pub(crate) fn n_bins(&self) -> usize {
        self.layout.n_bins()
    }

    /// Adds the first `count` segments of `samples`.
    pub(crate) fn add(&mut self, samples: &[S], count: usize) {
        if self.average == Average::Mean {
            self.segments += count as u64;
            return self.kernel.add_powers(samples, self.hop, count, &mut self.held);
        }
        if self.average == Average::Median {
            self.kernel.powers(samples, self.hop, count, self.spectra.next_segments(count));
            self.segments += count as u64;
            return;
        }
        let bins = self.held.len();
        for first in (0..count).step_by(BLOCK) {
            let block = BLOCK.min(count - first);
            self.block.resize(block * bins, 0.0);
            self.kernel.powers(&samples[first * self.hop..], self.hop, block, &mut self.block);
            for powers in self.block.chunks_exact(bins) {
                hold(self.average, self.segments == 0, &mut self.held, powers);
                self.segments += 1;
            }
        }
    }

    /// Returns the rows of `count` segments that [`mean_of_rows`](Self::mean_of_rows) computes at a time; 1 if it
    /// computes none.
    pub(crate) fn rows_at_a_time(&self, count: usize) -> usize {
        let group = self.kernel.group();
        let side_by_side = self.average == Average::Mean && !S::COMPLEX && count < SHORT_ROWS * group;
        if side_by_side { group } else { 1 }
    }

    /// Computes the scaled averages of finite rows of `row_len` samples and `count` segments each into `out`, `[rows,
    /// n_bins]`. Returns `false` if row by row is faster or the average is not the mean.
    pub(crate) fn mean_of_rows(
        &mut self,
        x: &[S],
        row_len: usize,
        count: usize,
        out: &mut [S::Real],
    ) -> bool {
        if self.average != Average::Mean {
            return false;
        }
        let bins = self.held.len();
        self.block.resize(x.len() / row_len * bins, 0.0);
        if !self.kernel.add_rows(x, row_len, count, &mut self.block) {
            return false;
        }
        for (sums, out) in self.block.chunks_exact(bins).zip(out.chunks_exact_mut(self.layout.n_bins())) {
            self.layout.write(sums, count as f64, out);
        }
        true
    }

    pub(super) fn save(&self, state: &mut AccumulatorState) {
        state.segments = self.segments;
        state.held.clone_from(&self.held);
        state.spectra = self.spectra.values().to_vec();
    }

    pub(super) fn load(&mut self, state: &AccumulatorState) -> Result<()> {
        let bins = self.held.len();
        let kept = if self.average == Average::Median { state.segments } else { 0 };
        if state.held.len() != bins || Some(state.spectra.len() as u64) != kept.checked_mul(bins as u64) {
            let (held, spectra) = (state.held.len(), state.spectra.len());
            return Err(Error::argument(
                "state",
                format!("{held} bins and {spectra} values of {} segments, for {bins} bins", state.segments),
            ));
        }
        self.segments = state.segments;
        self.held.copy_from_slice(&state.held);
        self.spectra.replace(&state.spectra);
        Ok(())
    }

    /// Adds another average with the same parameters.
    pub(crate) fn merge(&mut self, other: &Self) {
        match self.average {
            Average::Mean => self.held.iter_mut().zip(&other.held).for_each(|(a, b)| *a += b),
            Average::Median => self.spectra.append(&other.spectra),
            // The zeros of an empty average are not powers.
            Average::Max | Average::Min if other.segments == 0 => {}
            Average::Max | Average::Min => {
                hold(self.average, self.segments == 0, &mut self.held, &other.held);
            }
        }
        self.segments += other.segments;
    }

    /// Writes the scaled average to `out`, which has [`n_bins`](Self::n_bins) values.
    pub(crate) fn write(&mut self, out: &mut [S::Real]) {
        if self.average == Average::Median {
            self.spectra.medians(&mut self.held);
        }
        let count = if self.average == Average::Mean { self.segments as f64 } else { 1.0 };
        self.layout.write(&self.held, count, out);
    }
}

/// Keeps the larger (smaller) of each bin; NaN wins and stays.
pub(super) fn hold(average: Average, first: bool, held: &mut [f64], powers: &[f64]) {
    if first {
        held.copy_from_slice(powers);
        return;
    }
    match average {
        Average::Max => keep(held, powers, |power, held| power > held),
        Average::Min => keep(held, powers, |power, held| power < held),
        // Sums and stored spectra are handled elsewhere.
        Average::Mean | Average::Median => {}
    }
}

/// Replaces every held value by a better power or by NaN. Generic and without branches, so that it vectorises.
#[inline(always)]
fn keep(held: &mut [f64], powers: &[f64], better: impl Fn(f64, f64) -> bool) {
    for (held, &power) in held.iter_mut().zip(powers) {
        *held = if better(power, *held) | power.is_nan() { power } else { *held };
    }
}
