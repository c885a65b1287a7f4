//! `ablation`: the speed of pruning to bands and of learned gates, with interleaved variants.

use super::learned::Head;
use super::report::Report as Outputs;
use crate::app::{Failure, Outcome};
use crate::flags::AblationFlags;
use anyhow::{Context, Result};
use rlx_dsp::reference::peak::raw_power;
use rlx_dsp::welch::peaks::WelchParams;
use rlx_dsp::welch::peaks::{PeaksEngine, WelchPeakParams, WelchPeaksScratch};
use rlx_fft::bench_welch_peaks::Timing;
use rlx_io::write::OutputFile;
use rlx_learn::{CompiledModel, FastLearnedFftModel, Signals, Split, recall_of};
use serde::Serialize;
use std::io::Write;
use std::time::Instant;

#[derive(Debug, Serialize)]
struct Row {
    variant: String,
    n_fft: usize,
    batch: usize,
    k: usize,
    bins: usize,
    live_outputs_share: f64,
    operations: Option<usize>,
    ms: f64,
    ms_min: f64,
    ms_p90: f64,
    /// Speed relative to the unpruned exact path, the lanes kernel.
    speedup: f64,
    /// Share of the exact path's peaks in the variant's bins that it finds within one bin.
    recall: f64,
}

#[derive(Debug, Serialize)]
struct Report {
    #[serde(flatten)]
    head: Head,
    iters: usize,
    seed: u64,
    rows: Vec<Row>,
}

enum Plan {
    Lanes(WelchPeaksScratch),
    Compiled(Box<CompiledModel>),
}

struct Variant {
    name: String,
    plan: Plan,
    model: FastLearnedFftModel,
    out: Vec<f32>,
    times: Vec<f64>,
}

/// Runs the command.
pub(crate) fn run(flags: &AblationFlags) -> Result<Outcome, Failure> {
    let (n_ffts, batches) = flags.grid()?;
    let models: Vec<_> = flags.models().map(|path| ("--models", Some(path.as_path()))).collect();
    let to = Outputs::beside(&flags.report, &models, &[("--csv", flags.csv.as_deref())])?;
    let mut rows = Vec::new();
    for &n_fft in &n_ffts {
        for &batch in &batches {
            rows.extend(measure(flags, n_fft, batch)?);
        }
    }
    let mut out = to.text();
    writeln!(
        out,
        "{:<28} {:>6} {:>7} {:>6} {:>8} {:>9} {:>9} {:>8} {:>9}",
        "variant", "n_fft", "batch", "bins", "live", "ms", "min", "speedup", "recall"
    )?;
    for r in &rows {
        writeln!(
            out,
            "{:<28} {:>6} {:>7} {:>6} {:>6.1} % {:>9.3} {:>9.3} {:>8.2} {:>7.2} %",
            r.variant,
            r.n_fft,
            r.batch,
            r.bins,
            100.0 * r.live_outputs_share,
            r.ms,
            r.ms_min,
            r.speedup,
            100.0 * r.recall
        )?;
    }
    if let Some(path) = &flags.csv {
        let mut file = OutputFile::create(path)?;
        writeln!(file, "variant,n_fft,batch,k,bins,live_outputs_share,ms,ms_min,ms_p90,speedup,recall")?;
        for r in &rows {
            let name = r.variant.replace([',', '"', '\n'], "_");
            writeln!(
                file,
                "{name},{},{},{},{},{},{},{},{},{},{}",
                r.n_fft,
                r.batch,
                r.k,
                r.bins,
                r.live_outputs_share,
                r.ms,
                r.ms_min,
                r.ms_p90,
                r.speedup,
                r.recall
            )?;
        }
        file.commit()?;
    }
    let report = Report { head: Head::new(1), iters: flags.iters, seed: flags.seed, rows };
    to.write(&report)?;
    Ok(Outcome::Whole)
}

fn banded(n_fft: usize, part: usize) -> Result<FastLearnedFftModel> {
    let mut model = FastLearnedFftModel::exact(n_fft)?;
    let last = n_fft / 2 / part;
    let mask: Vec<f32> = (0..model.n_bins()).map(|k| f32::from(u8::from(part == 1 || k < last))).collect();
    model.set_mask(&mask)?;
    Ok(model)
}

