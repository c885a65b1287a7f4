//! `peaks`: the strongest spectral peaks.

use super::per_signal::{Answers, Asked, PerSignal, per_signal};
use super::setup::prepared;
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::{Arithmetic, Band, Every, PeaksArgs, PeaksFlags, Segments};
use crate::plots::{frequency_label, level_label, short_name};
use crate::signal::{Blocks, InputSample, Signal, Step, explain};
use crate::spectra::{
    DeviceSpectra, Few, Framed, Framer, Layout, PackedFrames, PlacedFew, Route, Spectrum, accumulate,
    accumulate_on, check_band, coverage_note, explained, header, mean_note, packed_entries, pick,
};
use anyhow::{Result, bail};
use rlx_compile::builders::psd;
use rlx_compile::params::Rows;
use rlx_io::plot::{Curve, Marker, SpectrumPlot};
use rlx_io::write::results::{ChannelPeaks, FramePeaks, Header, PeakEntry, PeaksResult, level_db};
use rlx_io::write::rounded;

/// Runs the command.
pub(crate) fn run(flags: Box<PeaksFlags>, console: &Console) -> Result<Outcome, Failure> {
    let args = PeaksArgs::try_from(*flags)?;
    let asked = Asked {
        input: &args.input,
        pair: None,
        precision: args.precision.map(Arithmetic::samples),
        output: &args.output,
        plot: &args.plot,
    };
    per_signal(&args, &asked, console)
}

impl PerSignal for PeaksArgs {
    fn spans_all(&self) -> bool {
        !matches!(self.every, Every::Each(_))
    }

    fn answer<S: InputSample>(
        &self,
        blocks: &mut Blocks<S>,
        signal: &Signal,
        to: &mut Answers<'_>,
    ) -> Result<()> {
        let every = match self.every {
            Every::Each(every) => Some(every),
            Every::All => None,
            Every::ByInput if is_endless(signal, self) => live(blocks, signal)?,
            Every::ByInput => None,
        };
        match every {
            None => whole(blocks, signal, self, to),
            Some(every) => framed(blocks, signal, self, every, to),
        }
    }
}

/// Length of the frames of a signal that may never end, in its unit of time.
const LIVE: f64 = 1.0;

/// Returns whether a signal may never end: headerless samples from a pipe or a device, without a requested range.
fn is_endless(signal: &Signal, args: &PeaksArgs) -> bool {
    let file = if signal.source == "-" { "/dev/stdin" } else { signal.source.as_str() };
    args.input.source.open.raw.is_some()
        && signal.frames.is_none()
        && args.input.duration.is_none()
        && args.plot.is_none()
        && signal.axis.time_unit() == "s"
        && !std::fs::metadata(file).is_ok_and(|meta| meta.is_file())
}

/// Returns the length of the frames, unless the signal ends before the first frame.
fn live<S: InputSample>(blocks: &mut Blocks<S>, signal: &Signal) -> Result<Option<f64>> {
    let frame = (LIVE * signal.axis.rate).round().max(1.0);
    blocks.limit(frame as usize);
    Ok(blocks.look_ahead(frame as u64)?.is_none().then_some(LIVE))
}

