//! `coherence`: how much two channels have in common, frequency by frequency.

use super::per_signal::{Answers, PerSignal, per_signal};
use super::setup::prepared;
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::{CoherenceArgs, CoherenceFlags, InputArgs, OutputArgs, Pair, PlotArgs};
use crate::plots::{frequency_label, short_name};
use crate::signal::{Blocks, InputSample, Signal};
use crate::spectra::{accumulate_pair, coverage_note, header};
use anyhow::{Result, bail};
use rlx_io::plot::{Curve, SpectrumPlot};
use rlx_io::write::results::{CoherenceChannel, CoherenceResult};

/// Runs the command.
pub(crate) fn run(flags: Box<CoherenceFlags>, console: &Console) -> Result<Outcome, Failure> {
    per_signal(&CoherenceArgs::try_from(*flags)?, console)
}

impl PerSignal for CoherenceArgs {
    fn input(&self) -> &InputArgs {
        &self.input
    }

    fn output(&self) -> &OutputArgs {
        &self.output
    }

    fn plot(&self) -> Option<&PlotArgs> {
        self.plot.as_ref()
    }

    fn pair(&self) -> Option<&Pair> {
        Some(&self.pair)
    }

    fn answer<S: InputSample>(
        &self,
        blocks: &mut Blocks<S>,
        signal: &Signal,
        to: &mut Answers<'_>,
    ) -> Result<()> {
        one(blocks, signal, self, to)
    }
}

fn one<S: InputSample>(
    blocks: &mut Blocks<S>,
    signal: &Signal,
    args: &CoherenceArgs,
    to: &mut Answers<'_>,
) -> Result<()> {
    let (params, layout, inside) = prepared(blocks, signal, &args.estimate, args.band.as_ref())?;
    let spectrum = accumulate_pair(blocks, signal, params)?;
    if spectrum.coverage.segments < 2 {
        bail!("one segment alone always gives a coherence of 1: give a smaller --n-fft");
    }
    let all = layout.arrange(&spectrum.coherence);
    let channel = CoherenceChannel {
        name: signal.pair_name(),
        freq: inside.iter().map(|&i| layout.freq[i]).collect(),
        coherence: inside.iter().map(|&i| all[i]).collect(),
    };
    let mut notes = blocks.notes();
    notes.extend(coverage_note(&channel.name, &spectrum.coverage));
    let mut header = header("coherence", signal, &args.estimate, &params, spectrum.coverage.segments, notes);
    header.unit = "1".into();
    // A ratio of powers has no scaling.
    header.scaling.clear();
    let result = CoherenceResult { header, channels: vec![channel] };
    if to.plots.wanted() {
        let curve = |c: &CoherenceChannel| Curve {
            name: c.name.clone(),
            x: c.freq.clone(),
            y: c.coherence.clone(),
            band: None,
        };
        to.plots.spectrum(&SpectrumPlot {
            title: format!("Coherence {} of {}", signal.pair_name(), short_name(&signal.source)),
            x_label: frequency_label(&signal.axis.x_unit),
            y_label: "coherence".into(),
            curves: result.channels.iter().map(curve).collect(),
            markers: Vec::new(),
            y_range: Some((0.0, 1.05)),
        })?;
    }
    to.deliver(&result)
}
