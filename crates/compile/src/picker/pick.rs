//! Selects a strategy.

use serde::{Deserialize, Serialize};

use super::models::StrategyModels;
use super::strategy::WelchPeaksStrategy;
use crate::builders::WelchPeaksShape;

/// Largest batch for `ultra` if the device is the CPU, and if it is a GPU.
const ULTRA_MAX_BATCH: (usize, usize) = (256, 128);
/// Smallest batch for which the fixed thresholds select the GPU.
const LEGACY_GPU_BATCH: usize = 8192;
/// Smallest share of pruned butterflies of a sparse learned transform.
const SPARSE: f64 = 0.25;
/// Recall on held-out data that a learned transform must have recorded.
const MIN_RECALL: f64 = 0.99;

/// Properties of a learned model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LearnedCandidate {
    /// Share of its butterflies that the passes pruned.
    pub dead_share: f64,
    /// Recall that was recorded on held-out data.
    pub recall: f64,
}

/// A request to the picker.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PickRequest {
    /// Shape of the batch, with the segments of its layout.
    pub shape: WelchPeaksShape,
    /// Threads that host strategies may use.
    pub threads: usize,
    /// Whether the device has a bus.
    pub gpu: bool,
    /// Whether only strategies are allowed whose bins are those of the two-segment spectrum.
    pub same_answer: bool,
    /// [`fused_welch_peaks_auto_viable`](crate::cost::fused_welch_peaks_auto_viable) for the device.
    pub rlx_viable: bool,
    /// The learned model, if one was given.
    pub learned: Option<LearnedCandidate>,
    /// Fixed thresholds instead of predictions (`RLX_FFT_LEGACY_PICKER=1`).
    pub legacy: bool,
}

/// A strategy's predicted time, and whether it is a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The strategy.
    pub strategy: WelchPeaksStrategy,
    /// Predicted time of one call, ns.
    pub ns: f64,
    /// Whether it may be picked.
    pub candidate: bool,
}

/// The selected strategy and all predictions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pick {
    /// The candidate with the lowest predicted time.
    pub strategy: WelchPeaksStrategy,
    /// All strategies, in the order of [`WelchPeaksStrategy::ALL`].
    pub predictions: [Prediction; 4],
}

impl PickRequest {
    fn ultra_max_batch(&self) -> usize {
        if self.gpu { ULTRA_MAX_BATCH.1 } else { ULTRA_MAX_BATCH.0 }
    }

    /// Returns whether a strategy may be picked.
    pub fn is_candidate(&self, strategy: WelchPeaksStrategy) -> bool {
        if self.same_answer && !strategy.same_answer() {
            return false;
        }
        match strategy {
            WelchPeaksStrategy::UltraFast => self.shape.batch <= self.ultra_max_batch(),
            WelchPeaksStrategy::FastStreaming => true,
            WelchPeaksStrategy::RlxCompiled => self.rlx_viable,
            WelchPeaksStrategy::LearnedCompiled => {
                let good = |l: &LearnedCandidate| l.dead_share >= SPARSE && l.recall >= MIN_RECALL;
                self.rlx_viable && self.learned.as_ref().is_some_and(good)
            }
        }
    }

    /// Returns the choice of the legacy picker's fixed thresholds.
    fn legacy(&self) -> WelchPeaksStrategy {
        let sparse = self.learned.is_some_and(|l| l.dead_share >= SPARSE);
        if sparse && !self.same_answer {
            WelchPeaksStrategy::LearnedCompiled
        } else if self.shape.batch <= self.ultra_max_batch() && !self.same_answer {
            WelchPeaksStrategy::UltraFast
        } else if self.gpu && self.shape.batch >= LEGACY_GPU_BATCH {
            WelchPeaksStrategy::RlxCompiled
        } else {
            WelchPeaksStrategy::FastStreaming
        }
    }
}

/// Picks the candidate with the lowest predicted time (or by the fixed thresholds). Does not allocate.
pub fn pick(models: &StrategyModels, request: &PickRequest) -> Pick {
    let predictions = WelchPeaksStrategy::ALL.map(|strategy| Prediction {
        strategy,
        ns: models.predict_ns(strategy, &request.shape, request.threads),
        candidate: request.is_candidate(strategy),
    });
    let cheapest = predictions
        .iter()
        .filter(|p| p.candidate)
        .min_by(|a, b| a.ns.total_cmp(&b.ns))
        .map_or(WelchPeaksStrategy::FastStreaming, |p| p.strategy);
    Pick { strategy: if request.legacy { request.legacy() } else { cheapest }, predictions }
}

#[cfg(test)]
mod tests {
    use super::WelchPeaksStrategy as S;
    use super::*;

    fn request(batch: usize) -> PickRequest {
        PickRequest {
            shape: WelchPeaksShape::new(batch, 256, 2, 16),
            threads: 1,
            gpu: false,
            same_answer: false,
            rlx_viable: true,
            learned: None,
            legacy: false,
        }
    }

    #[test]
    fn candidates_follow_the_rules() {
        assert!(request(256).is_candidate(S::UltraFast) && !request(257).is_candidate(S::UltraFast));
        let gpu = |batch| PickRequest { gpu: true, ..request(batch) };
        assert!(gpu(128).is_candidate(S::UltraFast) && !gpu(129).is_candidate(S::UltraFast));
        assert!(!PickRequest { same_answer: true, ..request(1) }.is_candidate(S::UltraFast));
        assert!(!PickRequest { rlx_viable: false, ..request(1) }.is_candidate(S::RlxCompiled));
        let learned = |dead_share, recall| {
            let learned = Some(LearnedCandidate { dead_share, recall });
            PickRequest { learned, ..request(4096) }.is_candidate(S::LearnedCompiled)
        };
        assert!(learned(0.25, 0.99));
        assert!(!learned(0.24, 1.0) && !learned(0.9, 0.98) && !learned(f64::NAN, 1.0));
        assert!(!request(4096).is_candidate(S::LearnedCompiled));
    }

    #[test]
    fn shipped_values_pick_sensibly() {
        let models = StrategyModels::cpu(None);
        let same = |batch| pick(&models, &PickRequest { same_answer: true, ..request(batch) }).strategy;
        assert_eq!((same(1), same(16), same(65_536)), (S::FastStreaming, S::RlxCompiled, S::RlxCompiled));
        let stuck = PickRequest { rlx_viable: false, same_answer: true, ..request(65_536) };
        assert_eq!(pick(&models, &stuck).strategy, S::FastStreaming);
        assert_eq!(pick(&models, &request(0)).predictions.len(), 4);
    }

    #[test]
    fn legacy_thresholds() {
        let models = StrategyModels::cpu(None);
        let legacy =
            |batch, gpu| pick(&models, &PickRequest { legacy: true, gpu, ..request(batch) }).strategy;
        assert_eq!((legacy(256, false), legacy(257, false)), (S::UltraFast, S::FastStreaming));
        assert_eq!((legacy(128, true), legacy(129, true)), (S::UltraFast, S::FastStreaming));
        assert_eq!((legacy(8192, true), legacy(8192, false)), (S::RlxCompiled, S::FastStreaming));
        let learned = Some(LearnedCandidate { dead_share: 0.5, recall: 0.5 });
        let sparse = PickRequest { legacy: true, learned, ..request(4096) };
        assert_eq!(pick(&models, &sparse).strategy, S::LearnedCompiled);
    }
}
