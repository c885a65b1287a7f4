//! Options of a session.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use num_complex::Complex32;
use rlx_compile::Butterflies;
use rlx_dsp::nan::NanPolicy;

/// A learned transform that replaces the FFT. A graph's `Butterfly` op refers to it by name.
pub trait FrameTransform: Send + Sync {
    /// Returns the number of points.
    fn n(&self) -> usize;

    /// Replaces the `n` samples by the `n` bins, in natural order.
    fn forward(&self, frame: &mut [Complex32]);

    /// Returns the butterflies that the bins with `kept` (of all `n`) need, for devices, which cannot call `forward`.
    /// `None`: the host runs the transform.
    fn butterflies(&self, kept: &[bool]) -> Option<Butterflies> {
        let _ = kept;
        None
    }
}

/// Settings of a session.
#[derive(Clone)]
pub struct SessionOptions {
    /// Number of threads of host kernels: 1 is the calling thread, 0 one per core.
    pub threads: usize,
    /// [`NanPolicy::Error`] rejects NaN and infinity, [`NanPolicy::Propagate`] lets them reach the results.
    /// [`NanPolicy::SkipSegment`] skips frames that contain one in averages (without an average such a frame is NaN
    /// in every value, and so is a row without valid frames); [`NanPolicy::Interpolate`] fills short gaps first.
    pub nan: NanPolicy,
    /// Cancellation flag: if another thread sets it, a device run ends between two chunks of a batch with
    /// [`Error::Cancelled`].
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
    /// Sets the number of threads (0: one per core).
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Sets the NaN policy.
    #[must_use]
    pub fn nan(mut self, nan: NanPolicy) -> Self {
        self.nan = nan;
        self
    }

    /// Sets the cancellation flag.
    #[must_use]
    pub fn cancel(mut self, flag: Arc<AtomicBool>) -> Self {
        self.cancel = Some(flag);
        self
    }

    /// Adds a learned transform.
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
