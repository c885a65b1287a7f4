//! Plans of few algorithms, for pages, where the FFT library's whole planner would be a third of the download.
//!
//! ```text
//! powers of two: radix 4;  products of small primes: mixed radix;  a large prime factor: Bluestein
//! real samples, n even:  one transform of n/2 points (x[2i], x[2i+1]), then
//!     X[k] = (Z[k] + Z̄[n/2−k])/2 − i·exp(−2πik/n)·(Z[k] − Z̄[n/2−k])/2
//! ```

use std::sync::Arc;

use num_complex::Complex;
use realfft::{FftError, RealToComplex};
use rustfft::algorithm::butterflies::{Butterfly2, Butterfly3, Butterfly5, Butterfly7};
use rustfft::algorithm::{BluesteinsAlgorithm, Dft, MixedRadix, Radix4};
use rustfft::{Fft, FftDirection, FftNum};

/// Largest prime factor that is transformed by its definition.
const LARGEST_DFT: usize = 31;

/// A forward transform of `n` complex points.
pub(super) fn complex<T: FftNum>(n: usize) -> Arc<dyn Fft<T>> {
    let forward = FftDirection::Forward;
    match n {
        3 => return Arc::new(Butterfly3::new(forward)),
        5 => return Arc::new(Butterfly5::new(forward)),
        7 => return Arc::new(Butterfly7::new(forward)),
        2 => return Arc::new(Butterfly2::new(forward)),
        n if n.is_power_of_two() => return Arc::new(Radix4::new(n, forward)),
        _ => {}
    }
    let twos = 1 << n.trailing_zeros();
    if twos > 1 {
        return Arc::new(MixedRadix::new(complex(twos), complex(n / twos)));
    }
    match (3..=LARGEST_DFT).step_by(2).find(|factor| n.is_multiple_of(*factor)) {
        Some(factor) if factor == n => Arc::new(Dft::new(n, forward)),
        Some(factor) => Arc::new(MixedRadix::new(complex(factor), complex(n / factor))),
        None if n < 2 => Arc::new(Dft::new(n, forward)),
        None => Arc::new(BluesteinsAlgorithm::new(n, complex((2 * n - 1).next_power_of_two()))),
    }
}

/// A forward transform of `n` real samples.
pub(super) fn real<T: FftNum>(n: usize) -> Arc<dyn RealToComplex<T>> {
    if !n.is_multiple_of(2) {
        return Arc::new(Odd(complex(n)));
    }
    let point = |k: usize| {
        let angle = -2.0 * std::f64::consts::PI * k as f64 / n as f64;
        let part = |value: f64| T::from_f64(value).unwrap_or_else(T::zero);
        Complex::new(part(angle.cos()), part(angle.sin()))
    };
    Arc::new(Even { half: complex(n / 2), twiddles: (0..=n / 4).map(point).collect() })
}

/// An even number of samples as half as many points.
struct Even<T> {
    half: Arc<dyn Fft<T>>,
    /// `exp(−2πik/n)` for `k` up to `n/4`.
    twiddles: Vec<Complex<T>>,
}

/// An odd number of samples as points without imaginary part.
struct Odd<T>(Arc<dyn Fft<T>>);

fn check(name: fn(usize, usize) -> FftError, expected: usize, got: usize) -> Result<(), FftError> {
    if expected == got { Ok(()) } else { Err(name(expected, got)) }
}

/// Checks the buffers of a transform of `n` samples.
fn check_all(n: usize, scratch: usize, input: usize, output: usize, given: usize) -> Result<(), FftError> {
    check(FftError::InputBuffer, n, input)?;
    check(FftError::OutputBuffer, n / 2 + 1, output)?;
    if given < scratch { Err(FftError::ScratchBuffer(scratch, given)) } else { Ok(()) }
}

impl<T: FftNum> RealToComplex<T> for Even<T> {
    fn process(&self, input: &mut [T], output: &mut [Complex<T>]) -> Result<(), FftError> {
        self.process_with_scratch(input, output, &mut self.make_scratch_vec())
    }

