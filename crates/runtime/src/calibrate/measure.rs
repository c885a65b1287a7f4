//! Times of every host strategy over a small grid.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rlx_compile::BackendCostModel;
use rlx_compile::builders::{WelchPeaksShape, welch_peaks};
use rlx_compile::cost::{CALIBRATION_SCHEMA, Calibration, CostSource, HostId, Sample};
use rlx_compile::passes::FusionPolicy;
use rlx_compile::picker::WelchPeaksStrategy;
use rlx_dsp::welch::peaks::{PeaksEngine, WelchPeakParams, WelchPeaksScratch};

use super::clock::{Spread, interleaved, spread};
use super::coefficients::{self, Effort};
use crate::cpu::useful_threads;
use crate::device::Device;
use crate::error::Result;
use crate::session::{Session, SessionOptions};

/// What a calibration covers.
#[derive(Debug, Clone, PartialEq)]
pub struct CalibrateOptions {
    /// Transform lengths.
    pub n_ffts: Vec<usize>,
    /// Numbers of peaks.
    pub ks: Vec<usize>,
    /// Rows.
    pub batches: Vec<usize>,
    /// How often the whole grid is gone through. What disturbs a cell in one pass is over in the next: a sample is the
    /// median of its passes.
    pub passes: usize,
    /// Timed rounds of a cell in a pass end after this long.
    pub budget: Duration,
    /// A batch of more samples than this is left out: its time follows from the smaller ones.
    pub max_samples: usize,
    /// Transform lengths that are only looked at coarsely.
    pub edges: Vec<usize>,
    /// Rows of those.
    pub edge_batches: Vec<usize>,
    /// Timed rounds of a cell in a pass, at least.
    pub rounds: usize,
    /// Whether this is a probe: a sample is the quickest of its rounds, because other work may run beside it.
    pub probe: bool,
    /// Once this has passed, further passes are left out, and of the first one the cells that are left, the largest.
    pub time_limit: Duration,
}

impl Default for CalibrateOptions {
    fn default() -> Self {
        Self {
            n_ffts: vec![128, 256, 512, 1024],
            ks: vec![1, 16, 64],
            batches: vec![1, 4, 16, 64, 256, 1024, 4096, 16_384],
            passes: 3,
            budget: Duration::from_millis(3),
            max_samples: 4 << 20,
            edges: vec![64, 2048, 4096],
            edge_batches: vec![1, 16, 256],
            rounds: 3,
            probe: false,
            time_limit: Duration::from_millis(5500),
        }
    }
}

impl CalibrateOptions {
    /// Creates a few points, for tests.
    pub fn tiny() -> Self {
        Self {
            n_ffts: vec![128],
            ks: vec![4],
            batches: vec![1, 16],
            passes: 2,
            budget: Duration::ZERO,
            max_samples: 1 << 20,
            edges: Vec::new(),
            edge_batches: Vec::new(),
            rounds: 3,
            probe: false,
            time_limit: Duration::from_secs(600),
        }
    }

    /// What the CPU's probe measures: the corners of the grid that decide between the strategies.
    pub fn probe() -> Self {
        Self {
            n_ffts: vec![256, 1024],
            ks: vec![1, 64],
            batches: vec![1, 8, 64],
            passes: 1,
            budget: Duration::ZERO,
            max_samples: 1 << 18,
            edges: Vec::new(),
            edge_batches: Vec::new(),
            rounds: 2,
            probe: true,
            time_limit: Duration::from_millis(40),
        }
    }

    /// What a sample is: the median of a cell's rounds, of a probe the least.
    pub(super) fn time_of(&self, spread: &Spread) -> f64 {
        if self.probe { spread.min } else { spread.median }
    }

    /// Where a record of these options stands between shipped and measured.
    pub(super) fn source(&self) -> CostSource {
        if self.probe { CostSource::Probed } else { CostSource::Measured }
    }
}

