//! Segments in the lanes kernels, many at a time; few, faint or overflowing ones are processed one by one.

use std::fmt;
use std::sync::Arc;

use super::kernel::{Plain, SegmentKernel};
use super::segment::SegmentSpec;
use crate::error::Result;
use crate::fft::{Complex, Real, Sample};
use crate::lanes::{
    Element, FrameSpec, Isa, LEAST_LANES, LaneComplex, LanePowers, LanePsd, Rows, has_recipe,
};
use crate::scratch::Kernels;

/// Power per segment below which an f32 square may have lost digits to underflow: its smallest normal number
/// over the share of the strongest bin that still matters.
const FAINT: f64 = 1e-28;

/// A spec of the lanes for segments as `spec` has them.
pub(super) fn frame_spec<T: Real>(spec: &SegmentSpec) -> FrameSpec<T> {
    FrameSpec {
        window: spec.weights.iter().map(|&w| T::narrow(w)).collect(),
        n_fft: spec.n_fft,
        lead: 0,
        offset: spec.detrend.into(),
        preemphasis: T::zero(),
    }
}

/// Rows of `T` in one vector of `isa`.
fn lanes_of<T>(isa: Isa) -> usize {
    isa.lanes() * size_of::<f32>() / size_of::<T>()
}

/// Whether the lanes have kernels for these segments.
fn has_kernel<T: Element>(isa: Isa, spec: &SegmentSpec) -> bool {
    let lanes = lanes_of::<T>(isa);
    // The lanes keep zeros for a segment and a hop in place of absent rows.
    let near = spec.hop <= 4 * spec.weights.len();
    near && lanes >= LEAST_LANES && spec.weights.len() >= lanes && has_recipe(spec.n_fft)
}

/// Returns the smallest number of segments for which a group of `group` segments is faster.
fn few(group: usize) -> usize {
    (3 * group / 8).clamp(2, 12)
}

/// Whether powers in `T` whose largest is `strongest` can be trusted: finite, and not so faint that squares underflow.
fn is_sound<S: Sample>(strongest: f64, finite: bool, count: usize, samples: &[S]) -> bool {
    let faint = S::Real::EPSILON > 1e-10 && strongest < FAINT * count as f64 && !is_silent(samples);
    finite && !faint
}

/// Whether every sample is zero.
fn is_silent<S: Sample>(samples: &[S]) -> bool {
    samples.chunks(1024).all(|block| block.iter().fold(true, |silent, x| silent & (x.parts() == (0.0, 0.0))))
}

/// The largest value, and whether all are finite. In partial results, which vectorise.
fn summary<T: Real>(values: &[T]) -> (f64, bool) {
    const PARTS: usize = 16;
    let mut most = [T::zero(); PARTS];
    let mut poison = [T::zero(); PARTS];
    let (blocks, rest) = values.as_chunks::<PARTS>();
    for block in blocks {
        for i in 0..PARTS {
            most[i] = if block[i] > most[i] { block[i] } else { most[i] };
            // NaN and infinity times 0 are NaN.
            poison[i] += block[i] * T::zero();
        }
    }
    for (i, &v) in rest.iter().enumerate() {
        most[i] = if v > most[i] { v } else { most[i] };
        poison[i] += v * T::zero();
    }
    let most = most.into_iter().fold(T::zero(), |a, b| if b > a { b } else { a });
    (most.widen(), poison.into_iter().all(|p| p == T::zero()))
}

/// Segments of real samples.
pub(super) struct FastReal<T: Element> {
    isa: Isa,
    spec: SegmentSpec,
    kernels: Arc<Kernels<dyn LanePsd<T>>>,
    /// For powers one by one.
    singles: Arc<Kernels<dyn LanePowers<T>>>,
    plain: Plain<T>,
    sums: Vec<f64>,
    values: Vec<T>,
}

impl<T: Element> FastReal<T> {
    /// A kernel for `spec`, or `None` if the lanes do not support its length.
    pub(super) fn new(spec: &SegmentSpec) -> Result<Option<Self>> {
        let isa = Isa::detect()?;
        if !has_kernel::<T>(isa, spec) {
            return Ok(None);
        }
        let (plain, sums) = (Plain::new(spec)?, vec![0.0; spec.n_fft / 2 + 1]);
        let (of_many, of_singles) = (spec.clone(), spec.clone());
        let kernels = Kernels::new(move || {
            T::psd_kernel(isa, frame_spec(&of_many), of_many.hop).expect("there is a recipe")
        });
        let singles =
            Kernels::new(move || T::powers_kernel(isa, frame_spec(&of_singles)).expect("there is a recipe"));
        Ok(Some(Self {
            isa,
            spec: spec.clone(),
            kernels: Arc::new(kernels),
            singles: Arc::new(singles),
            plain,
            sums,
            values: Vec::new(),
        }))
    }
}

