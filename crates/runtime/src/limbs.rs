//! Transforms with more than single precision: passes of any radix over device memory, the same for every device.

use rlx_compile::params::{Average, Detrend, LimbPsdSpec};
use rlx_dsp::welch::PsdParams;

/// Largest prime factor: a pass of radix r computes r − 1 products per point.
const LARGEST_RADIX: usize = 127;
/// Longest transform: its roots are a table.
const LONGEST: usize = 1 << 20;
/// Number of threads that keep a device busy.
const THREADS: usize = 1 << 16;
/// Largest number of pairs of segments that one thread sums if the device is not busy.
const MOST: usize = 64;

/// The launches of an averaged power: segments in pairs, passes, sums.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LimbPlan {
    pub(crate) n: usize,
    /// Radix and number of transformed points before each pass.
    pub(crate) passes: Vec<(usize, usize)>,
    pub(crate) segments: usize,
    pub(crate) hop: usize,
    pub(crate) detrend: Detrend,
    /// Weights of a segment, then 1/len and 12/(len·(len² − 1)).
    pub(crate) window: Vec<f64>,
    pub(crate) window_len: usize,
    /// Pairs of segments that one thread sums, and number of such groups.
    pub(crate) group: usize,
    pub(crate) groups: usize,
    /// Factor of the sums of both powers of all pairs, for bins that are not doubled.
    pub(crate) factor: f64,
}

impl LimbPlan {
    /// Plans rows of `len` samples, of which a run has about `batch`.
    ///
    /// # Errors
    /// The reason if no kernel computes this estimate.
    pub(crate) fn new(spec: &LimbPsdSpec, len: usize, batch: usize) -> Result<Self, String> {
        let params: &PsdParams = &spec.estimate;
        let arithmetic = spec.arithmetic.name();
        let (n, window_len) = (params.segments.n_fft, params.segments.segment_len);
        if params.average != Average::Mean {
            return Err(format!("no {} of powers in {arithmetic}", params.average));
        }
        if !(2..=LONGEST).contains(&n) {
            return Err(format!("no transform of {n} points in {arithmetic}"));
        }
        let radices = radices(n).ok_or_else(|| format!("no transform of {n} points in {arithmetic}"))?;
        let mut before = 1;
        let mut passes = Vec::new();
        for radix in radices {
            passes.push((radix, before));
            before *= radix;
        }
        let segments = params.segment_count(len);
        if segments == 0 || [segments, params.segments.hop, len].iter().any(|n| *n > i32::MAX as usize / 2) {
            return Err(format!("{segments} segments every {} samples", params.segments.hop));
        }
        let mut window = params.segments.weights().map_err(|error| error.to_string())?;
        let factor = params.scaling.factor(&window, params.sample_rate);
        let wide = window_len as f64;
        window.push(1.0 / wide);
        window.push(if window_len > 1 { 12.0 / (wide * (wide * wide - 1.0)) } else { 0.0 });
        let pairs = segments.div_ceil(2);
        let threads = batch.max(1).saturating_mul(n / 2 + 1);
        let groups = THREADS.div_ceil(threads).min(pairs).max(pairs.div_ceil(MOST.max(pairs / 1024)));
        let group = pairs.div_ceil(groups);
        Ok(Self {
            n,
            passes,
            segments,
            hop: params.segments.hop,
            detrend: params.segments.detrend,
            window,
            window_len,
            group,
            groups: pairs.div_ceil(group),
            factor: 0.5 * factor / segments as f64,
        })
    }

    /// Number of pairs of segments per row; the last one may have only one.
    pub(crate) fn pairs(&self) -> usize {
        self.segments.div_ceil(2)
    }

    /// Returns `exp(−2πi·k/n)` of every k.
    pub(crate) fn roots(&self) -> impl Iterator<Item = [f64; 2]> {
        let n = self.n;
        (0..n).map(move |k| crate::recipe::root(k, n).into())
    }
}

/// Returns the radices of the passes: 4 as often as possible, then the other prime factors.
fn radices(mut n: usize) -> Option<Vec<usize>> {
    let mut radices = Vec::new();
    while n.is_multiple_of(4) {
        radices.push(4);
        n /= 4;
    }
    let mut prime = 2;
    while n > 1 {
        if prime > LARGEST_RADIX {
            return None;
        }
        while n.is_multiple_of(prime) {
            radices.push(prime);
            n /= prime;
        }
        prime += 1;
    }
    Some(radices)
}

#[cfg(test)]
mod tests {
    use rlx_compile::params::LimbArithmetic;
    use rlx_dsp::fft::Complex;
    use rlx_dsp::reference::dft::dft;

    use super::*;

    fn plan(n: usize, len: usize, batch: usize) -> Result<LimbPlan, String> {
        let spec = LimbPsdSpec { arithmetic: LimbArithmetic::F32x2, estimate: PsdParams::new(1.0, n) };
        LimbPlan::new(&spec, len, batch)
    }

    /// The passes as the kernels compute them.
    fn transform(plan: &LimbPlan, x: &[Complex<f64>]) -> Vec<Complex<f64>> {
        let roots: Vec<_> = plan.roots().map(|[re, im]| Complex::new(re, im)).collect();
        let mut x = x.to_vec();
        for &(radix, before) in &plan.passes {
            let width = before * radix;
            let step = plan.n / width;
            let point = |p: usize| {
                let (k, m) = (p % width, p / width);
                let term = |j: usize| roots[j * k % width * step] * x[(m + step * j) * before + k % before];
                (0..radix).map(term).sum()
            };
            x = (0..plan.n).map(point).collect();
        }
        x
    }

    #[test]
    fn the_passes_are_a_transform() {
        for n in [2, 3, 4, 8, 12, 30, 64, 77, 96, 127, 128] {
            let plan = plan(n, 3 * n, 1).unwrap();
            assert_eq!(plan.passes.iter().map(|p| p.0).product::<usize>(), n);
            let x: Vec<_> = (0..n).map(|i| Complex::new((i as f64).sin(), (i * i % 7) as f64)).collect();
            for (got, want) in transform(&plan, &x).iter().zip(dft(&x)) {
                assert!((got - want).norm() < 1e-11, "{n}");
            }
        }
        assert!(plan(131, 1000, 1).is_err() && plan(2 * 131, 1000, 1).is_err());
    }

    #[test]
    fn few_rows_are_divided_and_groups_hold_all_pairs() {
        for (len, batch) in [(64, 1), (64 * 5000, 1), (640, 10_000), (64 * 200, 3)] {
            let plan = plan(64, len, batch).unwrap();
            assert!(
                plan.group * plan.groups >= plan.pairs() && plan.group * (plan.groups - 1) < plan.pairs()
            );
        }
        assert!(plan(64, 64 * 5000, 1).unwrap().groups > 1);
        assert_eq!(plan(4096, 40_960, 1000).unwrap().groups, 1);
    }
}
