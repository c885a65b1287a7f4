//! A model as a tape: dead butterflies are removed, the rest are vector operations on rows in lanes.
//!
//! The last stages before few outputs are merged: each output is then a sum over the points that it depends on, and
//! intermediate values are not stored. The number of merged stages is chosen by the count of operations. If all live
//! butterflies are still those of the FFT, the passes of the FFT kernel replace the tape, as far as the kept bins
//! need them.

use std::fmt;

use num_complex::Complex32;
use rlx_dsp::lanes::{
    BandSpec, Isa, LaneTape, Rows, TapeOp, TapeOutput, TapeSpec, Weight, band_kernel, tape_kernel,
};
use rlx_dsp::nan::{NanPolicy, first_non_finite};
use rlx_dsp::welch::peaks::{WelchParams, WelchPeakParams};

use crate::error::{Error, Result};
use crate::live::live_outputs;
use crate::model::FastLearnedFftModel;
use crate::network::{Butterfly, ButterflyNetwork, Gate};
use crate::peaks::check_rows;

/// A compiled model for one set of parameters: built once, called many times.
pub struct CompiledModel {
    params: WelchPeakParams,
    kernel: Box<dyn LaneTape>,
    /// Bin of each slot, ascending.
    bins: Vec<u32>,
    operations: Option<usize>,
    packed: Vec<f32>,
}

impl fmt::Debug for CompiledModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompiledModel")
            .field("params", &self.params)
            .field("bins", &self.bins.len())
            .field("operations", &self.operations)
            .finish_non_exhaustive()
    }
}

impl FastLearnedFftModel {
    /// Compiles the model for these parameters on the widest instruction set of the machine.
    ///
    /// # Errors
    /// Parameters for another `n_fft` or outside their domain; a policy for NaN that skips segments; a model that
    /// keeps no bin or is shorter than a vector.
    pub fn compile(&self, params: &WelchPeakParams) -> Result<CompiledModel> {
        let bins = self.compiled_bins(params)?;
        if self.is_fft() {
            let TapeSpec { window, hop, n_segments, gains, .. } = frame(self, &params.welch, &bins)?;
            let spec = BandSpec { window, hop, n_segments, bins: bins.clone(), gains };
            if let Some(kernel) = band_kernel(Isa::detect()?, spec) {
                return Ok(CompiledModel {
                    params: params.clone(),
                    kernel,
                    bins,
                    operations: None,
                    packed: Vec::new(),
                });
            }
        }
        self.compile_tape(params)
    }

    /// Compiles to a tape even if the model is the FFT; otherwise the same as [`compile`](Self::compile).
    ///
    /// # Errors
    /// Those of [`compile`](Self::compile).
    pub fn compile_tape(&self, params: &WelchPeakParams) -> Result<CompiledModel> {
        let bins = self.compiled_bins(params)?;
        let isa = Isa::detect()?;
        let spec = lower(self, &params.welch, &bins)?;
        let operations = spec.ops.iter().map(TapeOp::cost).sum::<usize>()
            + spec.outputs.iter().map(|o| 4 * o.terms.len() + 2).sum::<usize>();
        let kernel = tape_kernel(isa, spec).ok_or_else(|| {
            Error::argument("n_fft", format!("{}: too short for the lanes of {isa}", self.n_fft()))
        })?;
        let operations = Some(operations);
        Ok(CompiledModel { params: params.clone(), kernel, bins, operations, packed: Vec::new() })
    }

    fn compiled_bins(&self, params: &WelchPeakParams) -> Result<Vec<u32>> {
        self.check_params(params)?;
        let bins: Vec<u32> = (0..self.n_bins() as u32).filter(|&k| self.mask()[k as usize] > 0.0).collect();
        if bins.is_empty() {
            return Err(Error::argument("mask", "keeps no bin"));
        }
        Ok(bins)
    }

