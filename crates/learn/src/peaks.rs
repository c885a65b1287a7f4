//! Powers, packed peaks and log-mel energies by the model, row by row.
//!
//! Two segments are transformed together, as real and imaginary part: their summed one-sided power at bin `k` is
//! `|Z_k|² + |Z_{N−k}|²`, counted once at DC and Nyquist. Training, this path and the compiled path share that rule,
//! so a network that differs from the FFT gives the same result in each. The last of an odd number of segments is
//! transformed alone.

use num_complex::Complex32;
use rlx_dsp::mel::MelFilterbank;
use rlx_dsp::nan::{NanPolicy, first_non_finite};
use rlx_dsp::peaks::insert::insert_top_k;
use rlx_dsp::welch::peaks::{WelchParams, WelchPeakParams};

use crate::error::{Error, Result};
use crate::model::FastLearnedFftModel;
use crate::quant::QuantisedNetwork;

impl FastLearnedFftModel {
    /// Returns packed peaks `[batch, min(k, n_bins), 2]` of `batch` rows `[batch, frame_len]`.
    ///
    /// # Errors
    /// Those of [`FastLearnedFftModel::welch_peaks_batch_into`].
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
        // Checked before the result is allocated, so that a wrong batch costs nothing.
        self.check(params, samples, batch, params.welch.frame_len())?;
        let mut out = vec![0.0; total];
        self.welch_peaks_batch_into(params, samples, batch, params.welch.frame_len(), &mut out)?;
        Ok(out)
    }

    /// Writes the result of [`FastLearnedFftModel::welch_peaks_batch`] for rows of `row_len ≥ frame_len` samples to
    /// `out`.
    ///
    /// # Errors
    /// Parameters for another `n_fft` than the model's, or with a policy for NaN that skips segments; wrong lengths;
    /// NaN or infinity under [`NanPolicy::Error`].
    pub fn welch_peaks_batch_into(
        &self,
        params: &WelchPeakParams,
        samples: &[f32],
        batch: usize,
        row_len: usize,
        out: &mut [f32],
    ) -> Result<()> {
        self.check(params, samples, batch, row_len)?;
        let width = 2 * params.k_out();
        if out.len() != batch * width {
            return Err(
                rlx_dsp::Error::Length { name: "out", expected: batch * width, got: out.len() }.into()
            );
        }
        let mut powers = vec![0.0f32; self.n_bins()];
        let forward = |frame: &mut [Complex32]| self.forward(frame);
        let mut rows = RowPowers::new(self, &forward, &params.welch)?;
        for (row, out) in out.chunks_exact_mut(width).enumerate() {
            let samples = &samples[row * row_len..][..params.welch.frame_len()];
            if params.nan == NanPolicy::Error
                && let Some((index, value)) = first_non_finite(samples)
            {
                return Err(rlx_dsp::Error::NonFinite { row, index: index as u64, value }.into());
            }
            rows.powers(samples, &mut powers)?;
            insert_top_k(&powers, out);
        }
        Ok(())
    }

    /// Returns the one-sided mean raw power `[batch, n_bins]` of `batch` rows `[batch, frame_len]`, with mask and
    /// corrector applied.
    ///
    /// # Errors
    /// A layout for another `n_fft`, wrong lengths. NaN propagates.
    pub fn welch_psd_batch(&self, welch: &WelchParams, samples: &[f32], batch: usize) -> Result<Vec<f32>> {
        self.psd_by(&|frame| self.forward(frame), welch, samples, batch)
    }

    /// Returns [`welch_psd_batch`](Self::welch_psd_batch) with the transform in integer arithmetic and this model's
    /// mask and corrector.
    ///
    /// # Errors
    /// Those of [`welch_psd_batch`](Self::welch_psd_batch).
    pub fn welch_psd_batch_q8(
        &self,
        network: &QuantisedNetwork,
        welch: &WelchParams,
        samples: &[f32],
        batch: usize,
    ) -> Result<Vec<f32>> {
        self.psd_by(&|frame| network.forward(frame), welch, samples, batch)
    }

    fn psd_by(
        &self,
        forward: &Forward<'_>,
        welch: &WelchParams,
        samples: &[f32],
        batch: usize,
    ) -> Result<Vec<f32>> {
        let params = WelchPeakParams::new(welch.clone(), 1).nan(NanPolicy::Propagate);
        self.check(&params, samples, batch, welch.frame_len())?;
        let mut out = vec![0.0; batch * self.n_bins()];
        let mut rows = RowPowers::new(self, forward, welch)?;
        for (samples, out) in samples.chunks_exact(welch.frame_len()).zip(out.chunks_exact_mut(self.n_bins()))
        {
            rows.powers(samples, out)?;
        }
        Ok(out)
    }

    /// Returns the natural logarithm of the mel energies `[batch, n_mels]` of rows as in
    /// [`welch_psd_batch`](Self::welch_psd_batch), by the filters of `bank`, floored at `floor`.
    ///
    /// # Errors
    /// Those of [`welch_psd_batch`](Self::welch_psd_batch); a bank for another number of bins, a floor that is not above 0.
    pub fn log_mel_batch(
        &self,
        welch: &WelchParams,
        bank: &MelFilterbank<f32>,
        floor: f32,
        samples: &[f32],
        batch: usize,
    ) -> Result<Vec<f32>> {
        if bank.n_bins() != self.n_bins() {
            let (expected, got) = (self.n_bins(), bank.n_bins());
            return Err(rlx_dsp::Error::Length { name: "bank", expected, got }.into());
        }
        if !(floor > 0.0 && floor.is_finite()) {
            return Err(Error::argument("floor", format!("must be above 0, got {floor}")));
        }
        let psd = self.welch_psd_batch(welch, samples, batch)?;
        let mut out = vec![0.0; batch * bank.n_mels()];
        bank.apply(&psd, &mut out)?;
        out.iter_mut().for_each(|x| *x = x.max(floor).ln());
        Ok(out)
    }

    /// Checks that the parameters are for this model.
    pub(crate) fn check_params(&self, params: &WelchPeakParams) -> Result<()> {
        params.validate()?;
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
        Ok(())
    }

    fn check(&self, params: &WelchPeakParams, samples: &[f32], batch: usize, row_len: usize) -> Result<()> {
        self.check_params(params)?;
        check_rows(params, samples, batch, row_len)
    }
}