fn whole<S: InputSample>(
    blocks: &mut Blocks<S>,
    signal: &Signal,
    args: &PeaksArgs,
    to: &mut Answers<'_>,
) -> Result<()> {
    let (params, layout, _) = prepared(blocks, signal, &args.estimate, args.band.as_ref())?;
    let limbs = args.precision.and_then(Arithmetic::limbs);
    let (spectra, placement) = match &args.device {
        None => (accumulate(blocks, signal, params.clone())?, None),
        Some(device) => {
            let (spectra, placement) = accumulate_on(device, blocks, signal, params.clone(), limbs)?;
            (spectra, Some(placement))
        }
    };
    let (t_start_s, t_end_s) = (signal.time(0), signal.end(blocks.frames()));
    let mut notes = blocks.notes();
    notes.extend(match &placement {
        Some(placement) => Some(placement.said.clone()),
        None => args.precision.map(Arithmetic::on_the_cpu),
    });
    if args.explain {
        let rows = Rows { batch: 1, len: params.segments.segment_len, complex: S::COMPLEX };
        notes.extend(match placement {
            Some(placement) => placement.regions,
            None => explained(&psd(&params, rows)?)?,
        });
    }
    let mut channels = Vec::new();
    let mut curves = Vec::new();
    for (name, psd) in signal.names().zip(&spectra) {
        let spectrum = Spectrum { layout: &layout, power: layout.arrange(&psd.values) };
        let peaks = pick(&spectrum, &params, args)?;
        notes.extend(coverage_note(name, &psd.coverage));
        add_once(&mut notes, mean_note(&peaks, &params));
        let frame = FramePeaks { t_start_s, t_end_s, peaks };
        channels.push(ChannelPeaks { name: name.to_owned(), frames: vec![frame] });
        curves.push(spectrum.power);
    }
    let segments = spectra.iter().map(|s| s.coverage.segments).max().unwrap_or(0);
    let header = header("peaks", signal, &args.estimate, &params, segments, notes);
    let result = PeaksResult { header, channels, framed: false };
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
    if params.segments.segment_len > frame_len {
        let (len, segment) = (frame_len, params.segments.segment_len);
        bail!(
            "a frame of {len} samples (--every {every}) is shorter than one segment of {segment}: give a smaller --n-fft or a longer --every"
        );
    }
    let few = match args.segments {
        Segments::All => None,
        Segments::Spread(count) => Some(Few::new(&params, count)),
    };
    let placed = few.map(|few| few.place(frame_len));
    // What the few segments of a complete frame are to an estimate of all segments that fit.
    let (params_used, used) = match &placed {
        None => (params.clone(), frame_len),
        Some(placed) => (params.clone().hop(placed.hop), placed.used),
    };
    let layout = Layout::new::<S>(&params, signal.center);
    check_band(args.band.as_ref(), &layout.freq, &signal.axis.x_unit)?;
    if signal.frames.is_none() {
        // For a live signal a frame is written when its last sample arrives.
        blocks.limit(frame_len);
    }
    let mut said = signal.remarks.clone();
    if args.every == Every::ByInput {
        said.push(format!("frames of {every} s, as the input may never end (--every; all is one estimate)"));
    }
    said.extend(placed.as_ref().map(spread_note));
    let segments = placed.as_ref().map_or_else(|| params.segments.count(frame_len), |p| p.starts.len());
    let limbs = args.precision.and_then(Arithmetic::limbs);
    let packed = match limbs {
        None => PackedFrames::new::<S>(&params, frame_len, segments, few.is_some(), args)?,
        // The picker's strategies are f32.
        Some(_) => None,
    };
    let (route, placement) = match (packed, &args.device) {
        (Some(packed), _) => (Some(Route::Packed(packed)), None),
        (None, Some(device)) => match DeviceSpectra::open::<S>(device, &params_used, used, limbs)? {
            Ok(open) => {
                let rest = "frames that are shorter or have missing samples on the CPU";
                let placement = open.placement(rest);
                (Some(Route::Device(Box::new(open))), Some(placement))
            }
            Err(declined) => (None, Some(declined.placement(device))),
        },
        (None, None) => (None, None),
    };
    said.extend(placement.as_ref().map(|placement| placement.said.clone()));
    if placement.is_none() && route.is_none() {
        said.extend(args.precision.map(Arithmetic::on_the_cpu));
    }
    if args.explain {
        let rows = Rows { batch: 1, len: used, complex: S::COMPLEX };
        said.extend(match placement {
            Some(placement) => placement.regions,
            None => explained(&psd(&params_used, rows)?)?,
        });
    }
    let mut framer = Framer::<S>::new(params.clone(), frame_len, few, signal.channels.len(), route)?;
    let names: Vec<&str> = signal.names().collect();
    let streams = to.output.streams();
    let mut all: Vec<ChannelPeaks> = empty(&names);
    let mut head = header("peaks", signal, &args.estimate, &params_used, 0, said);
    let mut told = false;
    let mut emitted = 0_u64;
    let mut emit = |frame: Framed| -> Result<()> {
        let (t_start_s, t_end_s) = (signal.time(frame.start), signal.end(frame.start + frame.len as u64));
        let mut notes = Vec::new();
        for (i, coverage) in frame.coverage.iter().enumerate() {
            let peaks = match frame.packed.get(i) {
                Some(packed) => packed_entries(&layout, packed),
                None => {
                    let spectrum = Spectrum { layout: &layout, power: layout.arrange(&frame.power[i]) };
                    pick(&spectrum, &params, args)?
                }
            };
            add_once(&mut head.notes, mean_note(&peaks, &params));
            all[i].frames.push(FramePeaks { t_start_s, t_end_s, peaks });
            head.segments = head.segments.max(coverage.segments);
            notes.extend(coverage_note(names[i], coverage).map(|note| format!("from {t_start_s}: {note}")));
        }
        emitted += 1;
        if !streams {
            head.notes.extend(notes);
            return Ok(());
        }
        // Each frame is written immediately, for live signals.
        notes.splice(0..0, head.notes.iter().cloned());
        let header = Header { notes, ..head.clone() };
        let channels = std::mem::replace(&mut all, empty(&names));
        let result = PeaksResult { header, channels, framed: true };
        if !std::mem::replace(&mut told, true) {
            return to.deliver(&result);
        }
        Ok(to.output.write_more(&result)?)
    };
    loop {
        match blocks.next()? {
            Step::Data => framer.push(blocks.channels(), signal, &mut emit)?,
            Step::Gap => framer.end_stretch(signal, &mut emit)?,
            Step::End => break,
        }
    }
    framer.end_stretch(signal, &mut emit)?;
    if emitted == 0 {
        let (len, segment) = (framer.left_out as usize, params.segments.segment_len);
        return Err(explain(rlx_dsp::Error::TooShort { len, segment }, signal, 0, 0));
    }
    // Notes that were found during the run.
    let later: Vec<String> =
        blocks.notes().into_iter().filter(|note| !signal.remarks.contains(note)).collect();
    if streams {
        later.iter().for_each(|note| to.console.note(note));
    } else {
        head.notes.extend(later);
    }
    if framer.left_out > 0 {
        let note = format!("{} samples in parts shorter than one segment were skipped", framer.left_out);
        if streams { to.console.note(&note) } else { head.notes.push(note) }
    }
    if let Some(note) = framer.note() {
        if streams { to.console.note(&note) } else { head.notes.push(note) }
    }
    if !streams {
        to.deliver(&PeaksResult { header: head, channels: all, framed: false })?;
    }
    Ok(())
}

