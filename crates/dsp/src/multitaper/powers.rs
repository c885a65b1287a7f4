//! Power spectra of rows under each taper.

use std::sync::Arc;

use num_complex::Complex;

use super::Dpss;
use crate::error::Result;
use crate::fft::{Fft, FftParams, FftScratch, Real, Transform};
use crate::lanes::{Element, FrameSpec, Isa, LanePowers};
use crate::specialise::{same_type, specialise};

/// `|X_k|²` of rows under tapers; the buffers are its own.
pub(super) trait TaperPowers<T>: Send {
    /// Rows that are transformed at a time.
    fn rows(&self) -> usize;

    /// Powers (not doubled) of up to [`rows`](Self::rows) rows of `x`, `[count, row_len]`, into `out`,
    /// `[tapers, count, n_bins]`.
    fn powers(&mut self, x: &[T], count: usize, out: &mut [T]);
}

/// The fastest plan there is.
pub(super) fn plan<T: Real>(dpss: &Arc<Dpss>) -> Result<Box<dyn TaperPowers<T>>> {
    let fast = if same_type::<T, f32>() {
        LanePlan::<f32>::plan(dpss)?.and_then(specialise)
    } else {
        LanePlan::<f64>::plan(dpss)?.and_then(specialise)
    };
    match fast {
        Some(fast) => Ok(fast),
        None => Ok(Box::new(PairPlan::new(dpss)?)),
    }
}

/// Longest rows that go through the lanes: beyond, a group of rows fills the cache.
const LONGEST: usize = 1 << 14;

/// Rows in lanes, two to a transform; all tapers of a group while its samples are near.
struct LanePlan<T: Element> {
    kernel: Box<dyn LanePowers<T>>,
    /// `[tapers, len]`.
    tapers: Vec<T>,
    len: usize,
    /// For fewer rows than a group of lanes pays for.
    plain: PairPlan<T>,
}

impl<T: Element> LanePlan<T> {
    fn plan(dpss: &Arc<Dpss>) -> Result<Option<Box<dyn TaperPowers<T>>>> {
        if dpss.len > LONGEST {
            return Ok(None);
        }
        let tapers: Vec<T> = dpss.tapers.iter().map(|w| T::narrow(*w)).collect();
        let spec = FrameSpec::from(tapers[..dpss.len].to_vec());
        let Some(kernel) = T::powers_kernel(Isa::detect()?, spec) else { return Ok(None) };
        Ok(Some(Box::new(Self { kernel, tapers, len: dpss.len, plain: PairPlan::new(dpss)? })))
    }
}

impl<T: Element> TaperPowers<T> for LanePlan<T> {
    fn rows(&self) -> usize {
        2 * self.kernel.lanes()
    }

    fn powers(&mut self, x: &[T], count: usize, out: &mut [T]) {
        if 2 * count <= self.kernel.lanes() {
            return self.plain.powers(x, count, out);
        }
        let size = count * (self.len / 2 + 1);
        for (taper, out) in self.tapers.chunks_exact(self.len).zip(out.chunks_exact_mut(size)) {
            self.kernel.set_window(taper);
            self.kernel.power_frames(x, self.len, count, out);
        }
    }
}

/// Rows of any length: the samples under two tapers are the real and the imaginary part of one transform.
struct PairPlan<T: Real> {
    dpss: Arc<Dpss>,
    fft: Fft<T>,
    scratch: FftScratch<T, Complex<T>>,
    input: Vec<Complex<T>>,
    spectrum: Vec<Complex<T>>,
}

impl<T: Real> PairPlan<T> {
    fn new(dpss: &Arc<Dpss>) -> Result<Self> {
        let fft = Fft::new(FftParams::new(dpss.len))?;
        let points = vec![Complex::default(); dpss.len];
        Ok(Self {
            dpss: Arc::clone(dpss),
            scratch: fft.scratch(),
            fft,
            input: points.clone(),
            spectrum: points,
        })
    }
}

impl<T: Real> TaperPowers<T> for PairPlan<T> {
    fn rows(&self) -> usize {
        1
    }

    fn powers(&mut self, x: &[T], count: usize, out: &mut [T]) {
        let (n, bins) = (self.dpss.len, self.dpss.len / 2 + 1);
        let tapers = self.dpss.count();
        for (row, x) in x.chunks_exact(n).enumerate() {
            for k in (0..tapers).step_by(2) {
                let first = self.dpss.taper(k);
                // The last of an odd number goes alone.
                let second = (k + 1 < tapers).then(|| self.dpss.taper(k + 1));
                for (i, (z, x)) in self.input.iter_mut().zip(x).enumerate() {
                    let x = x.widen();
                    *z = Complex::new(T::narrow(x * first[i]), T::narrow(second.map_or(0.0, |w| x * w[i])));
                }
                let done = self.fft.run_into(&self.input, &mut self.scratch, &mut self.spectrum);
                debug_assert!(done.is_ok(), "the buffers have the lengths of the plan");
                let place = |k: usize| (k * count + row) * bins;
                let (head, tail) = out.split_at_mut(place(k) + bins);
                let a = &mut head[place(k)..];
                let quarter = T::narrow(0.25);
                match second {
                    Some(_) => {
                        let b = &mut tail[place(k + 1) - place(k) - bins..][..bins];
                        for bin in 0..bins {
                            let (z, w) = (self.spectrum[bin], self.spectrum[(n - bin) % n].conj());
                            a[bin] = (z + w).norm_sqr() * quarter;
                            b[bin] = (z - w).norm_sqr() * quarter;
                        }
                    }
                    None => {
                        for (a, z) in a.iter_mut().zip(&self.spectrum) {
                            *a = z.norm_sqr();
                        }
                    }
                }
            }
        }
    }
}
