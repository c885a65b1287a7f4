//! Noise reduction of one row: frames, spectral mask, inverse, overlap-add.

use num_complex::Complex32;

use super::call::Transform;
use crate::error::Result;

/// Smallest gain of a bin, to avoid ringing of single bins.
const LEAST: f32 = 0.1;

/// Frames half overlapping under the square root of a Hann window, whose squares sum to one. The noise floor of a row
/// is the median power of all its bins over ln 2 (the median of an exponential distribution); the mask is Wiener's `1
/// − floor / power`, at least [`LEAST`].
pub(super) struct Denoiser<'a> {
    transform: Transform<'a>,
    window: Vec<f32>,
    spectra: Vec<Complex32>,
    powers: Vec<f32>,
}

impl<'a> Denoiser<'a> {
    pub(super) fn new(n: usize, transform: Transform<'a>) -> Self {
        let window = (0..n).map(|i| (std::f64::consts::PI * i as f64 / n as f64).sin() as f32).collect();
        Self { transform, window, spectra: Vec::new(), powers: Vec::new() }
    }

    pub(super) fn row(&mut self, x: &[f32], out: &mut [f32]) -> Result<()> {
        let (n, hop) = (self.window.len(), self.window.len() / 2);
        let frames = (x.len() - n) / hop + 1;
        self.spectra.clear();
        self.powers.clear();
        for f in 0..frames {
            let samples = x[f * hop..][..n].iter().zip(&self.window);
            self.spectra.extend(samples.map(|(x, w)| Complex32::new(x * w, 0.0)));
            (self.transform)(&mut self.spectra[f * n..])?;
            self.powers.extend(self.spectra[f * n..][..=hop].iter().map(Complex32::norm_sqr));
        }
        let middle = self.powers.len() / 2;
        let floor = *self.powers.select_nth_unstable_by(middle, f32::total_cmp).1 / std::f32::consts::LN_2;
        out.fill(0.0);
        for (f, frame) in self.spectra.chunks_exact_mut(n).enumerate() {
            // The inverse DFT is the conjugate of the DFT of the conjugate.
            for z in frame.iter_mut() {
                let power = z.norm_sqr();
                let gain = if power > 0.0 { (1.0 - floor / power).max(LEAST) } else { LEAST };
                *z = z.conj() * gain;
            }
            (self.transform)(frame)?;
            let out = out[f * hop..][..n].iter_mut();
            out.zip(frame).zip(&self.window).for_each(|((o, z), w)| *o += z.re * w / n as f32);
        }
        Ok(())
    }
}
