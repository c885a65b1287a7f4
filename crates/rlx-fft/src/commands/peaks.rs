//! `peaks`: the strongest spectral peaks.

use super::per_signal::{Answers, Asked, PerSignal, per_signal};
use super::setup::prepared;
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::{Band, PeaksArgs, PeaksFlags, Segments};
use crate::plots::{frequency_label, level_label, short_name};
use crate::signal::{Blocks, InputSample, Signal, Step};
use crate::spectra::{
    DeviceSpectra, Framed, Framer, Layout, PackedFrames, Route, Spectrum, accumulate, check_band,
    coverage_note, header, packed_entries, pick,
};
use anyhow::{Result, bail};
use rlx_io::plot::{Curve, Marker, SpectrumPlot};
use rlx_io::write::results::{ChannelPeaks, FramePeaks, Header, PeakEntry, PeaksResult, level_db};

/// Runs the command.
pub(crate) fn run(flags: Box<PeaksFlags>, console: &Console) -> Result<Outcome, Failure> {
    let args = PeaksArgs::try_from(*flags)?;
    let asked = Asked { input: &args.input, pair: None, output: &args.output, plot: &args.plot };
    per_signal(&args, &asked, console)
}

impl PerSignal for PeaksArgs {
    fn answer<S: InputSample>(
        &self,
        blocks: &mut Blocks<S>,
        signal: &Signal,
        to: &mut Answers<'_>,
    ) -> Result<()> {
        match self.every {
            None => whole(blocks, signal, self, to),
            Some(every) => framed(blocks, signal, self, every, to),
        }
    }
}

fn whole<S: InputSample>(
    blocks: &mut Blocks<S>,
    signal: &Signal,
    args: &PeaksArgs,
    to: &mut Answers<'_>,
) -> Result<()> {
    let (params, layout, _) = prepared(blocks, signal, &args.estimate, args.band.as_ref())?;
    let spectra = accumulate(blocks, signal, params)?;
    let t_end_s = signal.start() + blocks.frames() as f64 / signal.axis.rate;
    let mut notes = blocks.notes();
    if let Some(device) = &args.device {
        notes.push(format!("computed on the CPU: {device} takes frames (--every) only"));
    }
    let mut channels = Vec::new();
    let mut curves = Vec::new();
    for (name, psd) in signal.names().zip(&spectra) {
        let spectrum = Spectrum { layout: &layout, power: layout.arrange(&psd.psd) };
        let peaks = pick(&spectrum, &params, args)?;
        notes.extend(coverage_note(name, &psd.coverage));
        let frame = FramePeaks { t_start_s: signal.start(), t_end_s, peaks };
        channels.push(ChannelPeaks { name: name.to_owned(), frames: vec![frame] });
        curves.push(spectrum.power);
    }
    let segments = spectra.iter().map(|s| s.coverage.segments).max().unwrap_or(0);
    let header = header("peaks", signal, &args.estimate, &params, segments, notes);
    let result = PeaksResult { header, channels };
    if to.plots.wanted() {
        to.plots.spectrum(&picture(&result, &layout, args.band.as_ref(), &curves))?;
    }
    to.deliver(&result)
}

