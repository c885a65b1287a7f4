//! Twiddles in a few bits: integers of up to 8 bits times 16-bit data, summed in 32 bits.
//!
//! Between two stages every point may be scaled by any complex number and back, and the product stays the same
//! (the freedom that Gribonval and others' CROQuant uses for factors of rank one). So each row of a stage is scaled by the one of
//! some hundred factors after which rounding hurts it least; the stage after it takes the factor back before it is
//! rounded itself. What is left at the end is one complex factor per bin.

use num_complex::{Complex32, Complex64};

use crate::error::{Error, Result};
use crate::network::{Butterfly, ButterflyNetwork, Gate};

/// Magnitudes and phases of the factors that are tried.
const MAGNITUDES: usize = 32;
const PHASES: usize = 16;

/// Integers `a, b, c, d`, real and imaginary.
type Ints = [i8; 8];

/// A network of one product with integer twiddles.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantisedNetwork {
    n: usize,
    bits: u32,
    order: Vec<u32>,
    stages: Vec<Vec<Ints>>,
    /// By how many bits the weights of each stage are too large.
    shifts: Vec<u32>,
    /// `bin = scale · integer result`, for results that were not shifted.
    scales: Vec<Complex64>,
    /// Whether the imaginary parts of the result are dropped.
    real: bool,
}

impl QuantisedNetwork {
    /// Of `network`, in `bits` bits (2 … 8, the sign among them). `search`: scales are spread over the stages; else each
    /// stage is rounded to the nearest with one scale.
    ///
    /// # Errors
    /// Other widths, a network of two products.
    pub fn new(network: &ButterflyNetwork, bits: u32, search: bool) -> Result<Self> {
        if !(2..=8).contains(&bits) {
            return Err(Error::argument("bits", format!("2 to 8, got {bits}")));
        }
        if network.depth() != 1 {
            return Err(Error::argument("network", "has two products; one can be quantised"));
        }
        let n = network.n();
        let top = f64::from((1i32 << (bits - 1)) - 1);
        // Of each point the factor by which its value is larger than it should be.
        let mut factor = vec![Complex64::new(1.0, 0.0); n];
        // Points that hold zero whatever comes in: their weights are of no use and must not take up a row's range.
        let mut zero = vec![false; n];
        let (mut stages, mut shifts) = (Vec::new(), Vec::new());
        for s in 0..network.stages() {
            let weights: Vec<[Complex64; 4]> = (0..n / 2)
                .map(|i| {
                    let (p, q) = network.points(s, i);
                    let mut w = acting(network, s, i);
                    for (at, w) in w.iter_mut().enumerate() {
                        if zero[[p, q][at % 2]] {
                            *w = Complex64::default();
                        }
                    }
                    w
                })
                .collect();
            let largest = weights.iter().flatten().map(|w| w.re.abs().max(w.im.abs())).fold(0.0, f64::max);
            let mut next = factor.clone();
            let mut ints = Vec::with_capacity(n / 2);
            for (i, w) in weights.iter().enumerate() {
                let (p, q) = network.points(s, i);
                let mut int = [0i8; 8];
                for (half, point) in [p, q].into_iter().enumerate() {
                    let plain = [w[2 * half], w[2 * half + 1]];
                    let (scale, rounded) = if search {
                        best([plain[0] / factor[p], plain[1] / factor[q]], top)
                    } else {
                        // One scale per stage: every point has the same factor.
                        let scale = Complex64::new(top / largest.max(f64::MIN_POSITIVE), 0.0);
                        (scale * factor[p], round(plain, scale, top).0)
                    };
                    int[4 * half..4 * half + 4].copy_from_slice(&rounded);
                    next[point] = scale;
                }
                for (half, point) in [p, q].into_iter().enumerate() {
                    zero[point] = int[4 * half..4 * half + 4].iter().all(|x| *x == 0);
                }
                ints.push(int);
            }
            factor = next;
            stages.push(ints);
            // The longest row bounds the growth of what goes through it.
            let growth = stages[s].iter().flat_map(|w| [&w[..4], &w[4..]]).map(norm).fold(0.0, f64::max);
            shifts.push(growth.log2().ceil().max(0.0) as u32);
        }
        let order = network.order(0).unwrap_or_default().to_vec();
        let scales = factor.iter().map(|f| f.inv()).collect();
        Ok(Self { n, bits, order, stages, shifts, scales, real: network.is_real() })
    }