    fn process_with_scratch(
        &self,
        input: &mut [T],
        output: &mut [Complex<T>],
        scratch: &mut [Complex<T>],
    ) -> Result<(), FftError> {
        check_all(self.len(), self.get_scratch_len(), input.len(), output.len(), scratch.len())?;
        let m = self.half.len();
        for (point, pair) in output.iter_mut().zip(input.chunks_exact(2)) {
            *point = Complex::new(pair[0], pair[1]);
        }
        self.half.process_with_scratch(&mut output[..m], scratch);
        let half = T::from_f64(0.5).unwrap_or_else(T::one);
        let first = output[0];
        output[0] = Complex::new(first.re + first.im, T::zero());
        output[m] = Complex::new(first.re - first.im, T::zero());
        for k in 1..=m / 2 {
            let (a, b) = (output[k], output[m - k].conj());
            let even = (a + b) * half;
            let odd = (a - b) * half;
            // −i·w·odd
            let turned = self.twiddles[k] * Complex::new(odd.im, -odd.re);
            output[k] = even + turned;
            output[m - k] = (even - turned).conj();
        }
        Ok(())
    }

    fn get_scratch_len(&self) -> usize {
        self.half.get_inplace_scratch_len()
    }

    fn len(&self) -> usize {
        2 * self.half.len()
    }

    fn make_input_vec(&self) -> Vec<T> {
        vec![T::zero(); self.len()]
    }

    fn make_output_vec(&self) -> Vec<Complex<T>> {
        vec![Complex::new(T::zero(), T::zero()); self.complex_len()]
    }

    fn make_scratch_vec(&self) -> Vec<Complex<T>> {
        vec![Complex::new(T::zero(), T::zero()); self.get_scratch_len()]
    }
}

impl<T: FftNum> RealToComplex<T> for Odd<T> {
    fn process(&self, input: &mut [T], output: &mut [Complex<T>]) -> Result<(), FftError> {
        self.process_with_scratch(input, output, &mut self.make_scratch_vec())
    }

    fn process_with_scratch(
        &self,
        input: &mut [T],
        output: &mut [Complex<T>],
        scratch: &mut [Complex<T>],
    ) -> Result<(), FftError> {
        check_all(self.len(), self.get_scratch_len(), input.len(), output.len(), scratch.len())?;
        let (points, scratch) = scratch.split_at_mut(self.len());
        for (point, sample) in points.iter_mut().zip(&*input) {
            *point = Complex::new(*sample, T::zero());
        }
        self.0.process_with_scratch(points, scratch);
        output.copy_from_slice(&points[..self.complex_len()]);
        output[0].im = T::zero();
        Ok(())
    }

    fn get_scratch_len(&self) -> usize {
        self.len() + self.0.get_inplace_scratch_len()
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn make_input_vec(&self) -> Vec<T> {
        vec![T::zero(); self.len()]
    }

    fn make_output_vec(&self) -> Vec<Complex<T>> {
        vec![Complex::new(T::zero(), T::zero()); self.complex_len()]
    }

    fn make_scratch_vec(&self) -> Vec<Complex<T>> {
        vec![Complex::new(T::zero(), T::zero()); self.get_scratch_len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::dft::dft;

    #[test]
    fn every_way_to_a_length_gives_the_transform() {
        // Each algorithm and their combinations, even and odd; 37 and 2·101 have large prime factors.
        for n in
            [2, 3, 4, 6, 7, 8, 9, 11, 15, 16, 30, 31, 37, 49, 64, 74, 96, 100, 202, 210, 343, 512, 1000, 1001]
        {
            let x: Vec<f64> = (0..n).map(|i| ((i * i * 7 + 3 * i) % 101) as f64 / 50.0 - 1.0).collect();
            let want = dft(&x.iter().map(|&v| Complex::new(v, 0.0)).collect::<Vec<_>>());
            let plan = real::<f64>(n);
            let mut out = plan.make_output_vec();
            plan.process(&mut x.clone(), &mut out).expect("buffers fit");
            let mut points: Vec<_> = x.iter().map(|&v| Complex::new(v, 0.0)).collect();
            complex::<f64>(n).process(&mut points);
            let size: f64 = want.iter().map(Complex::norm_sqr).sum();
            let error =
                |got: &[Complex<f64>]| got.iter().zip(&want).map(|(a, b)| (a - b).norm_sqr()).sum::<f64>();
            let bound = (8.0 * f64::EPSILON * (n as f64).log2().max(1.0)).powi(2) * size;
            assert!(error(&points) <= bound, "complex {n}: {}", (error(&points) / size).sqrt());
            assert!(error(&out) <= bound, "real {n}: {}", (error(&out) / size).sqrt());
            assert!(plan.process(&mut vec![0.0; n + 1], &mut out).is_err());
        }
    }
}
