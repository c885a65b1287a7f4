//! `info`: what is in a file.

use super::setup::{check_files, deliver};
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::{InfoArgs, InfoFlags};
use crate::output::Output;
use crate::signal::{for_each_signal, source_name};
use anyhow::Result;
use rlx_io::read::{Chunk, SignalReader};
use rlx_io::write::results::InfoResult;

/// Runs the command.
pub(crate) fn run(flags: Box<InfoFlags>, console: &Console) -> Result<Outcome, Failure> {
    let args = InfoArgs::try_from(*flags)?;
    check_files(&args.source, &args.output, None)?;
    let mut output = Output::open(&args.output, console)?;
    let outcome = for_each_signal(&args.source, console, |mut reader| {
        let mut info = reader.info().clone();
        let counted = if info.frames.is_none() && info.path.as_os_str() != "-" {
            count(reader.as_mut())
        } else {
            Ok(info.frames)
        };
        if let Ok(frames) = &counted {
            info.frames = *frames;
        }
        let source = source_name(&info);
        let result = InfoResult::new("rlx-fft", env!("CARGO_PKG_VERSION"), source, info);
        deliver(&mut output, &result, console)?;
        counted?;
        Ok(())
    })?;
    output.finish()?;
    Ok(outcome)
}

/// Samples per channel of a file that does not tell: by reading it through.
fn count(reader: &mut dyn SignalReader) -> Result<Option<u64>> {
    let mut planes = vec![Vec::new(); reader.info().planes()];
    let mut frames = 0;
    loop {
        match reader.read_f32(&mut planes, 1 << 14)? {
            Chunk::Data(count) => frames += count as u64,
            Chunk::Gap => {}
            Chunk::End => return Ok(Some(frames)),
        }
    }
}
