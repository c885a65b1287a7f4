//! `info`: contents of files.

use super::setup::{check_files, deliver};
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::{InfoArgs, InfoFlags};
use crate::output::Output;
use crate::signal::{for_each_signal, source_name};
use anyhow::Result;
use rlx_io::read::{Chunk, Pause, SignalInfo, SignalReader};
use rlx_io::write::results::InfoResult;

/// Runs the command.
pub(crate) fn run(flags: Box<InfoFlags>, console: &Console) -> Result<Outcome, Failure> {
    let args = InfoArgs::try_from(*flags)?;
    check_files(&args.source, &args.output, None)?;
    let mut output = Output::open(&args.output, console)?;
    let outcome = for_each_signal(&args.source, console, |mut reader| {
        let mut info = reader.info().clone();
        let annotations = reader.annotations()?;
        let counted = if info.frames.is_none() && info.path.as_os_str() != "-" {
            count(reader.as_mut(), &mut info)
        } else {
            Ok(())
        };
        let source = source_name(&info);
        let result = InfoResult::new("rlx-fft", env!("CARGO_PKG_VERSION"), source, info, annotations);
        deliver(&mut output, &result, console)?;
        counted?;
        Ok(())
    })?;
    let html = output.html();
    output.finish()?;
    if let Some(html) = html {
        html.write("What is in the files")?;
    }
    Ok(outcome)
}

/// Counts samples per channel and pauses of a file without a header count by reading it.
fn count(reader: &mut dyn SignalReader, info: &mut SignalInfo) -> Result<()> {
    let mut planes = vec![Vec::new(); reader.info().planes()];
    let rate = info.sample_rate.unwrap_or(1.0);
    let (mut frames, mut shift) = (0, info.start_s * rate);
    loop {
        match reader.read_f32(&mut planes, 1 << 14)? {
            Chunk::Data(count) => frames += count as u64,
            Chunk::Gap { frames: pause } => {
                let start_s = (frames as f64 + shift) / rate;
                shift += pause;
                info.pauses.push(Pause { sample: frames, start_s, end_s: (frames as f64 + shift) / rate });
            }
            Chunk::End => break,
        }
    }
    info.frames = Some(frames);
    // Reading may have added notes, and all pauses are known only now.
    info.notes = reader.info().notes.clone();
    info.notes.extend(info.pause_note());
    Ok(())
}
