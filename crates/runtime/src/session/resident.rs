//! Programs that run on resident data, in the types of their backends.

/// A program that can run on buffers of its device. Only types of the same backend (a CUDA stream, a command list of
/// an adapter) can use it.
pub struct Resident<'a>(pub(crate) Kind<'a>);

pub(crate) enum Kind<'a> {
    /// Runs in streams of a CUDA device.
    #[cfg(feature = "cuda")]
    Cuda(&'a mut crate::cuda::DeviceProgram),
    /// Is recorded into commands for an adapter.
    #[cfg(feature = "gpu")]
    Wgpu(&'a mut crate::wgpu::WgpuProgram),
    /// Never constructed.
    #[cfg(not(any(feature = "cuda", feature = "gpu")))]
    #[expect(dead_code, reason = "this build has no device with such programs")]
    Never(std::convert::Infallible, std::marker::PhantomData<&'a ()>),
}
