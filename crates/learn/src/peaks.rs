//! Packed peaks by the model, row by row.

use num_complex::Complex32;
use rlx_dsp::nan::{NanPolicy, first_non_finite};
use rlx_dsp::peak::WelchPeakParams;
use rlx_dsp::peaks::insert::insert_top_k;
use rlx_dsp::scaling::is_doubled;
use rlx_dsp::window::Symmetry;

use crate::error::{Error, Result};
use crate::model::FastLearnedFftModel;

impl FastLearnedFftModel {
    /// Packed peaks `[batch, min(k, n_bins), 2]` of `batch` rows `[batch, frame_len]`.
    ///
    /// # Errors
    /// As [`FastLearnedFftModel::welch_peaks_batch_into`].
    pub fn welch_peaks_batch(
        &self,
        params: &WelchPeakParams,
        samples: &[f32],
        batch: usize,
    ) -> Result<Vec<f32>> {
        let width = 2 * params.k_out();
        let total = batch.checked_mul(width).filter(|&t| isize::try_from(t).is_ok());
        let total = total
            .ok_or_else(|| Error::argument("batch", format!("{batch} rows of {width} values overflow")))?;
        // Checked before the answer is allocated, so that a wrong batch costs nothing.
        self.check(params, samples, batch, params.welch.frame_len())?;
        let mut out = vec![0.0; total];
        self.welch_peaks_batch_into(params, samples, batch, params.welch.frame_len(), &mut out)?;
        Ok(out)
    }

    /// [`FastLearnedFftModel::welch_peaks_batch`] of rows of `row_len ≥ frame_len` samples into `out`.
    ///
    /// # Errors
    /// Parameters for another `n_fft` than the model's, or with a policy for NaN that leaves segments out; wrong
    /// lengths; NaN or infinity under [`NanPolicy::Error`].
    pub fn welch_peaks_batch_into(
        &self,
        params: &WelchPeakParams,
        samples: &[f32],
        batch: usize,
        row_len: usize,
        out: &mut [f32],
    ) -> Result<()> {
        self.check(params, samples, batch, row_len)?;
        let (n, width) = (self.n_fft(), 2 * params.k_out());
        if out.len() != batch * width {
            return Err(
                rlx_dsp::Error::Length { name: "out", expected: batch * width, got: out.len() }.into()
            );
        }
        let window = params.welch.window.coefficients(n, Symmetry::Periodic)?;
        let mut frame = vec![Complex32::default(); n];
        let mut sums = vec![0.0f64; self.n_bins()];
        let mut powers = vec![0.0f32; self.n_bins()];
        for (row, out) in out.chunks_exact_mut(width).enumerate() {
            let samples = &samples[row * row_len..][..params.welch.frame_len()];
            if params.nan == NanPolicy::Error
                && let Some((index, value)) = first_non_finite(samples)
            {
                return Err(rlx_dsp::Error::NonFinite { row, index: index as u64, value }.into());
            }
            sums.fill(0.0);
            for segment in 0..params.welch.n_segments {
                let samples = &samples[segment * params.welch.hop..][..n];
                for ((z, &v), &w) in frame.iter_mut().zip(samples).zip(&window) {
                    *z = Complex32::new(v * w as f32, 0.0);
                }
                self.forward(&mut frame)?;
                sums.iter_mut().zip(&frame).for_each(|(sum, z)| *sum += f64::from(z.norm_sqr()));
            }
            self.correct(params.welch.n_segments, &sums, &mut powers);
            insert_top_k(&powers, out);
        }
        Ok(())
    }

    /// Summed powers to corrected one-sided means.
    fn correct(&self, segments: usize, sums: &[f64], powers: &mut [f32]) {
        let corrector = self.corrector();
        for (bin, ((power, sum), mask)) in powers.iter_mut().zip(sums).zip(self.mask()).enumerate() {
            let sides = if is_doubled(bin, self.n_fft()) { 2.0 } else { 1.0 };
            let mean = (sides * sum / segments as f64) as f32;
            *power = if *mask > 0.0 { mean * mask * corrector.scale + corrector.offset } else { 0.0 };
        }
    }

