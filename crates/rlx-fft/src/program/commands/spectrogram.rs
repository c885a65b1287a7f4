//! `spectrogram`: power over time and frequency.

use super::column_sink::{ColumnSink, Frame};
use super::per_signal::{Answers, Asked, PerSignal, per_signal};
use super::setup::prepared;
use super::shrunk::Shrunk;
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::{SpectrogramArgs, SpectrogramFlags};
use crate::plots::{frequency_label, level_label, short_name, time_label};
use crate::signal::{Blocks, InputSample, Signal, Step};
use crate::spectra::{Columns, Declined, DeviceSpectra, coverage_note, explained, header};
use anyhow::{Result, bail};
use rlx_compile::builders::psd;
use rlx_compile::params::Rows;
use rlx_io::plot::{Heatmap, HeatmapPanel};
use rlx_io::write::results::Header;

/// Runs the command.
pub(crate) fn run(flags: Box<SpectrogramFlags>, console: &Console) -> Result<Outcome, Failure> {
    let args = SpectrogramArgs::try_from(*flags)?;
    let asked =
        Asked { input: &args.input, pair: None, precision: None, output: &args.output, plot: &args.plot };
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
            (0..signal.channels.len()).map(|_| Columns::new(params.clone())).collect::<Result<_>>()?;
        let mut device = match &self.device {
            Some(name) => Some(DeviceSpectra::open::<S>(name, &params, params.segments.segment_len, None)?),
            None => None,
        };
        let mut head = header("spectrogram", signal, &self.estimate, &params, 1, blocks.notes());
        // Each column is one segment: nothing is averaged.
        head.average.clear();
        let frame = Frame {
            names: signal.names().map(str::to_owned).collect(),
            freq: inside.iter().map(|&i| layout.freq[i]).collect(),
            header: head,
        };
        let before = blocks.notes();
        let directory = self.output.path.as_ref().and_then(|path| path.parent());
        let mut sink = ColumnSink::new(frame, to, directory.filter(|d| !d.as_os_str().is_empty()))?;
        let half = params.segments.segment_len as f64 / 2.0;
        loop {
            let step = blocks.next()?;
            for (i, columns) in channels.iter_mut().enumerate() {
                match step {
                    Step::Data => {
                        columns.push(blocks.channel(i), opened(&mut device), signal, i, &layout, &inside)?;
                    }
                    Step::Gap | Step::End => {
                        columns.end_stretch(opened(&mut device), signal, i, &layout, &inside)?;
                    }
                }
            }
            while channels.iter().all(Columns::is_ready) {
                let column: Vec<_> = channels.iter_mut().filter_map(Columns::take).collect();
                let start = column.first().map_or(0, |(start, _)| *start);
                let t = signal.time(start) + half / signal.axis.rate;
                sink.column(t, column.into_iter().map(|(_, power)| power).collect(), to)?;
            }
            if step == Step::End {
                break;
            }
        }
        if sink.columns() == 0 {
            bail!(
                "fewer samples than one segment of {} (n_fft): give a smaller --n-fft",
                params.segments.segment_len
            );
        }
        let mut notes: Vec<String> = blocks.notes().into_iter().filter(|n| !before.contains(n)).collect();
        let mut regions = Vec::new();
        match (&self.device, &device) {
            (Some(_), Some(Ok(open))) => {
                let placement = open.placement("columns beside missing samples on the CPU");
                notes.push(placement.said);
                regions = placement.regions;
            }
            (Some(name), Some(Err(declined))) => {
                notes.push(format!("computed on the CPU, not on {name}: {}", declined.why));
                regions.clone_from(&declined.regions);
            }
            (None, _) | (_, None) if self.explain => {
                let rows = Rows { batch: 1, len: params.segments.segment_len, complex: S::COMPLEX };
                regions = explained(&psd(&params, rows)?)?;
            }
            (None, _) | (_, None) => {}
        }
        if self.explain {
            notes.extend(regions);
        }
        notes
            .extend(signal.names().zip(&channels).filter_map(|(name, c)| coverage_note(name, &c.coverage())));
        let (range, freq) = (self.range, inside.iter().map(|&i| layout.freq[i]).collect::<Vec<_>>());
        sink.finish(notes, to, |header, names, pictures, to| {
            to.plots.heatmap(&picture(header, names, pictures, &freq, range))
        })
    }
}

/// Returns the device, if it computes anything.
fn opened(device: &mut Option<std::result::Result<DeviceSpectra, Declined>>) -> Option<&mut DeviceSpectra> {
    device.as_mut().and_then(|device| device.as_mut().ok())
}

fn picture(header: &Header, names: &[String], pictures: Vec<Shrunk>, freq: &[f64], range: f64) -> Heatmap {
    // Cells are centred, so the image extends half a cell beyond the outer ones.
    let y = match freq {
        [first, .., last] => {
            let half = (last - first) / (freq.len() - 1) as f64 / 2.0;
            (first - half, last + half)
        }
        _ => (freq.first().copied().unwrap_or(0.0) - 0.5, freq.first().copied().unwrap_or(0.0) + 0.5),
    };
    let panel = |(name, shrunk): (&String, Shrunk)| HeatmapPanel {
        name: name.clone(),
        x: shrunk.ends(),
        values: shrunk.into_levels(),
        y,
    };
    Heatmap {
        title: format!("Spectrogram of {}", short_name(&header.source)),
        x_label: time_label(&header.x_unit),
        y_label: frequency_label(&header.x_unit),
        value_label: level_label(&header.unit),
        span: range,
        y_ticks: None,
        panels: names.iter().zip(pictures).map(panel).collect(),
    }
}
