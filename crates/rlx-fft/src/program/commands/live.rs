//! `live`: a waterfall in the terminal, and a log of peaks.

use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::{LiveArgs, LiveFlags, Usage};
use crate::interrupt;
use crate::live::{LiveSource, Log, LogArgs, Screen, Shared, Shown, follow};
use crate::signal::with_samples;
use anyhow::{Context, anyhow, bail};
use rlx_dsp::fft::Sample;
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::scaling::Scaling;
use rlx_dsp::welch::PsdParams;
use rlx_dsp::window::Window;
use rlx_io::read::{SignalInfo, open};
use rlx_io::write::results::power_unit;
use std::io::IsTerminal;

/// Smallest prominence of peaks in the log, in dB.
const PROMINENCE_DB: f64 = 6.0;

/// Runs the command.
pub(crate) fn run(flags: Box<LiveFlags>, console: &Console) -> Result<Outcome, Failure> {
    let args = LiveArgs::try_from(*flags)?;
    let terminal = std::io::stdout().is_terminal();
    if !terminal && args.log.is_none() {
        let reason = "needs a terminal on standard output, or --log; for lines on standard output see `peaks - --every 100ms -f jsonl`";
        return Err(Usage::new("live", reason).into());
    }
    if !terminal {
        interrupt::install();
    }
    let path = args.source.inputs.first().cloned().ok_or_else(|| anyhow!("no input"))?;
    let mut readers = open(&path, &args.source.open)?;
    if readers.is_empty() {
        return Err(anyhow!("{}: there is no signal in it", path.display()).into());
    }
    let reader = readers.swap_remove(0);
    let info = reader.info().clone();
    let channel = channel(&info, args.channel.as_deref())?;
    let Some(rate) = info.sample_rate else {
        return Err(anyhow!("a {} file does not contain a sample rate: give --rate", info.format).into());
    };
    let params = PsdParams::new(rate, args.n_fft)
        .window(args.window.clone())
        .hop(args.hop)
        .scaling(Scaling::Spectrum)
        .nan(NanPolicy::SkipSegment);
    let line_len = ((args.line_s * rate).round() as usize).max(args.n_fft);
    let center = args.center.or(info.center_freq).unwrap_or(0.0);
    let outcome = with_samples!(info, S => {
        let (order, freq) = axis::<S>(&params, center);
        let shown = Shown {
            title: format!("{} {}", short(&path.display().to_string()), info.channels[channel].name),
            rate,
            n_fft: args.n_fft,
            freq,
            unit: power_unit("spectrum", info.channels[channel].unit.as_deref(), "Hz"),
            line_s: line_len as f64 / rate,
            hann: args.window == Window::Hann,
        };
        let source = LiveSource {
            reader,
            channel,
            params,
            line_len,
            follow: follow(&path, &args.source.open, args.follow),
            pace: args.real_time.then_some(rate),
        };
        let log = args.log.clone().map(|path| LogArgs {
            path,
            max_bytes: args.log_bytes,
            keep: args.log_keep,
            every_s: args.log_every_s,
            k: args.k,
            prominence: PROMINENCE_DB,
        });
        let mut log = log.map(|log| Log::open(log, shown.freq.len())).transpose()?;
        let shared = Shared::new(shown.freq.len());
        let mut ascending = vec![0.0; shown.freq.len()];
        let (of_reader, state) = (shown.clone(), shared.clone());
        let mut failed = None;
        let work = move || {
            let result = source.run::<S>(&state, |power| {
                ascending.iter_mut().zip(&order).for_each(|(out, &bin)| *out = power[bin]);
                state.lock().push(&ascending);
                if let Some(log) = &mut log
                    && failed.is_none()
                    && let Err(error) = log.take(&of_reader, &ascending)
                {
                    failed = Some(error);
                }
            });
            let result = result.and(failed.map_or(Ok(()), Err));
            state.lock().ended = Some(result.as_ref().err().map_or_else(String::new, ToString::to_string));
            result
        };
        if terminal {
            let worker = std::thread::Builder::new().name("live".into()).spawn(work)?;
            Screen::new(shown).run(&shared)?;
            // A thread that still waits for input has nothing to finish.
            if worker.is_finished() { worker.join().map_err(|_| anyhow!("the reading thread failed"))? } else { Ok(()) }
        } else {
            work()
        }
    });
    outcome.with_context(|| path.display().to_string())?;
    console.note("the signal has ended, or a key ended the view");
    Ok(Outcome::Whole)
}

/// Returns the bins of a transform by ascending frequency, and those frequencies.
fn axis<S: Sample>(params: &PsdParams, center: f64) -> (Vec<usize>, Vec<f64>) {
    let freq = params.frequencies::<S>();
    let mut order: Vec<usize> = (0..freq.len()).collect();
    order.sort_by(|a, b| freq[*a].total_cmp(&freq[*b]));
    let ascending = order.iter().map(|&bin| freq[bin] + center).collect();
    (order, ascending)
}

fn channel(info: &SignalInfo, wanted: Option<&str>) -> anyhow::Result<usize> {
    let Some(wanted) = wanted else { return Ok(0) };
    let by_name = info.channels.iter().position(|channel| channel.name == wanted);
    let number = || wanted.parse::<usize>().ok()?.checked_sub(1).filter(|index| *index < info.channels.len());
    match by_name.or_else(number) {
        Some(index) => Ok(index),
        None => bail!("no channel '{wanted}' among the {}", info.channels.len()),
    }
}

fn short(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