    /// Returns whether everything that the kept bins need is as in the FFT.
    fn is_fft(&self) -> bool {
        let (network, kept) = (self.network(), self.kept());
        let Ok(exact) = ButterflyNetwork::exact(self.n_fft()) else { return false };
        let alive = live_outputs(&exact, &kept);
        let same = |s: usize| {
            let (Some(mine), Some(gates), Some(its)) = (network.stage(s), network.gates(s), exact.stage(s))
            else {
                return false;
            };
            let open = |i: usize| mine[i] == its[i] && gates[i] == Gate::Open;
            (0..mine.len()).all(|i| alive[s][i] == [false; 2] || open(i))
        };
        network.depth() == 1
            && !network.is_real()
            && network.order(0) == exact.order(0)
            && (0..exact.stages()).all(same)
    }
}

impl CompiledModel {
    /// Returns the number of vector operations of one transform by the tape; a fused multiply-add counts as one.
    /// `None` if the FFT kernel runs.
    pub fn operations(&self) -> Option<usize> {
        self.operations
    }

    /// Returns the parameters.
    pub fn params(&self) -> &WelchPeakParams {
        &self.params
    }

    /// Writes packed peaks `[batch, k, 2]` of rows of `row_len ≥ frame_len` samples to `out`: those of
    /// [`FastLearnedFftModel::welch_peaks_batch_into`] up to rounding.
    ///
    /// # Errors
    /// Those of [`FastLearnedFftModel::welch_peaks_batch_into`].
    pub fn peaks_into(
        &mut self,
        samples: &[f32],
        batch: usize,
        row_len: usize,
        out: &mut [f32],
    ) -> Result<()> {
        let params = self.params.clone();
        check_rows(&params, samples, batch, row_len)?;
        let k = params.k_out();
        if out.len() != batch * 2 * k {
            let expected = batch * 2 * k;
            return Err(rlx_dsp::Error::Length { name: "out", expected, got: out.len() }.into());
        }
        if batch == 0 {
            return Ok(());
        }
        let rows = Rows { samples: &samples[params.welch.lead..], stride: row_len, count: batch };
        let kept = k.min(self.bins.len());
        let bad = if kept == k {
            self.kernel.peaks(rows, k, out)
        } else {
            self.packed.resize(batch * 2 * kept, 0.0);
            let bad = self.kernel.peaks(rows, kept, &mut self.packed);
            for (out, packed) in out.chunks_exact_mut(2 * k).zip(self.packed.chunks_exact(2 * kept)) {
                out.fill(0.0);
                out[..2 * kept].copy_from_slice(packed);
            }
            bad
        };
        if let Some(first) = bad.filter(|_| params.nan == NanPolicy::Error) {
            let rows = out.chunks_exact(2 * k).enumerate().skip(first);
            for (row, _) in rows.filter(|(_, out)| !out[1].is_finite()) {
                let samples = &samples[row * row_len..][..params.welch.frame_len()];
                if let Some((index, value)) = first_non_finite(samples) {
                    return Err(rlx_dsp::Error::NonFinite { row, index: index as u64, value }.into());
                }
            }
        }
        if self.bins.len() < params.welch.n_bins() {
            // Slots of a band that starts at DC equal its bins, and rows without a silent slot need no change.
            let low = self.bins.iter().zip(0..).all(|(bin, slot)| *bin == slot);
            for out in out.chunks_exact_mut(2 * k).filter(|out| !low || out[2 * k - 1] == 0.0) {
                name_bins(&self.bins, kept, out);
            }
        }
        Ok(())
    }

    /// Writes the powers `[batch, n_bins]` of rows of exactly `frame_len` samples; 0 for bins that the mask drops.
    ///
    /// # Errors
    /// Wrong lengths.
    pub fn psd_into(&mut self, samples: &[f32], batch: usize, out: &mut [f32]) -> Result<()> {
        let (len, n_bins) = (self.params.welch.frame_len(), self.params.welch.n_bins());
        check_rows(&self.params, samples, batch, len)?;
        if out.len() != batch * n_bins {
            let expected = batch * n_bins;
            return Err(rlx_dsp::Error::Length { name: "out", expected, got: out.len() }.into());
        }
        if batch == 0 {
            return Ok(());
        }
        let slots = self.bins.len();
        self.packed.resize(batch * slots, 0.0);
        let samples = &samples[self.params.welch.lead..];
        self.kernel.powers(Rows { samples, stride: len, count: batch }, &mut self.packed);
        out.fill(0.0);
        for (out, packed) in out.chunks_exact_mut(n_bins).zip(self.packed.chunks_exact(slots)) {
            for (&bin, &power) in self.bins.iter().zip(packed) {
                out[bin as usize] = power;
            }
        }
        Ok(())
    }
}

