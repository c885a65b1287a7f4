//! The kernels of each precision.
//!
//! They are methods of `f32` and `f64` and not generic functions: code of the concrete types is compiled once, with this
//! crate. A generic function would be compiled again, for every instruction set, in each crate that uses a plan.

use fearless_simd::Level;

use super::kernels::complex::{ComplexKernel, LaneComplex};
use super::kernels::cross::{CrossKernel, LaneCross};
use super::kernels::frames::{FramesKernel, LanePowers};
use super::kernels::welch::{LanePsd, PsdKernel};
use super::reduce::slopes::slopes;
use super::simd::{Element, Lanes, lanes};
use super::{FrameSpec, Isa, on_level};

/// Fewest lanes that gain: two rows of `f64` at a time are no quicker than the FFT library's own vectors, which it does not
/// have on WebAssembly.
pub(crate) const LEAST_LANES: usize = if cfg!(target_arch = "wasm32") { 2 } else { 4 };

/// The kernels for elements of this type; `None` where the size has no recipe, the machine no such level, or the window is
/// shorter than a vector.
pub(crate) trait Kernels: Sized {
    /// The kernel for averages of segments as `spec` has them, `hop` apart.
    fn psd_kernel(isa: Isa, spec: FrameSpec<Self>, hop: usize) -> Option<Box<dyn LanePsd<Self>>>;

    /// The kernel for powers of single segments as `spec` has them.
    fn powers_kernel(isa: Isa, spec: FrameSpec<Self>) -> Option<Box<dyn LanePowers<Self>>>;

    /// The kernel for segments of complex samples as `spec` has them.
    fn complex_kernel(isa: Isa, spec: FrameSpec<Self>) -> Option<Box<dyn LaneComplex<Self>>>;

    /// The kernel for cross powers of segments as `spec` has them.
    fn cross_kernel(isa: Isa, spec: FrameSpec<Self>) -> Option<Box<dyn LaneCross<Self>>>;

    /// Signs of the differences of neighbours as bits, see [`slopes`].
    fn slopes(isa: Isa, x: &[Self], rises: &mut [u64], falls: &mut [u64]);
}

/// Returns `build(simd)` for levels of [`LEAST_LANES`] and more, `None` below.
fn if_wide<S: Lanes, T: Element, K: ?Sized>(
    simd: S,
    build: impl FnOnce(S) -> Option<Box<K>>,
) -> Option<Box<K>> {
    if const { lanes::<S, T>() < LEAST_LANES } { None } else { build(simd) }
}

macro_rules! kernels_of {
    ($element:ty) => {
        impl Kernels for $element {
            fn psd_kernel(isa: Isa, spec: FrameSpec<Self>, hop: usize) -> Option<Box<dyn LanePsd<Self>>> {
                on_level!(isa, simd => if_wide::<_, Self, _>(simd, |simd| {
                    PsdKernel::new(simd, spec, hop).map(|k| Box::new(k) as Box<dyn LanePsd<Self>>)
                }))
            }

            fn powers_kernel(isa: Isa, spec: FrameSpec<Self>) -> Option<Box<dyn LanePowers<Self>>> {
                on_level!(isa, simd => if_wide::<_, Self, _>(simd, |simd| {
                    FramesKernel::new(simd, spec).map(|k| Box::new(k) as Box<dyn LanePowers<Self>>)
                }))
            }

            fn complex_kernel(isa: Isa, spec: FrameSpec<Self>) -> Option<Box<dyn LaneComplex<Self>>> {
                on_level!(isa, simd => if_wide::<_, Self, _>(simd, |simd| {
                    ComplexKernel::new(simd, spec).map(|k| Box::new(k) as Box<dyn LaneComplex<Self>>)
                }))
            }

            fn cross_kernel(isa: Isa, spec: FrameSpec<Self>) -> Option<Box<dyn LaneCross<Self>>> {
                on_level!(isa, simd => if_wide::<_, Self, _>(simd, |simd| {
                    CrossKernel::new(simd, spec).map(|k| Box::new(k) as Box<dyn LaneCross<Self>>)
                }))
            }

            fn slopes(isa: Isa, x: &[Self], rises: &mut [u64], falls: &mut [u64]) {
                let done = on_level!(isa, simd => {
                    simd.run(
                        #[inline(always)]
                        || slopes(simd, x, rises, falls),
                    );
                    Some(())
                });
                debug_assert!(done.is_some(), "the level was detected");
            }
        }
    };
}

kernels_of!(f32);
kernels_of!(f64);
