//! `fit`: the butterflies of a matrix, in closed form.

use super::learned::{Head, read_matrix, target};
use super::report::Report as Outputs;
use crate::app::{Failure, Outcome};
use crate::flags::FitFlags;
use rlx_learn::{
    FastLearnedFftModel, FitConfig, Permutation, Random, Target, TrainingRecord, Transform, estimate, fit,
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
    seconds: f64,
}

/// Runs the command.
pub(crate) fn run(flags: &FitFlags) -> Result<Outcome, Failure> {
    flags.check()?;
    let to = Outputs::beside(
        &flags.report,
        &[
            ("--matrix", flags.target.matrix.as_deref()),
            ("--inputs", flags.inputs.as_deref()),
            ("--outputs", flags.outputs.as_deref()),
        ],
        &[("--out", flags.out.as_deref())],
    )?;
    let (mut target, permutation) = match (&flags.inputs, &flags.outputs) {
        (Some(inputs), Some(outputs)) => {
            let matrix = estimate(&read_matrix(inputs)?, &read_matrix(outputs)?)?;
            let target = Target::of_matrix(matrix, Permutation::BitReversal, 1)?;
            let permutation = flags.target.permutation.permutation(Permutation::Other);
            (target, permutation)
        }
        _ => target(&flags.target, 0)?,
    };
    if flags.noise > 0.0 {
        let mut random = Random::new(flags.seed);
        let n = target.n() as f64;
        let level = flags.noise / n.sqrt() / std::f64::consts::SQRT_2;
        let matrix = target.complex.as_mut().unwrap_or(&mut target.matrix);
        for x in matrix.re.iter_mut().chain(&mut matrix.im) {
            *x += level * random.normal();
        }
    }
    let start = Instant::now();
    let fitted = fit(&target, &FitConfig { permutation, polish: flags.polish })?;
    let seconds = start.elapsed().as_secs_f64();
    let mut out = to.text();
    writeln!(out, "n_fft {}, order {:?}, {:.3} s", target.n(), fitted.permutation, seconds)?;
    writeln!(
        out,
        "relative error {:.3e} (closed form {:.3e}, as stored {:.3e})",
        fitted.error, fitted.closed_form_error, fitted.rel_l2
    )?;
    let verdict = if fitted.exact {
        "the matrix is a product of butterflies"
    } else {
        "the matrix is NOT an exact product of butterflies: this is an approximation"
    };
    writeln!(out, "{verdict}")?;
    if let Some(path) = &flags.out {
        let record = TrainingRecord {
            method: "fit".to_owned(),
            transform: Some(target.transform),
            rel_l2: Some(fitted.rel_l2),
            rmse: Some(fitted.rel_l2 / (target.n() as f64).sqrt()),
            ..TrainingRecord::default()
        };
        FastLearnedFftModel::of_network(fitted.network, record).save(path)?;
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
        seconds,
    };
    to.write(&report)?;
    Ok(Outcome::Whole)
}
