//! `mel`: log-mel features.

use super::setup::{deliver, prepare};
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::{MelArgs, MelFlags};
use crate::output::Output;
use crate::plots::{Plots, short_name, time_label};
use crate::signal::{Blocks, InputSample, Signal, Step, explain, for_each_signal};
use crate::spectra::{mel_on, shown};
use anyhow::{Result, bail};
use rlx_dsp::fft::Real;
use rlx_dsp::mel::{LogMel, LogMelParams, MelLog, Preset};
use rlx_dsp::nan::{NanPolicy, fill_gaps};
use rlx_io::plot::{Heatmap, HeatmapPanel};
use rlx_io::read::Precision;
use rlx_io::write::results::{Header, MelChannel, MelResult, SCHEMA};

/// Runs the command.
pub(crate) fn run(flags: Box<MelFlags>, console: &Console) -> Result<Outcome, Failure> {
    let args = MelArgs::try_from(*flags)?;
    prepare(&args.input)?;
    let mut output = Output::open(&args.output, console)?;
    let mut plots = Plots::new(args.plot.clone());
    let outcome = for_each_signal(&args.input.source, console, |reader| {
        let signal = Signal::new(reader.info(), &args.input)?;
        if reader.info().complex {
            bail!("log-mel features are of real signals, and this one is complex (IQ)");
        }
        match reader.info().precision {
            Precision::F32 => one(
                Blocks::<f32>::new(reader, &signal, console),
                &signal,
                &args,
                &mut output,
                &mut plots,
                console,
            ),
            Precision::F64 => one(
                Blocks::<f64>::new(reader, &signal, console),
                &signal,
                &args,
                &mut output,
                &mut plots,
                console,
            ),
        }
    })?;
    output.finish()?;
    Ok(outcome)
}

fn one<T: InputSample + Real>(
    mut blocks: Blocks<T>,
    signal: &Signal,
    args: &MelArgs,
    output: &mut Output,
    plots: &mut Plots,
    console: &Console,
) -> Result<()> {
    let params = params(args, signal.axis.rate)?;
    let mut samples = vec![Vec::new(); signal.channels.len()];
    let mut notes = Vec::new();
    loop {
        match blocks.next()? {
            Step::Data => {
                for (all, block) in samples.iter_mut().zip(blocks.channels()) {
                    all.extend_from_slice(block);
                }
            }
            Step::Gap => notes.push("the recording is interrupted; frames span the gap".to_owned()),
            Step::End => break,
        }
    }
    notes.extend(blocks.notes());
    let mut plan = LogMel::<T>::new(params)?.with_threads(0)?;
    let empty = plan.filterbank().empty_filters().len();
    if empty > 0 {
        notes.push(format!(
            "{empty} of {} bands hold no bin: fewer --n-mels or a larger --n-fft",
            params.n_mels
        ));
    }
    let freq = plan.filterbank().centers().to_vec();
    for (name, samples) in signal.names().zip(&mut samples) {
        if let NanPolicy::Interpolate { max_gap } = args.missing.nan {
            let filled = fill_gaps(samples, max_gap);
            if filled.samples > 0 {
                notes.push(format!(
                    "channel {name}: {} samples interpolated in {} gaps",
                    filled.samples, filled.gaps
                ));
            }
        }
    }
    let on_device = match &args.device {
        Some(device) => mel_on(device, &params, &samples)?,
        None => None,
    };
    notes.extend(on_device.as_ref().map(|d| d.said.clone()));
    let mut channels = Vec::new();
    for (i, (name, samples)) in signal.names().zip(&samples).enumerate() {
        let mel: Vec<Vec<f64>> = match &on_device {
            Some(made) => {
                let features = &made.channels[i];
                let of = |band: usize| features.iter().skip(band).step_by(params.n_mels);
                (0..params.n_mels).map(|band| of(band).map(|v| shown(*v)).collect()).collect()
            }
            None => {
                let mel = plan.process(samples).map_err(|error| explain(error, signal, i, 0))?;
                let row =
                    |band| (0..mel.n_frames).filter_map(|frame| mel.get(band, frame)).map(shown).collect();
                (0..mel.n_mels).map(row).collect()
            }
        };
        let frames = mel.first().map_or(0, Vec::len);
        channels.push(MelChannel {
            name: name.to_owned(),
            t_s: (0..frames).map(|frame| signal.start() + plan.time(frame)).collect(),
            freq: freq.clone(),
            mel,
        });
    }
    let header = Header {
        schema: SCHEMA,
        tool: "rlx-fft".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        command: "mel".into(),
        source: signal.source.clone(),
        sample_rate: params.sample_rate,
        x_unit: "Hz".into(),
        n_fft: params.n_fft,
        hop: params.hop,
        window: params.window.to_string(),
        detrend: String::new(),
        average: String::new(),
        scaling: String::new(),
        segments: 1,
        unit: unit(&params, args.preset).into(),
        defaults: args.defaults.clone(),
        notes,
    };
    let result = MelResult { header, preset: args.preset.to_string(), n_mels: params.n_mels, channels };
    if plots.wanted() {
        plots.heatmap(&picture(&result))?;
    }
    deliver(output, &result, console)?;
    blocks.truncated().map_or(Ok(()), |error| Err(error.into()))
}

/// The preset at the signal's rate. Presets of models that were trained at one rate refuse others.
fn params(args: &MelArgs, rate: f64) -> Result<LogMelParams> {
    let own = args.params.sample_rate;
    let any_rate = matches!(args.preset, Preset::Librosa | Preset::Torchaudio);
    if rate != own && !any_rate {
        bail!("preset {} works at {own} Hz and the signal has {rate} Hz: resample it first", args.preset);
    }
    Ok(LogMelParams { sample_rate: rate, ..args.params })
}

fn unit(params: &LogMelParams, preset: Preset) -> &'static str {
    match (params.log, preset) {
        (_, Preset::Whisper) => "(log10 + 4) / 4",
        (_, Preset::Nemo) => "standard deviations",
        (MelLog::Decibel { .. }, _) => "dB",
        (MelLog::Log10 { .. }, _) => "log10",
        _ => "ln",
    }
}

fn picture(result: &MelResult) -> Heatmap {
    let first = result.channels.first();
    let ticks =
        first.map(|c| c.freq.iter().enumerate().map(|(i, f)| (i as f64, format!("{f:.0}"))).collect());
    let panel = |c: &MelChannel| HeatmapPanel {
        name: c.name.clone(),
        values: (0..c.t_s.len()).map(|frame| c.mel.iter().map(|band| band[frame]).collect()).collect(),
        x: (c.t_s.first().copied().unwrap_or(0.0), c.t_s.last().copied().unwrap_or(1.0)),
        y: (0.0, result.n_mels.saturating_sub(1) as f64),
    };
    Heatmap {
        title: format!("Log-mel ({}) of {}", result.preset, short_name(&result.header.source)),
        x_label: time_label("Hz"),
        y_label: "mel band, centre [Hz]".into(),
        value_label: result.header.unit.clone(),
        span: 80.0,
        y_ticks: ticks,
        panels: result.channels.iter().map(panel).collect(),
    }
}