/// Replaces slots by bins. If no power is left, the lowest bins that do not occur yet follow, as with a mask of
/// zeros.
fn name_bins(bins: &[u32], kept: usize, out: &mut [f32]) {
    let pairs = out.as_chunks_mut::<2>().0;
    for pair in &mut pairs[..kept] {
        pair[0] = bins[pair[0] as usize] as f32;
    }
    let strong = pairs.iter().take_while(|p| p[1] != 0.0).count();
    let (named, rest) = pairs.split_at_mut(strong);
    if rest.is_empty() {
        return;
    }
    // The lowest free bins are below the number of pairs; bins below 64 are kept as a bit set instead of searched.
    let taken = named.iter().filter(|p| p[0] < 64.0).fold(0u64, |taken, p| taken | 1 << p[0] as u32);
    let free = (0u32..).filter(|&bin| match bin {
        0..64 => taken >> bin & 1 == 0,
        _ => named.iter().all(|p| p[0] != bin as f32),
    });
    rest.iter_mut().zip(free).for_each(|(pair, bin)| *pair = [bin as f32, 0.0]);
}

/// One butterfly with its gate applied, and which of its inputs are present and which outputs are needed.
#[derive(Clone, Copy)]
pub(crate) struct Acting {
    pub(crate) w: Butterfly,
    pub(crate) live: [bool; 2],
    pub(crate) skip: bool,
}

pub(crate) fn acting(network: &ButterflyNetwork, live: &[Vec<[bool; 2]>], s: usize, i: usize) -> Acting {
    let (w, gate) = match (network.stage(s), network.gates(s)) {
        (Some(stage), Some(gates)) => (stage[i], gates[i]),
        _ => (Butterfly::IDENTITY, Gate::Skip),
    };
    let w = match gate {
        Gate::Open => w,
        Gate::Reverse => w.adjoint(),
        Gate::Skip => Butterfly::IDENTITY,
        Gate::Closed => Butterfly::from_array([0.0; 8]),
    };
    Acting { w, live: live[s][i], skip: gate == Gate::Skip }
}

fn weight(z: Complex32) -> Weight {
    [z.re, z.im]
}

/// Returns the twiddle `w` of `[[1, w], [1, −w]]`.
fn twiddle(w: &Butterfly) -> Option<Weight> {
    let one = Complex32::new(1.0, 0.0);
    (w.a == one && w.c == one && w.d == -w.b).then(|| weight(w.b))
}

fn lower(model: &FastLearnedFftModel, welch: &WelchParams, bins: &[u32]) -> Result<TapeSpec> {
    let network = model.network();
    let n = network.n();
    let live = live_outputs(network, &model.kept());
    // The last stages of the last product may be merged.
    let most = n.trailing_zeros().min(4) as usize;
    let candidates = (0..=most).map(|collapsed| {
        let (ops, addresses, zero) = stages(network, &live, network.stages() - collapsed);
        let outputs = outputs(network, &live, bins, collapsed, &addresses, &zero);
        // A term costs four operations and two loads whose latency is exposed.
        let cost = ops.iter().map(TapeOp::cost).sum::<usize>()
            + outputs
                .iter()
                .map(|o| if o.terms.len() == 1 { 2 } else { 5 * o.terms.len() + 2 })
                .sum::<usize>();
        (cost, ops, outputs)
    });
    let (_, ops, outputs) = candidates.min_by_key(|c| c.0).unwrap_or_default();
    Ok(TapeSpec { ops, outputs, ..frame(model, welch, bins)? })
}

/// Returns the tape of everything around the transform, without operations.
fn frame(model: &FastLearnedFftModel, welch: &WelchParams, bins: &[u32]) -> Result<TapeSpec> {
    let corrector = model.corrector();
    let gains = bins
        .iter()
        .map(|&bin| {
            let gain = model.mask()[bin as usize] * corrector.scale / welch.n_segments as f32;
            [gain, corrector.offset]
        })
        .collect();
    Ok(TapeSpec {
        window: model.weights(welch)?,
        hop: welch.hop,
        n_segments: welch.n_segments,
        ops: Vec::new(),
        outputs: Vec::new(),
        gains,
    })
}

