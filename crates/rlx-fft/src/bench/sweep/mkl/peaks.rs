//! Welch peaks of batches with MKL's transforms.

use rayon::prelude::*;
use rlx_dsp::scaling::is_doubled;
use rlx_dsp::welch::peaks::{PeaksEngine, WelchPeakParams, WelchPeaksScratch};
use rlx_dsp::window::Symmetry;

use super::api::{Transforms, mkl};

/// Rows that one call of MKL transforms.
const GROUP: usize = 16;

/// Windows rows, transforms them with MKL, averages the powers of their segments and keeps the strongest bins.
pub(in super::super) struct MklPeaks {
    params: WelchPeakParams,
    window: Vec<f32>,
    workers: Vec<Worker>,
}

struct Worker {
    transforms: Transforms,
    powers: Vec<f32>,
    /// Selects peaks, as in the other paths.
    select: WelchPeaksScratch,
}

/// Returns a plan for batches whose rows `threads` threads share, or why there is none.
pub(in super::super) fn peaks(
    params: &WelchPeakParams,
    batch: usize,
    threads: usize,
) -> Result<MklPeaks, String> {
    let (mkl, welch) = (mkl()?, &params.welch);
    let window = welch.window.coefficients(welch.n_fft, Symmetry::Periodic).map_err(|e| e.to_string())?;
    let group = batch.clamp(1, GROUP);
    let worker = || {
        let transforms = Transforms::new(mkl, welch.n_fft, group * welch.n_segments)?;
        let select = WelchPeaksScratch::new(params.clone(), PeaksEngine::StoredPsd, 1);
        let select = select.map_err(|e| e.to_string())?;
        Ok(Worker { transforms, powers: vec![0.0; group * welch.n_bins()], select })
    };
    let workers = (0..threads.clamp(1, batch.div_ceil(group).max(1))).map(|_| worker());
    Ok(MklPeaks {
        window: window.into_iter().map(|w| w as f32).collect(),
        workers: workers.collect::<Result<_, String>>()?,
        params: params.clone(),
    })
}

impl MklPeaks {
    /// Computes packed peaks `[batch, k_out, 2]` of `batch` rows of exactly `frame_len` samples.
    pub(in super::super) fn peaks_into(
        &mut self,
        samples: &[f32],
        batch: usize,
        out: &mut [f32],
    ) -> rlx_dsp::Result<()> {
        let (params, window) = (&self.params, &self.window);
        let (len, width) = (params.welch.frame_len(), 2 * params.k_out());
        let share = batch.div_ceil(self.workers.len().max(1)).max(1);
        if let [worker] = self.workers.as_mut_slice() {
            return worker.run(params, window, samples, out);
        }
        let parts = samples.par_chunks(share * len).zip(out.par_chunks_mut(share * width));
        let work = |((samples, out), worker): ((&[f32], &mut [f32]), &mut Worker)| {
            worker.run(params, window, samples, out)
        };
        parts.zip(self.workers.par_iter_mut()).try_for_each(work)
    }
}

impl Worker {
    fn run(
        &mut self,
        params: &WelchPeakParams,
        window: &[f32],
        samples: &[f32],
        out: &mut [f32],
    ) -> rlx_dsp::Result<()> {
        let (welch, width) = (&params.welch, 2 * params.k_out());
        let (n, bins, segments) = (welch.n_fft, welch.n_bins(), welch.n_segments);
        let (len, group) = (welch.frame_len(), self.powers.len() / bins);
        let scale = 1.0 / segments as f32;
        for (samples, out) in samples.chunks(group * len).zip(out.chunks_mut(group * width)) {
            let frames = self.transforms.rows.chunks_exact_mut(n);
            let starts =
                samples.chunks_exact(len).flat_map(|row| (0..segments).map(|s| &row[s * welch.hop..]));
            for (frame, from) in frames.zip(starts) {
                frame.iter_mut().zip(from).zip(window).for_each(|((to, x), w)| *to = x * w);
            }
            self.transforms.run();
            let rows = samples.len() / len;
            let spectra = self.transforms.bins.chunks_exact(2 * bins * segments);
            for (powers, spectra) in self.powers.chunks_exact_mut(bins).take(rows).zip(spectra) {
                powers.fill(0.0);
                for spectrum in spectra.chunks_exact(2 * bins) {
                    for (power, x) in powers.iter_mut().zip(spectrum.chunks_exact(2)) {
                        *power += scale * (x[0] * x[0] + x[1] * x[1]);
                    }
                }
                let mirrored = powers.iter_mut().enumerate().filter(|(bin, _)| is_doubled(*bin, n));
                mirrored.for_each(|(_, power)| *power *= 2.0);
            }
            self.select.top_k_into(&self.powers[..rows * bins], rows, out)?;
        }
        Ok(())
    }
}
