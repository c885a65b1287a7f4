//! Programs that run on data on their device, each as its own backend knows it.

/// A program that can run on buffers of its device. Only the types of its own backend (a CUDA stream, a list of commands
/// for an adapter) can make use of it.
pub struct Resident<'a>(pub(crate) Kind<'a>);

pub(crate) enum Kind<'a> {
    /// Runs in streams of a CUDA device.
    #[cfg(feature = "cuda")]
    Cuda(&'a mut crate::cuda::DeviceProgram),
    /// Is recorded into commands for an adapter.
    #[cfg(feature = "gpu")]
    Wgpu(&'a mut crate::wgpu::WgpuProgram),
    /// Cannot be made.
    #[cfg(not(any(feature = "cuda", feature = "gpu")))]
    #[expect(dead_code, reason = "this build has no device with such programs")]
    Never(std::convert::Infallible, std::marker::PhantomData<&'a ()>),
}
