//! Commands that answer one signal after the other.

use super::setup::{deliver, prepare};
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::{InputArgs, OutputArgs, Pair, PlotArgs};
use crate::output::Output;
use crate::plots::Plots;
use crate::signal::{Blocks, InputSample, Signal, for_each_signal, with_samples};
use anyhow::Result;
use rlx_io::write::Report;

/// What such a command does with a signal.
pub(crate) trait PerSignal {
    /// Answers one signal.
    fn answer<S: InputSample>(
        &self,
        blocks: &mut Blocks<S>,
        signal: &Signal,
        to: &mut Answers<'_>,
    ) -> Result<()>;
}

/// What the commands are asked for alike.
pub(crate) struct Asked<'a> {
    /// Which signals.
    pub(crate) input: &'a InputArgs,
    /// The two channels that are meant, where it is not each by itself.
    pub(crate) pair: Option<&'a Pair>,
    /// Where the answers go.
    pub(crate) output: &'a OutputArgs,
    /// The pictures, where some are wanted.
    pub(crate) plot: &'a Option<PlotArgs>,
}

/// Where answers go.
pub(crate) struct Answers<'a> {
    pub(crate) output: Output,
    pub(crate) plots: Plots,
    pub(crate) console: &'a Console,
}

impl Answers<'_> {
    /// Writes a result, and what was chosen by default.
    pub(crate) fn deliver(&mut self, result: &impl Report) -> Result<()> {
        deliver(&mut self.output, result, self.console)
    }
}

/// Runs a command over all its signals; what makes one of them impossible is told, and the others are done.
pub(crate) fn per_signal(
    command: &impl PerSignal,
    asked: &Asked<'_>,
    console: &Console,
) -> Result<Outcome, Failure> {
    prepare(asked.input)?;
    let output = Output::open(asked.output, console)?;
    let mut to = Answers { output, plots: Plots::new(asked.plot.clone()), console };
    let outcome = for_each_signal(&asked.input.source, console, |reader| {
        let mut signal = Signal::new(reader.info(), asked.input)?;
        if let Some(pair) = asked.pair {
            signal.keep_pair(reader.info(), pair)?;
        }
        with_samples!(reader.info(), S => {
            let mut blocks = Blocks::<S>::new(reader, &signal, console);
            command.answer(&mut blocks, &signal, &mut to)?;
            blocks.truncated().map_or(Ok(()), |error| Err(error.into()))
        })
    })?;
    to.output.finish()?;
    Ok(outcome)
}
