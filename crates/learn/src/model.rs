//! The model: window, network, spectral mask, affine corrector and training record.

use num_complex::Complex32;
use rlx_compile::params::{ButterflySpec, Layout};
use rlx_dsp::welch::peaks::WelchParams;
use rlx_dsp::window::Symmetry;

use crate::error::{Error, Result};
use crate::live::{live, live_outputs};
use crate::network::{ButterflyNetwork, Gate};
use crate::record::{Learner, RECORD_VERSION, TrainingRecord};
use crate::train::Init;

/// `power · scale + offset` for every bin, after the mask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AffineCorrector {
    /// Factor.
    pub scale: f32,
    /// Added after the factor.
    pub offset: f32,
}

impl AffineCorrector {
    /// Changes nothing.
    pub const IDENTITY: Self = Self { scale: 1.0, offset: 0.0 };
}

/// A learned transform of `n_fft` real samples to one-sided powers.
#[derive(Debug, Clone, PartialEq)]
pub struct FastLearnedFftModel {
    network: ButterflyNetwork,
    mask: Vec<f32>,
    corrector: AffineCorrector,
    window: Option<Vec<f32>>,
    record: TrainingRecord,
}

impl FastLearnedFftModel {
    /// Returns the model that equals the FFT: exact twiddles, open gates, a mask of ones, no correction. Its recall
    /// is 1 by construction.
    ///
    /// # Errors
    /// [`Error::Argument`] unless `n_fft` is a power of two from 2 to 2^20.
    pub fn exact(n_fft: usize) -> Result<Self> {
        let network = ButterflyNetwork::exact(n_fft)?;
        let record = TrainingRecord {
            version: RECORD_VERSION,
            method: "exact".to_owned(),
            recall: Some(1.0),
            learner: Some(Learner::Exact),
            init: Some(Init::Exact),
            ..TrainingRecord::default()
        };
        Ok(Self::of_network(network, record))
    }

    /// Makes a model of a network, with a mask of ones and no correction.
    pub fn of_network(network: ButterflyNetwork, record: TrainingRecord) -> Self {
        let mask = vec![1.0; network.n() / 2 + 1];
        Self { network, mask, corrector: AffineCorrector::IDENTITY, window: None, record }
    }

    /// Returns the transform length.
    pub fn n_fft(&self) -> usize {
        self.network.n()
    }

    /// Returns the number of one-sided bins.
    pub fn n_bins(&self) -> usize {
        self.mask.len()
    }

    /// Returns the network.
    pub fn network(&self) -> &ButterflyNetwork {
        &self.network
    }

    /// Returns the network for changes. Measurements in the record no longer apply and are cleared.
    pub fn network_mut(&mut self) -> &mut ButterflyNetwork {
        self.record.forget();
        &mut self.network
    }

    /// Returns the factor of each one-sided bin's power, 0 … 1.
    pub fn mask(&self) -> &[f32] {
        &self.mask
    }

    /// Sets the mask; butterflies that only bins with a 0 need are not computed. Measurements in the record are
    /// cleared.
    ///
    /// # Errors
    /// A mask whose length is not the number of bins, or with a value outside 0 … 1.
    pub fn set_mask(&mut self, mask: &[f32]) -> Result<()> {
        if mask.len() != self.mask.len() {
            let (expected, got) = (self.mask.len(), mask.len());
            return Err(rlx_dsp::Error::Length { name: "mask", expected, got }.into());
        }
        if let Some(odd) = mask.iter().find(|m| !(0.0..=1.0).contains(*m)) {
            return Err(Error::argument("mask", format!("must be within 0 … 1, got {odd}")));
        }
        self.mask.copy_from_slice(mask);
        self.record.forget();
        Ok(())
    }

    /// Returns the corrector.
    pub fn corrector(&self) -> AffineCorrector {
        self.corrector
    }

    /// Sets the corrector.
    ///
    /// # Errors
    /// Numbers that are not finite.
    pub fn set_corrector(&mut self, corrector: AffineCorrector) -> Result<()> {
        if !(corrector.scale.is_finite() && corrector.offset.is_finite()) {
            return Err(Error::argument("corrector", format!("must be finite, got {corrector:?}")));
        }
        self.corrector = corrector;
        self.record.forget();
        Ok(())
    }

    /// Returns the model's own window, which replaces that of the segments.
    pub fn window(&self) -> Option<&[f32]> {
        self.window.as_deref()
    }

    /// Sets or removes the model's own window. Measurements in the record are cleared.
    ///
    /// # Errors
    /// A window whose length is not `n_fft`, or with a value that is not finite.
    pub fn set_window(&mut self, window: Option<&[f32]>) -> Result<()> {
        if let Some(window) = window {
            let (expected, got) = (self.n_fft(), window.len());
            if got != expected {
                return Err(rlx_dsp::Error::Length { name: "window", expected, got }.into());
            }
            if let Some(odd) = window.iter().find(|w| !w.is_finite()) {
                return Err(Error::argument("window", format!("must be finite, got {odd}")));
            }
        }
        self.window = window.map(<[f32]>::to_vec);
        self.record.forget();
        Ok(())
    }

    /// Returns the weights of a segment: the model's own window, or that of the segments.
    pub(crate) fn weights(&self, welch: &WelchParams) -> Result<Vec<f32>> {
        if let Some(window) = &self.window {
            return Ok(window.clone());
        }
        let window = welch.window.coefficients(self.n_fft(), Symmetry::Periodic)?;
        Ok(window.into_iter().map(|w| w as f32).collect())
    }

