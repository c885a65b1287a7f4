//! Transforms of batches with the lengths and factors of `numpy.fft` and `scipy.fft`.

use std::fmt;
use std::sync::Arc;

use num_complex::Complex;
use realfft::{ComplexToReal, RealToComplex};
use rustfft::Fft as FftPlan;

use super::freq::rfft_bins;
use super::number::Real;
use crate::error::{Error, Result};
use crate::params::{Threads, Workers, named};
use crate::rows;

/// Where the factor 1/n of a transform and its inverse goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Norm {
    /// Into the inverse.
    #[default]
    Backward,
    /// `1/√n` into both.
    Ortho,
    /// Into the forward transform.
    Forward,
}

named! { Norm, "norm",
    Backward = "backward", "1/n in the inverse";
    Ortho = "ortho", "1/sqrt(n) in both";
    Forward = "forward", "1/n in the forward transform";
}

impl Norm {
    fn factor(self, n: usize, inverse: bool) -> f64 {
        match (self, inverse) {
            (Self::Backward, true) | (Self::Forward, false) => 1.0 / n as f64,
            (Self::Ortho, _) => 1.0 / (n as f64).sqrt(),
            (Self::Backward, false) | (Self::Forward, true) => 1.0,
        }
    }
}

/// Length and factor of a transform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct FftParams {
    /// Points of the transform, at least 1. Longer inputs are cut, shorter ones are padded with zeros.
    pub n: usize,
    /// Where the factor 1/n goes.
    pub norm: Norm,
}

impl FftParams {
    /// A transform of `n` points without a factor forward and with 1/n backward.
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { n, norm: Norm::Backward }
    }

    /// Sets where the factor 1/n goes.
    #[must_use]
    pub fn norm(mut self, norm: Norm) -> Self {
        self.norm = norm;
        self
    }

    /// Refuses a length of 0.
    ///
    /// # Errors
    /// [`Error::Argument`] named `n`.
    pub fn validate(&self) -> Result<()> {
        if self.n == 0 {
            return Err(Error::argument("n", "a transform of 0 points"));
        }
        Ok(())
    }
}

/// Buffers of a transform, one set per thread.
#[derive(Debug, Clone)]
pub struct FftScratch<T, I> {
    input: Vec<I>,
    scratch: Vec<Complex<T>>,
}

/// What the four transforms have in common: rows of one type in, rows of another type out.
pub trait Transform<T: Real>: Send + Sync {
    /// Type of the input's values.
    type In: Copy + Default + Send + Sync;
    /// Type of the output's values.
    type Out: Copy + Default + Send + Sync;

    /// Values of an input row that are used; shorter rows are padded with zeros.
    fn input_len(&self) -> usize;

    /// Values of an output row.
    fn output_len(&self) -> usize;

    /// Buffers for [`run_into`](Self::run_into).
    fn scratch(&self) -> FftScratch<T, Self::In>;

    /// Transforms `x`, cut or padded to [`input_len`](Self::input_len), into `out`.
    ///
    /// # Errors
    /// [`Error::Length`] when `out` does not have [`output_len`](Self::output_len) values.
    fn run_into(
        &self,
        x: &[Self::In],
        scratch: &mut FftScratch<T, Self::In>,
        out: &mut [Self::Out],
    ) -> Result<()>;

    /// The transform of `x`, cut or padded to [`input_len`](Self::input_len).
    ///
    /// # Errors
    /// None for a plan that was made.
    fn run(&self, x: &[Self::In]) -> Result<Vec<Self::Out>> {
        let mut out = vec![Self::Out::default(); self.output_len()];
        self.run_into(x, &mut self.scratch(), &mut out)?;
        Ok(out)
    }

    /// The transforms of the rows of `x`, `[rows, row_len]`: `[rows, output_len]`, flat.
    ///
    /// # Errors
    /// [`Error::Argument`] for a `row_len` of 0 or no divisor of the length of `x`, and for threads that do not start.
    fn run_batch(&self, x: &[Self::In], row_len: usize, threads: impl Into<Threads>) -> Result<Vec<Self::Out>>
    where
        Self: Sized,
    {
        let width = self.output_len();
        let mut out = vec![Self::Out::default(); rows::count(x.len(), row_len)? * width];
        let workers = Workers::start(threads.into())?;
        let work = |scratch: &mut _, _, x: &[Self::In], out: &mut [Self::Out]| self.run_into(x, scratch, out);
        rows::for_each(&workers, (x, row_len), (&mut out, width), || self.scratch(), work)?;
        Ok(out)
    }
}

/// `n` real samples to `n/2 + 1` bins (`numpy.fft.rfft`).
#[derive(Clone)]
pub struct Rfft<T: Real> {
    plan: Arc<dyn RealToComplex<T>>,
    factor: f64,
}

/// `n/2 + 1` bins to `n` real samples (`numpy.fft.irfft`). The imaginary parts of DC and of an even Nyquist bin do not
/// count.
#[derive(Clone)]
pub struct Irfft<T: Real> {
    plan: Arc<dyn ComplexToReal<T>>,
    factor: f64,
}

