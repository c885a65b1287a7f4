//! `mel`: log-mel features.

use super::column_sink::spool_error;
use super::mel_sink::MelSink;
use super::per_signal::Answers;
use super::setup::{check_files, prepare};
use super::shrunk::Shrunk;
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::{MelArgs, MelFlags};
use crate::output::Output;
use crate::plots::{Plots, short_name, time_label};
use crate::signal::{Blocks, InputSample, Meant, Signal, Step, explain, for_each_meant};
use crate::spectra::{Beyond, DeviceMel, MelFeed, MelFrames, Related, explained, mel_on, shown};
use anyhow::{Result, bail};
use rlx_compile::builders::log_mel;
use rlx_compile::params::Rows;
use rlx_dsp::fft::Real;
use rlx_dsp::mel::{LogMel, LogMelOutput, LogMelParams, MelLog, Preset};
use rlx_dsp::nan::{NanPolicy, fill_gaps};
use rlx_io::plot::{Heatmap, HeatmapPanel};
use rlx_io::read::Precision;
use rlx_io::write::ArraySpool;
use rlx_io::write::results::{Header, MelChannel, MelResult, SCHEMA};
use std::path::Path;

/// Runs the command.
pub(crate) fn run(flags: Box<MelFlags>, console: &Console) -> Result<Outcome, Failure> {
    let args = MelArgs::try_from(*flags)?;
    prepare(&args.input)?;
    check_files(&args.input.source, &args.output, args.plot.as_ref())?;
    let output = Output::open(&args.output, console)?;
    let html = output.html();
    let mut to = Answers { output, plots: Plots::new(args.plot.clone(), html.clone()), console };
    let outcome = for_each_meant(&args.input, Meant::Each, console, |reader, signal| {
        if reader.info().complex {
            bail!("log-mel features are of real signals, and this one is complex (IQ)");
        }
        match reader.info().precision {
            Precision::F32 => one(Blocks::<f32>::new(reader, &signal, console), &signal, &args, &mut to),
            Precision::F64 => one(Blocks::<f64>::new(reader, &signal, console), &signal, &args, &mut to),
        }
    })?;
    to.output.finish()?;
    if let Some(html) = html {
        html.write("Features by rlx-fft")?;
    }
    Ok(outcome)
}

fn one<T: InputSample + Real>(
    mut blocks: Blocks<T>,
    signal: &Signal,
    args: &MelArgs,
    to: &mut Answers<'_>,
) -> Result<()> {
    let params = params(args, signal.axis.rate)?;
    let plan = LogMel::<T>::new(params.clone())?;
    let mut notes = blocks.notes();
    let empty = plan.filterbank().empty_filters().len();
    if empty > 0 {
        notes.push(format!(
            "{empty} of {} bands hold no bin: fewer --n-mels or a larger --n-fft",
            params.n_mels
        ));
    }
    if args.explain && args.device.is_none() {
        notes.extend(on_the_cpu(&params, signal.channels.len())?);
    }
    let freq = plan.filterbank().centres().to_vec();
    let channel = |name: &str| MelChannel {
        name: name.to_owned(),
        t_s: Vec::new(),
        freq: freq.clone(),
        mel: vec![Vec::new(); params.n_mels],
    };
    let result = MelResult {
        header: header(signal, args, &params, notes),
        preset: args.preset.to_string(),
        n_mels: params.n_mels,
        channels: signal.names().map(channel).collect(),
    };
    let directory = args.output.path.as_ref().and_then(|path| path.parent());
    let directory = directory.filter(|d| !d.as_os_str().is_empty());
    let mut sink = MelSink::new(result, to, directory)?;
    let notes = match &args.device {
        None => streamed(&mut blocks, signal, &params, args, directory, &mut |first, i, frame| {
            sink.frame(signal.time(first) + plan.time(i), frame, to)
        })?,
        Some(device) => on_device(device, &mut blocks, signal, &params, args, &mut |first, i, frame| {
            sink.frame(signal.time(first) + plan.time(i), frame, to)
        })?,
    };
    sink.finish(notes, to, |result, pictures, to| to.plots.heatmap(&picture(result, pictures)))?;
    blocks.truncated().map_or(Ok(()), |error| Err(error.into()))
}

/// Returns the regions of features that the CPU computes.
fn on_the_cpu(params: &LogMelParams, channels: usize) -> Result<Vec<String>> {
    match log_mel(params, Rows::new(channels, 4 * params.n_fft)) {
        Ok(graph) => explained(&graph),
        Err(error) => Ok(vec![format!("log_mel: cpu; no plan supports it: {error}")]),
    }
}

