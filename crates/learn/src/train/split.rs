//! The loss of one layer of a two-product network over its outer butterflies, with the best matrices between them.
//!
//! ```text
//! A(r, c) = X_r · diag(m₁(r, c), m₂(r, c)) · Y_c       A(r, c): entries (r | r + n/2, c | c + n/2);  X_r, Y_c: butterflies
//! for each r, c:  m₁, m₂ by the normal equations;  R = A − X·diag(m₁, m₂)·Y;  gradients of X_r and Y_c from R
//! ```
//! `O(n²)` per value. Planes are stored so that the loop over columns becomes vector instructions, which bound it.

use super::rows::vectorized;
use crate::matrix::Matrix;

/// `‖A − L·diag(M₁, M₂)·R‖² / ‖A‖²` with the best `M₁`, `M₂`, over `L` and `R`.
pub(super) struct Split {
    pub(super) matrix: Matrix,
    norm: f64,
    /// `M₁` and `M₂` of the last value.
    pub(super) cores: [Matrix; 2],
    /// Real and imaginary parts of the right butterflies, one plane per entry over the columns; their squared norms
    /// and the products of their two rows; their gradient.
    y: [Vec<f64>; 8],
    gram: [Vec<f64>; 4],
    gy: [Vec<f64>; 8],
    /// Contribution of each column to the gradient of the left butterfly and to the loss.
    gx: [Vec<f64>; 9],
}

type C = [f64; 2];

#[inline(always)]
fn mul(a: C, b: C) -> C {
    [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]]
}

/// Returns `ā·b`.
#[inline(always)]
fn conj_mul(a: C, b: C) -> C {
    [a[0] * b[0] + a[1] * b[1], a[0] * b[1] - a[1] * b[0]]
}

#[inline(always)]
fn add(a: C, b: C) -> C {
    [a[0] + b[0], a[1] + b[1]]
}

#[inline(always)]
fn sub(a: C, b: C) -> C {
    [a[0] - b[0], a[1] - b[1]]
}

#[inline(always)]
fn times(s: f64, a: C) -> C {
    [s * a[0], s * a[1]]
}

impl Split {
    pub(super) fn new(matrix: Matrix) -> Self {
        let half = matrix.rows / 2;
        let row = || vec![0.0; half];
        Self {
            norm: matrix.norm().powi(2).max(f64::MIN_POSITIVE),
            matrix,
            cores: std::array::from_fn(|_| Matrix::zeros(half, half)),
            y: std::array::from_fn(|_| row()),
            gram: std::array::from_fn(|_| row()),
            gy: std::array::from_fn(|_| row()),
            gx: std::array::from_fn(|_| row()),
        }
    }

    /// Returns the value and writes the gradient to `grad`. `theta`: left butterflies, then right butterflies, `a, b,
    /// c, d` each.
    pub(super) fn value(&mut self, theta: &[f64], grad: &mut [f64]) -> f64 {
        let half = self.matrix.rows / 2;
        let (left, right) = theta.split_at(8 * half);
        for (c, w) in right.chunks_exact(8).enumerate() {
            self.y.iter_mut().zip(w).for_each(|(y, w)| y[c] = *w);
            let [e, f, g, h]: [C; 4] = std::array::from_fn(|i| [w[2 * i], w[2 * i + 1]]);
            let cross = add(conj_mul(e, g), conj_mul(f, h));
            let gram = [
                conj_mul(e, e)[0] + conj_mul(f, f)[0],
                conj_mul(g, g)[0] + conj_mul(h, h)[0],
                cross[0],
                cross[1],
            ];
            self.gram.iter_mut().zip(gram).for_each(|(all, one)| all[c] = one);
        }
        self.gy.iter_mut().for_each(|g| g.fill(0.0));
        let mut loss = 0.0;
        for (r, w) in left.chunks_exact(8).enumerate() {
            let x: [C; 4] = std::array::from_fn(|i| [w[2 * i], w[2 * i + 1]]);
            vectorized(
                #[inline(always)]
                || self.row(r, x),
            );
            for (out, gx) in grad[8 * r..8 * r + 8].iter_mut().zip(&self.gx) {
                *out = -2.0 / self.norm * gx.iter().sum::<f64>();
            }
            loss += self.gx[8].iter().sum::<f64>();
        }
        for (c, out) in grad[8 * half..].chunks_exact_mut(8).enumerate() {
            out.iter_mut().zip(&self.gy).for_each(|(out, gy)| *out = -2.0 / self.norm * gy[c]);
        }
        loss / self.norm
    }