impl<T: Element> SegmentKernel<T> for FastReal<T> {
    fn add_powers(&mut self, samples: &[T], hop: usize, count: usize, sums: &mut [f64]) {
        // An incomplete group of pairs costs as much as a full one, and so does an odd last segment.
        let group = self.group();
        let rest = count % group;
        let lone = match rest {
            _ if count < few(group) => count,
            rest if 8 * rest < 3 * group => rest,
            rest => rest % 2,
        };
        if lone > 0 {
            let first = (count - lone) * hop;
            self.plain.add_powers(&samples[first..], hop, lone, sums);
        }
        let count = count - lone;
        if count == 0 {
            return;
        }
        let samples = &samples[..(count - 1) * hop + self.spec.weights.len()];
        self.sums.fill(0.0);
        let here = &mut self.sums;
        self.kernels.lend(|kernel| kernel.add_segments_apart(samples, hop, count, here));
        let (strongest, finite) = summary(&self.sums);
        if !is_sound(strongest, finite, count, samples) {
            return self.plain.add_powers(samples, hop, count, sums);
        }
        sums.iter_mut().zip(&self.sums).for_each(|(sum, s)| *sum += s);
    }

    fn powers(&mut self, samples: &[T], hop: usize, count: usize, out: &mut [f64]) {
        let bins = self.sums.len();
        let group = self.group();
        for first in (0..count).step_by(group) {
            let used = group.min(count - first);
            let (samples, out) = (&samples[first * hop..], &mut out[first * bins..(first + used) * bins]);
            if used < few(group) {
                self.plain.powers(samples, hop, used, out);
                continue;
            }
            self.values.resize(used * bins, T::zero());
            let values = &mut self.values;
            self.singles.lend(|kernel| kernel.power_frames(samples, hop, used, values));
            out.iter_mut().zip(&self.values).for_each(|(out, v)| *out = v.widen());
            let len = self.spec.weights.len();
            for (s, out) in out.chunks_exact_mut(bins).enumerate() {
                let (strongest, finite) = summary(out);
                let segment = &samples[s * hop..s * hop + len];
                if !is_sound(strongest, finite, 1, segment) {
                    self.plain.powers(segment, hop, 1, out);
                }
            }
        }
    }

    fn add_rows(&mut self, rows: &[T], row_len: usize, count: usize, sums: &mut [f64]) -> bool {
        let (n_rows, bins, lanes) = (rows.len() / row_len, self.sums.len(), lanes_of::<T>(self.isa));
        if 2 * n_rows < lanes {
            return false;
        }
        self.values.resize(n_rows * bins, T::zero());
        let side_by_side = Rows { samples: rows, stride: row_len, count: n_rows };
        let values = &mut self.values;
        self.kernels.lend(|kernel| kernel.psd_of(side_by_side, count, T::narrow(count as f64), values));
        let rows = rows.chunks_exact(row_len);
        let (n_fft, len) = (self.spec.n_fft, (count - 1) * self.spec.hop + self.spec.weights.len());
        for ((row, values), sums) in rows.zip(self.values.chunks_exact(bins)).zip(sums.chunks_exact_mut(bins))
        {
            let (strongest, finite) = summary(values);
            if is_sound(strongest, finite, count, &row[..len]) {
                // The kernel has doubled every bin that has a mirror.
                for (bin, (sum, v)) in sums.iter_mut().zip(values).enumerate() {
                    *sum = if bin == 0 || 2 * bin == n_fft { v.widen() } else { 0.5 * v.widen() };
                }
            } else {
                sums.fill(0.0);
                self.plain.add_powers(row, self.spec.hop, count, sums);
            }
        }
        true
    }

    fn prepare(&mut self, single: bool) {
        self.kernels.lend(|_| ());
        if single {
            self.singles.lend(|_| ());
            self.values.resize(self.group() * self.sums.len(), T::zero());
        }
    }

    fn group(&self) -> usize {
        2 * lanes_of::<T>(self.isa)
    }

