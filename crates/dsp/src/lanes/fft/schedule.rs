//! The order of the passes of a transform whose last stage folds mirrored bins.
//!
//! ```text
//! a block of bins c, c + m, … mirrors the block of bins −c, −c + m, …         (m blocks of n/m points)
//! visit(block, mirror):   too large to stay near:  its stage in place, then visit(child, mirrored child) for each child
//!                         else:  its next stage into the near buffer (or in place), the others there, the last one over pairs
//! ```
//! Both blocks of a pair are in L1 at the same time, so the last stage adds `|Z_k|² + |Z_{n−k}|²` directly: half as
//! many sums, and no separate pass that folds them. A far block is only read by the stage that copies it to the near
//! buffer, so its lines are evicted from L1 without being written back.

use std::ops::Range;

use crate::lanes::fft::plan::Recipe;
use crate::lanes::fft::stage::copies;

/// One pass over points; those from `n` on are the near buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Stage `stage` in place.
    Stage { stage: usize, points: Range<usize> },
    /// Stage `stage` of a far block into the near buffer, from point `to` on.
    Near { stage: usize, points: Range<usize>, to: usize },
    /// The last stage, of some of [`Schedule::pairs`].
    Last { pairs: Range<usize> },
}

/// Passes, and the layout after the last one.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    pub(crate) passes: Vec<Pass>,
    /// First points of two blocks of the last stage that mirror each other, or twice the first point of one that
    /// mirrors itself. The sums of pair `i` start at `i·R`; output `q` of the first block meets `R − 1 − q` of the
    /// second, a lone block is not folded.
    pub(crate) pairs: Vec<[u32; 2]>,
    /// Bin of the first output of each pair's first block; the others follow at distance `n/R`.
    pub(crate) bins: Vec<usize>,
    /// Points of the transform and of the near buffer after it.
    pub(crate) points: usize,
}

/// A block of consecutive points: bins `bin`, `bin + m`, …
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Block {
    at: usize,
    bin: usize,
}

impl Schedule {
    /// Returns the passes of `recipe` where blocks of up to `near` points stay in L1.
    pub(crate) fn new<T>(recipe: &Recipe<T>, near: usize) -> Self {
        let mut schedule = Self { passes: Vec::new(), pairs: Vec::new(), bins: Vec::new(), points: recipe.n };
        let whole = [Block { at: 0, bin: 0 }; 2];
        if recipe.n > near {
            schedule.far(recipe, near, 0, whole, 1);
        } else {
            schedule.stages(recipe, 0, 0..recipe.n);
            schedule.last(recipe, 0, whole, 1);
        }
        schedule
    }

    /// Schedules a pair of blocks that exceed L1; there are `m` blocks before stage `stage`.
    fn far<T>(&mut self, recipe: &Recipe<T>, near: usize, stage: usize, pair: [Block; 2], m: usize) {
        for block in distinct(pair) {
            self.passes.push(Pass::Stage { stage, points: block.at..block.at + recipe.n / m });
        }
        let (children, stage, m) = (children(recipe, stage, pair, m), stage + 1, m * recipe.radices[stage]);
        let len = recipe.n / m;
        for pair in children {
            if stage == recipe.twiddles.len() {
                self.last(recipe, stage, pair, m);
            } else if len > near {
                self.far(recipe, near, stage, pair, m);
            } else if 4 * len > near || !copies(recipe.radices[stage]) {
                // Two blocks and the source of the copy would not fit L1 together: measured slower than in place.
                for block in distinct(pair) {
                    self.stages(recipe, stage, block.at..block.at + len);
                }
                self.last(recipe, stage, pair, m);
            } else {
                let mut here = pair;
                for (i, block) in distinct(pair).enumerate() {
                    let to = i * len;
                    self.passes.push(Pass::Near { stage, points: block.at..block.at + len, to });
                    here[i].at = recipe.n + to;
                    here[1].at = recipe.n + to;
                }
                let end = here[1].at + len;
                self.points = self.points.max(end);
                self.stages(recipe, stage + 1, recipe.n..end);
                self.last(recipe, stage, here, m);
            }
        }
    }

    /// Schedules the stages from `stage` on, except the last, over whole blocks.
    fn stages<T>(&mut self, recipe: &Recipe<T>, stage: usize, points: Range<usize>) {
        for stage in stage..recipe.twiddles.len() {
            self.passes.push(Pass::Stage { stage, points: points.clone() });
        }
    }

