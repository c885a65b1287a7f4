//! The transform of a band: passes of radix 8 and 4 that compute only what the wanted bins need.
//!
//! ```text
//! needed points of the last stage: the bins and their mirrors (two segments share a transform)
//! backwards, stage by stage:  a block's output q is needed where any point of its sub-block is
//! forwards:  for each set of outputs:  for each block that needs it:  the butterfly without the others
//! slot = (|Z_k|² + |Z_{n−k}|²)·gain + offset;   the K best slots      (reduce/topk.rs)
//! ```
//! A set of outputs is a compile-time constant of its kernel, so the compiler removes unused operations; other sets
//! use the next larger kernel. Load and first pass are never pruned: every sample reaches every bin.

use crate::lanes::fft::butterfly::{Block, Dft, Radix, SplatOn};
use crate::lanes::fft::engine::Engine;
use crate::lanes::fft::stage::{LINES, twiddle};
use crate::lanes::kernels::tape::{Groups, Parts, group_of};
use crate::lanes::kernels::welch::Rows;
use crate::lanes::load::prefetch::Prefetch;
use crate::lanes::load::window::Pair;
use crate::lanes::reduce::topk::TopScratch;
use crate::lanes::simd::{Lanes, V, Z};
use fearless_simd::prelude::*;

/// Parameters of a band kernel.
#[derive(Debug, Clone)]
pub struct BandSpec {
    /// Window coefficients; their number is the transform length.
    pub window: Vec<f32>,
    /// Distance between the starts of consecutive segments, in samples.
    pub hop: usize,
    /// Segments in each row.
    pub n_segments: usize,
    /// One-sided bins, slot by slot.
    pub bins: Vec<u32>,
    /// Factor and summand of each slot's power: the sum over segments, bin and mirror.
    pub gains: Vec<[f32; 2]>,
}

/// Blocks of one pass that need the same outputs.
struct Run {
    mask: usize,
    /// First point of each block.
    blocks: Vec<u32>,
}

/// Sets of outputs with a kernel, smallest first: both ends of the bins of a block, which a low band and its mirrors
/// need.
const EIGHTS: [usize; 5] = [0x01, 0x80, 0x81, 0xC3, 0xFF];
const FOURS: [usize; 6] = [0x1, 0x8, 0x2, 0x4, 0x9, 0xF];

pub(crate) struct BandKernel<S: Lanes> {
    engine: Engine<S>,
    hop: usize,
    n_segments: usize,
    passes: Vec<Vec<Run>>,
    /// Points of a slot's bin and of its mirror; twice the same point if there is none.
    points: Vec<[u32; 2]>,
    gains: Vec<[f32; 2]>,
    powers: Vec<V<S>>,
    top: TopScratch<S>,
}

impl<S: Lanes> BandKernel<S> {
    pub(crate) fn new(simd: S, spec: BandSpec) -> Option<Self> {
        let n = spec.window.len();
        let sound = spec.n_segments > 0
            && spec.hop > 0
            && spec.bins.len() == spec.gains.len()
            && !spec.bins.is_empty()
            && spec.bins.iter().all(|&bin| bin as usize <= n / 2);
        if !sound {
            return None;
        }
        let engine = Engine::new(simd, spec.window.into())?;
        let position = &engine.recipe.position;
        let points: Vec<[u32; 2]> = spec
            .bins
            .iter()
            .map(|&bin| [position[bin as usize] as u32, position[(n - bin as usize) % n] as u32])
            .collect();
        let passes = passes(n, &engine.recipe.radices, points.as_flattened());
        let powers = vec![V::<S>::splat_on(simd, 0.0); points.len()];
        let (hop, n_segments, gains) = (spec.hop, spec.n_segments, spec.gains);
        Some(Self { engine, hop, n_segments, passes, points, gains, powers, top: TopScratch::new(simd) })
    }
}

