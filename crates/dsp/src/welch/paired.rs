//! Summed powers of two segments of real samples by one complex transform.
//!
//! With `z = x + i·y`: `|X[k]|² + |Y[k]|² = (|Z[k]|² + |Z[n − k]|²) / 2`. For odd lengths a transform of real samples takes as
//! long as a complex one, so pairs halve the time.

use std::fmt;
use std::sync::Arc;

use num_complex::Complex;
use rustfft::Fft;

use super::segment::SegmentTransform;
use crate::fft::{Real, Sample};

/// Complex transform of an odd length with its buffers.
#[derive(Clone)]
pub(super) struct Pairs<T: Real> {
    fft: Arc<dyn Fft<T>>,
    points: Vec<Complex<T>>,
    scratch: Vec<Complex<T>>,
}

impl<T: Real> Pairs<T> {
    /// Returns buffers for pairs of segments of `n` points if that is faster, which it is for odd `n`.
    pub(super) fn new(n: usize) -> Option<Self> {
        if n.is_multiple_of(2) {
            return None;
        }
        let fft = T::plan_complex(n);
        let scratch = vec![Complex::default(); fft.get_inplace_scratch_len()];
        Some(Self { fft, points: vec![Complex::default(); n], scratch })
    }

    /// Adds the powers of both segments, detrended and weighted by `transform`, to the `n/2 + 1` `sums`.
    pub(super) fn add<S: Sample<Real = T>>(
        &mut self,
        transform: &mut SegmentTransform<S>,
        [a, b]: [&[S]; 2],
        sums: &mut [f64],
    ) {
        for (point, value) in self.points.iter_mut().zip(transform.weighted(a)) {
            point.re = T::narrow(value.parts().0);
        }
        for (point, value) in self.points.iter_mut().zip(transform.weighted(b)) {
            point.im = T::narrow(value.parts().0);
        }
        self.fft.process_with_scratch(&mut self.points, &mut self.scratch);
        // Squared in f64: an f32 square overflows above 1.8e19.
        let power = |z: &Complex<T>| {
            let (re, im) = (z.re.widen(), z.im.widen());
            re * re + im * im
        };
        let (first, others) = self.points.split_at(1);
        sums[0] += power(&first[0]);
        for ((sum, low), high) in sums[1..].iter_mut().zip(others).zip(others.iter().rev()) {
            *sum += 0.5 * (power(low) + power(high));
        }
    }
}

impl<T: Real> fmt::Debug for Pairs<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pairs({})", self.points.len())
    }
}

#[cfg(test)]
mod tests {
    use crate::detrend::Detrend;
    use crate::reference::welch::Reference;
    use crate::welch::{PsdParams, Welch};
    use crate::window::{Symmetry, Window};

    #[test]
    fn odd_sizes_equal_the_reference() {
        let mut seed = 3u32;
        let x: Vec<f64> = (0..9000)
            .map(|i| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                // Faint and strong parts alternate, so that each segment of a pair matters.
                let gain = if i / 1500 % 2 == 0 { 1e-6 } else { 1.0 };
                gain * (f64::from(seed >> 8) / 8_388_608.0 - 1.0) + 3.0
            })
            .collect();
        for (segment_len, n_fft) in [(997, 997), (551, 551), (700, 1021), (3, 13), (1499, 1499)] {
            for detrend in [Detrend::None, Detrend::Constant, Detrend::Linear] {
                let params = PsdParams::new(1.0, segment_len).n_fft(n_fft).detrend(detrend);
                let want = Reference {
                    sample_rate: 1.0,
                    window: &Window::Hann.coefficients(segment_len, Symmetry::Periodic).expect("valid"),
                    hop: params.segments.hop,
                    n_fft,
                    detrend,
                    scaling: params.scaling,
                    average: params.average,
                    one_sided: true,
                }
                .psd(&x);
                let got = Welch::<f64>::new(params.clone()).and_then(|w| w.run(&x)).expect("valid").values;
                let narrow: Vec<f32> = x.iter().map(|&v| v as f32).collect();
                let single = Welch::<f32>::new(params).and_then(|w| w.run(&narrow)).expect("valid").values;
                let distance = |got: &[f64]| {
                    let square = |v: f64| v * v;
                    let error: f64 = got.iter().zip(&want).map(|(a, b)| square(a - b)).sum();
                    (error / want.iter().map(|&v| square(v)).sum::<f64>()).sqrt()
                };
                let log = (n_fft as f64).log2();
                assert!(distance(&got) <= 16.0 * f64::EPSILON * log, "{n_fft} {detrend}: {}", distance(&got));
                let single: Vec<f64> = single.into_iter().map(f64::from).collect();
                let bound = 4.0 * f64::from(f32::EPSILON) * log;
                assert!(distance(&single) <= bound, "{n_fft} {detrend}: {}", distance(&single));
            }
        }
    }
}
