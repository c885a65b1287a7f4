//! One row at a time, any size: two segments in one complex FFT of rustfft, with vectorised loops around it.
//!
//! ```text
//! for each pair of segments:  z_t = a_t·w_t + i·b_t·w_t      Z = FFT(z)      acc_k += |Z_k|²
//! an odd last segment:        X = real FFT(a·w)              acc_k += 2|X_k|²  (acc_0, acc_n/2: once)
//! power_k = (acc_k + acc_{n−k}) / segments
//! ```
//! Used for small batches and for sizes without a lanes recipe. Bound by the FFT of rustfft.

use crate::fft::{ComplexFft, ForwardFft, RealFft};
use crate::lanes::fft::butterfly::SplatOn;
use crate::lanes::kernels::welch::Rows;
use crate::lanes::load::prefetch::fetch_all;
use crate::lanes::load::transpose::gather;
use crate::lanes::reduce::topk::{TopScratch, select_peaks};
use crate::lanes::reduce::two_for_one::BALANCE;
use crate::lanes::simd::{Lanes, MAX_LANES, V};
use crate::peaks::select::{SelectScratch, select_packed};
use crate::{Error, Result};
use num_complex::Complex32;

/// A Welch plan that transforms row by row, with its scratch.
pub trait RowWelch: Send + Sync {
    /// Computes the one-sided mean raw power times `scale`, `[rows, n_bins]`, into `out`.
    ///
    /// # Panics
    /// If a row ends beyond the samples, or `out` does not have `rows · n_bins` values.
    fn psd(&mut self, rows: Rows<'_>, scale: f32, out: &mut [f32]);

    /// Computes packed peaks `[rows, k, 2]` of raw power (mean over segments) into `out`; powers are stored for one
    /// group of rows at a time.
    ///
    /// Returns the first row in which the strongest power is not finite.
    ///
    /// # Panics
    /// As [`Self::psd`], and if `k` is 0 or above the number of bins.
    fn peaks(&mut self, rows: Rows<'_>, k: usize, out: &mut [f32]) -> Option<usize>;

    /// Computes packed peaks of stored powers, `[rows, n_bins]`; otherwise like [`Self::peaks`].
    fn top_k(&mut self, powers: &[f32], k: usize, out: &mut [f32]) -> Option<usize>;
}

/// [`RowWelch`] with its loops compiled for the level `S`.
pub(crate) struct RowKernel<S: Lanes> {
    simd: S,
    window: Vec<f32>,
    hop: usize,
    n_segments: usize,
    pair_fft: ComplexFft<f32>,
    lone_fft: RealFft<f32>,
    input: Vec<Complex32>,
    output: Vec<Complex32>,
    lone: Vec<f32>,
    acc: Vec<f32>,
    group: Vec<f32>,
    lanes: Vec<V<S>>,
    top: TopScratch<S>,
    select: SelectScratch,
}

impl<S: Lanes> RowKernel<S> {
    /// Creates a plan for rows of `n_segments` segments.
    ///
    /// # Errors
    /// Fewer than two window coefficients, no segment.
    pub(crate) fn new(simd: S, window: Vec<f32>, hop: usize, n_segments: usize) -> Result<Self> {
        let n = window.len();
        if n_segments == 0 {
            return Err(Error::argument("n_segments", "a row needs at least one segment"));
        }
        Ok(Self {
            simd,
            hop,
            n_segments,
            pair_fft: ComplexFft::new(n)?,
            lone_fft: RealFft::new(n)?,
            input: vec![Complex32::default(); n],
            output: vec![Complex32::default(); n],
            lone: vec![0.0; n],
            acc: vec![0.0; n],
            group: vec![0.0; S::W * (n / 2 + 1)],
            lanes: vec![V::<S>::splat_on(simd, 0.0); n / 2 + 1],
            top: TopScratch::new(simd),
            select: SelectScratch::default(),
            window,
        })
    }

    fn frame_len(&self) -> usize {
        self.window.len() + (self.n_segments - 1) * self.hop
    }

    /// `self.acc[k]`, `k < n`, such that `acc[k] + acc[n−k]` is the summed one-sided power.
    fn accumulate(&mut self, row: &[f32]) {
        let n = self.window.len();
        let Self { simd, window, input, output, lone, acc, .. } = self;
        for first in (0..self.n_segments).step_by(2) {
            let a = &row[first * self.hop..][..n];
            let pair = first + 1 < self.n_segments;
            if pair {
                window_pair(*simd, a, &row[(first + 1) * self.hop..][..n], window, input);
                self.pair_fft.forward(input, output).expect("buffers come from the plan");
            } else {
                simd.run(
                    #[inline(always)]
                    || {
                        for ((z, &a), &w) in lone.iter_mut().zip(a).zip(&*window) {
                            *z = a * w;
                        }
                    },
                );
                let half = &mut output[..n / 2 + 1];
                self.lone_fft.forward(lone, half).expect("buffers come from the plan");
            }
            let bins = if pair { n } else { n / 2 + 1 };
            // The mirrored bins of a real transform are not stored: their powers count twice.
            let weight = if pair { 1.0 } else { 2.0 };
            let (acc, rest) = acc.split_at_mut(bins);
            simd.run(
                #[inline(always)]
                || {
                    if first == 0 {
                        for (acc, z) in acc.iter_mut().zip(&*output) {
                            *acc = weight * (z.re * z.re + z.im * z.im);
                        }
                        rest.fill(0.0);
                    } else {
                        for (acc, z) in acc.iter_mut().zip(&*output) {
                            *acc += weight * (z.re * z.re + z.im * z.im);
                        }
                    }
                },
            );
            if !pair {
                // Halves DC and the even Nyquist bin, which the loop above doubled.
                for bin in std::iter::once(0).chain(n.is_multiple_of(2).then_some(n / 2)) {
                    acc[bin] -= output[bin].norm_sqr();
                }
            }
        }
    }

    /// Transforms two segments at once and writes the powers directly to `out`, without `acc`.
    fn one_pair(&mut self, row: &[f32], scale: f32, out: &mut [f32]) {
        let n = self.window.len();
        let Self { simd, window, input, output, hop, .. } = self;
        window_pair(*simd, &row[..n], &row[*hop..][..n], window, input);
        self.pair_fft.forward(input, output).expect("buffers come from the plan");
        let scale = 0.5 * scale;
        simd.run(
            #[inline(always)]
            || {
                let half = n / 2;
                let (out, z, mirror) =
                    (&mut out[1..][..half], &output[1..][..half], &output[n - half..][..half]);
                // By index: a reversed iterator leaves the last vector to a scalar loop.
                for i in 0..half {
                    let (z, m) = (z[i], mirror[half - 1 - i]);
                    out[i] = ((z.re * z.re + z.im * z.im) + (m.re * m.re + m.im * m.im)) * scale;
                }
            },
        );
        out[0] = output[0].norm_sqr() * scale;
        if n.is_multiple_of(2) {
            out[n / 2] *= 0.5;
        }
    }

    fn fold(&mut self, scale: f32, out: &mut [f32]) {
        let n = self.window.len();
        let (acc, scale) = (&self.acc, scale / self.n_segments as f32);
        out[0] = acc[0] * scale;
        let inner = n.div_ceil(2) - 1;
        self.simd.run(
            #[inline(always)]
            || {
                let (out, acc, mirror) =
                    (&mut out[1..][..inner], &acc[1..][..inner], &acc[n - inner..][..inner]);
                for i in 0..inner {
                    out[i] = (acc[i] + mirror[inner - 1 - i]) * scale;
                }
            },
        );
        if n.is_multiple_of(2) {
            out[n / 2] = acc[n / 2] * scale;
        }
    }

    /// Transforms two rows of one segment at once and writes their powers to `out`, `[2, n_bins]`. Returns `false` if
    /// their powers differ too much.
    fn two_rows(&mut self, a: &[f32], b: &[f32], scale: f32, out: &mut [f32]) -> bool {
        let n = self.window.len();
        let Self { simd, window, input, output, .. } = self;
        window_pair(*simd, a, b, window, input);
        self.pair_fft.forward(input, output).expect("buffers come from the plan");
        let (first, second) = out.split_at_mut(n / 2 + 1);
        simd.run(
            #[inline(always)]
            || {
                let (inner, edge) = (0.5 * scale, 0.25 * scale);
                let half = n / 2;
                let (p, q) = (&mut first[1..][..half], &mut second[1..][..half]);
                let (z, mirror) = (&output[1..][..half], &output[n - half..][..half]);
                // By index: a reversed iterator leaves the last vector to a scalar loop.
                for i in 0..half {
                    let (z, m) = (z[i], mirror[half - 1 - i]);
                    let (s, t) = (z.re + m.re, z.im - m.im);
                    p[i] = (s * s + t * t) * inner;
                    let (s, t) = (z.re - m.re, z.im + m.im);
                    q[i] = (s * s + t * t) * inner;
                }
                first[0] = 4.0 * output[0].re * output[0].re * edge;
                second[0] = 4.0 * output[0].im * output[0].im * edge;
                if n.is_multiple_of(2) {
                    first[n / 2] *= 0.5;
                    second[n / 2] *= 0.5;
                }
                let (a, b) = (total(first), total(second));
                a <= b * BALANCE && b <= a * BALANCE
            },
        )
    }

    /// Peaks of up to `W` rows of powers.
    fn select(&mut self, powers: &[f32], k: usize, out: &mut [f32]) -> Option<usize> {
        let n_bins = self.lanes.len();
        let count = powers.len() / n_bins;
        let Self { simd, lanes, top, select, .. } = self;
        // The network is not faster for one or two rows; a size below one tile has no transpose.
        if count <= 2 || n_bins < S::W {
            let mut bad = None;
            for (r, (row, out)) in powers.chunks_exact(n_bins).zip(out.chunks_exact_mut(2 * k)).enumerate() {
                simd.run(
                    #[inline(always)]
                    || select_packed(row, select, out),
                );
                if !out[1].is_finite() {
                    bad = bad.or(Some(r));
                }
            }
            return bad;
        }
        let rows: [&[f32]; MAX_LANES] =
            std::array::from_fn(|r| &powers[r.min(count - 1) * n_bins..][..n_bins]);
        simd.run(
            #[inline(always)]
            || {
                gather(*simd, &rows, lanes);
                select_peaks(*simd, lanes, k, top, out)
            },
        )
    }
}

/// Distance in rows between the computed row and the prefetched one.
const ROWS_AHEAD: usize = 2;

/// Largest number of prefetched samples per row; in longer rows the hardware prefetcher detects the pattern.
const SAMPLES_AHEAD: usize = 2048;

/// Returns a sum in sixteen partial sums, to avoid a dependency chain.
#[inline(always)]
fn total(powers: &[f32]) -> f32 {
    let (blocks, rest) = powers.as_chunks::<16>();
    let mut parts = [0.0; 16];
    for block in blocks {
        for (part, p) in parts.iter_mut().zip(block) {
            *part += p;
        }
    }
    let mut width = 8;
    while width > 0 {
        for i in 0..width {
            parts[i] += parts[i + width];
        }
        width /= 2;
    }
    rest.iter().fold(parts[0], |sum, p| sum + p)
}

#[inline(always)]
fn window_pair<S: Lanes>(simd: S, a: &[f32], b: &[f32], window: &[f32], z: &mut [Complex32]) {
    simd.run(
        #[inline(always)]
        || {
            for (((z, &a), &b), &w) in z.iter_mut().zip(a).zip(b).zip(window) {
                *z = Complex32::new(a * w, b * w);
            }
        },
    );
}

impl<S: Lanes> RowWelch for RowKernel<S> {
    fn psd(&mut self, rows: Rows<'_>, scale: f32, out: &mut [f32]) {
        let (n_bins, len) = (self.lanes.len(), self.frame_len());
        assert_eq!(out.len(), rows.count * n_bins, "out is checked by callers");
        let mut r = 0;
        while r < rows.count {
            // If a row is one transform or half of one. For longer rows prefetching costs more than it saves.
            if self.n_segments <= 2 {
                let at = (r + ROWS_AHEAD) * rows.stride;
                fetch_all(rows.samples.get(at..at + len.min(SAMPLES_AHEAD)).unwrap_or(&[]));
            }
            if self.n_segments == 1 && r + 1 < rows.count {
                let pair = &mut out[r * n_bins..(r + 2) * n_bins];
                if self.two_rows(rows.row(r, len), rows.row(r + 1, len), scale, pair) {
                    r += 2;
                    continue;
                }
            }
            let (row, out) = (rows.row(r, len), &mut out[r * n_bins..(r + 1) * n_bins]);
            if self.n_segments == 2 {
                self.one_pair(row, scale, out);
            } else {
                self.accumulate(row);
                self.fold(scale, out);
            }
            r += 1;
        }
    }

    fn peaks(&mut self, rows: Rows<'_>, k: usize, out: &mut [f32]) -> Option<usize> {
        assert!(
            k >= 1 && k <= self.lanes.len() && out.len() == rows.count * k * 2,
            "k and out are checked by callers"
        );
        let mut group = std::mem::take(&mut self.group);
        let mut bad = None;
        for first in (0..rows.count).step_by(S::W) {
            let count = S::W.min(rows.count - first);
            let powers = &mut group[..count * self.lanes.len()];
            let part = Rows { samples: &rows.samples[first * rows.stride..], stride: rows.stride, count };
            self.psd(part, 1.0, powers);
            let at = self.select(powers, k, &mut out[2 * k * first..2 * k * (first + count)]);
            bad = bad.or(at.map(|r| first + r));
        }
        self.group = group;
        bad
    }

    fn top_k(&mut self, powers: &[f32], k: usize, out: &mut [f32]) -> Option<usize> {
        let n_bins = self.lanes.len();
        let count = powers.len() / n_bins;
        assert!(k >= 1 && k <= n_bins && out.len() == count * k * 2, "k and out are checked by callers");
        let mut bad = None;
        let groups = powers.chunks(S::W * n_bins).zip(out.chunks_mut(S::W * 2 * k));
        for (group, (powers, out)) in groups.enumerate() {
            let at = self.select(powers, k, out);
            bad = bad.or(at.map(|r| group * S::W + r));
        }
        bad
    }
}
