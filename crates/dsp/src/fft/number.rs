//! The numbers a signal is made of: `f32` or `f64`, alone or as complex pairs.

use std::fmt::{Debug, Display};
use std::ops::AddAssign;
use std::sync::Arc;

use num_complex::Complex;
use num_traits::Float;
use realfft::{ComplexToReal, FftNum, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftPlanner};

use super::plan::{ComplexFft, ForwardFft, RealFft};
use crate::lanes::{self, Isa};

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
    impl<T: Sealed> Sealed for num_complex::Complex<T> {}
}

/// `f32` or `f64`.
pub trait Real:
    Sample<Real = Self, Fft = RealFft<Self>> + FftNum + Float + AddAssign + Default + Display + sealed::Sealed
{
    /// Distance from 1 to the next number.
    const EPSILON: f64;

    /// The same value in f64.
    fn widen(self) -> f64;

    /// The nearest value of this type.
    fn narrow(value: f64) -> Self;

    /// A forward transform of `n` real samples. Planned here and not in generic code, so that the FFT library's
    /// many algorithms are compiled once and not in every crate that makes a plan.
    #[doc(hidden)]
    fn plan_real(n: usize) -> Arc<dyn RealToComplex<Self>>;

    /// The way back from `n/2 + 1` bins to `n` real samples; as [`plan_real`](Self::plan_real).
    #[doc(hidden)]
    fn plan_real_inverse(n: usize) -> Arc<dyn ComplexToReal<Self>>;

    /// A forward transform of `n` complex samples; as [`plan_real`](Self::plan_real).
    #[doc(hidden)]
    fn plan_complex(n: usize) -> Arc<dyn Fft<Self>>;

    /// Bits of the samples that rise above, and fall below, the one before: 64 samples per word of either slice.
    #[doc(hidden)]
    fn slopes(isa: Isa, x: &[Self], rises: &mut [u64], falls: &mut [u64]);

    /// The way back from `n` bins to `n` complex samples; as [`plan_real`](Self::plan_real).
    #[doc(hidden)]
    fn plan_complex_inverse(n: usize) -> Arc<dyn Fft<Self>>;
}

/// One sample of a signal: a [`Real`], or a complex (IQ) pair of them.
pub trait Sample: Copy + Default + PartialEq + Debug + Send + Sync + 'static + sealed::Sealed {
    /// The type of the sample's parts, and of spectra of signals of such samples.
    type Real: Real;
    /// The transform of such samples.
    type Fft: ForwardFft<Self>;
    /// Whether the sample is a pair.
    const COMPLEX: bool;

    /// Real and imaginary part in f64; the latter is 0 for real samples.
    fn parts(self) -> (f64, f64);

    /// Rounds the parts; `im` is dropped by real samples.
    fn from_parts(re: f64, im: f64) -> Self;

    /// Neither NaN nor infinite, in both parts.
    fn finite(self) -> bool;
}

macro_rules! real {
    ($t:ident) => {
        impl Real for $t {
            const EPSILON: f64 = $t::EPSILON as f64;

            #[inline]
            fn widen(self) -> f64 {
                f64::from(self)
            }

            #[inline]
            fn narrow(value: f64) -> Self {
                value as $t
            }

            #[inline(never)]
            fn plan_real(n: usize) -> Arc<dyn RealToComplex<Self>> {
                #[cfg(target_arch = "wasm32")]
                return super::compact::real(n);
                #[cfg(not(target_arch = "wasm32"))]
                RealFftPlanner::new().plan_fft_forward(n)
            }

            #[inline(never)]
            fn plan_real_inverse(n: usize) -> Arc<dyn ComplexToReal<Self>> {
                RealFftPlanner::new().plan_fft_inverse(n)
            }

            #[inline(never)]
            fn plan_complex(n: usize) -> Arc<dyn Fft<Self>> {
                #[cfg(target_arch = "wasm32")]
                return super::compact::complex(n);
                #[cfg(not(target_arch = "wasm32"))]
                FftPlanner::new().plan_fft_forward(n)
            }

            fn slopes(isa: Isa, x: &[Self], rises: &mut [u64], falls: &mut [u64]) {
                lanes::slopes(isa, x, rises, falls);
            }

            #[inline(never)]
            fn plan_complex_inverse(n: usize) -> Arc<dyn Fft<Self>> {
                FftPlanner::new().plan_fft_inverse(n)
            }
        }

        impl Sample for $t {
            type Real = $t;
            type Fft = RealFft<$t>;
            const COMPLEX: bool = false;

            #[inline]
            fn parts(self) -> (f64, f64) {
                (f64::from(self), 0.0)
            }

            #[inline]
            fn from_parts(re: f64, _im: f64) -> Self {
                re as $t
            }

            #[inline]
            fn finite(self) -> bool {
                self.is_finite()
            }
        }

        impl Sample for Complex<$t> {
            type Real = $t;
            type Fft = ComplexFft<$t>;
            const COMPLEX: bool = true;

            #[inline]
            fn parts(self) -> (f64, f64) {
                (f64::from(self.re), f64::from(self.im))
            }

            #[inline]
            fn from_parts(re: f64, im: f64) -> Self {
                Complex::new(re as $t, im as $t)
            }

            #[inline]
            fn finite(self) -> bool {
                self.re.is_finite() & self.im.is_finite()
            }
        }
    };
}

real!(f32);
real!(f64);
