//! `eval`, `compare`: errors and speed of models on held-out signals.

use super::learned::{Head, signals};
use super::report::Report as Outputs;
use crate::app::{Failure, Outcome};
use crate::flags::EvalFlags;
use anyhow::{Result, bail};
use rlx_dsp::welch::peaks::WelchPeakParams;
use rlx_learn::{
    FastLearnedFftModel, RecallStudy, Split, TrainingRecord, Transform, relative_error_of, study,
};
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

#[derive(Debug, Serialize)]
struct Judged {
    model: String,
    n_fft: usize,
    record: TrainingRecord,
    live_butterflies: usize,
    butterflies: usize,
    /// Against the transform of the record, or the DFT.
    rel_l2: f64,
    /// Against the 8-segment Welch, beside the untrained 2-segment path; of forward DFTs only.
    peaks: Option<RecallStudy>,
    /// Median of a batch of all rows, one thread.
    compiled_ms: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Report {
    #[serde(flatten)]
    head: Head,
    rows: usize,
    k: usize,
    models: Vec<Judged>,
}

/// Runs the command.
pub(crate) fn run(flags: &EvalFlags) -> Result<Outcome, Failure> {
    let read: Vec<_> = flags.models.iter().map(|path| ("MODEL", Some(path.as_path()))).collect();
    let to = Outputs::beside(&flags.report, &read, &[])?;
    let models = flags.models.iter().map(|path| judge(flags, path)).collect::<Result<Vec<_>>>()?;
    let mut out = to.text();
    writeln!(
        out,
        "{:<32} {:>6} {:>12} {:>10} {:>9} {:>10} {:>16} {:>9}",
        "model", "n_fft", "butterflies", "rel_l2", "recall", "untrained", "gain", "ms"
    )?;
    for m in &models {
        let share = |f: fn(&RecallStudy) -> f64| {
            m.peaks.as_ref().map_or("-".to_owned(), |p| format!("{:.2} %", 100.0 * f(p)))
        };
        let gain = m
            .peaks
            .as_ref()
            .map_or("-".to_owned(), |p| format!("{:+.2} ± {:.2}", 100.0 * p.gain, 100.0 * p.standard_error));
        let ms = m.compiled_ms.map_or("-".to_owned(), |ms| format!("{ms:.3}"));
        writeln!(
            out,
            "{:<32} {:>6} {:>12} {:>10.2e} {:>9} {:>10} {:>16} {:>9}",
            m.model,
            m.n_fft,
            format!("{}/{}", m.live_butterflies, m.butterflies),
            m.rel_l2,
            share(|p| p.student),
            share(|p| p.untrained),
            gain,
            ms
        )?;
    }
    to.write(&Report { head: Head::new(1), rows: flags.rows, k: flags.k, models })?;
    Ok(Outcome::Whole)
}

fn judge(flags: &EvalFlags, path: &Path) -> Result<Judged> {
    if flags.rows == 0 || flags.k == 0 || flags.iters == 0 {
        bail!("--rows, --k and --iters must be at least 1");
    }
    let model = FastLearnedFftModel::load(path)?;
    let n = model.n_fft();
    let transform = model.record().transform.filter(|t| *t != Transform::Matrix).unwrap_or(Transform::Dft);
    let rel_l2 = relative_error_of(model.network(), &transform.target(n, model.record().seed)?)?;
    let (mut peaks, mut compiled_ms) = (None, None);
    if transform == Transform::Dft && n >= 16 {
        let signals = signals(flags.data.as_deref(), n, flags.seed)?;
        let full = WelchPeakParams::reference_for_n_fft(n, flags.k).welch;
        let samples = signals.rows(Split::Test, 0, flags.rows, full.frame_len());
        let kept: Vec<bool> = model.mask().iter().map(|m| *m > 0.0).collect();
        peaks = Some(study(&model, &samples, flags.rows, flags.k, &kept)?);
        let fast = WelchPeakParams::fast_for_n_fft(n, flags.k);
        let cut = fast.welch.truncate_batch(&samples, flags.rows, full.frame_len())?;
        let mut tape = model.compile(&fast)?;
        let mut packed = vec![0.0; flags.rows * 2 * fast.k_out()];
        let mut times = Vec::new();
        for _ in 0..=flags.iters {
            let start = Instant::now();
            tape.peaks_into(&cut, flags.rows, fast.welch.frame_len(), &mut packed)?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        times.remove(0);
        times.sort_by(f64::total_cmp);
        compiled_ms = times.get(times.len() / 2).copied();
    }
    Ok(Judged {
        model: path.display().to_string(),
        n_fft: n,
        live_butterflies: model.live_butterflies(),
        butterflies: model.network().stages() * n / 2,
        rel_l2,
        peaks,
        compiled_ms,
        record: model.record().clone(),
    })
}