fn measure(flags: &AblationFlags, n_fft: usize, batch: usize) -> Result<Vec<Row>> {
    let params = WelchPeakParams::fast_for_n_fft(n_fft, flags.k);
    let full = WelchPeakParams::reference_for_n_fft(n_fft, flags.k).welch;
    let frame = params.welch.frame_len();
    let rows = Signals::Generated(flags.seed).rows(Split::Test, 1, batch, full.frame_len());
    let samples = params.welch.truncate_batch(&rows, batch, full.frame_len())?;
    let width = batch * 2 * params.k_out();
    let variant = |name: String, model: FastLearnedFftModel, plan: Plan| Variant {
        name,
        plan,
        model,
        out: vec![0.0; width],
        times: Vec::new(),
    };
    let lanes = Plan::Lanes(WelchPeaksScratch::new(params.clone(), PeaksEngine::Lanes, 1)?);
    let mut variants = vec![variant("exact".to_owned(), banded(n_fft, 1)?, lanes)];
    let mut compiled = |name: String, model: FastLearnedFftModel, tape: bool| -> Result<()> {
        let plan = if tape { model.compile_tape(&params)? } else { model.compile(&params)? };
        variants.push(variant(name, model, Plan::Compiled(Box::new(plan))));
        Ok(())
    };
    for part in [1, 4, 8, 16] {
        compiled(format!("exact_pruned_1/{part}"), banded(n_fft, part)?, false)?;
        compiled(format!("exact_tape_1/{part}"), banded(n_fft, part)?, true)?;
    }
    for path in flags.models() {
        let model = FastLearnedFftModel::load(path)?;
        if model.n_fft() == n_fft {
            let name = path.file_stem().map_or_else(|| "model".into(), |s| s.to_string_lossy().into_owned());
            compiled(name, model, false)?;
        }
    }
    for round in 0..=flags.iters {
        for v in &mut variants {
            let start = Instant::now();
            match &mut v.plan {
                Plan::Lanes(plan) => plan.peaks_of_rows_into(&samples, batch, frame, &mut v.out)?,
                Plan::Compiled(plan) => plan.peaks_into(&samples, batch, frame, &mut v.out)?,
            }
            // The first round warms up.
            if round > 0 {
                v.times.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    let truth = Truth::of(&samples, batch.min(REFERENCE_ROWS), &params.welch);
    let mut base = None;
    variants
        .into_iter()
        .map(|v| {
            let time = Timing::of(v.times).context("no round was timed")?;
            let base = *base.get_or_insert(time.median);
            let kept: Vec<bool> = v.model.mask().iter().map(|m| *m > 0.0).collect();
            let want = truth.peaks(&kept, params.k_out());
            Ok(Row {
                variant: v.name,
                n_fft,
                batch,
                k: params.k_out(),
                bins: kept.iter().filter(|k| **k).count(),
                live_outputs_share: v.model.live_outputs() as f64
                    / (v.model.network().stages() * n_fft) as f64,
                operations: match &v.plan {
                    Plan::Compiled(plan) => plan.operations(),
                    Plan::Lanes(_) => None,
                },
                ms: time.median,
                ms_min: time.min,
                ms_p90: time.p90,
                speedup: base / time.median,
                recall: recall_of(&v.out[..want.len()], &want, params.k_out()),
            })
        })
        .collect()
}

/// Rows whose reference is computed: the straightforward DFT takes `n²` products.
const REFERENCE_ROWS: usize = 512;

/// Powers by the reference implementation in `f64`, which shares nothing with the kernels that are timed.
struct Truth {
    bins: usize,
    powers: Vec<f64>,
}

impl Truth {
    /// Computes the powers of the first `rows` rows.
    fn of(samples: &[f32], rows: usize, params: &WelchParams) -> Self {
        let rows = samples.chunks_exact(params.frame_len()).take(rows);
        Self { bins: params.n_bins(), powers: rows.flat_map(|row| raw_power(row, params)).collect() }
    }

    /// Packed peaks, `[rows, k, 2]`: the strongest of the kept bins, weaker ones of no power where there are too few.
    fn peaks(&self, kept: &[bool], k: usize) -> Vec<f32> {
        let mut out = Vec::new();
        for row in self.powers.chunks_exact(self.bins) {
            let mut bins: Vec<usize> = (0..self.bins).filter(|&b| kept[b]).collect();
            bins.sort_by(|&a, &b| row[b].total_cmp(&row[a]).then(a.cmp(&b)));
            let found = bins.into_iter().map(|b| [b as f32, row[b] as f32]);
            out.extend(found.chain(std::iter::repeat([0.0; 2])).take(k).flatten());
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference is no copy of what is timed: a kernel with a wrong bin would be seen.
    #[test]
    fn recall_is_measured_against_the_reference() {
        let params = WelchPeakParams::fast_for_n_fft(64, 3);
        let frame = params.welch.frame_len();
        let tone = |step: f32| (0..frame).map(move |i| (step * i as f32).sin());
        let samples: Vec<f32> = tone(0.5).chain(tone(1.7)).collect();
        let truth = Truth::of(&samples, 2, &params.welch);
        let want = truth.peaks(&[true; 33], 3);
        let bin = |step: f32| (step * 64.0 / std::f32::consts::TAU).round();
        assert_eq!((want[0], want[6]), (bin(0.5), bin(1.7)));
        let mut wrong = want.clone();
        wrong.chunks_exact_mut(2).for_each(|peak| peak[0] += 10.0);
        assert_eq!((recall_of(&want, &want, 3), recall_of(&wrong, &want, 3)), (1.0, 0.0));
        let mut few = vec![false; 33];
        few[20] = true;
        assert_eq!(truth.peaks(&few, 3)[2..6], [0.0; 4]);
    }
}
