//! `Fft` and `Butterfly`: frames to spectra, in either layout.

use std::sync::Arc;

use num_complex::Complex32;
use rlx_compile::params::{Band, Layout};
use rlx_compile::regions;
use rlx_dsp::fft::{ComplexFft, ForwardFft, RealFft};
use rlx_dsp::nan::{NanPolicy, first_non_finite};

use super::frames::FrameSource;
use super::program::Step;
use crate::error::{Error, Result};
use crate::session::{FrameTransform, SessionOptions};

/// A bin of a frame with a missing sample.
const MISSING: Complex32 = Complex32::new(f32::NAN, f32::NAN);

enum Kernel {
    Real {
        fft: RealFft<f32>,
        frame: Vec<f32>,
    },
    Complex {
        fft: ComplexFft<f32>,
        frame: Vec<Complex32>,
    },
    /// Two segments share one transform, as real and imaginary part.
    Learned {
        transform: Arc<dyn FrameTransform>,
        frame: Vec<f32>,
        second: Vec<Complex32>,
    },
    /// A transform of one point is the identity.
    One,
}

struct Transform {
    source: FrameSource,
    kernel: Kernel,
    /// All bins of one frame: `n_fft/2 + 1` of real samples, `n_fft` otherwise.
    bins: Vec<Complex32>,
    n_fft: usize,
    /// Number of bins of the value.
    width: usize,
    layout: Layout,
    keep: Band,
    /// Whether a frame with a missing sample becomes NaN in every bin, so that an average can distinguish it from one
    /// whose power overflows.
    poison: bool,
}

/// Returns whether frames that contain a missing sample are marked for averages that skip them.
fn poisons(options: &SessionOptions) -> bool {
    matches!(options.nan, NanPolicy::SkipSegment | NanPolicy::Interpolate { .. })
}

pub(super) fn fft(
    transform: &regions::Transform,
    batch: usize,
    options: &SessionOptions,
) -> Result<Box<dyn Step>> {
    let source = FrameSource::new(&transform.frames, batch)?;
    let (n_fft, width) = (transform.n_fft, transform.bins);
    let keep = transform.keep.unwrap_or(Band { lo: 0, hi: width });
    let (kernel, bins) = match (n_fft, source.complex) {
        (0 | 1, _) => (Kernel::One, 1),
        (_, true) => {
            let frame = vec![Complex32::default(); n_fft];
            (Kernel::Complex { fft: ComplexFft::new(n_fft)?, frame }, n_fft)
        }
        (_, false) => (Kernel::Real { fft: RealFft::new(n_fft)?, frame: vec![0.0; n_fft] }, n_fft / 2 + 1),
    };
    let bins = vec![Complex32::default(); bins];
    let (layout, poison) = (transform.layout, poisons(options));
    Ok(Box::new(Transform { source, kernel, bins, n_fft, width, layout, keep, poison }))
}

pub(super) fn learned(
    learned: &regions::Learned,
    batch: usize,
    options: &SessionOptions,
) -> Result<Box<dyn Step>> {
    let source = FrameSource::new(&learned.frames, batch)?;
    let (spec, n_fft) = (&learned.spec, learned.spec.n);
    let transform = options.transforms.get(&spec.model).cloned().ok_or_else(|| {
        let known: Vec<&str> = options.transforms.keys().map(String::as_str).collect();
        Error::unsupported(format!("no learned model {:?}; available: [{}]", spec.model, known.join(", ")))
    })?;
    if transform.n() != n_fft || source.complex {
        return Err(Error::unsupported(format!(
            "model {:?} transforms {} real samples, the graph needs {n_fft}{}",
            spec.model,
            transform.n(),
            if source.complex { " complex ones" } else { "" }
        )));
    }
    let (frame, second) = (vec![0.0; source.len], vec![Complex32::default(); n_fft]);
    let kernel = Kernel::Learned { transform, frame, second };
    let (bins, keep) = (vec![Complex32::default(); n_fft], Band { lo: 0, hi: n_fft });
    let (layout, poison) = (spec.layout, poisons(options));
    Ok(Box::new(Transform { source, kernel, bins, n_fft, width: n_fft, layout, keep, poison }))
}

