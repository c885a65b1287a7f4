//! `InverseFft`: bins, in either layout, to samples.

use num_complex::Complex32;
use rlx_compile::params::Layout;
use rlx_compile::{ValueKind, ValueType};
use rlx_dsp::fft::{ComplexFft, ForwardFft, InverseRealFft};

use super::program::Step;
use crate::error::Result;

enum Kernel {
    Real(InverseRealFft<f32>),
    Complex {
        fft: ComplexFft<f32>,
        out: Vec<Complex32>,
    },
    /// A transform of one point is the identity.
    One,
}

struct Inverse {
    kernel: Kernel,
    layout: Layout,
    bins: Vec<Complex32>,
    n_fft: usize,
    real: bool,
}

pub(super) fn step(n_fft: usize, real: bool, taken: &ValueType) -> Result<Box<dyn Step>> {
    let layout = match taken.kind {
        ValueKind::Spectrum { layout, .. } => layout,
        _ => Layout::Interleaved,
    };
    let kernel = match (n_fft, real) {
        (0 | 1, _) => Kernel::One,
        (_, true) => Kernel::Real(InverseRealFft::new(n_fft)?),
        (_, false) => {
            Kernel::Complex { fft: ComplexFft::new(n_fft)?, out: vec![Complex32::default(); n_fft] }
        }
    };
    let bins = vec![Complex32::default(); if real { n_fft / 2 + 1 } else { n_fft }];
    Ok(Box::new(Inverse { kernel, layout, bins, n_fft, real }))
}

impl Step for Inverse {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        let width = self.bins.len();
        let scale = 1.0 / self.n_fft as f32;
        let (re, im) = input.split_at(input.len() / 2);
        for (row, out) in out.chunks_exact_mut(if self.real { 1 } else { 2 } * self.n_fft).enumerate() {
            for (k, z) in self.bins.iter_mut().enumerate() {
                let at = row * width + k;
                *z = match self.layout {
                    Layout::Interleaved => Complex32::new(input[2 * at], input[2 * at + 1]),
                    Layout::Block => Complex32::new(re[at], im[at]),
                };
            }
            match &mut self.kernel {
                Kernel::One if self.real => out[0] = self.bins[0].re,
                Kernel::One => out.copy_from_slice(&[self.bins[0].re, self.bins[0].im]),
                Kernel::Real(fft) => {
                    fft.inverse(&mut self.bins, out)?;
                    out.iter_mut().for_each(|v| *v *= scale);
                }
                Kernel::Complex { fft, out: samples } => {
                    // The forward transform of the conjugate is the conjugate of the inverse.
                    self.bins.iter_mut().for_each(|z| z.im = -z.im);
                    fft.forward(&mut self.bins, samples)?;
                    for (pair, z) in out.chunks_exact_mut(2).zip(samples.iter()) {
                        pair.copy_from_slice(&[z.re * scale, -z.im * scale]);
                    }
                }
            }
        }
        Ok(())
    }
}
