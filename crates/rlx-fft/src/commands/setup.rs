//! What the commands have in common.

use crate::console::Console;
use crate::flags::{Band, EstimateArgs, InputArgs};
use crate::interrupt;
use crate::output::Output;
use crate::signal::{Blocks, InputSample, Signal};
use crate::spectra::{Layout, check_band};
use anyhow::{Context, Result};
use rlx_dsp::welch::PsdParams;
use rlx_io::write::{OutputFile, Report};
use serde::Serialize;
use std::io::Write;
use std::path::Path;

/// Sets threads and the interrupt handler up.
pub(crate) fn prepare(input: &InputArgs) -> Result<()> {
    interrupt::install();
    if let Some(threads) = input.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    }
    Ok(())
}

/// Parameters for a whole recording, where its bins lie, and which of them are inside the band. Where the length is not
/// known but matters, enough is read ahead.
pub(crate) fn prepared<S: InputSample>(
    blocks: &mut Blocks<S>,
    signal: &Signal,
    estimate: &EstimateArgs,
    band: Option<&Band>,
) -> Result<(PsdParams, Layout, Vec<usize>)> {
    let params = params_for(blocks, signal, estimate)?;
    let layout = Layout::new::<S>(&params, signal.center);
    check_band(band, &layout.freq, &signal.axis.x_unit)?;
    let inside = layout.inside(band);
    Ok((params, layout, inside))
}

fn params_for<S: InputSample>(
    blocks: &mut Blocks<S>,
    signal: &Signal,
    estimate: &EstimateArgs,
) -> Result<PsdParams> {
    let mut frames = signal.frames;
    if frames.is_none() && estimate.depends_on_length() {
        frames = blocks.look_ahead(estimate.rule.samples_to_know())?;
    }
    Ok(estimate.params(signal.axis.rate_in_x(), frames))
}

/// Writes a result; where the format has no room for what was chosen by default, says it beside.
pub(crate) fn deliver<R: Report>(output: &mut Output, result: &R, console: &Console) -> Result<()> {
    if output.lacks_caption() {
        result.caption().iter().for_each(|line| console.note(line.strip_prefix("note: ").unwrap_or(line)));
    }
    output.write(result)?;
    Ok(())
}

/// Writes `value` as JSON to `path`, where there is one: whole or not at all.
pub(crate) fn write_json(path: Option<&Path>, value: &impl Serialize) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    let mut file = OutputFile::create(path)?;
    serde_json::to_writer_pretty(&mut file, value).with_context(|| path.display().to_string())?;
    file.write_all(b"\n").with_context(|| path.display().to_string())?;
    file.commit()?;
    Ok(())
}