    /// Schedules the last stage of a pair of blocks, of which there are `m` before stage `stage`.
    fn last<T>(&mut self, recipe: &Recipe<T>, stage: usize, pair: [Block; 2], m: usize) {
        if stage < recipe.twiddles.len() {
            for pair in children(recipe, stage, pair, m) {
                self.last(recipe, stage + 1, pair, m * recipe.radices[stage]);
            }
            return;
        }
        let at = self.pairs.len();
        self.pairs.push(pair.map(|block| block.at as u32));
        self.bins.push(pair[0].bin);
        match self.passes.last_mut() {
            Some(Pass::Last { pairs }) => pairs.end = at + 1,
            _ => self.passes.push(Pass::Last { pairs: at..at + 1 }),
        }
    }
}

/// Returns the blocks of a pair; one if both are equal.
fn distinct(pair: [Block; 2]) -> impl Iterator<Item = Block> {
    pair.into_iter().take(if pair[0] == pair[1] { 1 } else { 2 })
}

/// Returns the pairs of mirrored blocks that stage `stage` creates from a pair of `m` blocks, each once.
fn children<T>(recipe: &Recipe<T>, stage: usize, pair: [Block; 2], m: usize) -> Vec<[Block; 2]> {
    let radix = recipe.radices[stage];
    let (span, m_after) = (recipe.n / m / radix, m * radix);
    let child = |of: Block, q: usize| Block { at: of.at + q * span, bin: of.bin + q * m };
    (0..radix)
        .map(|q| {
            let first = child(pair[0], q);
            let mirror = (m_after - first.bin) % m_after;
            (q, [first, child(pair[1], (mirror - pair[1].bin) / m)])
        })
        .filter(|(q, [_, second])| pair[0] != pair[1] || child(pair[0], *q).bin <= second.bin)
        .map(|(_, pair)| pair)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Follows the passes with the sets of points that they touch: every stage once over every point, in order, and every bin
    /// in one pair with its mirror.
    #[test]
    fn every_point_goes_through_every_stage_once() {
        for n in [8, 9, 15, 16, 32, 35, 64, 100, 128, 147, 256, 400, 512, 1000, 1024, 1764, 2048, 2187, 4096]
        {
            for (wide, near) in [(true, 256), (false, 256), (true, 64), (true, 16)] {
                let recipe = Recipe::<f32>::new(n, wide).expect("supported");
                let schedule = Schedule::new(&recipe, near);
                // For each point, the corresponding point of the in-place transform and the number of its stages so
                // far.
                let mut here: Vec<Option<(usize, usize)>> = (0..n).map(|p| Some((p, 0))).collect();
                here.resize(schedule.points, None);
                let mut seen = vec![0; n];
                let last = *recipe.radices.last().unwrap();
                for pass in &schedule.passes {
                    match pass {
                        Pass::Stage { stage, points } => {
                            for at in points.clone() {
                                let (point, done) = here[at].expect("points are there");
                                assert_eq!(done, *stage, "n {n}");
                                here[at] = Some((point, done + 1));
                            }
                        }
                        Pass::Near { stage, points, to } => {
                            for (i, at) in points.clone().enumerate() {
                                let (point, done) = here[at].expect("points are there");
                                assert_eq!(done, *stage, "n {n}");
                                here[n + to + i] = Some((point, done + 1));
                            }
                        }
                        Pass::Last { pairs } => {
                            for i in pairs.clone() {
                                let [a, b] = schedule.pairs[i].map(|at| at as usize);
                                for q in 0..last {
                                    let (point, done) = here[a + q].expect("points are there");
                                    assert_eq!(done, recipe.twiddles.len(), "n {n}");
                                    let bin = schedule.bins[i] + q * (n / last);
                                    assert_eq!(recipe.position[bin], point, "n {n}");
                                    seen[bin] += 1;
                                    if a != b {
                                        let (mirror, done) =
                                            here[b + last - 1 - q].expect("points are there");
                                        assert_eq!(done, recipe.twiddles.len(), "n {n}");
                                        assert_eq!(recipe.position[n - bin], mirror, "n {n}");
                                        seen[n - bin] += 1;
                                    }
                                }
                            }
                        }
                    }
                }
                assert!(seen.iter().all(|&times| times == 1), "n {n}: {seen:?}");
            }
        }
    }
}
