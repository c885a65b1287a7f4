//! Commands that process one signal after the other.

use super::setup::{caption, check_files, deliver, prepare};
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::{InputArgs, OutputArgs, Pair, PlotArgs};
use crate::output::Output;
use crate::plots::Plots;
use crate::signal::{Blocks, InputSample, Meant, Signal, for_each_meant, with_samples};
use crate::spectra::Beyond;
use anyhow::Result;
use rlx_dsp::fft::Complex;
use rlx_io::read::{OpenOptions, Precision, SignalInfo, SignalReader, open_leading};
use rlx_io::write::Report;

/// The work of such a command per signal.
pub(crate) trait PerSignal {
    /// Processes one signal.
    fn answer<S: InputSample>(
        &self,
        blocks: &mut Blocks<S>,
        signal: &Signal,
        to: &mut Answers<'_>,
    ) -> Result<()>;

    /// Returns whether an estimate spans the whole signal, so that powers beyond the precision of its samples are
    /// known only at its end. Of a stream, which cannot be read again, floats are then read in double precision.
    fn spans_all(&self) -> bool {
        false
    }
}

/// Common arguments of these commands.
pub(crate) struct Asked<'a> {
    /// The selected signals.
    pub(crate) input: &'a InputArgs,
    /// The two channels, for commands on pairs.
    pub(crate) pair: Option<&'a Pair>,
    /// Precision of the samples, if it was chosen.
    pub(crate) precision: Option<Precision>,
    /// Output of the results.
    pub(crate) output: &'a OutputArgs,
    /// The plots, if requested.
    pub(crate) plot: &'a Option<PlotArgs>,
}

/// Destination of results.
pub(crate) struct Answers<'a> {
    pub(crate) output: Output,
    pub(crate) plots: Plots,
    pub(crate) console: &'a Console,
}

impl Answers<'_> {
    /// Writes a result with its default values.
    pub(crate) fn deliver(&mut self, result: &impl Report) -> Result<()> {
        deliver(&mut self.output, result, self.console)
    }

    /// Prints the caption on standard error.
    pub(crate) fn caption(&self, result: &impl Report) {
        caption(result, self.console);
    }
}

fn answer<S: InputSample>(
    command: &impl PerSignal,
    reader: Box<dyn SignalReader>,
    signal: &Signal,
    to: &mut Answers<'_>,
) -> Result<()> {
    let mut blocks = Blocks::<S>::new(reader, signal, to.console);
    command.answer(&mut blocks, signal, to)?;
    blocks.truncated().map_or(Ok(()), |error| Err(error.into()))
}

/// Opens the same signal again, if it is in a file.
fn again(info: &SignalInfo, options: &OpenOptions) -> Result<Option<Box<dyn SignalReader>>> {
    if !info.path.is_file() {
        return Ok(None);
    }
    for reader in open_leading(&info.path, options)? {
        let mut found = Some(reader);
        while let Some(mut reader) = found {
            if reader.info().part == info.part {
                return Ok(Some(reader));
            }
            found = reader.following()?;
        }
    }
    Ok(None)
}

/// Runs a command for all its signals; the failure of one is reported, and the others are processed.
pub(crate) fn per_signal(
    command: &impl PerSignal,
    asked: &Asked<'_>,
    console: &Console,
) -> Result<Outcome, Failure> {
    prepare(asked.input)?;
    check_files(&asked.input.source, asked.output, asked.plot.as_ref())?;
    let output = Output::open(asked.output, console)?;
    let html = output.html();
    let plots = Plots::new(asked.plot.clone(), html.clone());
    let mut to = Answers { output, plots, console };
    let meant = asked.pair.map_or(Meant::Each, Meant::Pair);
    let outcome = for_each_meant(asked.input, meant, console, |reader, signal| {
        let mut info = reader.info().clone();
        if info.floats && command.spans_all() && !info.path.is_file() {
            info.precision = Precision::F64;
        }
        info.precision = asked.precision.unwrap_or(info.precision);
        let answered = with_samples!(info, S => answer::<S>(command, reader, &signal, &mut to));
        match answered {
            Err(error)
                if error.is::<Beyond>() && info.precision == Precision::F32 && asked.precision.is_none() =>
            {
                // A file can be read again; a stream cannot.
                let Some(reader) = again(&info, &asked.input.source.open)? else { return Err(error) };
                match info.complex {
                    false => answer::<f64>(command, reader, &signal, &mut to),
                    true => answer::<Complex<f64>>(command, reader, &signal, &mut to),
                }
            }
            other => other,
        }
    })?;
    to.output.finish()?;
    if let Some(html) = html {
        html.write("Results of rlx-fft")?;
    }
    Ok(outcome)
}