/// `n` complex samples to `n` bins (`numpy.fft.fft`).
#[derive(Clone)]
pub struct Fft<T: Real>(Both<T>);

/// `n` bins to `n` complex samples (`numpy.fft.ifft`).
#[derive(Clone)]
pub struct Ifft<T: Real>(Both<T>);

/// Either direction.
#[derive(Clone)]
struct Both<T: Real> {
    plan: Arc<dyn FftPlan<T>>,
    factor: f64,
}

impl<T: Real> Rfft<T> {
    /// Plans the transform.
    ///
    /// # Errors
    /// What [`FftParams::validate`] refuses.
    pub fn new(params: FftParams) -> Result<Self> {
        params.validate()?;
        Ok(Self { plan: T::plan_real(params.n), factor: params.norm.factor(params.n, false) })
    }
}

impl<T: Real> Irfft<T> {
    /// Plans the transform.
    ///
    /// # Errors
    /// What [`FftParams::validate`] refuses.
    pub fn new(params: FftParams) -> Result<Self> {
        params.validate()?;
        Ok(Self { plan: T::plan_real_inverse(params.n), factor: params.norm.factor(params.n, true) })
    }
}

impl<T: Real> Fft<T> {
    /// Plans the transform.
    ///
    /// # Errors
    /// What [`FftParams::validate`] refuses.
    pub fn new(params: FftParams) -> Result<Self> {
        params.validate()?;
        Ok(Self(Both { plan: T::plan_complex(params.n), factor: params.norm.factor(params.n, false) }))
    }
}

impl<T: Real> Ifft<T> {
    /// Plans the transform.
    ///
    /// # Errors
    /// What [`FftParams::validate`] refuses.
    pub fn new(params: FftParams) -> Result<Self> {
        params.validate()?;
        Ok(Self(Both { plan: T::plan_complex_inverse(params.n), factor: params.norm.factor(params.n, true) }))
    }
}

/// The row as the transform wants it.
fn fit<I: Copy + Default>(x: &[I], input: &mut [I]) {
    let used = x.len().min(input.len());
    input[..used].copy_from_slice(&x[..used]);
    input[used..].fill(I::default());
}

fn check_out(expected: usize, got: usize) -> Result<()> {
    if expected == got { Ok(()) } else { Err(Error::Length { name: "out", expected, got }) }
}

/// Lengths of buffers are those of the plan, so this is no error that a caller meets.
fn failed(error: realfft::FftError) -> Error {
    Error::argument("n", error.to_string())
}

impl<T: Real> Transform<T> for Rfft<T> {
    type In = T;
    type Out = Complex<T>;

    fn input_len(&self) -> usize {
        self.plan.len()
    }

    fn output_len(&self) -> usize {
        rfft_bins(self.plan.len())
    }

    fn scratch(&self) -> FftScratch<T, T> {
        FftScratch { input: self.plan.make_input_vec(), scratch: self.plan.make_scratch_vec() }
    }

    fn run_into(&self, x: &[T], scratch: &mut FftScratch<T, T>, out: &mut [Complex<T>]) -> Result<()> {
        check_out(self.output_len(), out.len())?;
        fit(x, &mut scratch.input);
        self.plan.process_with_scratch(&mut scratch.input, out, &mut scratch.scratch).map_err(failed)?;
        scale(out, self.factor);
        Ok(())
    }
}

impl<T: Real> Transform<T> for Irfft<T> {
    type In = Complex<T>;
    type Out = T;

    fn input_len(&self) -> usize {
        rfft_bins(self.plan.len())
    }

    fn output_len(&self) -> usize {
        self.plan.len()
    }

    fn scratch(&self) -> FftScratch<T, Complex<T>> {
        FftScratch { input: self.plan.make_input_vec(), scratch: self.plan.make_scratch_vec() }
    }

    fn run_into(
        &self,
        x: &[Complex<T>],
        scratch: &mut FftScratch<T, Complex<T>>,
        out: &mut [T],
    ) -> Result<()> {
        let n = self.plan.len();
        check_out(n, out.len())?;
        fit(x, &mut scratch.input);
        scratch.input[0].im = T::zero();
        if n.is_multiple_of(2) {
            scratch.input[n / 2].im = T::zero();
        }
        self.plan.process_with_scratch(&mut scratch.input, out, &mut scratch.scratch).map_err(failed)?;
        if self.factor != 1.0 {
            let factor = T::narrow(self.factor);
            out.iter_mut().for_each(|v| *v = *v * factor);
        }
        Ok(())
    }
}

fn scale<T: Real>(out: &mut [Complex<T>], factor: f64) {
    if factor != 1.0 {
        let factor = T::narrow(factor);
        out.iter_mut().for_each(|v| *v = v.scale(factor));
    }
}

