//! Runs batches with the selected strategy.

use rlx_dsp::welch::peaks::RowLayout;
use rlx_learn::CompiledModel;

use super::AutoWelchPeaks;
use super::runner::Runner;
use crate::error::{Error, Result};

impl AutoWelchPeaks {
    /// Computes packed peaks `[batch, min(k, n_bins), 2]` of full rows, over which the segments are spread, or of rows in the
    /// fast layout; the length of the buffer determines which.
    ///
    /// # Errors
    /// Those of [`AutoWelchPeaks::welch_peaks_batch_into`].
    pub fn welch_peaks_batch(&mut self, samples: &[f32]) -> Result<Vec<f32>> {
        let mut out = vec![0.0; self.output_len()];
        self.welch_peaks_batch_into(samples, &mut out)?;
        Ok(out)
    }

    /// Computes [`AutoWelchPeaks::welch_peaks_batch`] into `out`.
    ///
    /// # Errors
    /// A buffer whose length matches neither layout (the message names the full one), an `out` whose length differs
    /// from [`AutoWelchPeaks::output_len`]; NaN and infinity.
    pub fn welch_peaks_batch_into(&mut self, samples: &[f32], out: &mut [f32]) -> Result<()> {
        let (fast, full) = self.layout_lens();
        if samples.len() == fast {
            return self.welch_peaks_batch_fast_into(samples, out);
        }
        check_len("samples", full, samples.len())?;
        check_len("out", self.output_len(), out.len())?;
        self.rows(samples, RowLayout::Spread, out)
    }

    /// Computes packed peaks of rows in the fast layout, without a copy.
    ///
    /// # Errors
    /// Those of [`AutoWelchPeaks::welch_peaks_batch_fast_into`].
    pub fn welch_peaks_batch_fast(&mut self, samples: &[f32]) -> Result<Vec<f32>> {
        let mut out = vec![0.0; self.output_len()];
        self.welch_peaks_batch_fast_into(samples, &mut out)?;
        Ok(out)
    }

    /// Computes [`AutoWelchPeaks::welch_peaks_batch_fast`] into `out`.
    ///
    /// # Errors
    /// A buffer whose length differs from the fast layout, an `out` whose length differs from
    /// [`AutoWelchPeaks::output_len`]; NaN and infinity.
    pub fn welch_peaks_batch_fast_into(&mut self, samples: &[f32], out: &mut [f32]) -> Result<()> {
        check_len("samples", self.layout_lens().0, samples.len())?;
        check_len("out", self.output_len(), out.len())?;
        self.rows(samples, RowLayout::Leading, out)
    }

    /// Processes rows of a layout. If a device is lost during the run, the CPU recomputes the whole batch.
    fn rows(&mut self, samples: &[f32], layout: RowLayout, out: &mut [f32]) -> Result<()> {
        match self.rows_by_runner(samples, layout, out) {
            Err(Error::Runtime(lost @ rlx_runtime::Error::DeviceLost { .. })) if self.may_fall_back => {
                self.fall_back(lost.to_string())?;
                self.rows_by_runner(samples, layout, out)
            }
            done => done,
        }
    }

    fn rows_by_runner(&mut self, samples: &[f32], layout: RowLayout, out: &mut [f32]) -> Result<()> {
        let batch = self.shape.batch;
        let row_len = match layout {
            RowLayout::Spread => self.full_len,
            RowLayout::Leading => self.params.welch.frame_len(),
        };
        match self.prepare(layout)? {
            Runner::Rows(scratch) => scratch.peaks_of_rows_into(samples, batch, row_len, out)?,
            Runner::Tape(tapes) => on_tapes(tapes, samples, batch, row_len, out)?,
            Runner::Compiled(exec, pieces) => exec.run_pieces(samples, &pieces.of(row_len), &mut [out])?,
        }
        Ok(())
    }
}

/// Returns the rows, divided among one thread per tape.
fn on_tapes(
    tapes: &mut [CompiledModel],
    samples: &[f32],
    batch: usize,
    row_len: usize,
    out: &mut [f32],
) -> rlx_learn::Result<()> {
    // A thread is worth waking for two groups of 16 rows.
    let share = batch.div_ceil(tapes.len().max(1)).next_multiple_of(32);
    let Some((first, others)) = tapes.split_first_mut() else { return Ok(()) };
    if others.is_empty() || batch <= share || row_len == 0 {
        return first.peaks_into(samples, batch, row_len, out);
    }
    let width = out.len() / batch;
    let parts = samples.chunks(share * row_len).zip(out.chunks_mut(share * width));
    let done: Vec<rlx_learn::Result<()>> = std::thread::scope(|scope| {
        let tapes = std::iter::once(&mut *first).chain(others);
        let running: Vec<_> = parts
            .zip(tapes)
            .map(|((x, y), tape)| scope.spawn(move || tape.peaks_into(x, x.len() / row_len, row_len, y)))
            .collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    if done.iter().any(std::result::Result::is_err) {
        // A single thread reports errors with the row index of the whole batch.
        return first.peaks_into(samples, batch, row_len, out);
    }
    Ok(())
}

fn check_len(name: &'static str, expected: usize, got: usize) -> Result<()> {
    if expected == got { Ok(()) } else { Err(rlx_dsp::Error::Length { name, expected, got }.into()) }
}
