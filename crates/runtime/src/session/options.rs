//! How a session runs.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use num_complex::Complex32;
use rlx_compile::Butterflies;
use rlx_dsp::nan::NanPolicy;

/// A transform in the FFT's place, by the name under which a graph's `Butterfly` op asks for it.
pub trait FrameTransform: Send + Sync {
    /// Points.
    fn n(&self) -> usize;

    /// Replaces the `n` samples by the `n` bins, in natural order.
    fn forward(&self, frame: &mut [Complex32]);

    /// Returns the same as mixes of points, as far as the bins with `kept` (of all `n`) need them: for devices, which
    /// cannot call `forward`. `None`: the host runs the transform.
    fn butterflies(&self, kept: &[bool]) -> Option<Butterflies> {
        let _ = kept;
        None
    }
}

/// Settings of a session.
#[derive(Clone)]
pub struct SessionOptions {
    /// Threads that host kernels may use: 1 is the caller's alone, 0 one per core.
    pub threads: usize,
    /// [`NanPolicy::Error`] refuses NaN and infinity, [`NanPolicy::Propagate`] lets them reach the results.
    /// [`NanPolicy::SkipSegment`] leaves a frame that holds one out of averages (without an average it is NaN in every
    /// value; a row of which no frame is left too); [`NanPolicy::Interpolate`] bridges short gaps before.
    pub nan: NanPolicy,
    /// Raised by another thread, it ends a run of a device between two parts of a batch, with [`Error::Cancelled`].
    ///
    /// [`Error::Cancelled`]: crate::Error::Cancelled
    pub cancel: Option<Arc<AtomicBool>>,
    /// Learned transforms by name.
    pub transforms: BTreeMap<String, Arc<dyn FrameTransform>>,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self { threads: 1, nan: NanPolicy::Error, cancel: None, transforms: BTreeMap::new() }
    }
}

impl SessionOptions {
    /// These options on so many threads (0: one per core).
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// These options with another policy for NaN.
    #[must_use]
    pub fn nan(mut self, nan: NanPolicy) -> Self {
        self.nan = nan;
        self
    }

    /// These options with a flag that ends runs.
    #[must_use]
    pub fn cancel(mut self, flag: Arc<AtomicBool>) -> Self {
        self.cancel = Some(flag);
        self
    }

    /// These options with a learned transform.
    #[must_use]
    pub fn transform(mut self, name: impl Into<String>, transform: Arc<dyn FrameTransform>) -> Self {
        self.transforms.insert(name.into(), transform);
        self
    }
}

impl fmt::Debug for SessionOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionOptions")
            .field("threads", &self.threads)
            .field("nan", &self.nan)
            .field("transforms", &self.transforms.keys())
            .finish()
    }
}
