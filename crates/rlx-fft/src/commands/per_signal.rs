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

/// What such a command asks for, and what it does with a signal.
pub(crate) trait PerSignal {
    /// Which signals.
    fn input(&self) -> &InputArgs;

    /// Where the answers go.
    fn output(&self) -> &OutputArgs;

    /// The pictures, where some are wanted.
    fn plot(&self) -> Option<&PlotArgs>;

    /// The two channels that are asked for, where it is not each by itself.
    fn pair(&self) -> Option<&Pair> {
        None
    }

    /// Answers one signal.
    fn answer<S: InputSample>(
        &self,
        blocks: &mut Blocks<S>,
        signal: &Signal,
        to: &mut Answers<'_>,
    ) -> Result<()>;
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
pub(crate) fn per_signal(command: &impl PerSignal, console: &Console) -> Result<Outcome, Failure> {
    prepare(command.input())?;
    let output = Output::open(command.output(), console)?;
    let mut to = Answers { output, plots: Plots::new(command.plot().cloned()), console };
    let outcome = for_each_signal(&command.input().source, console, |reader| {
        let mut signal = Signal::new(reader.info(), command.input())?;
        if let Some(pair) = command.pair() {
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