impl CalibrateOptions {
    /// Returns the shapes to measure, the smallest first, so that a limit of time costs the ones that the prior knows
    /// best.
    pub(super) fn cells(&self) -> Vec<WelchPeaksShape> {
        let grid = |ns: &[usize], batches: &[usize]| {
            let mut cells = Vec::new();
            for &n in ns {
                for &k in &self.ks {
                    cells.extend(batches.iter().map(|&b| WelchPeaksShape::new(b, n, 2, k)));
                }
            }
            cells
        };
        let samples =
            |s: &WelchPeaksShape| s.frame_len().map_or(usize::MAX, |len| s.batch.saturating_mul(len));
        let mut cells = [grid(&self.n_ffts, &self.batches), grid(&self.edges, &self.edge_batches)].concat();
        cells.retain(|s| samples(s) <= self.max_samples);
        cells.sort_by_key(samples);
        cells
    }

    /// Returns the samples of the largest batch.
    pub(super) fn longest(&self) -> usize {
        self.cells().iter().filter_map(|s| Some(s.batch * s.frame_len().ok()?)).max().unwrap_or(0)
    }

    /// Goes through the cells in every pass; `measure` gives the samples of a cell. `progress` hears the share that is
    /// done, 0 … 1.
    pub(super) fn measure(
        &self,
        start: Instant,
        mut progress: impl FnMut(f64),
        mut measure: impl FnMut(&WelchPeaksShape) -> Result<Vec<Sample>>,
    ) -> Result<Vec<Sample>> {
        let cells = self.cells();
        let passes = self.passes.max(1);
        let mut found: Vec<Vec<Vec<Sample>>> = vec![Vec::new(); cells.len()];
        let turns = (0..passes).flat_map(|_| cells.iter().enumerate());
        for (turn, (index, shape)) in turns.enumerate() {
            if start.elapsed() > self.time_limit {
                break;
            }
            progress(turn as f64 / (passes * cells.len()) as f64);
            found[index].push(measure(shape)?);
        }
        progress(1.0);
        Ok(found.into_iter().flat_map(median_of_passes).collect())
    }
}

/// Returns the samples of a cell with the median of what its passes found; all of them name the same strategies in
/// the same order.
fn median_of_passes(passes: Vec<Vec<Sample>>) -> Vec<Sample> {
    let Some(first) = passes.first() else { return Vec::new() };
    let of = |sample: &Sample| {
        let same = |s: &&Sample| Sample { ns: sample.ns, ..**s } == *sample;
        let mut ns: Vec<f64> = passes.iter().filter_map(|p| p.iter().find(same)).map(|s| s.ns).collect();
        spread(&mut ns).map(|s| Sample { ns: s.median, ..*sample })
    };
    first.iter().filter_map(of).collect()
}

/// Returns a tone in noise, the same each time, as input of everything that is timed: speed depends little on the samples,
/// except where they are denormals or zeros.
#[must_use]
pub fn test_signal(len: usize) -> Vec<f32> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    (0..len)
        .map(|i| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (i as f32 * 0.71).sin() + (state >> 40) as f32 / (1 << 24) as f32 - 0.5
        })
        .collect()
}

/// Measures the CPU. `progress` hears the share that is done, 0 … 1.
///
/// # Errors
/// What a kernel refuses; nothing is stored.
pub fn calibrate_cpu(options: &CalibrateOptions, progress: impl FnMut(f64)) -> Result<Calibration> {
    let start = Instant::now();
    let session = Session::open(&Device::Cpu)?;
    let host = session.device().host_id();
    let model = coefficients::measure(&session, if options.probe { &Effort::PROBE } else { &Effort::WHOLE })?;
    let signal = test_signal(options.longest());
    let samples = options.measure(start, progress, |shape| {
        let mut samples = Vec::new();
        for threads in thread_counts(shape.batch) {
            cell(shape, threads, options, &signal, &mut samples)?;
        }
        Ok(samples)
    })?;
    Ok(record(host, model, samples, options.source()))
}

/// Returns one thread, and all that a batch has work for where that is more.
pub(super) fn thread_counts(batch: usize) -> impl Iterator<Item = usize> {
    let all = useful_threads(0, batch);
    std::iter::once(1).chain((all > 1).then_some(all))
}

