//! The four sample types of recordings.

use num_complex::Complex;
use rlx_dsp::fft::Sample;
use rlx_io::read::{Chunk, SignalReader};

/// A sample type of a reader: `f32`, `f64`, or complex pairs of them.
pub(crate) trait ViewSample: Sample {
    /// Element of a plane.
    type Plane: Copy + Send;

    /// Reads in this precision.
    fn read(
        reader: &mut dyn SignalReader,
        planes: &mut [Vec<Self::Plane>],
        frames: usize,
    ) -> rlx_io::Result<Chunk>;

    /// Appends a channel's samples in the planes to `out`.
    fn append(planes: &[Vec<Self::Plane>], channel: usize, out: &mut Vec<Self>);
}

macro_rules! view_sample {
    ($real:ident, $read:ident) => {
        impl ViewSample for $real {
            type Plane = $real;

            fn read(
                reader: &mut dyn SignalReader,
                planes: &mut [Vec<$real>],
                frames: usize,
            ) -> rlx_io::Result<Chunk> {
                reader.$read(planes, frames)
            }

            fn append(planes: &[Vec<$real>], channel: usize, out: &mut Vec<Self>) {
                out.extend_from_slice(&planes[channel]);
            }
        }

        impl ViewSample for Complex<$real> {
            type Plane = $real;

            fn read(
                reader: &mut dyn SignalReader,
                planes: &mut [Vec<$real>],
                frames: usize,
            ) -> rlx_io::Result<Chunk> {
                reader.$read(planes, frames)
            }

            fn append(planes: &[Vec<$real>], channel: usize, out: &mut Vec<Self>) {
                let (re, im) = (&planes[2 * channel], &planes[2 * channel + 1]);
                out.extend(re.iter().zip(im).map(|(&re, &im)| Complex::new(re, im)));
            }
        }
    };
}

view_sample!(f32, read_f32);
view_sample!(f64, read_f64);