/// Returns the caption of frames of which only a few segments are used.
fn spread_note(placed: &PlacedFew) -> String {
    let starts: Vec<String> = placed.starts.iter().map(usize::to_string).collect();
    match &starts[..] {
        [one] => format!("one segment of each frame, from sample {one} on (spread layout)"),
        more => format!(
            "{} segments of each frame, from samples {} on (spread layout)",
            more.len(),
            more.join(" and ")
        ),
    }
}

/// Adds a note that concerns the whole result, once.
fn add_once(notes: &mut Vec<String>, note: Option<String>) {
    if let Some(note) = note.filter(|note| !notes.contains(note)) {
        notes.push(note);
    }
}

fn empty(names: &[&str]) -> Vec<ChannelPeaks> {
    names.iter().map(|&name| ChannelPeaks { name: name.into(), frames: Vec::new() }).collect()
}

/// Draws the levels inside the band; the peaks of a single channel are marked.
fn picture(result: &PeaksResult, layout: &Layout, band: Option<&Band>, powers: &[Vec<f64>]) -> SpectrumPlot {
    let Header { source, x_unit, unit, bin_width, .. } = &result.header;
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
            .map(|p| Marker { x: p.freq, y: p.level_db, label: label(p.freq, *bin_width, x_unit) })
            .collect(),
        y_range: None,
    }
}

/// Returns a frequency with the digits that distinguish it from the next bin.
fn label(freq: f64, bin_width: f64, x_unit: &str) -> String {
    let short: f64 = format!("{freq:.3e}").parse().unwrap_or(freq);
    // Four digits are enough if they are as exact.
    let near = (short - freq).abs() <= 0.5 * bin_width;
    format!("{} {x_unit}", if near { short.to_string() } else { rounded(freq, Some(100.0 * bin_width)) })
}
