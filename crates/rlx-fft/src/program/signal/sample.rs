//! The four sample types of signals.

use rlx_dsp::fft::{Complex, Sample};
use rlx_io::read::{Chunk, SignalReader};

/// A sample type of a reader: `f32`, `f64`, or complex pairs of them.
pub(crate) trait InputSample: Sample {
    /// Element of a plane.
    type Plane: Send;

    /// The sample type in double precision.
    type Wide: InputSample<Wide = Self::Wide>;

    /// Converts to double precision.
    fn wide(self) -> Self::Wide;

    /// Reads in this precision.
    fn read(
        reader: &mut dyn SignalReader,
        planes: &mut [Vec<Self::Plane>],
        frames: usize,
    ) -> rlx_io::Result<Chunk>;

    /// Moves a channel's samples out of its planes into `out`, which is overwritten.
    fn take(planes: &mut [Vec<Self::Plane>], channel: usize, out: &mut Vec<Self>);
}

macro_rules! input_sample {
    ($real:ident, $read:ident) => {
        impl InputSample for $real {
            type Plane = $real;
            type Wide = f64;

            fn wide(self) -> Self::Wide {
                f64::from(self)
            }

            fn read(
                reader: &mut dyn SignalReader,
                planes: &mut [Vec<$real>],
                frames: usize,
            ) -> rlx_io::Result<Chunk> {
                reader.$read(planes, frames)
            }

            fn take(planes: &mut [Vec<$real>], channel: usize, out: &mut Vec<$real>) {
                // The plane takes the memory of the old block, which the next read fills.
                std::mem::swap(&mut planes[channel], out);
            }
        }

        impl InputSample for Complex<$real> {
            type Plane = $real;
            type Wide = Complex<f64>;

            fn wide(self) -> Self::Wide {
                Complex::new(f64::from(self.re), f64::from(self.im))
            }

            fn read(
                reader: &mut dyn SignalReader,
                planes: &mut [Vec<$real>],
                frames: usize,
            ) -> rlx_io::Result<Chunk> {
                reader.$read(planes, frames)
            }

            fn take(planes: &mut [Vec<$real>], channel: usize, out: &mut Vec<Self>) {
                let (re, im) = (&planes[2 * channel], &planes[2 * channel + 1]);
                out.clear();
                out.extend(re.iter().zip(im).map(|(&re, &im)| Complex::new(re, im)));
            }
        }
    };
}

input_sample!(f32, read_f32);
input_sample!(f64, read_f64);

/// Runs an expression with the sample type that a signal needs.
macro_rules! with_samples {
    ($info:expr, $sample:ident => $body:expr) => {
        match ($info.precision, $info.complex) {
            (rlx_io::read::Precision::F32, false) => {
                type $sample = f32;
                $body
            }
            (rlx_io::read::Precision::F64, false) => {
                type $sample = f64;
                $body
            }
            (rlx_io::read::Precision::F32, true) => {
                type $sample = rlx_dsp::fft::Complex<f32>;
                $body
            }
            (rlx_io::read::Precision::F64, true) => {
                type $sample = rlx_dsp::fft::Complex<f64>;
                $body
            }
        }
    };
}
pub(crate) use with_samples;
