//! Predictors of all strategies.

use super::prior::{HostMemory, HostPrior, Threading};
use super::residual::ResidualTable;
use super::strategy::WelchPeaksStrategy;
use crate::builders::WelchPeaksShape;
use crate::cost::{BackendCostModel, Calibration, CostSource, Sample, predict_fused_ns};

/// What a strategy's prior is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Prior {
    Host(HostPrior),
    Device(BackendCostModel),
}

/// Predictor of one strategy: prior and residuals, see the [module](super) for the form.
#[derive(Debug, Clone, PartialEq)]
pub struct StrategyModel {
    prior: Prior,
    memory: HostMemory,
    threading: Threading,
    /// One table for each (segments, threads) that was calibrated.
    tables: Vec<(usize, usize, ResidualTable)>,
}

impl StrategyModel {
    /// A host strategy without a calibration.
    pub fn host(prior: HostPrior, memory: HostMemory, threading: Threading) -> Self {
        Self { prior: Prior::Host(prior), memory, threading, tables: Vec::new() }
    }

    /// The fused op of a device, without samples.
    pub fn device(model: BackendCostModel) -> Self {
        let (memory, threading) = (HostMemory::SHIPPED, Threading::SHIPPED);
        Self { prior: Prior::Device(model), memory, threading, tables: Vec::new() }
    }

    /// The same with the measured times of this strategy.
    #[must_use]
    pub fn calibrated(mut self, strategy: WelchPeaksStrategy, samples: &[Sample]) -> Self {
        let mut groups: Vec<(usize, usize)> =
            samples.iter().filter(|s| s.strategy == strategy).map(|s| (s.segments, s.threads)).collect();
        groups.sort_unstable();
        groups.dedup();
        self.tables.clear();
        for (segments, threads) in groups {
            let points: Vec<([usize; 3], f64)> = samples
                .iter()
                .filter(|s| s.strategy == strategy && (s.segments, s.threads) == (segments, threads))
                .map(|s| {
                    let shape = WelchPeaksShape::new(s.batch, s.n_fft, s.segments, s.k);
                    ([s.n_fft, s.k, s.batch], (s.ns / self.prior_ns(&shape, s.threads)).ln())
                })
                .collect();
            self.tables.push((segments, threads, ResidualTable::new(&points)));
        }
        self
    }

    /// Predicted time of one call, ns.
    pub fn predict_ns(&self, shape: &WelchPeaksShape, threads: usize) -> f64 {
        self.prior_ns(shape, threads) * self.residual(shape, threads).exp()
    }

    fn prior_ns(&self, shape: &WelchPeaksShape, threads: usize) -> f64 {
        match &self.prior {
            Prior::Host(prior) => prior.predict_ns(shape, threads, &self.memory, &self.threading),
            Prior::Device(model) => predict_fused_ns(shape, model),
        }
    }

    /// Residual of the calibrated (segments, threads) nearest to what is asked.
    fn residual(&self, shape: &WelchPeaksShape, threads: usize) -> f64 {
        let far = |a: usize, b: usize| (a.max(1) as f64 / b.max(1) as f64).ln().abs();
        self.tables
            .iter()
            .map(|(s, t, table)| (far(*s, shape.segments) + far(*t, threads), table))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map_or(0.0, |(_, table)| table.at(shape.n_fft, shape.k, shape.batch))
    }
}

/// Operations of the learned kernel relative to the fused one: a general 2×2 butterfly has 28 where a radix-2
/// one has 10; the rest of the kernel (window, power, top-K) is about a fifth of its operations.
fn learned_operations(live_share: f64) -> f64 {
    0.2 + 0.8 * 2.8 * live_share
}

/// Predictors of every strategy on one device.
#[derive(Debug, Clone, PartialEq)]
pub struct StrategyModels {
    ultra: StrategyModel,
    fast: StrategyModel,
    rlx: StrategyModel,
    learned: StrategyModel,
    source: CostSource,
}

impl StrategyModels {
    /// Predictors for the CPU: shipped values, corrected by a calibration of this host when there is one.
    pub fn cpu(calibration: Option<&Calibration>) -> Self {
        let samples = calibration.map_or(&[][..], |c| &c.samples);
        let of = |prior, strategy| {
            StrategyModel::host(prior, HostMemory::SHIPPED, Threading::SHIPPED).calibrated(strategy, samples)
        };
        Self {
            ultra: of(HostPrior::ROWS, WelchPeaksStrategy::UltraFast),
            fast: of(HostPrior::ROWS, WelchPeaksStrategy::FastStreaming),
            rlx: of(HostPrior::LANES, WelchPeaksStrategy::RlxCompiled),
            learned: of(HostPrior::LEARNED, WelchPeaksStrategy::LearnedCompiled),
            source: calibration.filter(|c| !c.samples.is_empty()).map_or(CostSource::Shipped, |c| c.source),
        }
    }

