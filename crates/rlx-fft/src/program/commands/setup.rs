//! Shared setup of the commands.

use crate::console::Console;
use crate::files::Files;
use crate::flags::{BYTES_A_POINT, Band, EstimateArgs, InputArgs, OutputArgs, PlotArgs, SourceArgs, Usage};
use crate::memory::too_much;
use crate::output::Output;
use crate::signal::{Blocks, InputSample, Signal, explain};
use crate::spectra::{Layout, check_band};
use anyhow::{Result, bail};
use rlx_dsp::welch::PsdParams;
use rlx_io::read::expand_inputs;
use rlx_io::write::Report;

/// Sets up the thread pool.
pub(crate) fn prepare(input: &InputArgs) -> Result<()> {
    if let Some(threads) = input.threads {
        // More than a few threads per core only cost memory and time; results do not depend on the number.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = threads.min(4 * cores);
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    }
    Ok(())
}

/// Rejects an output that is an input or another output.
pub(crate) fn check_files(
    source: &SourceArgs,
    output: &OutputArgs,
    plot: Option<&PlotArgs>,
) -> Result<(), Usage> {
    let mut files = Files::default();
    expand_inputs(&source.inputs).files.iter().for_each(|path| files.reads("INPUT", path));
    match &output.path {
        Some(path) => files.writes("--output", path)?,
        None => files.writes_stdout()?,
    }
    if let Some(path) = &output.html {
        files.writes("--html", path)?;
    }
    plot.map_or(Ok(()), |plot| files.writes_pictures("--plot", &plot.path))
}

/// Returns the parameters for a whole recording, the layout of its bins, and the bins inside the band. If the length
/// is unknown but matters, enough samples are read ahead.
pub(crate) fn prepared<S: InputSample>(
    blocks: &mut Blocks<S>,
    signal: &Signal,
    estimate: &EstimateArgs,
    band: Option<&Band>,
) -> Result<(PsdParams, Layout, Vec<usize>)> {
    let params = params_for(blocks, signal, estimate)?;
    check_room(blocks, signal, &params)?;
    let layout = Layout::new::<S>(&params, signal.center);
    check_band(band, &layout.freq, &signal.axis.x_unit)?;
    let inside = layout.inside(band);
    Ok((params, layout, inside))
}

/// Rejects estimates that are impossible or exceed the memory, before any allocation: channels and lengths stated by
/// a header cost nothing until its samples arrive.
fn check_room<S: InputSample>(blocks: &mut Blocks<S>, signal: &Signal, params: &PsdParams) -> Result<()> {
    let segment = params.segments.segment_len;
    let there = match signal.frames.filter(|frames| *frames < segment as u64) {
        Some(frames) => Some(frames),
        None => blocks.look_ahead(segment as u64)?,
    };
    if let Some(frames) = there.filter(|frames| *frames < segment as u64) {
        let len = usize::try_from(frames).unwrap_or(usize::MAX);
        return Err(explain(rlx_dsp::Error::TooShort { len, segment }, signal, 0, 0));
    }
    let channels = signal.channels.len();
    let bytes = (params.segments.n_fft as u64).saturating_mul(channels as u64).saturating_mul(BYTES_A_POINT);
    if let Some(why) = too_much(bytes) {
        bail!(
            "{channels} channels with --n-fft {} {why}: give fewer channels or a smaller --n-fft",
            params.segments.n_fft
        );
    }
    Ok(())
}

fn params_for<S: InputSample>(
    blocks: &mut Blocks<S>,
    signal: &Signal,
    estimate: &EstimateArgs,
) -> Result<PsdParams> {
    // A segment never spans a pause.
    let mut frames = signal.longest;
    if frames.is_none() && estimate.depends_on_length() {
        frames = blocks.look_ahead(estimate.rule.samples_to_know())?;
    }
    Ok(estimate.params(signal.axis.rate_in_x(), frames))
}

/// Prints the caption of a result.
pub(crate) fn caption<R: Report>(result: &R, console: &Console) {
    result.caption().iter().for_each(|line| console.note(line.strip_prefix("note: ").unwrap_or(line)));
}

/// Writes a result; if the format has no caption, prints the default values on standard error.
pub(crate) fn deliver<R: Report>(output: &mut Output, result: &R, console: &Console) -> Result<()> {
    if output.lacks_caption() {
        caption(result, console);
    }
    output.write(result)?;
    Ok(())
}
