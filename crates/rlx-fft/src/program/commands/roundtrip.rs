//! `roundtrip`: the error of a frame after forward and inverse transform.

use crate::app::{Failure, Outcome};
use crate::flags::RoundtripFlags;
use num_complex::Complex32;
use rlx_learn::{ButterflyNetwork, FastLearnedFftModel, Random};
use std::io::Write;

/// Runs the command.
pub(crate) fn run(flags: &RoundtripFlags) -> Result<Outcome, Failure> {
    let forward = FastLearnedFftModel::load(&flags.forward)?;
    let n = forward.n_fft();
    let inverse = flags.inverse.as_ref().map(FastLearnedFftModel::load).transpose()?;
    if let Some(inverse) = &inverse
        && inverse.n_fft() != n
    {
        return Err(anyhow::anyhow!(
            "the inverse is for {} points, the forward model for {n}",
            inverse.n_fft()
        )
        .into());
    }
    let exact = ButterflyNetwork::exact(n)?;
    let mut random = Random::new(flags.seed);
    let (mut error, mut norm, mut worst) = (0.0f64, 0.0f64, 0.0f64);
    for _ in 0..flags.frames.max(1) {
        let x: Vec<Complex32> =
            (0..n).map(|_| Complex32::new(random.normal() as f32, random.normal() as f32)).collect();
        let mut y = x.clone();
        forward.forward(&mut y)?;
        match &inverse {
            Some(inverse) => inverse.forward(&mut y)?,
            None => {
                // The inverse DFT is the conjugate of the DFT of the conjugate.
                y.iter_mut().for_each(|z| *z = z.conj());
                exact.forward(&mut y)?;
                y.iter_mut().for_each(|z| *z = z.conj() / n as f32);
            }
        }
        let of_frame: f64 = x.iter().zip(&y).map(|(x, y)| f64::from((x - y).norm_sqr())).sum();
        let power: f64 = x.iter().map(|x| f64::from(x.norm_sqr())).sum();
        worst = worst.max((of_frame / power).sqrt());
        (error, norm) = (error + of_frame, norm + power);
    }
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "relative L2 error of inverse(forward(x)): {:.3e}, worst frame {worst:.3e}",
        (error / norm).sqrt()
    )?;
    Ok(Outcome::Whole)
}
