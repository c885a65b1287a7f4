//! Twiddles in a few bits: integers of up to 8 bits times 16-bit data, summed in 32 bits.
//!
//! Between two stages, every point may be scaled by any complex number and back without a change of the product
//! (CROQuant by Gribonval and others uses this for factors of rank one). So only the ratio of a row's two weights
//! matters, and it must be near a ratio of two Gaussian integers, of which there are about `4^(2·bits)/8` around the
//! unit circle. The next stage is multiplied by the inverse factor before it is rounded itself (`search`). One
//! complex factor per bin remains at the end.

mod ratios;
mod search;

use num_complex::{Complex32, Complex64};

use crate::error::{Error, Result};
use crate::network::{Butterfly, ButterflyNetwork};

/// Integers `a, b, c, d`, real and imaginary.
type Ints = [i8; 8];

/// A network of one product with integer twiddles.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantisedNetwork {
    n: usize,
    bits: u32,
    order: Vec<u32>,
    stages: Vec<Vec<Ints>>,
    /// Number of bits by which the weights of each stage are too large.
    shifts: Vec<u32>,
    /// `bin = scale · integer result`, for results that were not shifted.
    scales: Vec<Complex64>,
    /// Whether the imaginary parts of the result are dropped.
    real: bool,
}

impl QuantisedNetwork {
    /// Quantises `network` to `bits` bits (2 … 8, including the sign). With `search`, scales are distributed over the
    /// stages; otherwise each stage is rounded to the nearest with one scale.
    ///
    /// # Errors
    /// Another width, a network of two products.
    pub fn new(network: &ButterflyNetwork, bits: u32, search: bool) -> Result<Self> {
        if !(2..=8).contains(&bits) {
            return Err(Error::argument("bits", format!("2 to 8, got {bits}")));
        }
        if network.depth() != 1 {
            return Err(Error::argument("network", "has two products; one can be quantised"));
        }
        let n = network.n();
        let top = f64::from((1i32 << (bits - 1)) - 1);
        let (stages, factor) =
            if search { search::spread(network, top) } else { search::to_nearest(network, top) };
        // The longest row bounds the growth of its inputs.
        let growth = |stage: &Vec<Ints>| {
            let longest = stage.iter().flat_map(|w| [&w[..4], &w[4..]]).map(norm).fold(0.0, f64::max);
            longest.log2().ceil().max(0.0) as u32
        };
        let shifts = stages.iter().map(growth).collect();
        let order = network.order(0).unwrap_or_default().to_vec();
        let scales = factor.iter().map(|f| f.inv()).collect();
        Ok(Self { n, bits, order, stages, shifts, scales, real: network.is_real() })
    }

    /// Returns the bits per twiddle.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// Returns the network with the rounded twiddles in `f32`, which the integers represent.
    ///
    /// # Errors
    /// None for a network built by this crate.
    pub fn dequantised(&self) -> Result<ButterflyNetwork> {
        let mut stages: Vec<Vec<Butterfly>> = Vec::new();
        let last = self.stages.len() - 1;
        for (s, stage) in self.stages.iter().enumerate() {
            // Powers of two keep the numbers near one; the scales go to the last stage.
            let down = (-(self.shifts[s] as f64)).exp2();
            let up: f64 =
                if s == last { self.shifts[..last].iter().map(|x| f64::from(*x)).sum() } else { 0.0 };
            let half = 1 << s;
            let of = |(i, w): (usize, &Ints)| {
                let p = (i / half) * 2 * half + i % half;
                let z = |at: usize| {
                    let z = Complex64::new(w[at].into(), w[at + 1].into());
                    let z = if s == last {
                        z * self.scales[if at < 4 { p } else { p + half }] * up.exp2()
                    } else {
                        z * down
                    };
                    Complex32::new(z.re as f32, z.im as f32)
                };
                Butterfly { a: z(0), b: z(2), c: z(4), d: z(6) }
            };
            stages.push(stage.iter().enumerate().map(of).collect());
        }
        ButterflyNetwork::new(vec![self.order.clone()], stages, self.real)
    }

