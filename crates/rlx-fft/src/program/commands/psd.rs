//! `psd`: power spectra and cross spectra.

use super::per_signal::{Answers, Asked, PerSignal, per_signal};
use super::setup::prepared;
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::{Arithmetic, Cross, PsdArgs, PsdFlags};
use crate::memory::too_much;
use crate::plots::{frequency_label, level_label, short_name};
use crate::signal::{Blocks, InputSample, Signal};
use crate::spectra::{
    Layout, Placement, accumulate, accumulate_matrix, accumulate_on, coverage_note, explained, header, pair,
    row_len,
};
use anyhow::{Result, bail};
use rlx_compile::builders::psd;
use rlx_compile::params::Rows;
use rlx_dsp::welch::{Coverage, PsdParams, confidence_interval, effective_segments};
use rlx_io::plot::{Curve, SpectrumPlot};
use rlx_io::write::results::{
    ChannelPsd, CrossChannel, CrossMatrixResult, CrossPair, CrossResult, PsdResult, level_db,
};

/// Runs the command.
pub(crate) fn run(flags: Box<PsdFlags>, console: &Console) -> Result<Outcome, Failure> {
    let args = PsdArgs::try_from(*flags)?;
    let pair = match &args.cross {
        Some(Cross::Pair(pair)) => Some(pair),
        Some(Cross::All) | None => None,
    };
    let precision = args.precision.map(Arithmetic::samples);
    let asked = Asked { input: &args.input, pair, precision, output: &args.output, plot: &args.plot };
    per_signal(&args, &asked, console)
}

impl PerSignal for PsdArgs {
    fn spans_all(&self) -> bool {
        true
    }

    fn answer<S: InputSample>(
        &self,
        blocks: &mut Blocks<S>,
        signal: &Signal,
        to: &mut Answers<'_>,
    ) -> Result<()> {
        match self.cross {
            None => power(blocks, signal, self, to),
            Some(Cross::Pair(_)) => cross(blocks, signal, self, to),
            Some(Cross::All) => matrix(blocks, signal, self, to),
        }
    }
}

fn power<S: InputSample>(
    blocks: &mut Blocks<S>,
    signal: &Signal,
    args: &PsdArgs,
    to: &mut Answers<'_>,
) -> Result<()> {
    let (params, layout, inside) = prepared(blocks, signal, &args.estimate, args.band.as_ref())?;
    let (spectra, placement) = match &args.device {
        None => (accumulate(blocks, signal, params.clone())?, None),
        Some(device) => {
            let limbs = args.precision.and_then(Arithmetic::limbs);
            let (spectra, placement) = accumulate_on(device, blocks, signal, params.clone(), limbs)?;
            (spectra, Some(placement))
        }
    };
    let mut notes = blocks.notes();
    notes.extend(match &placement {
        Some(placement) => Some(placement.said.clone()),
        None => args.precision.map(Arithmetic::on_the_cpu),
    });
    if args.explain {
        let rows = Rows { batch: spectra.len(), len: row_len(&params), complex: S::COMPLEX };
        notes.extend(match placement {
            Some(placement) => placement.regions,
            None => explained(&psd(&params, rows)?)?,
        });
    }
    let mut channels = Vec::new();
    for (name, psd) in signal.names().zip(&spectra) {
        notes.extend(coverage_note(name, &psd.coverage));
        let powers = layout.pick(&psd.values, &inside);
        let (psd_lo, psd_hi) = match args.confidence {
            None => (None, None),
            Some(level) => {
                let factors = factors::<S>(&params, &psd.coverage, level / 100.0, &layout)?;
                let end = |pick: fn(&(f64, f64)) -> f64| {
                    Some(inside.iter().zip(&powers).map(|(&i, power)| power * pick(&factors[i])).collect())
                };
                (end(|f| f.0), end(|f| f.1))
            }
        };
        channels.push(ChannelPsd {
            name: name.to_owned(),
            segments: psd.coverage.segments,
            freq: layout.freq_at(&inside),
            psd: powers,
            psd_lo,
            psd_hi,
        });
    }
    let segments = channels.iter().map(|c| c.segments).max().unwrap_or(0);
    let header = header("psd", signal, &args.estimate, &params, segments, notes);
    let result = PsdResult { header, confidence: args.confidence, channels };
    if to.plots.wanted() {
        to.plots.spectrum(&picture(&result))?;
    }
    to.deliver(&result)
}

/// Returns the factors of the confidence band at each position: wider at 0 Hz and the Nyquist bin of real signals,
/// which have one degree of freedom per segment instead of two.
fn factors<S: InputSample>(
    params: &PsdParams,
    coverage: &Coverage,
    level: f64,
    layout: &Layout,
) -> Result<Vec<(f64, f64)>> {
    let segments = effective_segments(&params.segments.weights()?, params.segments.hop, coverage.segments);
    let inner = confidence_interval(segments, level)?;
    let edge = if S::COMPLEX { inner } else { confidence_interval(segments / 2.0, level)? };
    let real_bin = |bin: usize| bin == 0 || 2 * bin == params.segments.n_fft;
    Ok(layout.bins.iter().map(|&bin| if real_bin(bin) { edge } else { inner }).collect())
}

