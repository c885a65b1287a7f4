//! Batch-in-lanes kernels: `W` rows side by side in the lanes of vector registers.
//!
//! Small FFTs do not fill a vector, a batch does. Rows are transposed into lanes while they are
//! windowed; from there every butterfly, power and comparison is one vector instruction without a
//! shuffle. Two segments ride in one complex transform. One source for every instruction set, over
//! `fearless_simd`; the level is looked up once per plan.

#![expect(clippy::needless_range_loop, reason = "a butterfly indexes several arrays by one point")]

mod fft;
mod instances;
mod isa;
mod kernels;
mod load;
mod reduce;
mod simd;

pub(crate) use fft::plan::is_smooth as has_recipe;
pub use fft::plan::supports;

pub(crate) use instances::LEAST_LANES;
pub use isa::Isa;
pub use kernels::band::BandSpec;
pub use kernels::complex::LaneComplex;
pub use kernels::cross::LaneCross;
pub use kernels::frames::{LaneFrames, LanePowers};
pub use kernels::row::RowWelch;
pub use kernels::tape::{LaneTape, TapeOp, TapeOutput, TapeSpec, Weight};
pub use kernels::welch::{LanePsd, LaneSpec, LaneWelch, Rows};
pub use load::detrend::Offset;
pub use load::frame_spec::FrameSpec;
pub use reduce::mel::{LaneLog, LaneMel};

use fearless_simd::{Level, Simd};
use kernels::band::BandKernel;
use kernels::frames::FramesKernel;
use kernels::row::RowKernel;
use kernels::tape::TapeKernel;
use kernels::welch::WelchKernel;
use reduce::median::LONGEST;
pub(crate) use reduce::products::BINS as PADDED_BINS;
pub(crate) use simd::Element;
use simd::Lanes;

/// Runs `$build` with the level token of `$isa`; `None` where the machine has no such level.
macro_rules! on_level {
    ($isa:expr, $simd:ident => $build:expr) => {{
        #[cfg(any(
            target_arch = "x86_64",
            target_arch = "aarch64",
            all(target_arch = "wasm32", target_feature = "simd128")
        ))]
        let level = Level::new();
        match $isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => level.as_avx512().and_then(|$simd| $build),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => level.as_avx2().and_then(|$simd| $build),
            #[cfg(target_arch = "x86_64")]
            Isa::Portable => level.as_sse2().and_then(|$simd| $build),
            #[cfg(target_arch = "aarch64")]
            Isa::Portable => level.as_neon().and_then(|$simd| $build),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Isa::Portable => level.as_wasm_simd128().and_then(|$simd| $build),
            #[cfg(not(any(
                target_arch = "x86_64",
                target_arch = "aarch64",
                all(target_arch = "wasm32", target_feature = "simd128")
            )))]
            Isa::Portable => Some(fearless_simd::Fallback::new()).and_then(|$simd| $build),
            #[cfg(not(target_arch = "x86_64"))]
            _ => None,
        }
    }};
}

use on_level;

/// The Welch kernel for `spec` on `isa`; `None` where its size has no recipe or the machine no such level.
pub fn welch_kernel(isa: Isa, spec: LaneSpec) -> Option<Box<dyn LaneWelch>> {
    on_level!(isa, simd => WelchKernel::new(simd, spec).map(|k| Box::new(k) as Box<dyn LaneWelch>))
}

/// The frames kernel for `spec`, or for a window as long as the transform, on `isa`; `None` as for [`welch_kernel`],
/// and where the window is shorter than a vector.
pub fn frames_kernel(isa: Isa, spec: impl Into<FrameSpec>) -> Option<Box<dyn LaneFrames>> {
    frames_of(isa, spec.into())
}

fn frames_of(isa: Isa, spec: FrameSpec) -> Option<Box<dyn LaneFrames>> {
    on_level!(isa, simd => FramesKernel::new(simd, spec).map(|k| Box::new(k) as Box<dyn LaneFrames>))
}

/// Writes the medians of `values`, `[count, bins]`, to `out`, `[bins]`, NaN where a value of the bin is not finite.
/// `false`, and nothing written, where columns are too long for it.
pub(crate) fn medians(isa: Isa, values: &[f64], column: &mut Vec<f64>, out: &mut [f64]) -> bool {
    if out.is_empty() || values.len() / out.len() > LONGEST || values.len() < out.len() {
        return false;
    }
    on_level!(isa, simd => {
        simd.run(
            #[inline(always)]
            || reduce::median::medians(simd, values, column, out),
        );
        Some(())
    })
    .is_some()
}

/// Signs of the differences of neighbouring samples as bits, see [`reduce::slopes`].
pub(crate) fn slopes<T: Element>(isa: Isa, x: &[T], rises: &mut [u64], falls: &mut [u64]) {
    <T as instances::Kernels>::slopes(isa, x, rises, falls);
}

/// Adds the products of all pairs of channels, see [`reduce::products`].
pub(crate) fn products(isa: Isa, spectra: &[f64], channels: usize, bins: usize, sums: &mut [f64]) {
    let done = on_level!(isa, simd => {
        simd.run(
            #[inline(always)]
            || reduce::products::products(simd, spectra, channels, bins, sums),
        );
        Some(())
    });
    debug_assert!(done.is_some(), "the level was detected");
}

/// Runs `work`, which must be inlined, compiled for `isa`: its loops over arrays become that level's vector instructions.
#[inline(always)]
pub(crate) fn wide(isa: Isa, work: impl FnOnce()) {
    let done = on_level!(isa, simd => {
        simd.vectorize(work);
        Some(())
    });
    debug_assert!(done.is_some(), "the level was detected");
}

/// The kernel of a tape on `isa`; `None` where an address or a slot of `spec` is not there, the transform is shorter than
/// a vector, or the machine has no such level.
pub fn tape_kernel(isa: Isa, spec: TapeSpec) -> Option<Box<dyn LaneTape>> {
    on_level!(isa, simd => TapeKernel::new(simd, spec).map(|k| Box::new(k) as Box<dyn LaneTape>))
}

/// The kernel of some of an FFT's bins on `isa`; `None` as for [`welch_kernel`], and where `spec` has no bin or one beyond
/// the last.
pub fn band_kernel(isa: Isa, spec: BandSpec) -> Option<Box<dyn LaneTape>> {
    on_level!(isa, simd => BandKernel::new(simd, spec).map(|k| Box::new(k) as Box<dyn LaneTape>))
}

/// The Welch plan for single rows of any size on `isa`.
///
/// # Errors
/// Fewer than two window coefficients, no segment; a level that this machine lacks.
pub fn row_kernel(
    isa: Isa,
    window: Vec<f32>,
    hop: usize,
    n_segments: usize,
) -> crate::Result<Box<dyn RowWelch>> {
    let boxed = on_level!(isa, simd => {
        Some(RowKernel::new(simd, window, hop, n_segments).map(|k| Box::new(k) as Box<dyn RowWelch>))
    });
    boxed.unwrap_or_else(|| Err(crate::Error::argument("isa", format!("this machine has no {isa}"))))
}