    fn check(&self, params: &WelchPeakParams, samples: &[f32], batch: usize, row_len: usize) -> Result<()> {
        params.check()?;
        if params.welch.n_fft != self.n_fft() {
            let reason = format!("the model is for {}, got {}", self.n_fft(), params.welch.n_fft);
            return Err(Error::argument("n_fft", reason));
        }
        if !matches!(params.nan, NanPolicy::Error | NanPolicy::Propagate) {
            return Err(Error::argument(
                "nan",
                format!("a model takes error or propagate, got {}", params.nan),
            ));
        }
        let expected = batch
            .checked_mul(row_len)
            .ok_or_else(|| Error::argument("batch", format!("{batch} rows of {row_len} samples overflow")))?;
        if samples.len() != expected {
            return Err(rlx_dsp::Error::Length { name: "samples", expected, got: samples.len() }.into());
        }
        if batch > 0 && row_len < params.welch.frame_len() {
            return Err(rlx_dsp::Error::TooShort { len: row_len, segment: params.welch.frame_len() }.into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rlx_dsp::peak::{PeaksEngine, WelchPeaksScratch};

    use super::*;

    fn samples(len: usize) -> Vec<f32> {
        (0..len).map(|i| (i as f32 * 0.4).sin() + 0.3 * ((i * i % 977) as f32 * 1.7).cos()).collect()
    }

    #[test]
    fn the_exact_model_finds_what_the_fft_finds() {
        for (n_fft, segments, k) in [(64, 2, 5), (256, 8, 16), (128, 1, 200)] {
            let params = WelchPeakParams {
                welch: rlx_dsp::peak::WelchParams::new(n_fft, segments),
                ..WelchPeakParams::fast_for_n_fft(n_fft, k)
            };
            let x = samples(7 * params.welch.frame_len());
            let got = FastLearnedFftModel::exact(n_fft).unwrap().welch_peaks_batch(&params, &x, 7).unwrap();
            let mut want = vec![0.0; got.len()];
            WelchPeaksScratch::new(params, PeaksEngine::Streaming, 1)
                .unwrap()
                .peaks_into(&x, 7, &mut want)
                .unwrap();
            let width = 2 * params.k_out();
            for (got, want) in got.chunks_exact(width).zip(want.chunks_exact(width)) {
                let close = 8.0 * f32::EPSILON * (n_fft as f32).log2() * want[1];
                assert_eq!(got[0], want[0], "the strongest bin stands out");
                for (g, w) in got.chunks_exact(2).zip(want.chunks_exact(2)) {
                    assert!((g[1] - w[1]).abs() <= close, "{g:?} {w:?}");
                }
            }
        }
    }

    #[test]
    fn masks_and_refusals() {
        let params = WelchPeakParams::fast_for_n_fft(64, 3);
        let mut model = FastLearnedFftModel::exact(64).unwrap();
        let mut x = samples(2 * 96);
        let mut mask = vec![0.0; 33];
        mask[20..24].fill(1.0);
        model.set_mask(&mask).unwrap();
        let got = model.welch_peaks_batch(&params, &x, 2).unwrap();
        assert!(got.chunks_exact(2).all(|p| (20.0..24.0).contains(&p[0])), "{got:?}");
        assert!(model.welch_peaks_batch(&params, &[], 0).unwrap().is_empty());
        let wrong = model.welch_peaks_batch(&params, &x[1..], 2).unwrap_err();
        assert_eq!(wrong.to_string(), "samples: expected 192 values, got 191");
        assert!(model.welch_peaks_batch(&WelchPeakParams::fast_for_n_fft(128, 3), &x, 1).is_err());
        assert!(model.welch_peaks_batch(&params, &x, usize::MAX).is_err());
        x[100] = f32::INFINITY;
        let error = model.welch_peaks_batch(&params, &x, 2).unwrap_err().to_string();
        assert_eq!(error, "sample 4 of row 1 is inf");
    }
}
