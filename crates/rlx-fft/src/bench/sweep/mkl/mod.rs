//! Packed peaks with the transforms of Intel's MKL, if it is installed: the peer that users ask for.
//!
//! The library is loaded at run time and called through its FFTW interface; nothing of it is linked or shipped. Needs
//! the feature `mkl`.

#[cfg(feature = "mkl")]
mod api;
#[cfg(feature = "mkl")]
mod find;
#[cfg(feature = "mkl")]
mod peaks;

#[cfg(feature = "mkl")]
pub(super) use peaks::peaks;

#[cfg(not(feature = "mkl"))]
mod absent {
    use rlx_dsp::welch::peaks::WelchPeakParams;

    /// Never made.
    pub(in super::super) enum MklPeaks {}

    impl MklPeaks {
        pub(in super::super) fn peaks_into(
            &mut self,
            _: &[f32],
            _: usize,
            _: &mut [f32],
        ) -> rlx_dsp::Result<()> {
            match *self {}
        }
    }

    /// Returns why there is none.
    pub(in super::super) fn peaks(_: &WelchPeakParams, _: usize, _: usize) -> Result<MklPeaks, String> {
        Err("this build does not have the feature mkl".to_owned())
    }
}

#[cfg(not(feature = "mkl"))]
pub(super) use absent::peaks;