    /// Bits of a twiddle.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// The network with the rounded twiddles in `f32`: what the integers stand for.
    ///
    /// # Errors
    /// None for one that was built.
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

    /// Bins of a frame by integer arithmetic: the frame in 16 bits with a scale of its own, 8-bit twiddles, 32-bit sums
    /// that are rounded back to 16 bits after each stage. A frame with NaN or infinity becomes NaN.
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
            // Block floating point: the largest sum fills 16 bits, whether energy gathers in one bin or not.
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

/// `(a·x + b·y, c·x + d·y)` of a block whose first half is `x`, exact in 32 bits: four products of 23 bits.
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

fn acting(network: &ButterflyNetwork, s: usize, i: usize) -> [Complex64; 4] {
    let w = network.stage(s).map_or(Butterfly::IDENTITY, |stage| stage[i]);
    let gate = network.gates(s).map_or(Gate::Open, |gates| gates[i]);
    let w = match gate {
        Gate::Open => w,
        Gate::Reverse => w.adjoint(),
        Gate::Skip => Butterfly::IDENTITY,
        Gate::Closed => Butterfly::from_array([0.0; 8]),
    };
    [w.a, w.b, w.c, w.d].map(|z| Complex64::new(z.re.into(), z.im.into()))
}

fn norm(w: &[i8]) -> f64 {
    w.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt()
}

/// A row times `scale`, rounded; the squared error relative to the scaled row.
fn round(row: [Complex64; 2], scale: Complex64, top: f64) -> ([i8; 4], f64) {
    let (x, y) = (row[0] * scale, row[1] * scale);
    let exact = [x.re, x.im, y.re, y.im];
    let rounded = exact.map(|v| v.round().clamp(-top, top));
    let error: f64 = exact.iter().zip(&rounded).map(|(v, r)| (v - r) * (v - r)).sum();
    let power: f64 = exact.iter().map(|v| v * v).sum();
    (rounded.map(|r| r as i8), if power > 0.0 { error / power } else { 0.0 })
}

/// The factor under which a row is rounded with the least relative error, and the row.
fn best(row: [Complex64; 2], top: f64) -> (Complex64, [i8; 4]) {
    let largest = row[0].norm().max(row[1].norm());
    if largest == 0.0 {
        return (Complex64::new(1.0, 0.0), [0; 4]);
    }
    let mut found = (f64::INFINITY, Complex64::new(1.0, 0.0), [0i8; 4]);
    for m in 0..MAGNITUDES {
        let magnitude = top / largest * (1.0 - 0.35 * m as f64 / MAGNITUDES as f64);
        for p in 0..PHASES {
            let angle = std::f64::consts::FRAC_PI_2 * p as f64 / PHASES as f64;
            let scale = Complex64::from_polar(magnitude, angle);
            let (rounded, error) = round(row, scale, top);
            if error < found.0 {
                found = (error, scale, rounded);
            }
        }
    }
    (found.1, found.2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::relative_error_of;
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
        assert!(spread < 4.8e-3 && spread < nearest, "{spread} {nearest}");
        for bits in [4, 6] {
            assert!(error(bits, true) < error(bits, false), "{bits}");
        }
    }

    /// Closed and skipped butterflies at random, dead weights of any size: 8 bits cost no more than in an open network.
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
            assert!(error < if search { 6e-3 } else { 2e-2 }, "{n} {seed}: {error}");
        }
    }

    #[test]
    fn real_parts_and_frames_without_numbers() {
        let target = Transform::Dct2.target(16, 0).unwrap();
        let network = crate::fit(&target, &crate::FitConfig::default()).unwrap().network;
        let quantised = QuantisedNetwork::new(&network, 8, true).unwrap();
        let rounded = quantised.dequantised().unwrap();
        assert!(rounded.is_real() && relative_error_of(&rounded, &target).unwrap() < 6e-3);
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
