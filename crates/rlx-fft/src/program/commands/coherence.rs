//! `coherence`: coherence of two channels, per frequency.

use super::per_signal::{Answers, Asked, PerSignal, per_signal};
use super::setup::prepared;
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::{CoherenceArgs, CoherenceFlags};
use crate::plots::{frequency_label, short_name};
use crate::signal::{Blocks, InputSample, Signal};
use crate::spectra::{coverage_note, header, pair};
use anyhow::{Result, bail};
use rlx_io::plot::{Curve, SpectrumPlot};
use rlx_io::write::results::{CoherenceChannel, CoherenceResult};

/// Runs the command.
pub(crate) fn run(flags: Box<CoherenceFlags>, console: &Console) -> Result<Outcome, Failure> {
    let args = CoherenceArgs::try_from(*flags)?;
    let asked = Asked {
        input: &args.input,
        pair: Some(&args.pair),
        precision: None,
        output: &args.output,
        plot: &args.plot,
    };
    per_signal(&args, &asked, console)
}

impl PerSignal for CoherenceArgs {
    fn spans_all(&self) -> bool {
        true
    }

    fn answer<S: InputSample>(
        &self,
        blocks: &mut Blocks<S>,
        signal: &Signal,
        to: &mut Answers<'_>,
    ) -> Result<()> {
        let (params, layout, inside) = prepared(blocks, signal, &self.estimate, self.band.as_ref())?;
        let (spectrum, dead, placement) = pair(blocks, signal, params.clone(), self.device.as_deref())?;
        if spectrum.coverage.segments < 2 {
            bail!("one segment alone always gives a coherence of 1: give a smaller --n-fft");
        }
        let channel = CoherenceChannel {
            name: signal.pair_name(),
            freq: layout.freq_at(&inside),
            coherence: layout.pick(&spectrum.coherence, &inside),
        };
        let mut notes = blocks.notes();
        notes.extend(Some(placement.said).filter(|said| !said.is_empty()));
        notes.extend(placement.regions.into_iter().filter(|_| self.explain));
        notes.extend(coverage_note(&channel.name, &spectrum.coverage));
        for (name, _) in signal.names().zip(dead).filter(|(_, dead)| *dead) {
            notes.push(format!("channel {name} is constant: its coherence is undefined"));
        }
        let mut header =
            header("coherence", signal, &self.estimate, &params, spectrum.coverage.segments, notes);
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
}