/// Returns the first `count` stages as operations, the address of each point after them, and which points are zero.
fn stages(
    network: &ButterflyNetwork,
    live: &[Vec<[bool; 2]>],
    count: usize,
) -> (Vec<TapeOp>, Vec<u32>, Vec<bool>) {
    let n = network.n();
    let mut addresses: Vec<u32> = (0..n as u32).collect();
    let mut zero = vec![false; n];
    let mut ops = Vec::new();
    let mut s = 0;
    while s < count {
        if let Some(order) = network.order_before(s) {
            addresses = order.iter().map(|&i| addresses[i as usize]).collect();
            zero = order.iter().map(|&i| zero[i as usize]).collect();
        }
        let half = network.distance(s);
        // Two stages at once if both exist and belong to one product.
        let paired = s + 1 < count && network.order_before(s + 1).is_none();
        let mut done = vec![false; n];
        if paired {
            let mut quads = [Vec::new(), Vec::new(), Vec::new()];
            for p in (0..n).filter(|p| p & half == 0 && p & (2 * half) == 0) {
                let points = [p, p + half, p + 2 * half, p + 3 * half];
                if let Some(op) = quad(network, live, s, points, &addresses, &zero) {
                    points.iter().for_each(|&p| done[p] = true);
                    let kind = match op {
                        TapeOp::Quad1(_) => 0,
                        TapeOp::Quad(..) => 1,
                        _ => 2,
                    };
                    quads[kind].push(op);
                }
            }
            ops.extend(quads.into_iter().flatten());
        }
        for stage in s..s + 1 + usize::from(paired) {
            for i in 0..n / 2 {
                let (p, q) = network.points(stage, i);
                if !done[p] {
                    single(&acting(network, live, stage, i), p, q, &addresses, &mut zero, &mut ops);
                }
            }
        }
        s += 1 + usize::from(paired);
    }
    (ops, addresses, zero)
}

/// Adds two stages on four points if all their butterflies are live.
fn quad(
    network: &ButterflyNetwork,
    live: &[Vec<[bool; 2]>],
    s: usize,
    points: [usize; 4],
    addresses: &[u32],
    zero: &[bool],
) -> Option<TapeOp> {
    let number = |s: usize, first: usize| {
        let half = network.distance(s);
        (first / (2 * half)) * half + first % half
    };
    let [p, q, r, _] = points;
    let four = [number(s, p), number(s, r), number(s + 1, p), number(s + 1, q)];
    let acts: [Acting; 4] =
        std::array::from_fn(|j| acting(network, live, if j < 2 { s } else { s + 1 }, four[j]));
    if acts.iter().any(|a| a.skip || a.live != [true; 2]) || points.iter().any(|&p| zero[p]) {
        return None;
    }
    let at = points.map(|p| addresses[p]);
    let twiddles = acts.map(|a| twiddle(&a.w));
    if let [Some(w0), Some(w1), Some(w2), Some(w3)] = twiddles {
        let near = |w: Weight, re: f32, im: f32| (w[0] - re).abs() < 1e-7 && (w[1] - im).abs() < 1e-7;
        let trivial = near(w0, 1.0, 0.0) && near(w1, 1.0, 0.0) && near(w2, 1.0, 0.0) && near(w3, 0.0, -1.0);
        return Some(if trivial { TapeOp::Quad1(at) } else { TapeOp::Quad(at, [w0, w1, w2, w3]) });
    }
    Some(TapeOp::QuadGeneral(at, acts.map(|a| [weight(a.w.a), weight(a.w.b), weight(a.w.c), weight(a.w.d)])))
}