/// Receives the features of frame `i` of the part that begins with sample `first`, of all channels:
/// `[channels][n_mels]`.
type Emit<'a> = &'a mut dyn FnMut(u64, usize, &[f64]) -> Result<()>;

/// Computes the frames as samples arrive; frames that depend on later ones are spooled to disk until the end. Returns
/// the notes.
fn streamed<T: InputSample + Real>(
    blocks: &mut Blocks<T>,
    signal: &Signal,
    params: &LogMelParams,
    args: &MelArgs,
    directory: Option<&Path>,
    emit: Emit<'_>,
) -> Result<Vec<String>> {
    let (channels, before) = (signal.channels.len(), blocks.notes());
    let mut notes = Vec::new();
    let mut frames = MelFrames::<T>::new(params)?;
    let mut feeds: Vec<_> = (0..channels).map(|_| MelFeed::<T>::new(params, args.missing.nan)).collect();
    // Samples and gaps that were interpolated in previous parts.
    let mut filled = vec![(0, 0); channels];
    let mut related = Related::new(params, channels);
    let mut spool = match related.is_none() {
        true => None,
        false => {
            let spool = ArraySpool::new(directory, 1, channels * params.n_mels);
            Some(spool.map_err(|e| spool_error(directory, e))?)
        }
    };
    // The first sample of the part, its number of frames so far, and the position of each spooled frame.
    let (mut first, mut count) = (0, 0);
    let mut places: Vec<(u64, usize)> = Vec::new();
    loop {
        let step = blocks.next()?;
        for (i, feed) in feeds.iter_mut().enumerate() {
            match step {
                Step::Data => feed.push(blocks.channel(i), &mut frames, signal, i)?,
                // No frame spans a pause.
                Step::Gap | Step::End => feed.finish(&mut frames, signal, i, params)?,
            }
        }
        while feeds.iter().all(|feed| !feed.ready.is_empty()) {
            let frame: Vec<f64> =
                feeds.iter_mut().filter_map(|feed| feed.ready.pop_front()).flatten().collect();
            match &mut spool {
                Some(spool) => {
                    related.see(&frame);
                    spool.push(frame).map_err(|e| spool_error(directory, e))?;
                    places.push((first, count));
                }
                None => {
                    let values: Vec<f64> = frame.iter().map(|&v| shown(T::narrow(v))).collect();
                    emit(first, count, &values)?;
                }
            }
            count += 1;
        }
        if step == Step::Gap {
            for (feed, filled) in feeds.iter_mut().zip(&mut filled) {
                let new = std::mem::replace(feed, MelFeed::new(params, args.missing.nan)).filled();
                (filled.0, filled.1) = (filled.0 + new.samples, filled.1 + new.gaps);
            }
            (first, count) = (blocks.frames(), 0);
        }
        if step == Step::End {
            break;
        }
    }
    if let Some(spool) = &mut spool {
        if related.needs_deviations() {
            spool.again(|frame| {
                related.see_again(frame);
                std::io::Result::Ok(())
            })?;
        }
        let mut places = places.into_iter();
        spool.again(|frame| {
            let each = frame.iter().enumerate();
            let values: Vec<f64> = each.map(|(at, &v)| shown(related.value::<T>(at, v))).collect();
            let (first, i) = places.next().unwrap_or_default();
            emit(first, i, &values)
        })?;
    }
    for ((name, feed), before) in signal.names().zip(&feeds).zip(&filled) {
        let (samples, gaps) = (feed.filled().samples + before.0, feed.filled().gaps + before.1);
        if samples > 0 {
            notes.push(format!("channel {name}: {samples} samples interpolated in {gaps} gaps"));
        }
    }
    notes.extend(blocks.notes().into_iter().filter(|note| !before.contains(note)));
    Ok(notes)
}

