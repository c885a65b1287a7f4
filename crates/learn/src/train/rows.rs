//! The two row operations of which every gradient of a butterfly consists, in planes of `f64`.
//!
//! A row holds one point of many vectors, so both are loops without a shuffle; the compiler turns them into vector
//! instructions of the level with which [`vectorized`] was entered. Bound by memory for rows of some thousand values
//! and more.

use fearless_simd::{Level, Simd, dispatch};

/// Runs `pass` compiled for the widest instruction set of this machine.
#[inline(always)]
pub(crate) fn vectorized<R>(pass: impl FnOnce() -> R) -> R {
    let level = Level::new();
    dispatch!(level, simd => simd.vectorize(pass))
}

/// A complex number.
pub(crate) type C = [f64; 2];

/// Two planes of a row.
pub(crate) type Row<'a> = (&'a [f64], &'a [f64]);
/// Two planes of a row to write.
pub(crate) type RowMut<'a> = (&'a mut [f64], &'a mut [f64]);

/// Computes `y = w·x`.
#[inline(always)]
pub(crate) fn scale(y: RowMut<'_>, x: Row<'_>, w: C) {
    let n = x.0.len();
    let (xr, xi, yr, yi) = (&x.0[..n], &x.1[..n], &mut y.0[..n], &mut y.1[..n]);
    for j in 0..n {
        yr[j] = w[0] * xr[j] - w[1] * xi[j];
        yi[j] = w[0] * xi[j] + w[1] * xr[j];
    }
}

/// Computes `y = a·x0 + b·x1`.
#[inline(always)]
pub(crate) fn mix(y: RowMut<'_>, x0: Row<'_>, x1: Row<'_>, a: C, b: C) {
    let n = x0.0.len();
    let (pr, pi, qr, qi) = (&x0.0[..n], &x0.1[..n], &x1.0[..n], &x1.1[..n]);
    let (yr, yi) = (&mut y.0[..n], &mut y.1[..n]);
    for j in 0..n {
        yr[j] = (a[0] * pr[j] - a[1] * pi[j]) + (b[0] * qr[j] - b[1] * qi[j]);
        yi[j] = (a[0] * pi[j] + a[1] * pr[j]) + (b[0] * qi[j] + b[1] * qr[j]);
    }
}

/// Lanes of the sums: enough to fill the widest vectors twice.
const LANES: usize = 8;

/// Backward pass of `y0 = a·x + …`, `y1 = c·x + …`: writes `ā·g0 + c̄·g1` to `gx` if it is given, and returns the
/// gradients `Σ g0·x̄` of `a` and `Σ g1·x̄` of `c`.
#[inline(always)]
pub(crate) fn back(g0: Row<'_>, g1: Row<'_>, x: Row<'_>, a: C, c: C, gx: Option<RowMut<'_>>) -> (C, C) {
    let n = x.0.len();
    let (pr, pi, qr, qi) = (&g0.0[..n], &g0.1[..n], &g1.0[..n], &g1.1[..n]);
    let (xr, xi) = (&x.0[..n], &x.1[..n]);
    if let Some(gx) = gx {
        let (gr, gi) = (&mut gx.0[..n], &mut gx.1[..n]);
        for j in 0..n {
            gr[j] = (a[0] * pr[j] + a[1] * pi[j]) + (c[0] * qr[j] + c[1] * qi[j]);
            gi[j] = (a[0] * pi[j] - a[1] * pr[j]) + (c[0] * qi[j] - c[1] * qr[j]);
        }
    }
    let mut sums = [[0.0; LANES]; 4];
    let whole = n - n % LANES;
    let mut add = |lane: usize, j: usize| {
        sums[0][lane] += pr[j] * xr[j] + pi[j] * xi[j];
        sums[1][lane] += pi[j] * xr[j] - pr[j] * xi[j];
        sums[2][lane] += qr[j] * xr[j] + qi[j] * xi[j];
        sums[3][lane] += qi[j] * xr[j] - qr[j] * xi[j];
    };
    for j in (0..whole).step_by(LANES) {
        for lane in 0..LANES {
            add(lane, j + lane);
        }
    }
    for j in whole..n {
        add(j - whole, j);
    }
    let sum = |lanes: [f64; LANES]| lanes.iter().sum::<f64>();
    ([sum(sums[0]), sum(sums[1])], [sum(sums[2]), sum(sums[3])])
}