/// Checks that `samples` are `batch` rows of `row_len`, each long enough.
pub(crate) fn check_rows(
    params: &WelchPeakParams,
    samples: &[f32],
    batch: usize,
    row_len: usize,
) -> Result<()> {
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

/// Turns a frame into its bins, in place.
type Forward<'a> = dyn Fn(&mut [Complex32]) -> Result<()> + 'a;

/// Computes the powers of one row after another.
struct RowPowers<'a> {
    model: &'a FastLearnedFftModel,
    forward: &'a Forward<'a>,
    welch: WelchParams,
    window: Vec<f32>,
    frame: Vec<Complex32>,
    sums: Vec<f64>,
}

impl<'a> RowPowers<'a> {
    fn new(model: &'a FastLearnedFftModel, forward: &'a Forward<'a>, welch: &WelchParams) -> Result<Self> {
        let n = model.n_fft();
        Ok(Self {
            model,
            forward,
            welch: welch.clone(),
            window: model.weights(welch)?,
            frame: vec![Complex32::default(); n],
            sums: vec![0.0; model.n_bins()],
        })
    }

    /// Writes the corrected one-sided means of the row's segments.
    fn powers(&mut self, samples: &[f32], powers: &mut [f32]) -> Result<()> {
        let Self { model, forward, welch, window, frame, sums } = self;
        let n = window.len();
        sums.fill(0.0);
        for segment in (0..welch.n_segments).step_by(2) {
            let at = |segment: usize| &samples[welch.lead + segment * welch.hop..][..n];
            let first = at(segment);
            let second = (segment + 1 < welch.n_segments).then(|| at(segment + 1));
            for (i, (z, w)) in frame.iter_mut().zip(window.iter()).enumerate() {
                *z = Complex32::new(first[i] * w, second.map_or(0.0, |s| s[i] * w));
            }
            forward(frame)?;
            for (k, sum) in sums.iter_mut().enumerate() {
                let mirror = (n - k) % n;
                *sum += f64::from(frame[k].norm_sqr());
                if mirror != k {
                    *sum += f64::from(frame[mirror].norm_sqr());
                }
            }
        }
        let corrector = model.corrector();
        for ((power, sum), mask) in powers.iter_mut().zip(sums.iter()).zip(model.mask()) {
            let mean = (sum / welch.n_segments as f64) as f32;
            *power = if *mask > 0.0 { mean * mask * corrector.scale + corrector.offset } else { 0.0 };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rlx_dsp::welch::peaks::{PeaksEngine, WelchPeaksScratch};

    use super::*;

    fn samples(len: usize) -> Vec<f32> {
        (0..len).map(|i| (i as f32 * 0.4).sin() + 0.3 * ((i * i % 977) as f32 * 1.7).cos()).collect()
    }

    #[test]
    fn the_exact_model_finds_what_the_fft_finds() {
        for (n_fft, segments, k) in [(64, 2, 5), (256, 8, 16), (128, 1, 200)] {
            let params = WelchPeakParams::fast_for_n_fft(n_fft, k)
                .welch(rlx_dsp::welch::peaks::WelchParams::new(n_fft, segments).lead(k));
            let x = samples(7 * params.welch.frame_len());
            let got = FastLearnedFftModel::exact(n_fft).unwrap().welch_peaks_batch(&params, &x, 7).unwrap();
            let mut want = vec![0.0; got.len()];
            WelchPeaksScratch::new(params.clone(), PeaksEngine::Streaming, 1)
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
    fn the_exact_model_has_the_psd_and_the_mel_energies_of_the_fft() {
        let welch = WelchParams::new(64, 3);
        let x = samples(2 * welch.frame_len());
        let model = FastLearnedFftModel::exact(64).unwrap();
        let got = model.welch_psd_batch(&welch, &x, 2).unwrap();
        let params = WelchPeakParams::fast_for_n_fft(64, 1).welch(welch.clone());
        let mut want = vec![0.0; got.len()];
        WelchPeaksScratch::new(params, PeaksEngine::Streaming, 1)
            .unwrap()
            .psd_into(&x, 2, &mut want)
            .unwrap();
        let total: f32 = want.iter().sum();
        for (g, w) in got.iter().zip(&want) {
            assert!((g - w).abs() <= 8.0 * f32::EPSILON * 6.0 * (w * total).sqrt() + 1e-12, "{g} {w}");
        }
        let bank = MelFilterbank::<f32>::new(&crate::task::bank_params(64, 10)).unwrap();
        let mel = model.log_mel_batch(&welch, &bank, 1e-10, &x, 2).unwrap();
        let mut energies = vec![0.0; 20];
        bank.apply(&want, &mut energies).unwrap();
        for (m, e) in mel.iter().zip(&energies) {
            assert!((m - e.max(1e-10).ln()).abs() < 1e-4, "{m} {e}");
        }
        assert!(model.log_mel_batch(&welch, &bank, 0.0, &x, 2).is_err());
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