/// Returns the runs of each pass that the `wanted` points need.
fn passes(n: usize, radices: &[usize], wanted: &[u32]) -> Vec<Vec<Run>> {
    let mut block = n;
    let mut passes = Vec::new();
    for &radix in radices {
        let span = block / radix;
        let mut masks = vec![0usize; n / block];
        for &point in wanted {
            let point = point as usize;
            masks[point / block] |= 1 << (point % block / span);
        }
        let mut runs: Vec<Run> = Vec::new();
        for (b, &mask) in masks.iter().enumerate().filter(|(_, mask)| **mask != 0) {
            let (mask, first) = (kernel_mask(radix, mask), (b * block) as u32);
            match runs.iter_mut().find(|run| run.mask == mask) {
                Some(run) => run.blocks.push(first),
                None => runs.push(Run { mask, blocks: vec![first] }),
            }
        }
        passes.push(runs);
        block = span;
    }
    passes
}

fn kernel_mask(radix: usize, mask: usize) -> usize {
    let kernels: &[usize] = match radix {
        8 => &EIGHTS,
        4 => &FOURS,
        _ => &[],
    };
    kernels.iter().copied().find(|kernel| kernel & mask == mask).unwrap_or((1 << radix) - 1)
}

/// A pass with twiddles over the blocks of a run.
#[inline(always)]
fn pass<S: Lanes, const R: usize, const MASK: usize>(
    simd: S,
    z: &mut [Z<S>],
    s: usize,
    twiddles: &[f32],
    blocks: &[u32],
    ahead: &mut Prefetch<'_>,
) where
    Dft: Radix<S, f32, R>,
{
    for &first in blocks {
        let block = &mut z[first as usize..][..R * s];
        for (j, w) in twiddles.chunks_exact(2 * (R - 1)).take(s).enumerate() {
            ahead.step::<LINES>();
            let (yr, yi) = Dft::dft(simd, gathered(simd, block, j, s));
            for q in 0..R {
                if MASK >> q & 1 == 0 {
                    continue;
                }
                block[j + q * s] = if q == 0 {
                    [yr[0], yi[0]]
                } else {
                    twiddle::<S, f32>(simd, [yr[q], yi[q]], [w[2 * q - 2], w[2 * q - 1]])
                };
            }
        }
    }
}

/// Runs the last pass of a run, and writes (`ADD`: adds) its powers to `acc`.
#[inline(always)]
fn last<S: Lanes, const R: usize, const MASK: usize, const ADD: bool>(
    simd: S,
    z: &[Z<S>],
    acc: &mut [V<S>],
    blocks: &[u32],
) where
    Dft: Radix<S, f32, R>,
{
    for &first in blocks {
        let (z, acc) = (&z[first as usize..][..R], &mut acc[first as usize..][..R]);
        let (yr, yi) = Dft::dft(simd, gathered(simd, z, 0, 1));
        for q in 0..R {
            if MASK >> q & 1 == 1 {
                let real = if ADD { yr[q].mul_add(yr[q], acc[q]) } else { yr[q] * yr[q] };
                acc[q] = yi[q].mul_add(yi[q], real);
            }
        }
    }
}

/// Points `j`, `j + s`, … of a block.
#[inline(always)]
fn gathered<S: Lanes, const R: usize>(simd: S, block: &[Z<S>], j: usize, s: usize) -> Block<S, f32, R> {
    let zero = V::<S>::splat_on(simd, 0.0);
    let mut x: Block<S, f32, R> = ([zero; R], [zero; R]);
    for i in 0..R {
        [x.0[i], x.1[i]] = block[j + i * s];
    }
    x
}

