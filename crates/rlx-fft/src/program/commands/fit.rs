//! `fit`: the butterflies of a matrix, in closed form.

use super::curves;
use super::learned::{Head, target};
use super::report::Report as Outputs;
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::FitFlags;
use crate::progress::waiting;
use rlx_learn::{
    FastLearnedFftModel, FitConfig, Permutation, Random, Shown, TrainingRecord, Transform, bin_errors, fit,
};
use serde::Serialize;
use std::io::Write;
use std::time::Instant;

#[derive(Debug, Serialize)]
struct Report {
    #[serde(flatten)]
    head: Head,
    transform: Transform,
    n_fft: usize,
    noise: f64,
    permutation: Permutation,
    error: f64,
    closed_form_error: f64,
    rel_l2: f64,
    exact: bool,
    /// The error up to which the product is called exact.
    bound: f64,
    seconds: f64,
    record: TrainingRecord,
}

/// Runs the command.
pub(crate) fn run(flags: &FitFlags, console: &Console) -> Result<Outcome, Failure> {
    flags.check()?;
    let to = Outputs::with_plots(
        &flags.report,
        &flags.plot,
        &[
            ("--matrix", flags.target.matrix.as_deref()),
            ("--inputs", flags.target.inputs.as_deref()),
            ("--outputs", flags.target.outputs.as_deref()),
        ],
        &[("--out", flags.out.as_deref())],
    )?;
    let waits = waiting(console, "fitting");
    let (mut target, permutation) = target(&flags.target, 0)?;
    if flags.noise > 0.0 {
        let mut random = Random::new(flags.seed);
        let n = target.n() as f64;
        let level = flags.noise / n.sqrt() / std::f64::consts::SQRT_2;
        let complex = flags.target.complex_target;
        let stays_real = target.real && !complex;
        let matrix = target.complex.as_mut().filter(|_| complex).unwrap_or(&mut target.matrix);
        matrix.re.iter_mut().for_each(|x| *x += level * random.normal());
        if !stays_real {
            matrix.im.iter_mut().for_each(|x| *x += level * random.normal());
        }
    }
    let start = Instant::now();
    let config = FitConfig { permutation, polish: flags.polish, complex_target: flags.target.complex_target };
    let fitted = fit(&target, &config)?;
    let seconds = start.elapsed().as_secs_f64();
    drop(waits);
    let mut record = fitted.record(&target, &config);
    if flags.target.inputs.is_some() {
        record.shown = Some(Shown::Pairs);
    }
    let mut out = to.text();
    writeln!(out, "n_fft {}, order {:?}, {:.3} s", target.n(), fitted.permutation, seconds)?;
    writeln!(
        out,
        "relative error {:.3e} (closed form {:.3e}, as stored {:.3e})",
        fitted.error, fitted.closed_form_error, fitted.rel_l2
    )?;
    let what = match fitted.shown {
        Shown::RealParts => "the real part of a product of butterflies",
        _ => "a product of butterflies",
    };
    if fitted.exact {
        writeln!(out, "the matrix is {what}, to {:.1e}", fitted.bound)?;
    } else {
        writeln!(out, "the matrix is NOT {what} to {:.1e}: this is an approximation", fitted.bound)?;
    }
    writeln!(out, "made: {}", record.summary())?;
    let mut drawn = Vec::new();
    if to.draws() {
        drawn.extend(curves::bins(vec![("as stored".to_owned(), bin_errors(&fitted.network, &target)?)]));
    }
    if let Some(path) = &flags.out {
        FastLearnedFftModel::of_network(fitted.network, record.clone()).save(path)?;
    }
    let report = Report {
        head: Head::new(1),
        transform: target.transform,
        n_fft: target.n(),
        noise: flags.noise,
        permutation: fitted.permutation,
        error: fitted.error,
        closed_form_error: fitted.closed_form_error,
        rel_l2: fitted.rel_l2,
        exact: fitted.exact,
        bound: fitted.bound,
        seconds,
        record,
    };
    to.write_with(&report, &drawn)?;
    Ok(Outcome::Whole)
}