impl<T: Real> Both<T> {
    fn scratch(&self) -> FftScratch<T, Complex<T>> {
        FftScratch {
            input: Vec::new(),
            scratch: vec![Complex::default(); self.plan.get_inplace_scratch_len()],
        }
    }

    fn run_into(
        &self,
        x: &[Complex<T>],
        scratch: &mut FftScratch<T, Complex<T>>,
        out: &mut [Complex<T>],
    ) -> Result<()> {
        check_out(self.plan.len(), out.len())?;
        fit(x, out);
        self.plan.process_with_scratch(out, &mut scratch.scratch);
        scale(out, self.factor);
        Ok(())
    }
}

macro_rules! both {
    ($name:ident) => {
        impl<T: Real> Transform<T> for $name<T> {
            type In = Complex<T>;
            type Out = Complex<T>;

            fn input_len(&self) -> usize {
                self.0.plan.len()
            }

            fn output_len(&self) -> usize {
                self.0.plan.len()
            }

            fn scratch(&self) -> FftScratch<T, Complex<T>> {
                self.0.scratch()
            }

            fn run_into(
                &self,
                x: &[Complex<T>],
                scratch: &mut FftScratch<T, Complex<T>>,
                out: &mut [Complex<T>],
            ) -> Result<()> {
                self.0.run_into(x, scratch, out)
            }
        }
    };
}

both!(Fft);
both!(Ifft);

macro_rules! shown {
    ($($name:ident),*) => {$(
        impl<T: Real> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({} to {})", stringify!($name), self.input_len(), self.output_len())
            }
        }
    )*};
}

shown!(Rfft, Irfft, Fft, Ifft);

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    /// `Σ x[n] exp(sign·2πi kn/N)` by its formula.
    fn dft(x: &[Complex<f64>], sign: f64) -> Vec<Complex<f64>> {
        let n = x.len();
        let at = |k: usize| {
            let term =
                |(i, x): (usize, &Complex<f64>)| x * Complex::cis(sign * TAU * (i * k % n) as f64 / n as f64);
            x.iter().enumerate().map(term).sum()
        };
        (0..n).map(at).collect()
    }

    fn wave(n: usize) -> Vec<Complex<f64>> {
        (0..n).map(|i| Complex::new((i as f64 * 1.3).sin(), (i as f64 * 0.7 + 0.2).cos())).collect()
    }

    fn assert_near(got: &[Complex<f64>], expected: &[Complex<f64>], what: &str) {
        assert_eq!(got.len(), expected.len(), "{what}");
        for (a, b) in got.iter().zip(expected) {
            assert!((a - b).norm() < 1e-12 * (1.0 + b.norm()), "{what}: {a} {b}");
        }
    }

    #[test]
    fn any_length_norm_and_direction_by_the_formula() {
        for n in [1_usize, 2, 3, 8, 15, 34] {
            for norm in [Norm::Backward, Norm::Ortho, Norm::Forward] {
                for have in [n, n + 3, n.saturating_sub(2).max(1)] {
                    let params = FftParams::new(n).norm(norm);
                    let mut x = wave(have);
                    let forward = Fft::new(params).unwrap().run(&x).unwrap();
                    let back = Ifft::new(params).unwrap().run(&x).unwrap();
                    let real: Vec<f64> = x.iter().map(|v| v.re).collect();
                    let bins = Rfft::new(params).unwrap().run(&real).unwrap();
                    x.resize(n, Complex::default());
                    let scaled = |v: Vec<Complex<f64>>, inverse| -> Vec<_> {
                        v.into_iter().map(|v| v * norm.factor(n, inverse)).collect()
                    };
                    assert_near(&forward, &scaled(dft(&x, -1.0), false), "fft");
                    assert_near(&back, &scaled(dft(&x, 1.0), true), "ifft");
                    x.iter_mut().for_each(|v| v.im = 0.0);
                    assert_near(&bins, &scaled(dft(&x, -1.0), false)[..n / 2 + 1], "rfft");
                    let again = Irfft::new(params).unwrap().run(&bins).unwrap();
                    for (a, b) in again.iter().zip(&x) {
                        assert!((a - b.re).abs() < 1e-13, "irfft {n}: {a} {b}");
                    }
                }
            }
        }
    }

    #[test]
    fn batches_are_their_rows() {
        let x: Vec<f32> = (0..60).map(|i| (i * i % 17) as f32).collect();
        let plan = Rfft::<f32>::new(FftParams::new(6)).unwrap();
        for threads in [1, 2] {
            let all = plan.run_batch(&x, 6, threads).unwrap();
            for (row, out) in x.chunks_exact(6).zip(all.chunks_exact(4)) {
                assert_eq!(plan.run(row).unwrap(), out);
            }
        }
        assert!(plan.run_batch(&x, 7, 1).is_err());
        assert!(plan.run_into(&x, &mut plan.scratch(), &mut []).is_err());
        assert!(Fft::<f64>::new(FftParams::new(0)).is_err());
    }
}