/// Computes all frames at once on a device, or on the CPU if the device does not support it. Returns the notes.
fn on_device<T: InputSample + Real>(
    device: &str,
    blocks: &mut Blocks<T>,
    signal: &Signal,
    params: &LogMelParams,
    args: &MelArgs,
    emit: Emit<'_>,
) -> Result<Vec<String>> {
    let mut samples = vec![Vec::new(); signal.channels.len()];
    let (mut notes, before) = (Vec::new(), blocks.notes());
    loop {
        match blocks.next()? {
            Step::Data => {
                for (all, block) in samples.iter_mut().zip(blocks.channels()) {
                    all.extend_from_slice(block);
                }
            }
            Step::Gap => bail!(
                "the recording pauses, and a device does not support recordings with pauses: omit --device"
            ),
            Step::End => break,
        }
    }
    notes.extend(blocks.notes().into_iter().filter(|note| !before.contains(note)));
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
    let made = mel_on(device, params, &samples)?;
    // A plan without a part on the device only yields a note.
    notes.extend(
        made.as_ref().filter(|made| made.channels.is_empty()).map(|made| made.placement.said.clone()),
    );
    if args.explain {
        notes.extend(match &made {
            Some(made) => made.placement.regions.clone(),
            None => on_the_cpu(params, samples.len())?,
        });
    }
    let sound =
        |made: &DeviceMel| !made.channels.is_empty() && made.channels.iter().flatten().all(|v| v.is_finite());
    let features: Vec<Vec<Vec<f64>>> = match made.filter(sound) {
        Some(made) => {
            notes.push(made.placement.said.clone());
            let of = |features: &Vec<f32>, band: usize| -> Vec<f64> {
                features.iter().skip(band).step_by(params.n_mels).map(|v| shown(*v)).collect()
            };
            let bands = |f: &Vec<f32>| (0..params.n_mels).map(|band| of(f, band)).collect();
            made.channels.iter().map(bands).collect()
        }
        None => {
            let plan = LogMel::<T>::new(params.clone())?.with_threads(0)?;
            let mut all = Vec::new();
            for (i, samples) in samples.iter().enumerate() {
                let mel = plan.run(samples).map_err(|error| explain(error, signal, i, 0))?;
                if mel.values.iter().all(|v| v.finite()) {
                    all.push(bands(&mel));
                    continue;
                }
                // The samples are finite, but their powers exceed their precision.
                let wide: Vec<f64> = samples.iter().map(|v| v.widen()).collect();
                let mel = LogMel::<f64>::new(params.clone())?.run(&wide)?;
                if !mel.values.iter().all(|v| v.is_finite()) {
                    return Err(Beyond { wider: false }.into());
                }
                all.push(bands(&mel));
            }
            all
        }
    };
    let frames = features.first().and_then(|bands| bands.first()).map_or(0, Vec::len);
    for i in 0..frames {
        let frame: Vec<f64> = features.iter().flat_map(|bands| bands.iter().map(|band| band[i])).collect();
        emit(0, i, &frame)?;
    }
    Ok(notes)
}

fn header(signal: &Signal, args: &MelArgs, params: &LogMelParams, notes: Vec<String>) -> Header {
    Header {
        schema: SCHEMA,
        tool: "rlx-fft".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        command: "mel".into(),
        source: signal.source.clone(),
        sample_rate: params.sample_rate,
        x_unit: "Hz".into(),
        n_fft: params.n_fft,
        bin_width: params.sample_rate / params.n_fft as f64,
        hop: params.hop,
        window: params.window.to_string(),
        detrend: String::new(),
        average: String::new(),
        scaling: String::new(),
        segments: 1,
        unit: unit(params, args.preset).into(),
        defaults: args.defaults.clone(),
        notes,
    }
}

/// Returns the features of each band, one value per frame.
fn bands<T: Real>(mel: &LogMelOutput<T>) -> Vec<Vec<f64>> {
    let row = |band| (0..mel.n_frames).filter_map(|frame| mel.get(band, frame)).map(shown).collect();
    (0..mel.n_mels).map(row).collect()
}

/// Returns the preset at the rate of the signal. Presets of models that were trained at one rate reject others.
fn params(args: &MelArgs, rate: f64) -> Result<LogMelParams> {
    let own = args.params.sample_rate;
    let any_rate = matches!(args.preset, Preset::Librosa | Preset::Torchaudio);
    if rate != own && !any_rate {
        bail!("preset {} works at {own} Hz and the signal has {rate} Hz: resample it first", args.preset);
    }
    Ok(args.params.clone().sample_rate(rate))
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

fn picture(result: &MelResult, pictures: Vec<Shrunk>) -> Heatmap {
    let first = result.channels.first();
    let ticks =
        first.map(|c| c.freq.iter().enumerate().map(|(i, f)| (i as f64, format!("{f:.0}"))).collect());
    let panel = |(c, shrunk): (&MelChannel, Shrunk)| HeatmapPanel {
        name: c.name.clone(),
        x: shrunk.ends(),
        values: shrunk.into_levels(),
        y: (0.0, result.n_mels.saturating_sub(1) as f64),
    };
    Heatmap {
        title: format!("Log-mel ({}) of {}", result.preset, short_name(&result.header.source)),
        x_label: time_label("Hz"),
        y_label: "mel band, centre [Hz]".into(),
        value_label: result.header.unit.clone(),
        span: 80.0,
        y_ticks: ticks,
        panels: result.channels.iter().zip(pictures).map(panel).collect(),
    }
}