/// Adds the needed part of one butterfly.
fn single(act: &Acting, p: usize, q: usize, addresses: &[u32], zero: &mut [bool], ops: &mut Vec<TapeOp>) {
    if act.skip {
        return;
    }
    let (x, y, w) = (addresses[p], addresses[q], act.w);
    let (no_x, no_y) = (zero[p], zero[q]);
    let is_zero = |z: Complex32| z == Complex32::default();
    // A point that is never read need not be zero, but it must not be used as a value either.
    zero[p] = !act.live[0] || (no_x || is_zero(w.a)) && (no_y || is_zero(w.b));
    zero[q] = !act.live[1] || (no_x || is_zero(w.c)) && (no_y || is_zero(w.d));
    let wanted = [!zero[p], !zero[q]];
    match (no_x, no_y) {
        (true, true) => {}
        (false, false) => match wanted {
            [true, true] => ops.push(match twiddle(&w) {
                Some(t) => TapeOp::Pair([x, y], t),
                None => TapeOp::PairGeneral([x, y], [weight(w.a), weight(w.b), weight(w.c), weight(w.d)]),
            }),
            [true, false] => ops.push(TapeOp::Half(x, [x, y], [weight(w.a), weight(w.b)])),
            [false, true] => ops.push(TapeOp::Half(y, [x, y], [weight(w.c), weight(w.d)])),
            [false, false] => {}
        },
        // One input is zero: the point of the zero input is written first, that of the other input last.
        (no_x, _) => {
            let (from, first, second) = if no_x { (y, (x, w.b), (y, w.d)) } else { (x, (y, w.c), (x, w.a)) };
            let order = if no_x {
                [(wanted[0], first), (wanted[1], second)]
            } else {
                [(wanted[1], first), (wanted[0], second)]
            };
            for (wanted, (to, z)) in order {
                if wanted && !(to == from && z == Complex32::new(1.0, 0.0)) {
                    ops.push(TapeOp::Scale(to, from, weight(z)));
                }
            }
        }
    }
}