    /// Predictors for a device with a bus: `ultra` and `fast` stay on the host, the compiled ones run there.
    pub fn device(
        cpu: Option<&Calibration>,
        model: BackendCostModel,
        samples: &[Sample],
        source: CostSource,
    ) -> Self {
        let scale = model.fused_compute_scale * learned_operations(1.0);
        let learned = BackendCostModel { fused_compute_scale: scale, ..model };
        let host = Self::cpu(cpu);
        Self {
            rlx: StrategyModel::device(model).calibrated(WelchPeaksStrategy::RlxCompiled, samples),
            learned: StrategyModel::device(learned).calibrated(WelchPeaksStrategy::LearnedCompiled, samples),
            source: if samples.is_empty() { CostSource::Shipped } else { source.min(host.source) },
            ..host
        }
    }

    /// The same for a learned model of which this share of the butterflies is alive (0 … 1): its transform costs
    /// as much less. A calibration measures the dense model; its factors stay.
    #[must_use]
    pub fn with_live_share(mut self, share: f64) -> Self {
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 1.0 };
        match &mut self.learned.prior {
            Prior::Host(prior) => prior.fft_ns *= share,
            Prior::Device(model) => {
                model.fused_compute_scale *= learned_operations(share) / learned_operations(1.0);
            }
        }
        self
    }

    /// Where the predictions come from: the least accurate source of those that they use.
    pub fn source(&self) -> CostSource {
        self.source
    }

    /// Whether `rlx-fft calibrate` measured all of it.
    pub fn is_calibrated(&self) -> bool {
        self.source == CostSource::Measured
    }

    /// Predicted time of one call of a strategy on rows of this layout, ns. `ultra` transforms the leading
    /// segment only.
    pub fn predict_ns(&self, strategy: WelchPeaksStrategy, shape: &WelchPeaksShape, threads: usize) -> f64 {
        let shape = WelchPeaksShape { segments: strategy.segments(shape.segments), ..*shape };
        let model = match strategy {
            WelchPeaksStrategy::UltraFast => &self.ultra,
            WelchPeaksStrategy::FastStreaming => &self.fast,
            WelchPeaksStrategy::RlxCompiled => &self.rlx,
            WelchPeaksStrategy::LearnedCompiled => &self.learned,
        };
        model.predict_ns(&shape, threads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caps::DeviceClass;

    /// A machine that differs from the prior in every coefficient, narrow tails and a cache cliff included.
    fn truth(strategy: WelchPeaksStrategy, s: &WelchPeaksShape) -> f64 {
        let n = s.n_fft as f64;
        let (row, lanes, call) = match strategy {
            WelchPeaksStrategy::RlxCompiled => {
                let spill = if s.n_fft > 256 { 1.4 } else { 1.0 };
                (spill * (0.17 * n * n.log2() + 0.9 * n * (s.k as f64 + 3.0).log2() / 4.0), 8, 700.0)
            }
            _ => (0.5 * n * n.log2() + 3.0 * n + n * (s.k as f64).sqrt(), 1, 90.0),
        };
        let cliff = if s.batch as f64 * n * 6.0 > 4e6 { 1.25 } else { 1.0 };
        call + s.batch.div_ceil(lanes) as f64 * lanes as f64 * row * cliff
    }

    fn samples(batches: &[usize]) -> Vec<Sample> {
        let mut samples = Vec::new();
        for strategy in [WelchPeaksStrategy::FastStreaming, WelchPeaksStrategy::RlxCompiled] {
            for n_fft in [128, 256, 512, 1024] {
                for k in [1, 16, 64] {
                    for &batch in batches {
                        let ns = truth(strategy, &WelchPeaksShape::new(batch, n_fft, 2, k));
                        samples.push(Sample { strategy, n_fft, segments: 2, k, batch, threads: 1, ns });
                    }
                }
            }
        }
        samples
    }

    fn model(batches: &[usize]) -> StrategyModels {
        let of = |prior, strategy| {
            StrategyModel::host(prior, HostMemory::SHIPPED, Threading::SHIPPED)
                .calibrated(strategy, &samples(batches))
        };
        StrategyModels {
            fast: of(HostPrior::ROWS, WelchPeaksStrategy::FastStreaming),
            rlx: of(HostPrior::LANES, WelchPeaksStrategy::RlxCompiled),
            ..StrategyModels::cpu(None)
        }
    }

    /// Over the grid of `bench-picker`: (share within 2×, share of right picks within 10 %).
    fn score(models: &StrategyModels) -> (f64, f64) {
        let strategies = [WelchPeaksStrategy::FastStreaming, WelchPeaksStrategy::RlxCompiled];
        let (mut cells, mut close, mut predictions, mut right) = (0.0, 0.0, 0.0, 0.0);
        for n_fft in [128, 256, 512, 1024] {
            for k in [1, 16, 64] {
                for batch in (0..9).map(|e| 4usize.pow(e)) {
                    let shape = WelchPeaksShape::new(batch, n_fft, 2, k);
                    let cost = |s: &WelchPeaksStrategy| models.predict_ns(*s, &shape, 1);
                    let best = strategies.iter().map(|s| truth(*s, &shape)).fold(f64::INFINITY, f64::min);
                    let picked = strategies.iter().min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap();
                    right += f64::from(truth(*picked, &shape) <= 1.1 * best);
                    cells += 1.0;
                    for s in &strategies {
                        let ratio = cost(s) / truth(*s, &shape);
                        close += f64::from((0.5..=2.0).contains(&ratio));
                        predictions += 1.0;
                    }
                }
            }
        }
        (close / predictions, right / cells)
    }

    #[test]
    fn a_calibration_ranks_a_foreign_machine() {
        let all: Vec<usize> = (0..9).map(|e| 4usize.pow(e)).collect();
        assert_eq!(score(&model(&all)), (1.0, 1.0));
        // With the large batches left out the prior's slope has to carry on.
        let (close, right) = score(&model(&all[..7]));
        assert!(close == 1.0 && right >= 0.95, "{close} {right}");
        // With every second batch.
        let (close, right) = score(&model(&[1, 8, 64, 512, 4096, 32_768]));
        assert!(close == 1.0 && right >= 0.95, "{close} {right}");
    }

    #[test]
    fn a_calibrated_point_is_predicted_exactly_and_other_threads_use_the_nearest() {
        let models = model(&[1, 64, 4096]);
        let shape = WelchPeaksShape::new(64, 256, 2, 16);
        let wanted = truth(WelchPeaksStrategy::RlxCompiled, &shape);
        let got = models.predict_ns(WelchPeaksStrategy::RlxCompiled, &shape, 1);
        assert!((got / wanted - 1.0).abs() < 1e-9, "{got} {wanted}");
        assert!(models.predict_ns(WelchPeaksStrategy::RlxCompiled, &shape, 8).is_finite());
        let eight = WelchPeaksShape::new(64, 256, 8, 16);
        assert!(models.predict_ns(WelchPeaksStrategy::RlxCompiled, &eight, 1) > 2.0 * got);
    }

    #[test]
    fn dead_butterflies_make_the_learned_transform_cheaper() {
        let cpu = StrategyModels::cpu(None);
        let gpu = StrategyModels::device(
            None,
            BackendCostModel::shipped(DeviceClass::Metal),
            &[],
            CostSource::Shipped,
        );
        let shape = WelchPeaksShape::new(65_536, 256, 2, 16);
        for models in [cpu, gpu] {
            let at = |share| {
                let learned = WelchPeaksStrategy::LearnedCompiled;
                models.clone().with_live_share(share).predict_ns(learned, &shape, 1)
            };
            assert!(at(0.25) < at(0.5) && at(0.5) < at(1.0) && at(1.0) == at(f64::NAN));
            let rlx = models.predict_ns(WelchPeaksStrategy::RlxCompiled, &shape, 1);
            assert!(at(0.2) < rlx && rlx < at(1.0));
        }
    }

    #[test]
    fn a_device_keeps_the_host_strategies_on_the_host() {
        let gpu = StrategyModels::device(
            None,
            BackendCostModel::shipped(DeviceClass::Cuda),
            &[],
            CostSource::Shipped,
        );
        let cpu = StrategyModels::cpu(None);
        let shape = WelchPeaksShape::new(65_536, 256, 2, 16);
        let of = |m: &StrategyModels, s| m.predict_ns(s, &shape, 1);
        assert_eq!(of(&gpu, WelchPeaksStrategy::FastStreaming), of(&cpu, WelchPeaksStrategy::FastStreaming));
        assert!(of(&gpu, WelchPeaksStrategy::RlxCompiled) < of(&cpu, WelchPeaksStrategy::RlxCompiled));
        assert!(!gpu.is_calibrated() && !cpu.is_calibrated());
    }
}
