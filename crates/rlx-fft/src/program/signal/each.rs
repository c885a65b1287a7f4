//! Every signal of every file; one bad file does not stop the others.

use super::select::source_name;
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::SourceArgs;
use anyhow::{Context, Result};
use rlx_io::read::{SignalReader, expand_inputs, open};

/// Opens each input and calls `work` for each signal in it. What fails is reported with the file's name and
/// the rest is done; only a failure to write the output ends it all.
pub(crate) fn for_each_signal(
    args: &SourceArgs,
    console: &Console,
    mut work: impl FnMut(Box<dyn SignalReader>) -> Result<()>,
) -> Result<Outcome, Failure> {
    let found = expand_inputs(&args.inputs);
    let mut outcome = Outcome::Whole;
    for error in found.errors {
        console.error(&error.into());
        outcome = Outcome::Partial;
    }
    for path in found.files {
        let readers = match open(&path, &args.open) {
            Ok(readers) => readers,
            Err(error) => {
                let error: anyhow::Error = error.into();
                console.error(&error.context(path.display().to_string()));
                outcome = Outcome::Partial;
                continue;
            }
        };
        for reader in readers {
            let source = source_name(reader.info());
            match work(reader).with_context(|| source.clone()) {
                Ok(()) => {}
                Err(error) if error.chain().any(|e| e.is::<rlx_io::write::Error>()) => {
                    return Err(Failure::Run(error.downcast().unwrap_or_else(|e| e)));
                }
                Err(error) => {
                    console.error(&error);
                    outcome = Outcome::Partial;
                }
            }
        }
    }
    Ok(outcome)
}