/// Returns each kept bin and its mirror as sums over the points before the last `collapsed` stages.
fn outputs(
    network: &ButterflyNetwork,
    live: &[Vec<[bool; 2]>],
    bins: &[u32],
    collapsed: usize,
    addresses: &[u32],
    zero: &[bool],
) -> Vec<TapeOutput> {
    let (n, stages) = (network.n(), network.stages());
    let mut out = Vec::new();
    for (slot, &bin) in bins.iter().enumerate() {
        let (bin, mirror) = (bin as usize, (n - bin as usize) % n);
        for k in if bin == mirror { vec![bin] } else { vec![bin, mirror] } {
            let mut terms = vec![(k, Complex32::new(1.0, 0.0))];
            for s in (stages - collapsed..stages).rev() {
                let half = network.distance(s);
                let mut before: Vec<(usize, Complex32)> = Vec::with_capacity(2 * terms.len());
                for (point, c) in terms {
                    let first = point & !half;
                    let i = (first / (2 * half)) * half + first % half;
                    let w = acting(network, live, s, i).w;
                    let (from_x, from_y) = if point == first { (w.a, w.b) } else { (w.c, w.d) };
                    before.extend([(first, c * from_x), (first + half, c * from_y)]);
                }
                before.retain(|t| t.1 != Complex32::default());
                terms = before;
            }
            terms.retain(|t| !zero[t.0]);
            let terms: Vec<(u32, Weight)> =
                terms.into_iter().map(|(p, c)| (addresses[p], weight(c))).collect();
            if !terms.is_empty() {
                out.push(TapeOutput { slot: slot as u32, terms });
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AffineCorrector;
    use crate::random::Random;

    /// Every kind of model is compared with the eager path, which shares only the weights with the tape.
    #[test]
    fn the_tape_answers_as_the_model_does() {
        let mut random = Random::new(6);
        for (n, segments, case) in [
            (256, 2, 0),
            (256, 2, 1),
            (64, 3, 2),
            (128, 2, 3),
            (64, 1, 4),
            (256, 2, 5),
            (512, 2, 6),
            (256, 3, 7),
        ] {
            let mut model = FastLearnedFftModel::exact(n).unwrap();
            let bins = model.n_bins();
            let band = |hi: usize| (0..bins).map(|k| f32::from(u8::from(k <= hi))).collect::<Vec<_>>();
            match case {
                1 => model.set_mask(&band(n / 16)).unwrap(),
                2 => model.set_mask(&(0..bins).map(|_| random.unit() as f32).collect::<Vec<_>>()).unwrap(),
                3 => {
                    for s in 0..7 {
                        let gates = model.network_mut().gates_mut(s).unwrap();
                        for gate in gates {
                            let draw = random.below(12) as u8;
                            *gate = Gate::from_u8(draw).unwrap_or(Gate::Open);
                        }
                    }
                }
                4 | 5 => {
                    for s in 0..model.network().stages() {
                        for w in model.network_mut().stage_mut(s).unwrap() {
                            let noise: [f32; 8] = std::array::from_fn(|_| 0.1 * random.normal() as f32);
                            let plain = w.to_array();
                            *w = Butterfly::from_array(std::array::from_fn(|j| plain[j] + noise[j]));
                        }
                    }
                    model.set_corrector(AffineCorrector { scale: 0.7, offset: 0.1 }).unwrap();
                }
                6 => {
                    model.set_mask(&band(16)).unwrap();
                    // A window of its own costs nothing: still the FFT's kernel.
                    let window: Vec<f32> = (0..n).map(|_| random.unit() as f32).collect();
                    model.set_window(Some(&window)).unwrap();
                }
                7 => {
                    let middle = |k| f32::from(u8::from((40..90).contains(&k)));
                    model.set_mask(&(0..bins).map(middle).collect::<Vec<_>>()).unwrap();
                    // Closed gates whose outputs are not needed: still the FFT.
                    model.network_mut().gates_mut(7).unwrap()[..30].fill(Gate::Closed);
                }
                _ => {}
            }
            let welch = WelchParams::new(n, segments).lead(5 * (case % 3));
            let params = WelchPeakParams::fast_for_n_fft(n, 20).welch(welch.clone());
            let rows = 37;
            let x: Vec<f32> = (0..rows * welch.frame_len()).map(|_| random.normal() as f32).collect();
            let want = model.welch_psd_batch(&welch, &x, rows).unwrap();
            for compiled in [model.compile(&params).unwrap(), model.compile_tape(&params).unwrap()] {
                let mut tape = compiled;
                let mut got = vec![0.0; want.len()];
                tape.psd_into(&x, rows, &mut got).unwrap();
                for (row, (g, w)) in got.chunks_exact(bins).zip(want.chunks_exact(bins)).enumerate() {
                    let total: f32 = w.iter().sum();
                    for (k, (g, w)) in g.iter().zip(w).enumerate() {
                        let bound =
                            8.0 * f32::EPSILON * (n as f32).log2() * (w * total).sqrt() + 1e-9 * total;
                        assert!((g - w).abs() <= bound, "case {case}, row {row}, bin {k}: {g} {w}");
                    }
                }
                let mut peaks = vec![0.0; rows * 2 * params.k_out()];
                tape.peaks_into(&x, rows, welch.frame_len(), &mut peaks).unwrap();
                let mut exact = vec![0.0; 2 * params.k_out()];
                for (row, peaks) in peaks.chunks_exact(2 * params.k_out()).enumerate() {
                    rlx_dsp::peaks::insert::insert_top_k(&got[row * bins..][..bins], &mut exact);
                    assert_eq!(peaks, exact, "case {case}, row {row}: exact on its own powers");
                }
            }
            assert_eq!(model.is_fft(), !(3..6).contains(&case), "case {case}");
        }
    }

    #[test]
    fn pruning_leaves_fewer_operations_and_nonsense_is_refused() {
        let params = WelchPeakParams::fast_for_n_fft(256, 16);
        let operations = |hi: usize| {
            let mut model = FastLearnedFftModel::exact(256).unwrap();
            let mask: Vec<f32> = (0..129).map(|k| f32::from(u8::from(k <= hi))).collect();
            model.set_mask(&mask).unwrap();
            model.compile_tape(&params).unwrap().operations().unwrap()
        };
        let counts = [128, 32, 16, 8].map(operations);
        assert!(counts.windows(2).all(|w| w[1] < w[0]), "{counts:?}");
        let mut model = FastLearnedFftModel::exact(256).unwrap();
        assert!(model.compile(&WelchPeakParams::fast_for_n_fft(128, 4)).is_err());
        let mut tape = model.compile(&params).unwrap();
        let mut x = vec![1.0; 3 * 384];
        x[400] = f32::NAN;
        let error = tape.peaks_into(&x, 3, 384, &mut vec![0.0; 96]).unwrap_err().to_string();
        assert_eq!(error, "sample 16 of row 1 is NaN");
        model.set_mask(&[0.0; 129]).unwrap();
        assert!(model.compile(&params).is_err());
    }
}
