//! Powers and cross powers of segments of two signals.

use std::fmt;
use std::sync::Arc;

use super::fast::frame_spec;
use super::segment::{SegmentSpec, SegmentTransform};
use crate::error::Result;
use crate::fft::{Real, Sample};
use crate::lanes::{Element, Isa, LaneCross};
use crate::scratch::Kernels;
use crate::specialise::{same_type, specialise};

/// Adds `|X|²`, `|Y|²` and both parts of `conj(X) · Y` of segments of two signals, `[4, bins]`.
pub(crate) trait PairKernel<S: Sample>: fmt::Debug + Send + Sync {
    /// Adds segments `0 … count − 1` at distance `hop` of the parameters.
    fn add(&mut self, signals: [&[S]; 2], count: usize, sums: &mut [f64]);

    /// Returns a kernel that shares the tables and has separate buffers.
    fn boxed_clone(&self) -> Box<dyn PairKernel<S>>;
}

impl<S: Sample> Clone for Box<dyn PairKernel<S>> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

/// Returns the fastest kernel for these segments.
pub(crate) fn plan<S: Sample>(spec: &SegmentSpec) -> Result<Box<dyn PairKernel<S>>> {
    let fast = if same_type::<S, f32>() {
        FastPair::<f32>::plan(spec)?.and_then(specialise)
    } else if same_type::<S, f64>() {
        FastPair::<f64>::plan(spec)?.and_then(specialise)
    } else {
        None
    };
    match fast {
        Some(fast) => Ok(fast),
        None => Ok(Box::new(PlainPair::<S>::new(spec)?)),
    }
}

/// Any length, any sample: two transforms per segment.
#[derive(Debug, Clone)]
struct PlainPair<S: Sample> {
    spec: SegmentSpec,
    transforms: [SegmentTransform<S>; 2],
}

impl<S: Sample> PlainPair<S> {
    fn new(spec: &SegmentSpec) -> Result<Self> {
        let transforms = [SegmentTransform::new(spec)?, SegmentTransform::new(spec)?];
        Ok(Self { spec: spec.clone(), transforms })
    }
}

impl<S: Sample> PairKernel<S> for PlainPair<S> {
    fn add(&mut self, [x, y]: [&[S]; 2], count: usize, sums: &mut [f64]) {
        let [tx, ty] = &mut self.transforms;
        let bins = sums.len() / 4;
        let (pxx, rest) = sums.split_at_mut(bins);
        let (pyy, rest) = rest.split_at_mut(bins);
        let (re, im) = rest.split_at_mut(bins);
        for (x, y) in self.spec.segments(x, count).zip(self.spec.segments(y, count)) {
            for (k, (x, y)) in tx.transform(x).iter().zip(ty.transform(y)).enumerate() {
                let (xr, xi, yr, yi) = (x.re.widen(), x.im.widen(), y.re.widen(), y.im.widen());
                pxx[k] += xr * xr + xi * xi;
                pyy[k] += yr * yr + yi * yi;
                re[k] += xr * yr + xi * yi;
                im[k] += xr * yi - xi * yr;
            }
        }
    }

    fn boxed_clone(&self) -> Box<dyn PairKernel<S>> {
        Box::new(self.clone())
    }
}

/// Real samples: both signals in one complex transform, many segments at a time.
struct FastPair<T: Element> {
    isa: Isa,
    kernels: Arc<Kernels<dyn LaneCross<T>>>,
    /// Segments that a kernel computes at a time.
    lanes: usize,
    plain: PlainPair<T>,
    sums: Vec<f64>,
    /// First segments of groups that the lanes did not process.
    left: Vec<usize>,
}

impl<T: Element> FastPair<T> {
    fn plan(spec: &SegmentSpec) -> Result<Option<Box<dyn PairKernel<T>>>> {
        let isa = Isa::detect()?;
        let Some(kernel) = T::cross_kernel(isa, frame_spec(spec)) else { return Ok(None) };
        let sums = vec![0.0; 4 * (spec.n_fft / 2 + 1)];
        let (lanes, of) = (kernel.lanes(), spec.clone());
        let make = move || T::cross_kernel(isa, frame_spec(&of)).expect("it was built from this before");
        let kernels = Arc::new(Kernels::with_first(kernel, make));
        let plain = PlainPair::new(spec)?;
        Ok(Some(Box::new(Self { isa, kernels, lanes, plain, sums, left: Vec::new() })))
    }
}

/// Returns the power of two that scales a signal of power `y` to about the power `x`; 1 if there is none.
fn scale(x: f64, y: f64) -> f64 {
    let exponent = (0.5 * (x / y).log2()).round();
    if exponent.abs() <= 40.0 { exponent.exp2() } else { 1.0 }
}

impl<T: Element> PairKernel<T> for FastPair<T> {
    fn add(&mut self, [x, y]: [&[T]; 2], count: usize, sums: &mut [f64]) {
        let (hop, group) = (self.plain.spec.hop, self.lanes);
        if count < group.max(4) {
            return self.plain.add([x, y], count, sums);
        }
        // The first segment alone determines the powers of both.
        self.sums.fill(0.0);
        self.plain.add([x, y], 1, &mut self.sums);
        let bins = sums.len() / 4;
        let total = |part: usize| self.sums[part * bins..(part + 1) * bins].iter().sum::<f64>();
        let scale = scale(total(0), total(1));
        let rest = (count - 1) % group;
        let lone = if 8 * rest < 3 * group { rest } else { 0 };
        let many = count - 1 - lone;
        self.left.clear();
        let signals = [&x[hop..], &y[hop..]];
        let (here, left) = (&mut self.sums, &mut self.left);
        self.kernels.lend(|kernel| kernel.add_segments(signals, hop, many, T::narrow(scale), here, left));
        // Squares in f32 overflow and underflow where those in f64 do not.
        let strongest = self.sums.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
        if !(self.sums.iter().all(|v| v.is_finite())
            && (T::EPSILON < 1e-10 || strongest > 1e-24 * count as f64))
        {
            return self.plain.add([x, y], count, sums);
        }
        sums.iter_mut().zip(&self.sums).for_each(|(sum, s)| *sum += s);
        for &first in &self.left {
            let at = (1 + first) * hop;
            self.plain.add([&x[at..], &y[at..]], group.min(many - first), sums);
        }
        if lone > 0 {
            let at = (count - lone) * hop;
            self.plain.add([&x[at..], &y[at..]], lone, sums);
        }
    }

    fn boxed_clone(&self) -> Box<dyn PairKernel<T>> {
        Box::new(Self {
            isa: self.isa,
            kernels: Arc::clone(&self.kernels),
            lanes: self.lanes,
            plain: self.plain.clone(),
            sums: self.sums.clone(),
            left: Vec::new(),
        })
    }
}

impl<T: Element> fmt::Debug for FastPair<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FastPair").field("isa", &self.isa).field("plain", &self.plain).finish_non_exhaustive()
    }
}
