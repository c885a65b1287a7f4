//! Runners of a strategy on the rows of one layout.

use rlx_compile::builders::WelchPeaksShape;
use rlx_dsp::welch::peaks::{PeaksEngine, RowLayout, WelchPeakParams, WelchPeaksScratch};
use rlx_learn::{CompiledModel, FastLearnedFftModel};
use rlx_runtime::{Executable, RowPieces, Session};

use super::AutoWelchPeaks;
use crate::error::Result;
use crate::learned_plan;
use crate::welch_peaks_compile::CompiledRlxWelchPeaksExec;
use crate::welch_peaks_picker::WelchPeaksStrategy;

/// Runner of the selected strategy.
pub(super) enum Runner {
    /// Row by row on the host.
    Rows(WelchPeaksScratch),
    /// A compiled plan, and its input as pieces of rows.
    Compiled(Executable, Pieces),
    /// A learned transform as a tape over rows in lanes, one per thread.
    Tape(Vec<CompiledModel>),
}

/// Pieces of rows of any length.
#[derive(Clone, Copy)]
pub(super) struct Pieces {
    first: usize,
    step: usize,
    len: usize,
    count: usize,
}

impl Pieces {
    /// Returns the pieces of rows of `row_len` samples.
    pub(super) fn of(self, row_len: usize) -> RowPieces {
        let Self { first, step, len, count } = self;
        RowPieces { row_len, first, step, len, count }
    }
}

/// Returns the shape of what a device computes. A device with a bus gets segments that do not overlap one after another,
/// without the samples between them.
pub(super) fn shape_on(params: &WelchPeakParams, batch: usize, has_bus: bool) -> WelchPeaksShape {
    let welch = &params.welch;
    let hop = if has_bus { welch.hop.min(welch.n_fft) } else { welch.hop };
    WelchPeaksShape { hop, ..WelchPeaksShape::new(batch, welch.n_fft, welch.n_segments, params.k) }
}

impl AutoWelchPeaks {
    /// Makes the runner of a layout unless it exists.
    pub(super) fn prepare(&mut self, layout: RowLayout) -> Result<&mut Runner> {
        let runner = match self.runners[layout as usize].take() {
            Some(made) => made,
            None => runner(
                self.strategy,
                &self.session,
                &self.placed(layout),
                self.shape.batch,
                self.request.threads,
                self.learned.as_ref(),
            )?,
        };
        Ok(self.runners[layout as usize].insert(runner))
    }
}

fn runner(
    strategy: WelchPeaksStrategy,
    session: &Session,
    params: &WelchPeakParams,
    batch: usize,
    threads: usize,
    learned: Option<&FastLearnedFftModel>,
) -> Result<Runner> {
    let has_bus = session.device().class.has_bus();
    let (welch, shape) = (&params.welch, shape_on(params, batch, has_bus));
    let pieces = if shape.hop == welch.hop {
        Pieces { first: welch.lead, step: 0, len: welch.span(), count: 1 }
    } else {
        Pieces { first: welch.lead, step: welch.hop, len: welch.n_fft, count: welch.n_segments }
    };
    match (strategy, learned) {
        (WelchPeaksStrategy::RlxCompiled, _) => {
            let exec = CompiledRlxWelchPeaksExec::compile_on(session, &shape)?;
            Ok(Runner::Compiled(exec.executable().clone(), pieces))
        }
        (WelchPeaksStrategy::LearnedCompiled, Some(model)) => {
            // On the CPU pruning saves time only on a tape; transforms shorter than a vector have no tape.
            if !has_bus && let Ok(tapes) = (0..threads.max(1)).map(|_| model.compile(params)).collect() {
                return Ok(Runner::Tape(tapes));
            }
            Ok(Runner::Compiled(learned_plan::compile(session, model, &shape)?, pieces))
        }
        (
            WelchPeaksStrategy::UltraFast
            | WelchPeaksStrategy::FastStreaming
            | WelchPeaksStrategy::LearnedCompiled,
            _,
        ) => Ok(Runner::Rows(WelchPeaksScratch::new(params.clone(), PeaksEngine::Streaming, threads)?)),
    }
}