/// What was measured, dated now.
pub(super) fn record(
    host: HostId,
    model: BackendCostModel,
    samples: Vec<Sample>,
    source: CostSource,
) -> Calibration {
    let unix_time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    Calibration { schema: CALIBRATION_SCHEMA, host, unix_time, source, model, samples }
}

/// Times the strategies of one cell in turn.
fn cell(
    shape: &WelchPeaksShape,
    threads: usize,
    options: &CalibrateOptions,
    signal: &[f32],
    samples: &mut Vec<Sample>,
) -> Result<()> {
    let session = Session::with_options(&Device::Cpu, SessionOptions::default().threads(threads))?;
    let (n, k, batch) = (shape.n_fft, shape.k, shape.batch);
    let fast = WelchPeakParams::fast_for_n_fft(n, k);
    let mut rows = WelchPeaksScratch::new(fast.clone(), PeaksEngine::Streaming, threads)?;
    let ultra = WelchPeakParams::ultra_fast_for_n_fft(n, k);
    let mut lead = WelchPeaksScratch::new(ultra, PeaksEngine::Streaming, threads)?;
    let executable = session.compile_with(&welch_peaks(shape)?, FusionPolicy::Always)?;
    let len = shape.frame_len()?;
    let input = &signal[..batch * len];
    let width = batch * fast.k_out() * 2;
    let mut outs = [vec![0.0; width], vec![0.0; width], vec![0.0; width]];
    let [of_rows, of_lanes, of_lead] = &mut outs;
    let mut run_rows = || -> Result<()> { Ok(rows.peaks_into(input, batch, of_rows)?) };
    let mut run_lanes = || executable.run(&[input], &mut [of_lanes]);
    let mut run_lead = || -> Result<()> { Ok(lead.peaks_of_rows_into(input, batch, len, of_lead)?) };
    let spreads = interleaved(
        &mut [&mut run_rows, &mut run_lanes, &mut run_lead],
        options.budget,
        options.rounds,
        401,
    )?;
    let strategies = [
        (WelchPeaksStrategy::FastStreaming, 2),
        (WelchPeaksStrategy::RlxCompiled, 2),
        (WelchPeaksStrategy::UltraFast, 1),
    ];
    for ((strategy, segments), spread) in strategies.into_iter().zip(spreads) {
        let ns = options.time_of(&spread);
        if ns > 0.0 {
            samples.push(Sample { strategy, n_fft: n, segments, k, batch, threads, ns });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disturbed_pass_leaves_no_trace() {
        let options = CalibrateOptions { passes: 3, ..CalibrateOptions::tiny() };
        let mut turn = 0;
        let samples = options.measure(
            Instant::now(),
            |_| {},
            |shape| {
                turn += 1;
                let strategy = WelchPeaksStrategy::RlxCompiled;
                let (n_fft, segments, k, batch) = (shape.n_fft, 2, shape.k, shape.batch);
                // The second pass is three times as slow.
                let ns = batch as f64 * if (3..=4).contains(&turn) { 3.0 } else { 1.0 };
                let sample = Sample { strategy, n_fft, segments, k, batch, threads: 1, ns };
                Ok(vec![sample, Sample { threads: 2, ns: 0.5 * ns, ..sample }])
            },
        );
        let ns: Vec<f64> = samples.unwrap().iter().map(|s| s.ns).collect();
        assert_eq!(ns, [1.0, 0.5, 16.0, 8.0]);
    }

    #[test]
    fn a_tiny_calibration_is_valid_and_covers_its_grid() {
        let mut heard = Vec::new();
        let record = calibrate_cpu(&CalibrateOptions::tiny(), |share| heard.push(share)).unwrap();
        record.validate().unwrap();
        assert_eq!(heard.last(), Some(&1.0));
        record.matches(&crate::devices()[0].host_id()).unwrap();
        for strategy in &WelchPeaksStrategy::ALL[..3] {
            let of = record.samples.iter().filter(|s| s.strategy == *strategy && s.threads == 1);
            let mut batches: Vec<usize> = of.map(|s| s.batch).collect();
            batches.sort_unstable();
            assert_eq!(batches, [1, 16], "{strategy}");
        }
        let again = Calibration::from_json(&record.to_json().unwrap()).unwrap();
        assert_eq!(again, record);
    }
}