fn framed<S: InputSample>(
    blocks: &mut Blocks<S>,
    signal: &Signal,
    args: &PeaksArgs,
    every: f64,
    to: &mut Answers<'_>,
) -> Result<()> {
    let frame_len = (every * signal.axis.rate).round() as usize;
    if frame_len == 0 {
        bail!("--every {every} is shorter than one sample");
    }
    let params = args.estimate.params(signal.axis.rate_in_x(), Some(frame_len as u64));
    if params.segment_len > frame_len {
        let (len, segment) = (frame_len, params.segment_len);
        bail!(
            "a frame of {len} samples (--every {every}) is shorter than one segment of {segment}: give a smaller --n-fft or a longer --every"
        );
    }
    let used = match args.segments {
        Segments::All => frame_len,
        Segments::First(n) => frame_len.min((n - 1) * params.hop + params.segment_len),
    };
    let layout = Layout::new::<S>(&params, signal.center);
    check_band(args.band.as_ref(), &layout.freq, &signal.axis.x_unit)?;
    if signal.frames.is_none() {
        // Perhaps a live signal: a frame is to leave when its last sample has come.
        blocks.limit(frame_len);
    }
    let mut said = Vec::new();
    let route = match (PackedFrames::new::<S>(&params, used, args)?, &args.device) {
        (Some(packed), _) => Some(Route::Packed(packed)),
        (None, Some(device)) => {
            DeviceSpectra::open::<S>(device, &params, used)?.map(|d| Route::Device(Box::new(d)))
        }
        (None, None) => None,
    };
    match (&args.device, &route) {
        (_, Some(Route::Packed(_))) | (None, _) => {}
        (_, Some(Route::Device(open))) => {
            let rest = "frames that are shorter or have missing samples on the CPU";
            said.push(format!("computed in f32 on {}, {rest}", open.device()));
        }
        (Some(device), None) => {
            said.push(format!("computed on the CPU: {device} has no two-sided spectra of real samples"))
        }
    }
    let mut framer = Framer::<S>::new(params, frame_len, used, signal.channels.len(), route)?;
    let names: Vec<&str> = signal.names().collect();
    let streams = to.output.streams();
    let mut all: Vec<ChannelPeaks> = empty(&names);
    let mut head = header("peaks", signal, &args.estimate, &params, 0, said);
    let mut told = false;
    let mut emit = |frame: Framed<S::Real>| -> Result<()> {
        let time = |sample: u64| signal.start() + sample as f64 / signal.axis.rate;
        let (t_start_s, t_end_s) = (time(frame.start), time(frame.start + frame.len as u64));
        let mut notes = Vec::new();
        for (i, coverage) in frame.coverage.iter().enumerate() {
            let peaks = match frame.packed.get(i) {
                Some(packed) => packed_entries(&layout, packed),
                None => {
                    let spectrum = Spectrum { layout: &layout, power: layout.arrange(&frame.power[i]) };
                    pick(&spectrum, &params, args)?
                }
            };
            all[i].frames.push(FramePeaks { t_start_s, t_end_s, peaks });
            head.segments = head.segments.max(coverage.segments);
            notes.extend(coverage_note(names[i], coverage).map(|note| format!("from {t_start_s}: {note}")));
        }
        if !streams {
            head.notes.extend(notes);
            return Ok(());
        }
        // Each frame leaves at once: whoever watches a live signal sees it now.
        notes.splice(0..0, head.notes.iter().cloned());
        let header = Header { notes, ..head.clone() };
        let result = PeaksResult { header, channels: std::mem::replace(&mut all, empty(&names)) };
        if !std::mem::replace(&mut told, true) {
            return to.deliver(&result);
        }
        Ok(to.output.write(&result)?)
    };
    loop {
        match blocks.next()? {
            Step::Data => framer.push(blocks.channels(), signal, &mut emit)?,
            Step::Gap => framer.end_stretch(signal, &mut emit)?,
            Step::End => break,
        }
    }
    framer.end_stretch(signal, &mut emit)?;
    if framer.left_out > 0 {
        let note = format!("{} samples in stretches shorter than one segment were left out", framer.left_out);
        if streams { to.console.note(&note) } else { head.notes.push(note) }
    }
    if let Some(note) = framer.note() {
        if streams { to.console.note(&note) } else { head.notes.push(note) }
    }
    if !streams {
        head.notes.extend(blocks.notes());
        to.deliver(&PeaksResult { header: head, channels: all })?;
    }
    Ok(())
}

fn empty(names: &[&str]) -> Vec<ChannelPeaks> {
    names.iter().map(|&name| ChannelPeaks { name: name.into(), frames: Vec::new() }).collect()
}

/// Levels inside the band; the peaks of a single channel are marked.
fn picture(result: &PeaksResult, layout: &Layout, band: Option<&Band>, powers: &[Vec<f64>]) -> SpectrumPlot {
    let Header { source, x_unit, unit, .. } = &result.header;
    let peaks: &[PeakEntry] = match result.channels.as_slice() {
        [only] => &only.frames[0].peaks,
        _ => &[],
    };
    let inside = layout.inside(band);
    let curve = |(channel, power): (&ChannelPeaks, &Vec<f64>)| Curve {
        name: channel.name.clone(),
        x: inside.iter().map(|&i| layout.freq[i]).collect(),
        y: inside.iter().map(|&i| level_db(power[i])).collect(),
        band: None,
    };
    SpectrumPlot {
        title: format!("Strongest peaks of {}", short_name(source)),
        x_label: frequency_label(x_unit),
        y_label: level_label(unit),
        curves: result.channels.iter().zip(powers).map(curve).collect(),
        markers: peaks
            .iter()
            .map(|p| Marker { x: p.freq, y: p.level_db, label: format!("{} {x_unit}", short(p.freq)) })
            .collect(),
        y_range: None,
    }
}

/// Four significant digits.
fn short(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}
