//! Search for the integers of all stages, from first to last.
//!
//! No other ratio is close to a ratio of small numbers: a row whose ratio is near, but not equal to, `1` or `i` is
//! rounded badly, whatever its factor. So the rows of a stage are chosen together with the next stage: each butterfly
//! takes those candidates of its two inputs that minimise the sum of their costs and the costs of its own two rows.

use num_complex::{Complex32, Complex64};

use super::Ints;
use super::ratios::{Candidate, Ratios};
use crate::network::{Butterfly, ButterflyNetwork, Gate};

/// Stages of integers, and the factor by which each output is too large.
type Spread = (Vec<Vec<Ints>>, Vec<Complex64>);

/// Distributes factors over the stages, so that the rounded values are near integers.
pub(super) fn spread(network: &ButterflyNetwork, top: f64) -> Spread {
    let n = network.n();
    let mut ratios = Ratios::new(top);
    let mut open: Vec<Vec<Candidate>> = vec![vec![Candidate::ZERO]; n];
    let mut zero = vec![false; n];
    let mut rows: Vec<Vec<[i8; 4]>> = Vec::with_capacity(network.stages());
    for s in 0..network.stages() {
        let mut chosen = vec![[0i8; 4]; n];
        let mut next: Vec<Vec<Candidate>> = vec![Vec::new(); n];
        for i in 0..n / 2 {
            let (p, q) = network.points(s, i);
            let w = acting(network, s, i, &zero);
            let (x, y) = cheapest(&w, &open[p], &open[q], &mut ratios);
            (chosen[p], chosen[q]) = (x.ints, y.ints);
            for (half, point) in [p, q].into_iter().enumerate() {
                next[point] = ratios.candidates([w[2 * half], w[2 * half + 1]], [x.factor, y.factor]);
                zero[point] = w[2 * half..2 * half + 2].iter().all(|z| *z == Complex64::default());
            }
        }
        if s > 0 {
            rows.push(chosen);
        }
        open = next;
    }
    let last: Vec<Candidate> =
        open.iter().map(|all| all.first().copied().unwrap_or(Candidate::ZERO)).collect();
    rows.push(last.iter().map(|c| c.ints).collect());
    let butterfly = |(s, points): (usize, &Vec<[i8; 4]>)| {
        let of = |i: usize| {
            let (p, q) = network.points(s, i);
            let mut w = [0i8; 8];
            w[..4].copy_from_slice(&points[p]);
            w[4..].copy_from_slice(&points[q]);
            w
        };
        (0..n / 2).map(of).collect()
    };
    (rows.iter().enumerate().map(butterfly).collect(), last.iter().map(|c| c.factor).collect())
}

/// Returns the candidates of both inputs with the least total cost, including that of both rows.
fn cheapest(
    w: &[Complex64; 4],
    first: &[Candidate],
    second: &[Candidate],
    ratios: &mut Ratios,
) -> (Candidate, Candidate) {
    let mut pairs: Vec<(f64, usize, usize)> = Vec::with_capacity(first.len() * second.len());
    for (i, x) in first.iter().enumerate() {
        pairs.extend(second.iter().enumerate().map(|(j, y)| (x.cost + y.cost, i, j)));
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1 + a.2).cmp(&(b.1 + b.2))));
    let mut best = (f64::INFINITY, Candidate::ZERO, Candidate::ZERO);
    for (cost, i, j) in pairs {
        // Costs only increase from here on.
        if cost >= best.0 || best.0 == 0.0 {
            break;
        }
        let (x, y) = (first[i], second[j]);
        let own: f64 = (0..2).map(|r| ratios.least([w[2 * r], w[2 * r + 1]], [x.factor, y.factor])).sum();
        if cost + own < best.0 {
            best = (cost + own, x, y);
        }
    }
    (best.1, best.2)
}

/// Rounds every weight to the nearest, with one scale per stage.
pub(super) fn to_nearest(network: &ButterflyNetwork, top: f64) -> Spread {
    let n = network.n();
    let mut zero = vec![false; n];
    let mut factor = Complex64::new(1.0, 0.0);
    let mut stages = Vec::with_capacity(network.stages());
    for s in 0..network.stages() {
        let weights: Vec<[Complex64; 4]> = (0..n / 2).map(|i| acting(network, s, i, &zero)).collect();
        let largest = weights.iter().flatten().map(|w| w.re.abs().max(w.im.abs())).fold(0.0, f64::max);
        let scale = top / largest.max(f64::MIN_POSITIVE);
        let round = |x: f64| (x * scale).round().clamp(-top, top) as i8;
        let ints = |w: &[Complex64; 4]| {
            std::array::from_fn(|at| {
                let z = w[at / 2];
                round(if at % 2 == 0 { z.re } else { z.im })
            })
        };
        stages.push(weights.iter().map(ints).collect::<Vec<Ints>>());
        for (i, w) in weights.iter().enumerate() {
            let (p, q) = network.points(s, i);
            (zero[p], zero[q]) = (is_zero(&w[..2]), is_zero(&w[2..]));
        }
        factor *= scale;
    }
    (stages, vec![factor; n])
}

fn is_zero(row: &[Complex64]) -> bool {
    row.iter().all(|z| *z == Complex64::default())
}

/// Returns the butterfly with its gate applied. Weights of inputs that are always zero become zero: they have no
/// effect and must not take up a row's range.
fn acting(network: &ButterflyNetwork, s: usize, i: usize, zero: &[bool]) -> [Complex64; 4] {
    let w = network.stage(s).map_or(Butterfly::IDENTITY, |stage| stage[i]);
    let gate = network.gates(s).map_or(Gate::Open, |gates| gates[i]);
    let w = match gate {
        Gate::Open => w,
        Gate::Reverse => w.adjoint(),
        Gate::Skip => Butterfly::IDENTITY,
        Gate::Closed => Butterfly::from_array([0.0; 8]),
    };
    let (p, q) = network.points(s, i);
    let kept = |z: Complex32, point: usize| match zero[point] {
        true => Complex64::default(),
        false => Complex64::new(z.re.into(), z.im.into()),
    };
    [kept(w.a, p), kept(w.b, q), kept(w.c, p), kept(w.d, q)]
}