    /// Replaces a frame by its bins, computed in integer arithmetic: the frame in 16 bits with its own scale, 8-bit
    /// twiddles, and 32-bit sums that are rounded back to 16 bits after each stage. A frame with NaN or infinity
    /// becomes NaN.
    ///
    /// # Errors
    /// A frame of another length.
    pub fn forward(&self, frame: &mut [Complex32]) -> Result<()> {
        if frame.len() != self.n {
            let (expected, got) = (self.n, frame.len());
            return Err(rlx_dsp::Error::Length { name: "frame", expected, got }.into());
        }
        let peak = frame.iter().map(|z| z.re.abs().max(z.im.abs())).fold(0.0f32, f32::max);
        if !frame.iter().all(|z| z.is_finite()) {
            frame.fill(Complex32::new(f32::NAN, f32::NAN));
            return Ok(());
        }
        if peak == 0.0 {
            return Ok(());
        }
        let unit = f32::from(i16::MAX) / peak;
        let (mut re, mut im) = (vec![0i16; self.n], vec![0i16; self.n]);
        for (i, &from) in self.order.iter().enumerate() {
            let z = frame[from as usize] * unit;
            (re[i], im[i]) = (z.re.round() as i16, z.im.round() as i16);
        }
        let (mut sums_re, mut sums_im) = (vec![0i32; self.n], vec![0i32; self.n]);
        let mut shifted = 0;
        for (s, stage) in self.stages.iter().enumerate() {
            let half = 1 << s;
            let inputs = re.chunks_exact(2 * half).zip(im.chunks_exact(2 * half));
            let outputs = sums_re.chunks_exact_mut(2 * half).zip(sums_im.chunks_exact_mut(2 * half));
            for ((x, y), stage) in inputs.zip(outputs).zip(stage.chunks_exact(half)) {
                butterflies(stage, x, y);
            }
            // Block floating point: the largest sum fills 16 bits, however the energy is distributed over the bins.
            let largest = sums_re.iter().chain(&sums_im).map(|v| v.unsigned_abs()).max().unwrap_or(0);
            let shift = (33 - largest.leading_zeros()).saturating_sub(16);
            let round = (1i32 << shift) >> 1;
            let narrow = |v: &i32| ((v + round) >> shift).clamp(i16::MIN.into(), i16::MAX.into()) as i16;
            re.iter_mut().zip(&sums_re).for_each(|(x, v)| *x = narrow(v));
            im.iter_mut().zip(&sums_im).for_each(|(x, v)| *x = narrow(v));
            shifted += shift;
        }
        let back = f64::from(shifted).exp2() / f64::from(unit);
        for (k, z) in frame.iter_mut().enumerate() {
            let value = Complex64::new(re[k].into(), im[k].into()) * self.scales[k] * back;
            *z = Complex32::new(value.re as f32, if self.real { 0.0 } else { value.im as f32 });
        }
        Ok(())
    }
}

/// Computes `(a·x + b·y, c·x + d·y)` of a block whose first half is `x`, exact in 32 bits: four products of 23 bits.
fn butterflies(stage: &[Ints], x: (&[i16], &[i16]), out: (&mut [i32], &mut [i32])) {
    let half = stage.len();
    let ((xr, yr), (xi, yi)) = (x.0.split_at(half), x.1.split_at(half));
    let ((ar, br), (ai, bi)) = (out.0.split_at_mut(half), out.1.split_at_mut(half));
    for (j, w) in stage.iter().enumerate() {
        let w = w.map(i32::from);
        let (xr, xi, yr, yi) = (i32::from(xr[j]), i32::from(xi[j]), i32::from(yr[j]), i32::from(yi[j]));
        ar[j] = w[0] * xr - w[1] * xi + w[2] * yr - w[3] * yi;
        ai[j] = w[0] * xi + w[1] * xr + w[2] * yi + w[3] * yr;
        br[j] = w[4] * xr - w[5] * xi + w[6] * yr - w[7] * yi;
        bi[j] = w[4] * xi + w[5] * xr + w[6] * yi + w[7] * yr;
    }
}

