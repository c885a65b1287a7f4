//! The complex structure of blocks: bases in which every real 2×2 block is a complex number.
//!
//! The blocks transfer `J` at one point to all connected points (`J_b = W·J_a·W⁻¹`); every further cycle, whose
//! blocks multiply to `H`, requires `H·J = J·H`. These equations are linear in the three numbers of a traceless `J`,
//! so the best `J` is an eigenvector of a 3×3 matrix.

use super::basis::Links;
use super::{Two, determinant, inverse, norm, times};
use crate::train::Weights;

const IDENTITY: Two = [1.0, 0.0, 0.0, 1.0];
/// A quarter turn: the form of `J` in the bases sought.
const TURN: Two = [0.0, -1.0, 1.0, 0.0];

/// A block between two points of rank two.
struct Edge {
    from: usize,
    to: usize,
    block: Two,
    /// 1 for a multiple of a rotation or reflection, 0 for a singular block.
    health: f64,
}

/// Returns the weights of all stages, stage by stage.
pub(super) fn complex_weights(links: &Links) -> Vec<Weights> {
    let n = links.n;
    let stages = links.blocks.len();
    // Point `i` after stage `s` is number `s·n + i`.
    let points = links.ranks.len() * n;
    let rank = |point: usize| links.ranks[point / n][point % n];
    let mut edges = Vec::new();
    for s in 1..stages.saturating_sub(1) {
        for (i, blocks) in links.blocks[s].iter().enumerate() {
            for (at, (from, to)) in ends(s, i).into_iter().enumerate() {
                let (from, to) = ((s - 1) * n + from, s * n + to);
                if rank(from) != 2 || rank(to) != 2 {
                    continue;
                }
                let block: Two = std::array::from_fn(|j| blocks[4 * at + j]);
                let size = norm(&block);
                let health = if size > 0.0 { 2.0 * determinant(block).abs() / (size * size) } else { 0.0 };
                if health > links.tolerance {
                    edges.push(Edge { from, to, block, health });
                }
            }
        }
    }
    let bases = bases(points, &mut edges);
    let mut weights = Vec::with_capacity(stages * n / 2);
    for (s, stage) in links.blocks.iter().enumerate() {
        for (i, blocks) in stage.iter().enumerate() {
            let mut w = Weights::default();
            for (at, (from, to)) in ends(s, i).into_iter().enumerate() {
                let block: Two = std::array::from_fn(|j| blocks[4 * at + j]);
                let source = (s > 0).then(|| (s - 1) * n + from);
                let target = (s + 1 < stages).then(|| s * n + to);
                let one = source.is_none_or(|p| rank(p) < 2);
                let right = source.map_or(IDENTITY, |p| bases[p]);
                let left = target.map_or(IDENTITY, |p| inverse(bases[p]));
                let b = times(left, times(block, right));
                let z = match (one, target) {
                    // The input is one real number, which becomes complex.
                    (true, Some(_)) => [b[0], b[2]],
                    (true, None) => [b[0], 0.0],
                    // The output is the real part.
                    (false, None) => [b[0], -b[1]],
                    (false, Some(to)) if rank(to) < 2 => [b[0], -b[1]],
                    (false, Some(_)) => [0.5 * (b[0] + b[3]), 0.5 * (b[2] - b[1])],
                };
                w[2 * at..2 * at + 2].copy_from_slice(&z);
            }
            weights.push(w);
        }
    }
    weights
}

/// Returns the points (from, to) of the four blocks `a, b, c, d` of butterfly `i`.
fn ends(stage: usize, i: usize) -> [(usize, usize); 4] {
    let half = 1 << stage;
    let first = i / half * 2 * half + i % half;
    let second = first + half;
    [(first, first), (second, first), (first, second), (second, second)]
}

/// Returns, for every point, the basis (columns) in which the structure is a quarter turn.
fn bases(points: usize, edges: &mut [Edge]) -> Vec<Two> {
    edges.sort_by(|a, b| b.health.total_cmp(&a.health).then((a.from, a.to).cmp(&(b.from, b.to))));
    // A spanning forest of the best-conditioned blocks.
    let mut parent: Vec<usize> = (0..points).collect();
    fn root(parent: &mut [usize], mut x: usize) -> usize {
        while parent[x] != x {
            parent[x] = parent[parent[x]];
            x = parent[x];
        }
        x
    }
    let mut near: Vec<Vec<(usize, Two)>> = vec![Vec::new(); points];
    let mut spare = Vec::new();
    for (number, edge) in edges.iter().enumerate() {
        let (a, b) = (root(&mut parent, edge.from), root(&mut parent, edge.to));
        if a == b {
            spare.push(number);
            continue;
        }
        parent[a] = b;
        near[edge.from].push((edge.to, edge.block));
        near[edge.to].push((edge.from, inverse(edge.block)));
    }
    // The map from the root's coordinates to each point.
    let mut from_root: Vec<Option<(usize, Two)>> = vec![None; points];
    for start in 0..points {
        if from_root[start].is_some() {
            continue;
        }
        from_root[start] = Some((start, IDENTITY));
        let mut open = vec![start];
        while let Some(at) = open.pop() {
            let Some((_, there)) = from_root[at] else { continue };
            for &(next, block) in &near[at] {
                if from_root[next].is_none() {
                    let mut whole = times(block, there);
                    let size = determinant(whole).abs().sqrt();
                    whole.iter_mut().for_each(|x| *x /= size);
                    from_root[next] = Some((start, whole));
                    open.push(next);
                }
            }
        }
    }
    let way = |point: usize| from_root[point].unwrap_or((point, IDENTITY));
    let mut normal: std::collections::BTreeMap<usize, [[f64; 3]; 3]> = std::collections::BTreeMap::new();
    for &number in &spare {
        let edge = &edges[number];
        let ((start, a), (_, b)) = (way(edge.from), way(edge.to));
        let mut h = times(inverse(b), times(edge.block, a));
        let size = norm(&h);
        h.iter_mut().for_each(|x| *x /= size);
        // The commutator's entries over (x, y, z) of J = [[x, y], [z, −x]].
        let rows = [[0.0, -h[2], h[1]], [-2.0 * h[1], h[0] - h[3], 0.0], [2.0 * h[2], 0.0, h[3] - h[0]]];
        let sum = normal.entry(start).or_default();
        for row in rows {
            for i in 0..3 {
                for j in 0..3 {
                    sum[i][j] += edge.health * row[i] * row[j];
                }
            }
        }
    }
    let structures: std::collections::BTreeMap<usize, Two> =
        normal.into_iter().filter_map(|(start, sum)| Some((start, structure(sum)?))).collect();
    (0..points)
        .map(|point| {
            let (start, there) = way(point);
            let j = structures.get(&start).copied().unwrap_or(TURN);
            let here = times(there, times(j, inverse(there)));
            // (e, J·e) for the unit vector that `J` turns farther from its own direction.
            let column = |e: [f64; 2]| {
                let je = [here[0] * e[0] + here[1] * e[1], here[2] * e[0] + here[3] * e[1]];
                [e[0], je[0], e[1], je[1]]
            };
            let mut best = IDENTITY;
            let mut health = -1.0;
            for k in 0..8 {
                let angle = std::f64::consts::PI * f64::from(k) / 8.0;
                let basis = column([angle.cos(), angle.sin()]);
                let now = determinant(basis).abs() / norm(&basis).powi(2);
                if now > health {
                    (best, health) = (basis, now);
                }
            }
            let size = determinant(best).abs().sqrt();
            best.map(|x| x / size)
        })
        .collect()
}

