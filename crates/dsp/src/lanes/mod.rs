//! Batch-in-lanes kernels: `W` rows side by side in the lanes of vector registers.
//!
//! Small FFTs do not fill a vector, a batch does. Rows are transposed into lanes while they are
//! windowed; from there every butterfly, power and comparison is one vector instruction without a
//! shuffle. Two segments ride in one complex transform. One source for every instruction set, over
//! `fearless_simd`; the level is looked up once per plan.

mod butterfly;
mod fold;
mod isa;
mod kernel;
mod load;
mod recipe;
mod simd;
mod sort;
mod stage;
mod topk;
mod transpose;

pub use isa::Isa;
pub use kernel::{LaneSpec, LaneWelch, NETWORK_K, Rows};
pub use recipe::supports;

use fearless_simd::Level;
use kernel::WelchKernel;

/// Builds the kernel for `spec` on `isa`; `None` where the size has no recipe or the machine no such level.
pub fn welch_kernel(isa: Isa, spec: LaneSpec) -> Option<Box<dyn LaneWelch>> {
    let level = Level::new();
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => boxed(level.as_avx512()?, spec),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => boxed(level.as_avx2()?, spec),
        #[cfg(target_arch = "x86_64")]
        Isa::Portable => boxed(level.as_sse2()?, spec),
        #[cfg(target_arch = "aarch64")]
        Isa::Portable => boxed(level.as_neon()?, spec),
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        Isa::Portable => boxed(fearless_simd::Fallback::new(), spec),
        #[cfg(not(target_arch = "x86_64"))]
        _ => None,
    }
}

fn boxed<S: simd::Lanes>(simd: S, spec: LaneSpec) -> Option<Box<dyn LaneWelch>> {
    Some(Box::new(WelchKernel::new(simd, spec)?))
}
