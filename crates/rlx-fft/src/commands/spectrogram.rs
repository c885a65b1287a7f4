//! `spectrogram`: power over time and frequency.

use super::per_signal::{Answers, Asked, PerSignal, per_signal};
use super::setup::prepared;
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::{SpectrogramArgs, SpectrogramFlags};
use crate::plots::{frequency_label, level_label, short_name, time_label};
use crate::signal::{Blocks, InputSample, Signal, Step};
use crate::spectra::{Columns, DeviceSpectra, coverage_note, header};
use anyhow::{Result, bail};
use rlx_io::plot::{Heatmap, HeatmapPanel};
use rlx_io::write::results::{ChannelSpectrogram, SpectrogramResult, level_db};

/// Runs the command.
pub(crate) fn run(flags: Box<SpectrogramFlags>, console: &Console) -> Result<Outcome, Failure> {
    let args = SpectrogramArgs::try_from(*flags)?;
    let asked = Asked { input: &args.input, pair: None, output: &args.output, plot: &args.plot };
    per_signal(&args, &asked, console)
}

impl PerSignal for SpectrogramArgs {
    fn answer<S: InputSample>(
        &self,
        blocks: &mut Blocks<S>,
        signal: &Signal,
        to: &mut Answers<'_>,
    ) -> Result<()> {
        let (params, layout, inside) = prepared(blocks, signal, &self.estimate, self.band.as_ref())?;
        let mut channels: Vec<Columns<S>> =
            (0..signal.channels.len()).map(|_| Columns::new(params)).collect::<Result<_>>()?;
        let mut device = match &self.device {
            Some(name) => DeviceSpectra::open::<S>(name, &params, params.segment_len)?,
            None => None,
        };
        loop {
            let step = blocks.next()?;
            for (i, columns) in channels.iter_mut().enumerate() {
                match step {
                    Step::Data => {
                        columns.push(blocks.channel(i), device.as_mut(), signal, i, &layout, &inside)?;
                    }
                    Step::Gap | Step::End => {
                        columns.end_stretch(device.as_mut(), signal, i, &layout, &inside)?;
                    }
                }
            }
            if step == Step::End {
                break;
            }
        }
        if channels.iter().all(|columns| columns.starts.is_empty()) {
            bail!("fewer samples than one segment of {} (n_fft): give a smaller --n-fft", params.segment_len);
        }
        let mut notes = blocks.notes();
        match (&self.device, &device) {
            (None, _) => {}
            (_, Some(open)) => {
                let split = open.split().map_or(String::new(), |why| format!(" and the host ({why})"));
                let rest = "columns beside missing samples on the CPU";
                notes.push(format!("computed in f32 on {}{split}, {rest}", open.device()));
            }
            (Some(name), None) => {
                let why = "it has no two-sided spectra of real samples";
                notes.push(format!("computed on the CPU, not on {name}: {why}"));
            }
        }
        let half = params.segment_len as f64 / 2.0;
        let results = signal.names().zip(channels).map(|(name, columns)| {
            notes.extend(coverage_note(name, &columns.coverage()));
            ChannelSpectrogram {
                name: name.to_owned(),
                t_s: columns
                    .starts
                    .iter()
                    .map(|&s| signal.start() + (s as f64 + half) / signal.axis.rate)
                    .collect(),
                freq: inside.iter().map(|&i| layout.freq[i]).collect(),
                power: columns.power,
            }
        });
        let results: Vec<_> = results.collect();
        let mut header = header("spectrogram", signal, &self.estimate, &params, 1, notes);
        // Each column is one segment: nothing is averaged.
        header.average.clear();
        let result = SpectrogramResult { header, channels: results };
        if to.plots.wanted() {
            to.plots.heatmap(&picture(&result, self.range))?;
        }
        to.deliver(&result)
    }
}

fn picture(result: &SpectrogramResult, range: f64) -> Heatmap {
    // Cells lie around their centres, so the picture reaches half a cell beyond the outer ones.
    let ends = |values: &[f64]| match values {
        [first, .., last] => {
            let half = (last - first) / (values.len() - 1) as f64 / 2.0;
            (first - half, last + half)
        }
        _ => (values.first().copied().unwrap_or(0.0) - 0.5, values.first().copied().unwrap_or(0.0) + 0.5),
    };
    let panel = |channel: &ChannelSpectrogram| HeatmapPanel {
        name: channel.name.clone(),
        values: channel.power.iter().map(|frame| frame.iter().map(|&p| db(p)).collect()).collect(),
        x: ends(&channel.t_s),
        y: ends(&channel.freq),
    };
    Heatmap {
        title: format!("Spectrogram of {}", short_name(&result.header.source)),
        x_label: time_label(&result.header.x_unit),
        y_label: frequency_label(&result.header.x_unit),
        value_label: level_label(&result.header.unit),
        span: range,
        y_ticks: None,
        panels: result.channels.iter().map(panel).collect(),
    }
}

/// A column that was left out stays NaN.
fn db(power: f64) -> f64 {
    if power.is_nan() { power } else { level_db(power) }
}