/// Calls `$f::<S, R, MASK, …>(…)` with the set of the run as a constant.
macro_rules! by_mask {
    ($simd:ident, $radix:expr, $mask:expr, $f:ident $(, $const:literal)?; $($arg:expr),*) => {{
        macro_rules! go {
            ($r:literal, $m:literal) => {
                $simd.run(
                    #[inline(always)]
                    || $f::<S, $r, $m $(, $const)?>($simd, $($arg),*),
                )
            };
        }
        match ($radix, $mask) {
            (8, 0x01) => go!(8, 0x01),
            (8, 0x80) => go!(8, 0x80),
            (8, 0x81) => go!(8, 0x81),
            (8, 0xC3) => go!(8, 0xC3),
            (8, _) => go!(8, 0xFF),
            (4, 0x1) => go!(4, 0x1),
            (4, 0x2) => go!(4, 0x2),
            (4, 0x4) => go!(4, 0x4),
            (4, 0x8) => go!(4, 0x8),
            (4, 0x9) => go!(4, 0x9),
            (4, _) => go!(4, 0xF),
            (2, _) => go!(2, 0x3),
            (3, _) => go!(3, 0x7),
            (5, _) => go!(5, 0x1F),
            (7, _) => go!(7, 0x7F),
            (6, _) => go!(6, 0x3F),
            _ => go!(10, 0x3FF),
        }
    }};
}

impl<S: Lanes> Groups for BandKernel<S> {
    type S = S;

    fn group(&mut self, rows: Rows<'_>, first: usize) {
        let len = self.engine.spec.window.len() + (self.n_segments - 1) * self.hop;
        let (group, mut ahead) = group_of::<S>(rows, first, len);
        for segment in (0..self.n_segments).step_by(2) {
            let pair =
                Pair { start: segment * self.hop, hop: (segment + 1 < self.n_segments).then_some(self.hop) };
            self.engine.load(&group, pair);
            let Engine { simd, recipe, z, acc, .. } = &mut self.engine;
            let simd = *simd;
            let mut span = recipe.n;
            for (i, (&radix, runs)) in recipe.radices.iter().zip(&self.passes).enumerate() {
                span /= radix;
                for Run { mask, blocks } in runs {
                    match recipe.twiddles.get(i) {
                        Some(twiddles) => {
                            by_mask!(simd, radix, *mask, pass; z, span, twiddles, blocks, &mut ahead);
                        }
                        None if segment == 0 => by_mask!(simd, radix, *mask, last, false; z, acc, blocks),
                        None => by_mask!(simd, radix, *mask, last, true; z, acc, blocks),
                    }
                }
            }
        }
        let (simd, acc, powers) = (self.engine.simd, &self.engine.acc, &mut self.powers);
        simd.run(
            #[inline(always)]
            || {
                for ((power, [bin, mirror]), gain) in powers.iter_mut().zip(&self.points).zip(&self.gains) {
                    let mut sum = acc[*bin as usize];
                    if bin != mirror {
                        sum += acc[*mirror as usize];
                    }
                    let (factor, offset) = (V::<S>::splat_on(simd, gain[0]), V::<S>::splat_on(simd, gain[1]));
                    *power = sum.mul_add(factor, offset);
                }
            },
        );
    }

    fn parts(&mut self) -> Parts<'_, S> {
        (self.engine.simd, &self.powers, &mut self.top)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::fft::plan::Recipe;

    /// Compares the share of butterfly outputs that are computed at n = 256 with the need of the lowest sixteenth of
    /// the bins.
    #[test]
    fn a_band_needs_few_outputs_of_late_passes() {
        let recipe = Recipe::<f32>::new(256, true).unwrap();
        let wanted: Vec<u32> =
            (0..256).filter(|k: &usize| (k + 8) % 256 < 16).map(|k| recipe.position[k] as u32).collect();
        let outputs: Vec<usize> = passes(256, &recipe.radices, &wanted)
            .iter()
            .zip([32, 4, 1])
            .map(|(runs, span)| {
                runs.iter().map(|r| r.blocks.len() * span * r.mask.count_ones() as usize).sum()
            })
            .collect();
        // 8 residues of k need all of the first pass; of the next one the outputs of k div 8 = 0 and 31; 16 points.
        assert_eq!(outputs, [256, 64, 16]);
        for (radix, mask) in [(8, 0x83), (8, 0x10), (4, 0x6), (5, 0x1), (2, 0x1)] {
            let kernel = kernel_mask(radix, mask);
            assert!(kernel & mask == mask && kernel < 1 << radix, "{radix} {mask:x}: {kernel:x}");
        }
    }
}