fn cross<S: InputSample>(
    blocks: &mut Blocks<S>,
    signal: &Signal,
    args: &PsdArgs,
    to: &mut Answers<'_>,
) -> Result<()> {
    let (params, layout, inside) = prepared(blocks, signal, &args.estimate, args.band.as_ref())?;
    let (spectrum, _, placement) = pair(blocks, signal, params.clone(), args.device.as_deref())?;
    let (re, im) = (layout.pick(&spectrum.re, &inside), layout.pick(&spectrum.im, &inside));
    let channel = CrossChannel {
        name: signal.pair_name(),
        freq: layout.freq_at(&inside),
        magnitude: re.iter().zip(&im).map(|(re, im)| re.hypot(*im)).collect(),
        phase_rad: re.iter().zip(&im).map(|(re, im)| im.atan2(*re)).collect(),
        re,
        im,
    };
    let mut notes = blocks.notes();
    notes.extend(placed_notes(placement, args.precision, args.explain));
    notes.extend(coverage_note(&channel.name, &spectrum.coverage));
    let header = header("cross", signal, &args.estimate, &params, spectrum.coverage.segments, notes);
    let result = CrossResult { header, channels: vec![channel] };
    if to.plots.wanted() {
        let curve = |c: &CrossChannel| Curve {
            name: c.name.clone(),
            x: c.freq.clone(),
            y: c.magnitude.iter().map(|&m| level_db(m)).collect(),
            band: None,
        };
        to.plots.spectrum(&SpectrumPlot {
            title: format!("Cross spectrum {} of {}", signal.pair_name(), short_name(&signal.source)),
            x_label: frequency_label(&signal.axis.x_unit),
            y_label: level_label(&result.header.unit),
            curves: result.channels.iter().map(curve).collect(),
            markers: Vec::new(),
            y_range: None,
        })?;
    }
    to.deliver(&result)
}

/// Bytes per bin of a pair of channels: sums, means, and the result.
const BYTES_A_PAIR: u64 = 80;

fn matrix<S: InputSample>(
    blocks: &mut Blocks<S>,
    signal: &Signal,
    args: &PsdArgs,
    to: &mut Answers<'_>,
) -> Result<()> {
    let (params, layout, inside) = prepared(blocks, signal, &args.estimate, args.band.as_ref())?;
    let channels = signal.channels.len();
    let bytes = (channels as u64).pow(2).saturating_mul(params.n_bins::<S>() as u64 * BYTES_A_PAIR);
    if let Some(why) = too_much(bytes) {
        bail!("--cross all: {channels} channels {why}: give fewer channels (--channel) or a smaller --n-fft");
    }
    let found = accumulate_matrix(blocks, signal, params.clone())?;
    let names: Vec<&str> = signal.names().collect();
    let bins = found.frequencies.len();
    let mut pairs = Vec::with_capacity(channels * (channels + 1) / 2);
    for (i, a) in names.iter().enumerate() {
        for (j, b) in names.iter().enumerate().skip(i) {
            let part =
                |values: &[S::Real]| layout.pick(&values[(i * channels + j) * bins..][..bins], &inside);
            pairs.push(CrossPair {
                name: format!("{a}:{b}"),
                i,
                j,
                re: part(&found.re),
                im: part(&found.im),
            });
        }
    }
    let mut notes = blocks.notes();
    notes.extend(no_device(args));
    notes.extend(coverage_note("all channels", &found.coverage));
    let header = header("cross_matrix", signal, &args.estimate, &params, found.coverage.segments, notes);
    let result = CrossMatrixResult {
        header,
        channel_names: names.into_iter().map(str::to_owned).collect(),
        freq: layout.freq_at(&inside),
        pairs,
    };
    to.deliver(&result)
}

/// Returns a note if a device was named.
fn no_device(args: &PsdArgs) -> Option<String> {
    let note = |device| format!("computed on the CPU, not on {device}: matrices of recordings are the CPU's");
    args.device.as_ref().map(note).or_else(|| args.precision.map(Arithmetic::on_the_cpu))
}

/// Returns the notes about where a pair ran, and in which precision.
fn placed_notes(placement: Placement, precision: Option<Arithmetic>, explain: bool) -> Vec<String> {
    let Placement { said, regions } = placement;
    let mut notes = vec![said];
    notes.retain(|said| !said.is_empty());
    if notes.is_empty() {
        notes.extend(precision.map(Arithmetic::on_the_cpu));
    } else if let Some(wider) = precision.filter(|p| *p != Arithmetic::F32) {
        let wider = wider.limbs().map_or("f32", rlx_compile::params::LimbArithmetic::name);
        notes.push(format!("cross spectra on a device are f32, not {wider}"));
    }
    notes.extend(regions.into_iter().filter(|_| explain));
    notes
}

fn picture(result: &PsdResult) -> SpectrumPlot {
    let levels = |powers: &Vec<f64>| powers.iter().map(|&p| level_db(p)).collect::<Vec<_>>();
    let curve = |channel: &ChannelPsd| Curve {
        name: channel.name.clone(),
        x: channel.freq.clone(),
        y: levels(&channel.psd),
        band: channel.psd_lo.as_ref().zip(channel.psd_hi.as_ref()).map(|(lo, hi)| (levels(lo), levels(hi))),
    };
    SpectrumPlot {
        title: format!("Power spectrum of {}", short_name(&result.header.source)),
        x_label: frequency_label(&result.header.x_unit),
        y_label: level_label(&result.header.unit),
        curves: result.channels.iter().map(curve).collect(),
        markers: Vec::new(),
        y_range: None,
    }
}