    /// Returns the share of the reference's peaks found on held-out data, if it was measured on the present weights.
    pub fn recall(&self) -> Option<f64> {
        self.record.recall
    }

    /// Returns how the model was made and what was measured on it.
    pub fn record(&self) -> &TrainingRecord {
        &self.record
    }

    /// Records how the model was made, including measurements.
    ///
    /// # Errors
    /// A recall outside 0 … 1.
    pub fn set_record(&mut self, record: TrainingRecord) -> Result<()> {
        if let Some(recall) = record.recall {
            self.record_recall(recall)?;
        }
        self.record = record;
        Ok(())
    }

    /// Records a measured recall.
    ///
    /// # Errors
    /// A value outside 0 … 1.
    pub fn record_recall(&mut self, recall: f64) -> Result<()> {
        if !(0.0..=1.0).contains(&recall) {
            return Err(Error::argument("recall", format!("must be within 0 … 1, got {recall}")));
        }
        self.record.recall = Some(recall);
        Ok(())
    }

    /// Returns the number of butterflies that are open, have an input that is not zero, and are needed by a bin that
    /// the mask keeps or by its mirror.
    pub fn live_butterflies(&self) -> usize {
        live(&self.network, &self.kept()).iter().flatten().filter(|&&alive| alive).count()
    }

    /// Returns the number of kept bins that no sample reaches: their power is always zero.
    pub fn dead_bins(&self) -> usize {
        let network = &self.network;
        let last = network.stages() - 1;
        let live = live_outputs(network, &vec![true; self.n_fft()]);
        let mut fed = vec![false; self.n_fft()];
        for (i, outputs) in live[last].iter().enumerate() {
            let (p, q) = network.points(last, i);
            let skipped = network.gates(last).is_some_and(|gates| gates[i] == Gate::Skip);
            // A skipped butterfly of the last stage never counts as computed: its points are computed in earlier
            // stages.
            (fed[p], fed[q]) = (outputs[0] || skipped, outputs[1] || skipped);
        }
        (0..self.n_bins()).filter(|&k| self.mask[k] > 0.0 && !fed[k]).count()
    }

    /// Returns the number of butterfly outputs that have to be computed, of `stages · n`.
    pub fn live_outputs(&self) -> usize {
        live_outputs(&self.network, &self.kept()).iter().flatten().flatten().filter(|&&alive| alive).count()
    }

    /// Returns, for all `n` bins, whether a power needs it: a kept bin or its mirror.
    pub(crate) fn kept(&self) -> Vec<bool> {
        let n = self.n_fft();
        (0..n).map(|k| self.mask[k.min(n - k)] > 0.0).collect()
    }

    /// Returns the share of butterflies that need not be computed, 0 … 1.
    pub fn dead_share(&self) -> f64 {
        self.op("").dead_share()
    }

    /// Returns the model as an op of a graph, under the name by which a session finds it.
    pub fn op(&self, name: impl Into<String>) -> ButterflySpec {
        let live = self.live_butterflies();
        ButterflySpec { n: self.n_fft(), model: name.into(), live, layout: Layout::Block }
    }

    /// Replaces `n_fft` samples by their `n_fft` bins.
    ///
    /// # Errors
    /// A frame of another length.
    pub fn forward(&self, frame: &mut [Complex32]) -> Result<()> {
        self.network.forward(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_model_has_no_dead_butterfly_and_a_masked_one_has() {
        let mut model = FastLearnedFftModel::exact(256).unwrap();
        assert_eq!((model.dead_share(), model.live_butterflies(), model.recall()), (0.0, 128 * 8, Some(1.0)));
        let mut mask = vec![0.0; 129];
        mask[..8].fill(1.0);
        model.set_mask(&mask).unwrap();
        assert!(model.dead_share() > 0.2, "{}", model.dead_share());
        assert_eq!(model.recall(), None, "a changed model has no recorded recall");
        model.record_recall(0.995).unwrap();
        assert_eq!(model.recall(), Some(0.995));
    }

    #[test]
    fn bins_without_a_path_are_counted() {
        let mut model = FastLearnedFftModel::exact(16).unwrap();
        assert_eq!(model.dead_bins(), 0);
        model.network_mut().gates_mut(3).unwrap()[2] = Gate::Closed;
        assert_eq!(model.dead_bins(), 1, "bins 2 and 10, of which one is one-sided");
        model.network_mut().gates_mut(0).unwrap().fill(Gate::Closed);
        assert_eq!((model.dead_bins(), model.live_butterflies()), (9, 0));
    }

    #[test]
    fn nonsense_is_refused() {
        let mut model = FastLearnedFftModel::exact(16).unwrap();
        assert!(FastLearnedFftModel::exact(48).is_err());
        assert!(model.set_mask(&[1.0; 8]).is_err() && model.set_mask(&[2.0; 9]).is_err());
        assert!(model.set_mask(&[f32::NAN; 9]).is_err());
        assert!(model.record_recall(f64::NAN).is_err() && model.record_recall(1.1).is_err());
        assert!(model.set_corrector(AffineCorrector { scale: f32::INFINITY, offset: 0.0 }).is_err());
        assert!(
            model.set_window(Some(&[1.0; 8])).is_err() && model.set_window(Some(&[f32::NAN; 16])).is_err()
        );
    }
}
