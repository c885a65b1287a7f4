//! Tables in the order in which the kernels read them: four values per load.

use super::FftPlan;
pub(super) use crate::recipe::root;

/// Returns window weights, zero beyond `window.len()`: the four weights of thread `t` and registers `s … s + 3`,
/// points `t + T·s …`, are at `[s / 4][t]`.
pub(super) fn window(plan: &FftPlan, window: &[f64]) -> Vec<f32> {
    let threads = plan.threads();
    let mut out = Vec::with_capacity(plan.n);
    for quad in 0..plan.points / 4 {
        for t in 0..threads {
            let at = |i: usize| window.get(t + threads * (4 * quad + i)).map_or(0.0, |&w| w as f32);
            out.extend((0..4).map(at));
        }
    }
    out
}

/// Returns the factors `w_{L·R}^(k·j)` of the passes after the first: two (real, imaginary) per load, `[pair][k mod
/// min(L, T)]`; factor `e = c·(R − 1) + j − 1` is that of `k + T·c`.
pub(super) fn factors(plan: &FftPlan) -> Vec<f32> {
    let threads = plan.threads();
    let mut out = Vec::new();
    let mut before = plan.radices[0];
    for &radix in &plan.radices[1..] {
        if radix == 1 {
            break;
        }
        let (width, copies) = (before.min(threads), (before / threads).max(1));
        let count = copies * (radix - 1);
        for pair in 0..count.div_ceil(2) {
            for k in 0..width {
                for e in [2 * pair, 2 * pair + 1] {
                    let (c, j) = (e / (radix - 1), e % (radix - 1) + 1);
                    let (re, im) =
                        if e < count { root((k + threads * c) * j, before * radix) } else { (1.0, 0.0) };
                    out.extend([re as f32, im as f32]);
                }
            }
        }
        before *= radix;
    }
    out
}

/// Returns the factors `exp(−πi·k/M)` of the pairs `k = t + T·s`, `s < points / 2`: two per load, `[s / 2][t]`.
pub(super) fn untangle(plan: &FftPlan) -> Vec<f32> {
    let threads = plan.threads();
    let mut out = Vec::with_capacity(plan.n);
    for pair in 0..plan.points / 4 {
        for t in 0..threads {
            for s in [2 * pair, 2 * pair + 1] {
                let (re, im) = root(t + threads * s, 2 * plan.n);
                out.extend([re as f32, im as f32]);
            }
        }
    }
    out
}

/// Returns the factors `w_N^(n2·k1)` of the four-step method, N = n1·n2: `[k1][n2]`.
pub(super) fn turns(n1: usize, n2: usize) -> Vec<f32> {
    let each = (0..n1).flat_map(|k| (0..n2).map(move |c| root(k * c, n1 * n2)));
    each.flat_map(|(re, im)| [re as f32, im as f32]).collect()
}

/// Returns the weights of a real frame of `2·n` points with the window at `lead`: those of thread `t`, points 2m and
/// 2m + 1 of registers `s` and `s + 1`, m = t + T·s, are at `[s / 2][t]`.
pub(super) fn frame_window(plan: &FftPlan, window: &[f64], lead: usize) -> Vec<f32> {
    let threads = plan.threads();
    let at = |i: usize| i.checked_sub(lead).and_then(|i| window.get(i)).map_or(0.0, |&w| w as f32);
    let mut out = Vec::with_capacity(2 * plan.n);
    for pair in 0..plan.points / 2 {
        for t in 0..threads {
            for s in [2 * pair, 2 * pair + 1] {
                let m = t + threads * s;
                out.extend([at(2 * m), at(2 * m + 1)]);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_pass_has_no_factors_and_tables_have_their_places() {
        let plan = FftPlan::new(256).expect("a plan");
        // 15 factors in 8 loads for each of 16 threads.
        assert_eq!(factors(&plan).len(), 8 * 16 * 4);
        let w: Vec<f64> = (0..256).map(f64::from).collect();
        let table = window(&plan, &w);
        assert_eq!((table.len(), table[4 * 3 + 1], table[4 * 16]), (256, 19.0, 64.0));
        // Registers 0 … 3 of thread 5 of 1024 points: 5, 69, …
        let plan = FftPlan::new(1024).expect("a plan");
        let long = FftPlan::new(1024).map(|p| window(&p, &w)).expect("a plan");
        assert_eq!((&long[20..24], plan.threads()), (&[5.0f32, 69.0, 133.0, 197.0][..], 64));
    }
}