    fn boxed_clone(&self) -> Box<dyn SegmentKernel<T>> {
        Box::new(Self {
            isa: self.isa,
            spec: self.spec.clone(),
            kernels: Arc::clone(&self.kernels),
            singles: Arc::clone(&self.singles),
            plain: self.plain.clone(),
            sums: self.sums.clone(),
            values: Vec::new(),
        })
    }
}

impl<T: Element> fmt::Debug for FastReal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FastReal").field("isa", &self.isa).field("spec", &self.spec).finish_non_exhaustive()
    }
}

/// Segments of complex samples.
pub(super) struct FastComplex<T: Element>
where
    Complex<T>: Sample<Real = T>,
{
    isa: Isa,
    spec: SegmentSpec,
    kernels: Arc<Kernels<dyn LaneComplex<T>>>,
    /// Segments that a kernel computes at a time.
    lanes: usize,
    plain: Plain<Complex<T>>,
    sums: Vec<f64>,
    values: Vec<T>,
}

impl<T: Element> FastComplex<T>
where
    Complex<T>: Sample<Real = T>,
{
    /// A kernel for `spec`, or `None` if the lanes do not support its length.
    pub(super) fn new(spec: &SegmentSpec) -> Result<Option<Self>> {
        let isa = Isa::detect()?;
        let Some(kernel) = T::complex_kernel(isa, frame_spec(spec)) else { return Ok(None) };
        let (plain, sums, lanes) = (Plain::new(spec)?, vec![0.0; spec.n_fft], kernel.lanes());
        let of = spec.clone();
        let make = move || T::complex_kernel(isa, frame_spec(&of)).expect("it was built from this before");
        let kernels = Arc::new(Kernels::with_first(kernel, make));
        Ok(Some(Self { isa, spec: spec.clone(), kernels, lanes, plain, sums, values: Vec::new() }))
    }
}

impl<T: Element> SegmentKernel<Complex<T>> for FastComplex<T>
where
    Complex<T>: Sample<Real = T>,
{
    fn add_powers(&mut self, samples: &[Complex<T>], hop: usize, count: usize, sums: &mut [f64]) {
        let group = self.lanes;
        let rest = count % group;
        let lone = if rest < few(group) { rest } else { 0 };
        if lone > 0 {
            self.plain.add_powers(&samples[(count - lone) * hop..], hop, lone, sums);
        }
        let count = count - lone;
        if count == 0 {
            return;
        }
        let samples = &samples[..(count - 1) * hop + self.spec.weights.len()];
        self.sums.fill(0.0);
        let here = &mut self.sums;
        self.kernels.lend(|kernel| kernel.add_segments(samples, hop, count, here));
        let (strongest, finite) = summary(&self.sums);
        if !is_sound(strongest, finite, count, samples) {
            return self.plain.add_powers(samples, hop, count, sums);
        }
        sums.iter_mut().zip(&self.sums).for_each(|(sum, s)| *sum += s);
    }

    fn powers(&mut self, samples: &[Complex<T>], hop: usize, count: usize, out: &mut [f64]) {
        let (bins, group) = (self.sums.len(), self.lanes);
        let len = self.spec.weights.len();
        for first in (0..count).step_by(group) {
            let used = group.min(count - first);
            let (samples, out) = (&samples[first * hop..], &mut out[first * bins..(first + used) * bins]);
            if used < few(group) {
                self.plain.powers(samples, hop, used, out);
                continue;
            }
            self.values.resize(used * bins, T::zero());
            let values = &mut self.values;
            self.kernels.lend(|kernel| kernel.powers(samples, hop, used, values));
            out.iter_mut().zip(&self.values).for_each(|(out, v)| *out = v.widen());
            for (s, out) in out.chunks_exact_mut(bins).enumerate() {
                let (strongest, finite) = summary(out);
                let segment = &samples[s * hop..s * hop + len];
                if !is_sound(strongest, finite, 1, segment) {
                    self.plain.powers(segment, hop, 1, out);
                }
            }
        }
    }

    fn group(&self) -> usize {
        self.lanes
    }

    fn boxed_clone(&self) -> Box<dyn SegmentKernel<Complex<T>>> {
        Box::new(Self {
            isa: self.isa,
            spec: self.spec.clone(),
            kernels: Arc::clone(&self.kernels),
            lanes: self.lanes,
            plain: self.plain.clone(),
            sums: self.sums.clone(),
            values: Vec::new(),
        })
    }
}

impl<T: Element> fmt::Debug for FastComplex<T>
where
    Complex<T>: Sample<Real = T>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FastComplex")
            .field("isa", &self.isa)
            .field("spec", &self.spec)
            .finish_non_exhaustive()
    }
}
