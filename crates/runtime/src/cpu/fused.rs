//! `WelchPeaks` by the lanes kernel.

use rlx_compile::ValueType;
use rlx_compile::params::{Average, Detrend, Symmetry, WelchPeaksSpec};
use rlx_dsp::lanes::{Isa, supports};
use rlx_dsp::welch::peaks::{PeaksEngine, WelchParams, WelchPeakParams, WelchPeaksScratch};

use super::program::Step;
use crate::error::Result;
use crate::session::SessionOptions;

struct Fused {
    scratch: WelchPeaksScratch,
    batch: usize,
    row_len: usize,
}

/// Returns whether the lanes kernel supports this op.
pub(super) fn native(spec: &WelchPeaksSpec) -> bool {
    supports(spec.n_fft)
        && spec.segment_len == spec.n_fft
        && spec.symmetry == Symmetry::Periodic
        && spec.detrend == Detrend::None
        && spec.average == Average::Mean
        && spec.keep.is_none()
}

pub(super) fn step(
    spec: &WelchPeaksSpec,
    taken: &ValueType,
    options: &SessionOptions,
) -> Result<Box<dyn Step>> {
    let (batch, row_len) = (taken.dims.first().copied().unwrap_or(0), taken.last());
    let n_segments = row_len.saturating_sub(spec.n_fft) / spec.hop + 1;
    let params = WelchPeakParams::new(
        WelchParams::new(spec.n_fft, n_segments).hop(spec.hop).window(spec.window.clone()),
        spec.k,
    )
    .nan(options.nan);
    let threads = useful_threads(options.threads, batch);
    Ok(Box::new(Fused {
        scratch: WelchPeaksScratch::new(params, PeaksEngine::Lanes, threads)?,
        batch,
        row_len,
    }))
}

/// Returns the number of threads for which a batch of rows has work, at most `threads` (0: one per core). The kernels
/// give each thread at least two whole groups; starting further threads would only cost time.
pub fn useful_threads(threads: usize, batch: usize) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if threads == 0 { cores() } else { threads };
    let group = Isa::detect().map_or(16, Isa::lanes);
    threads.min(batch / (2 * group)).max(1)
}

impl Step for Fused {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        Ok(self.scratch.peaks_of_rows_into(input, self.batch, self.row_len, out)?)
    }

    fn supports_strides(&self) -> bool {
        true
    }

    fn run_rows(&mut self, input: &[f32], row_len: usize, first: usize, out: &mut [f32]) -> Result<()> {
        Ok(self.scratch.peaks_of_rows_from(input, self.batch, row_len, first, out)?)
    }
}
