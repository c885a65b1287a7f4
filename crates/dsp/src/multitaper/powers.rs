//! Power spectra of rows under each taper.

use std::sync::Arc;

use num_complex::Complex;

use super::Dpss;
use crate::error::Result;
use crate::fft::{Fft, FftParams, FftScratch, Real, Rfft, Transform};
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

/// Rows of any length: the samples under two tapers are the real and the imaginary part of one transform. The last of an
/// odd number of tapers has a transform of real samples, half as long.
struct PairPlan<T: Real> {
    dpss: Arc<Dpss>,
    fft: Fft<T>,
    scratch: FftScratch<T, Complex<T>>,
    input: Vec<Complex<T>>,
    spectrum: Vec<Complex<T>>,
    single: Option<Single<T>>,
}

struct Single<T: Real> {
    fft: Rfft<T>,
    scratch: FftScratch<T, T>,
    input: Vec<T>,
}

impl<T: Real> PairPlan<T> {
    fn new(dpss: &Arc<Dpss>) -> Result<Self> {
        let fft = Fft::new(FftParams::new(dpss.len))?;
        let points = vec![Complex::default(); dpss.len];
        let single = match dpss.count() % 2 {
            0 => None,
            _ => {
                let fft = Rfft::new(FftParams::new(dpss.len))?;
                Some(Single { scratch: fft.scratch(), fft, input: vec![T::zero(); dpss.len] })
            }
        };
        Ok(Self {
            single,
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
            let place = |k: usize| (k * count + row) * bins;
            for k in (1..tapers).step_by(2) {
                let (first, second) = (self.dpss.taper(k - 1), self.dpss.taper(k));
                let weights = first.iter().zip(second);
                for ((z, x), (a, b)) in self.input.iter_mut().zip(x).zip(weights) {
                    let x = x.widen();
                    *z = Complex::new(T::narrow(x * a), T::narrow(x * b));
                }
                let done = self.fft.run_into(&self.input, &mut self.scratch, &mut self.spectrum);
                debug_assert!(done.is_ok(), "the buffers have the lengths of the plan");
                let (head, tail) = out.split_at_mut(place(k));
                let (a, b) = (&mut head[place(k - 1)..][..bins], &mut tail[..bins]);
                // Bin 0 is its own mirror image; bin i is that of bin n − i.
                let mirrored = self.spectrum[..1].iter().chain(self.spectrum[1..].iter().rev());
                let quarter = T::narrow(0.25);
                for (((a, b), z), w) in a.iter_mut().zip(b).zip(&self.spectrum).zip(mirrored) {
                    let w = w.conj();
                    *a = (*z + w).norm_sqr() * quarter;
                    *b = (*z - w).norm_sqr() * quarter;
                }
            }
            if let Some(Single { fft, scratch, input }) = &mut self.single {
                for ((v, x), w) in input.iter_mut().zip(x).zip(self.dpss.taper(tapers - 1)) {
                    *v = T::narrow(x.widen() * w);
                }
                let spectrum = &mut self.spectrum[..bins];
                let done = fft.run_into(input, scratch, spectrum);
                debug_assert!(done.is_ok(), "the buffers have the lengths of the plan");
                for (a, z) in out[place(tapers - 1)..][..bins].iter_mut().zip(&*spectrum) {
                    *a = z.norm_sqr();
                }
            }
        }
    }
}