impl Transform {
    /// Computes the bins of one frame into `self.bins`.
    fn frame(&mut self, input: &[f32], index: usize) -> Result<()> {
        let (source, bins, poison) = (&self.source, &mut self.bins[..], self.poison);
        match &mut self.kernel {
            Kernel::Real { fft, frame } => {
                // The transform used the frame as scratch: the padding has to be zeroed each time.
                frame[source.len..].fill(0.0);
                source.load_real(input, index, &mut frame[..source.len]);
                if poison && first_non_finite(frame).is_some() {
                    bins.fill(MISSING);
                    return Ok(());
                }
                fft.forward(frame, bins)?;
            }
            Kernel::Complex { fft, frame } => {
                frame[source.len..].fill(Complex32::default());
                source.load_complex(input, index, &mut frame[..source.len]);
                if poison && first_non_finite(frame).is_some() {
                    bins.fill(MISSING);
                    return Ok(());
                }
                fft.forward(frame, bins)?;
            }
            // Pairs are transformed by `pair`.
            Kernel::Learned { .. } => {}
            Kernel::One if source.complex => source.load_complex(input, index, bins),
            Kernel::One => {
                let mut one = [0.0];
                source.load_real(input, index, &mut one);
                bins[0] = Complex32::new(one[0], 0.0);
            }
        }
        Ok(())
    }

    /// Computes the bins of two frames, or of a last odd one, with one learned transform `Z`: the spectra of its real
    /// and imaginary inputs. If the transform is not exactly the FFT, both together have the power that the model was
    /// trained for, `|Z_k|² + |Z_(N−k)|²`.
    fn pair(&mut self, input: &[f32], index: usize, both: bool) {
        let Kernel::Learned { transform, frame, second } = &mut self.kernel else { return };
        let (bins, n) = (&mut self.bins[..], self.n_fft);
        self.source.load_real(input, index, frame);
        let mut missing = [self.poison && first_non_finite(frame).is_some(), false];
        // A skipped frame must not affect the other one.
        let of = |missing: bool, v: f32| if missing { 0.0 } else { v };
        bins.iter_mut().zip(&*frame).for_each(|(z, v)| *z = Complex32::new(of(missing[0], *v), 0.0));
        if both {
            self.source.load_real(input, index + 1, frame);
            missing[1] = self.poison && first_non_finite(frame).is_some();
            bins.iter_mut().zip(&*frame).for_each(|(z, v)| z.im = of(missing[1], *v));
        }
        transform.forward(bins);
        if both {
            for k in 0..=n / 2 {
                let mirror = (n - k) % n;
                let (z, m) = (bins[k], bins[mirror].conj());
                let (re, im) = (0.5 * (z + m), 0.5 * (z - m));
                // −i times the difference.
                let im = Complex32::new(im.im, -im.re);
                (bins[k], bins[mirror]) = (re, re.conj());
                (second[k], second[mirror]) = (im, im.conj());
            }
        }
        if missing[0] {
            bins.fill(MISSING);
        }
        if missing[1] {
            second.fill(MISSING);
        }
    }

    /// Returns bin `k` of the value; above the stored half of a real spectrum, its mirrored conjugate.
    fn bin(&self, bins: &[Complex32], k: usize) -> Complex32 {
        if k < self.keep.lo || k >= self.keep.hi {
            // Not computed; NaN if the frame is missing.
            if self.poison && bins[0].re.is_nan() { bins[0] } else { Complex32::default() }
        } else if k < bins.len() {
            bins[k]
        } else {
            bins[self.n_fft - k].conj()
        }
    }

    /// Writes the bins of a frame to the value.
    fn write(&self, bins: &[Complex32], index: usize, out: &mut [f32]) {
        let width = self.width;
        match self.layout {
            Layout::Interleaved => {
                let row = &mut out[2 * index * width..][..2 * width];
                for (k, pair) in row.chunks_exact_mut(2).enumerate() {
                    let z = self.bin(bins, k);
                    pair.copy_from_slice(&[z.re, z.im]);
                }
            }
            Layout::Block => {
                let (re, im) = out.split_at_mut(out.len() / 2);
                let planes = re[index * width..][..width].iter_mut().zip(&mut im[index * width..][..width]);
                for (k, (re, im)) in planes.enumerate() {
                    let z = self.bin(bins, k);
                    (*re, *im) = (z.re, z.im);
                }
            }
        }
    }
}

impl Step for Transform {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        if !matches!(self.kernel, Kernel::Learned { .. }) {
            for index in 0..self.source.count() {
                self.frame(input, index)?;
                self.write(&self.bins, index, out);
            }
            return Ok(());
        }
        let segments = self.source.segments;
        for item in 0..self.source.batch {
            for segment in (0..segments).step_by(2) {
                let (index, both) = (item * segments + segment, segment + 1 < segments);
                self.pair(input, index, both);
                self.write(&self.bins, index, out);
                if let (Kernel::Learned { second, .. }, true) = (&self.kernel, both) {
                    self.write(second, index + 1, out);
                }
            }
        }
        Ok(())
    }
}