fn norm(w: &[i8]) -> f64 {
    w.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::relative_error_of;
    use crate::network::Gate;
    use crate::random::Random;
    use crate::transform::Transform;

    #[test]
    fn spread_scales_beat_rounding_to_the_nearest() {
        let network = ButterflyNetwork::exact(256).unwrap();
        let target = Transform::Dft.target(256, 0).unwrap();
        let error = |bits, search| {
            let quantised = QuantisedNetwork::new(&network, bits, search).unwrap();
            relative_error_of(&quantised.dequantised().unwrap(), &target).unwrap()
        };
        let (nearest, spread) = (error(8, false), error(8, true));
        assert!(spread < 8e-5 && spread < nearest, "{spread} {nearest}");
        for (bits, bound) in [(4, 2e-2), (6, 1e-3), (7, 2.5e-4)] {
            let spread = error(bits, true);
            assert!(spread < bound && spread < error(bits, false), "{bits}: {spread}");
        }
    }

    /// Random closed and skipped butterflies with dead weights of any size: the error at 8 bits is no larger than in
    /// an open network.
    #[test]
    fn weights_of_points_without_input_do_not_take_the_range() {
        for (n, seed, search) in [(64, 1, true), (64, 2, true), (256, 3, true), (64, 4, false)] {
            let mut random = Random::new(seed);
            let mut network = ButterflyNetwork::exact(n).unwrap();
            for s in 0..network.stages() {
                for gate in network.gates_mut(s).unwrap() {
                    *gate = match random.below(24) {
                        0 => Gate::Closed,
                        1 => Gate::Skip,
                        2 => Gate::Reverse,
                        _ => Gate::Open,
                    };
                }
            }
            let matrix = |network: &ButterflyNetwork| crate::evaluate::matrix_of(network).unwrap();
            let rounded = QuantisedNetwork::new(&network, 8, search).unwrap().dequantised().unwrap();
            let error = matrix(&rounded).relative_error(&matrix(&network));
            assert!(error < if search { 1e-4 } else { 2e-2 }, "{n} {seed}: {error}");
        }
    }

    #[test]
    fn real_parts_and_frames_without_numbers() {
        let target = Transform::Dct2.target(16, 0).unwrap();
        let network = crate::fit(&target, &crate::FitConfig::default()).unwrap().network;
        let quantised = QuantisedNetwork::new(&network, 8, true).unwrap();
        let rounded = quantised.dequantised().unwrap();
        assert!(rounded.is_real() && relative_error_of(&rounded, &target).unwrap() < 1e-3);
        for bad in [f32::NAN, f32::INFINITY] {
            let mut frame = vec![Complex32::new(1.0, 0.0); 16];
            frame[3].im = bad;
            quantised.forward(&mut frame).unwrap();
            assert!(frame.iter().all(|z| z.re.is_nan()), "{bad}");
        }
    }

    #[test]
    fn integer_arithmetic_adds_little_to_the_rounded_twiddles() {
        let n = 256;
        let quantised = QuantisedNetwork::new(&ButterflyNetwork::exact(n).unwrap(), 8, true).unwrap();
        let mut random = Random::new(1);
        let x: Vec<Complex32> =
            (0..n).map(|_| Complex32::new(random.normal() as f32, random.normal() as f32)).collect();
        let (mut ints, mut floats) = (x.clone(), x);
        quantised.forward(&mut ints).unwrap();
        quantised.dequantised().unwrap().forward(&mut floats).unwrap();
        let error: f32 = ints.iter().zip(&floats).map(|(a, b)| (a - b).norm_sqr()).sum();
        let norm: f32 = floats.iter().map(|z| z.norm_sqr()).sum();
        // Sixteen bits per stage, with crests of some 12 dB: a few 1e-5 each, on eight stages.
        assert!((error / norm).sqrt() < 1e-3, "{}", (error / norm).sqrt());
        assert!(quantised.forward(&mut ints[..8]).is_err());
        assert!(QuantisedNetwork::new(&ButterflyNetwork::exact(8).unwrap(), 9, true).is_err());
    }
}