    /// Adds rows `r` and `r + n/2` over all columns.
    #[inline(always)]
    fn row(&mut self, r: usize, [a, b, c, d]: [C; 4]) {
        let half = self.matrix.rows / 2;
        let (top, low) = (r * 2 * half, (r + half) * 2 * half);
        let entry = |plane: usize, at: usize| match plane {
            0 => &self.matrix.re[at..][..half],
            _ => &self.matrix.im[at..][..half],
        };
        let (t0r, t0i, t1r, t1i) = (entry(0, top), entry(1, top), entry(0, top + half), entry(1, top + half));
        let (l0r, l0i, l1r, l1i) = (entry(0, low), entry(1, low), entry(0, low + half), entry(1, low + half));
        let [er, ei, fr, fi, gr, gi, hr, hi] = self.y.each_ref().map(|y| &y[..half]);
        let [n1, n2, cr, ci] = self.gram.each_ref().map(|g| &g[..half]);
        let [yer, yei, yfr, yfi, ygr, ygi, yhr, yhi] = self.gy.each_mut().map(|g| &mut g[..half]);
        let [xar, xai, xbr, xbi, xcr, xci, xdr, xdi, loss] = self.gx.each_mut().map(|g| &mut g[..half]);
        let [m1, m2] = self.cores.each_mut();
        let (m1r, m1i) = (&mut m1.re[r * half..][..half], &mut m1.im[r * half..][..half]);
        let (m2r, m2i) = (&mut m2.re[r * half..][..half], &mut m2.im[r * half..][..half]);
        let nx1 = conj_mul(a, a)[0] + conj_mul(c, c)[0];
        let nx2 = conj_mul(b, b)[0] + conj_mul(d, d)[0];
        let xg = add(conj_mul(a, b), conj_mul(c, d));
        for j in 0..half {
            let (a00, a01, a10, a11) =
                ([t0r[j], t0i[j]], [t1r[j], t1i[j]], [l0r[j], l0i[j]], [l1r[j], l1i[j]]);
            let (e, f, g, h) = ([er[j], ei[j]], [fr[j], fi[j]], [gr[j], gi[j]], [hr[j], hi[j]]);
            // Normal equations of m₁ and m₂, regularised by the order of rounding for bases that coincide.
            let t10 = add(conj_mul(a, a00), conj_mul(c, a10));
            let t11 = add(conj_mul(a, a01), conj_mul(c, a11));
            let t20 = add(conj_mul(b, a00), conj_mul(d, a10));
            let t21 = add(conj_mul(b, a01), conj_mul(d, a11));
            let b1 = add(conj_mul(e, t10), conj_mul(f, t11));
            let b2 = add(conj_mul(g, t20), conj_mul(h, t21));
            let (g11, g22, g12) = (nx1 * n1[j], nx2 * n2[j], mul(xg, [cr[j], ci[j]]));
            let whole = g11 * g22;
            let det = (whole - conj_mul(g12, g12)[0]).max(1e-13 * whole).max(f64::MIN_POSITIVE);
            let p = times(1.0 / det, sub(times(g22, b1), mul(g12, b2)));
            let q = times(1.0 / det, sub(times(g11, b2), conj_mul(g12, b1)));
            (m1r[j], m1i[j], m2r[j], m2i[j]) = (p[0], p[1], q[0], q[1]);
            let (pe, pf, qg, qh) = (mul(p, e), mul(p, f), mul(q, g), mul(q, h));
            let r00 = sub(a00, add(mul(a, pe), mul(b, qg)));
            let r01 = sub(a01, add(mul(a, pf), mul(b, qh)));
            let r10 = sub(a10, add(mul(c, pe), mul(d, qg)));
            let r11 = sub(a11, add(mul(c, pf), mul(d, qh)));
            loss[j] = [r00, r01, r10, r11].iter().map(|r| r[0] * r[0] + r[1] * r[1]).sum();
            let ga = add(conj_mul(pe, r00), conj_mul(pf, r01));
            let gb = add(conj_mul(qg, r00), conj_mul(qh, r01));
            let gc = add(conj_mul(pe, r10), conj_mul(pf, r11));
            let gd = add(conj_mul(qg, r10), conj_mul(qh, r11));
            (xar[j], xai[j], xbr[j], xbi[j]) = (ga[0], ga[1], gb[0], gb[1]);
            (xcr[j], xci[j], xdr[j], xdi[j]) = (gc[0], gc[1], gd[0], gd[1]);
            let (pa, pc, qb, qd) = (mul(p, a), mul(p, c), mul(q, b), mul(q, d));
            let ge = add(conj_mul(pa, r00), conj_mul(pc, r10));
            let gf = add(conj_mul(pa, r01), conj_mul(pc, r11));
            let gg = add(conj_mul(qb, r00), conj_mul(qd, r10));
            let gh = add(conj_mul(qb, r01), conj_mul(qd, r11));
            yer[j] += ge[0];
            yei[j] += ge[1];
            yfr[j] += gf[0];
            yfi[j] += gf[1];
            ygr[j] += gg[0];
            ygi[j] += gg[1];
            yhr[j] += gh[0];
            yhi[j] += gh[1];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::weights::Parametrisation;
    use super::*;
    use crate::random::Random;
    use crate::transform::Transform;

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let matrix = Transform::Convolution.target(8, 1).unwrap().matrix;
        let mut random = Random::new(4);
        let theta = Parametrisation::General.random(8, &mut random);
        let mut split = Split::new(matrix);
        let (mut grad, mut scratch) = (vec![0.0; 64], vec![0.0; 64]);
        split.value(&theta, &mut grad);
        for i in 0..64 {
            let mut at = |h: f64| {
                let mut moved = theta.clone();
                moved[i] += h;
                split.value(&moved, &mut scratch)
            };
            let slope = (at(1e-6) - at(-1e-6)) / 2e-6;
            assert!((slope - grad[i]).abs() < 1e-7, "{i}: {slope} {}", grad[i]);
        }
    }
}