/// Returns the traceless `J` with `J² = −1` nearest to the null space of `sum`; `None` if every structure satisfies
/// the equations or the best one has real eigenvalues.
fn structure(sum: [[f64; 3]; 3]) -> Option<Two> {
    let (values, vectors) = eigen(sum);
    let least = (0..3).min_by(|&a, &b| values[a].total_cmp(&values[b]))?;
    let most = values.iter().copied().fold(0.0, f64::max);
    if most <= 1e-20 {
        return None;
    }
    let [x, y, z] = [vectors[0][least], vectors[1][least], vectors[2][least]];
    let square = x * x + y * z;
    if square >= 0.0 {
        return None;
    }
    let scale = 1.0 / (-square).sqrt();
    Some([x * scale, y * scale, z * scale, -x * scale])
}

/// Returns the eigenvalues and eigenvectors (columns) of a symmetric matrix, by Jacobi rotations.
fn eigen(mut a: [[f64; 3]; 3]) -> ([f64; 3], [[f64; 3]; 3]) {
    let mut v = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    for _ in 0..30 {
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            if a[p][q] == 0.0 {
                continue;
            }
            let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
            let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
            let c = 1.0 / (t * t + 1.0).sqrt();
            let s = t * c;
            for k in 0..3 {
                let (x, y) = (a[k][p], a[k][q]);
                (a[k][p], a[k][q]) = (c * x - s * y, s * x + c * y);
            }
            for k in 0..3 {
                let (x, y) = (a[p][k], a[q][k]);
                (a[p][k], a[q][k]) = (c * x - s * y, s * x + c * y);
            }
            for row in &mut v {
                let (x, y) = (row[p], row[q]);
                (row[p], row[q]) = (c * x - s * y, s * x + c * y);
            }
        }
    }
    ([a[0][0], a[1][1], a[2][2]], v)
}

#[cfg(test)]
mod tests {
    use super::super::closed_form;
    use crate::random::Random;
    use crate::transform::Transform;

    /// DCT-II, DST-II, Hartley and Hadamard from their real entries alone, to the precision of `f64`.
    #[test]
    fn real_transforms_are_found_from_their_real_entries() {
        for transform in [Transform::Dct2, Transform::Dst2, Transform::Hartley, Transform::Hadamard] {
            for n in [2, 4, 8, 16, 64, 256] {
                let target = transform.target(n, 0).unwrap();
                let order = target.permutation.order(n).unwrap();
                let (_, error) = closed_form(&target.matrix.permute_columns(&order));
                assert!(error <= 1e-13, "{transform:?} {n}: {error}");
            }
        }
    }

    /// The real part of random butterflies, which is no named transform; noise is not fitted.
    #[test]
    fn real_parts_of_random_butterflies_are_found_too() {
        use crate::train::{Parametrisation, Structured, Weights};
        let n = 64;
        let mut random = Random::new(5);
        let theta = Parametrisation::Unitary.random(n / 2 * 6, &mut random);
        let mut weights = vec![Weights::default(); n / 2 * 6];
        Parametrisation::Unitary.weights(&theta, &mut weights);
        let mut product = Structured::new(n);
        let re = product.forward(&weights).0.to_vec();
        let mut matrix = crate::Matrix { rows: n, cols: n, im: vec![0.0; n * n], re };
        let (_, error) = closed_form(&matrix);
        assert!(error <= 1e-10, "{error}");
        let level = 1e-6 * matrix.norm() / n as f64;
        matrix.re.iter_mut().for_each(|x| *x += level * random.normal());
        let (_, error) = closed_form(&matrix);
        assert!(error <= 1e-3, "{error}");
        let noise = crate::Matrix::from_fn(n, n, |_, _| num_complex::Complex64::new(random.normal(), 0.0));
        let (weights, error) = closed_form(&noise);
        assert!(error > 0.1 && weights.iter().flatten().all(|w| w.is_finite()), "{error}");
    }
}
