//! Processes every signal of every file; a bad file does not stop the others.

use super::choose;
use super::select::{Signal, source_name};
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::{InputArgs, Pair, SourceArgs};
use anyhow::{Context, Result};
use rlx_io::read::{SignalReader, expand_inputs, open_leading};

/// Selection of the channels of a command.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Meant<'a> {
    /// The channels of `--channel`, each separately.
    Each,
    /// A pair of channels.
    Pair(&'a Pair),
}

/// Opens each input and calls `work` for each signal in it, and for the first one of many similar signals (rows or
/// groups of a table). Failures are reported with the name of the file and the rest is processed; only a failure to
/// write the output ends the run.
pub(crate) fn for_each_signal(
    args: &SourceArgs,
    console: &Console,
    mut work: impl FnMut(Box<dyn SignalReader>) -> Result<()>,
) -> Result<Outcome, Failure> {
    for_each_file(args, console, |readers, report| {
        for reader in readers {
            let source = source_name(reader.info());
            report(work(reader).with_context(|| source))?;
        }
        Ok(())
    })
}

/// Calls `work` for the selected channels of every signal: names and numbers refer to the whole file, and signals
/// without any of them are skipped. Failures are handled as by [`for_each_signal`].
pub(crate) fn for_each_meant(
    args: &InputArgs,
    meant: Meant<'_>,
    console: &Console,
    mut work: impl FnMut(Box<dyn SignalReader>, Signal) -> Result<()>,
) -> Result<Outcome, Failure> {
    for_each_file(&args.source, console, |readers, report| {
        let infos: Vec<_> = readers.iter().map(|reader| reader.info()).collect();
        let path = infos.first().map(|info| info.path.display().to_string()).unwrap_or_default();
        let choice = match meant {
            Meant::Each => choose::channels(&infos, &args.channel),
            Meant::Pair(pair) => choose::pair(&infos, pair),
        };
        let choice = match choice.context(path) {
            Ok(choice) => choice,
            Err(error) => return report(Err(error)),
        };
        let alone = readers.len() == 1;
        for (reader, channels) in readers.into_iter().zip(choice) {
            if channels.is_empty() && !alone {
                continue;
            }
            let mut next = Some(reader);
            while let Some(mut reader) = next {
                next = following(reader.as_mut(), report)?;
                let source = source_name(reader.info());
                let done =
                    Signal::new(reader.info(), &channels, args).and_then(|signal| work(reader, signal));
                report(done.with_context(|| source))?;
            }
        }
        Ok(())
    })
}

/// Returns the next similar signal. Those that cannot be read are reported; a file that cannot be read on ends.
fn following(
    reader: &mut dyn SignalReader,
    report: Report<'_>,
) -> Result<Option<Box<dyn SignalReader>>, Failure> {
    loop {
        match reader.following() {
            Ok(next) => return Ok(next),
            Err(error) => report(Err(error.into()))?,
        }
    }
}

type Report<'a> = &'a mut dyn FnMut(Result<()>) -> Result<(), Failure>;

fn for_each_file(
    args: &SourceArgs,
    console: &Console,
    mut work: impl FnMut(Vec<Box<dyn SignalReader>>, Report<'_>) -> Result<(), Failure>,
) -> Result<Outcome, Failure> {
    let found = expand_inputs(&args.inputs);
    let mut outcome = Outcome::Whole;
    for error in found.errors {
        console.error(&error.into());
        outcome = Outcome::Partial;
    }
    let mut report = |result: Result<()>| match result {
        Ok(()) => Ok(()),
        Err(error) if error.chain().any(|e| e.is::<rlx_io::write::Error>()) => {
            Err(Failure::Run(error.downcast().unwrap_or_else(|e| e)))
        }
        Err(error) => {
            console.error(&error);
            outcome = Outcome::Partial;
            Ok(())
        }
    };
    for path in found.files {
        match open_leading(&path, &args.open) {
            Ok(readers) => work(readers, &mut report)?,
            Err(error) => {
                let error: anyhow::Error = error.into();
                report(Err(error.context(path.display().to_string())))?;
            }
        }
    }
    Ok(outcome)
}
