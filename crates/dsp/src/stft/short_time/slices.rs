//! Where the slices of a signal lie.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::fft::Sample;

/// Positions of slices: slice `p` covers the samples from `p·hop − ⌊m/2⌋` on, `m` of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Slices {
    len: usize,
    hop: usize,
    /// First weight that is not 0, and the one after the last such weight.
    used: Range<usize>,
}

impl Slices {
    /// Positions of slices under `window`.
    ///
    /// # Errors
    /// [`Error::Argument`] for an empty window and a hop of 0.
    pub fn new<S: Sample>(window: &[S], hop: usize) -> Result<Self> {
        if window.is_empty() {
            return Err(Error::argument("window", "a window of 0 samples"));
        }
        if hop == 0 {
            return Err(Error::argument("hop", "slices would never advance"));
        }
        let counts = |w: &S| *w != S::default();
        let first = window.iter().position(counts).unwrap_or(window.len());
        let end = window.iter().rposition(counts).map_or(0, |last| last + 1);
        Ok(Self { len: window.len(), hop, used: first..end })
    }

    /// Samples before a slice's reference point.
    #[must_use]
    pub fn middle(&self) -> usize {
        self.len / 2
    }

    /// Fewest samples of a signal: half a window.
    #[must_use]
    pub fn least(&self) -> usize {
        self.len - self.middle()
    }

    /// First sample of slice `p`.
    #[must_use]
    pub fn start(&self, p: isize) -> isize {
        p * self.hop as isize - self.middle() as isize
    }

    /// The first slice of a signal, at most 0: the one before ends before sample 0. SciPy's rule for windows with zeros at
    /// their end is kept: a slice also counts as the first where as many of the last weights as the one before has samples
    /// ahead of sample 0 are 0.
    #[must_use]
    pub fn p_min(&self) -> isize {
        let mut p = 0;
        loop {
            let ends = self.start(p - 1) + self.len as isize;
            if ends <= 0 || ends >= self.used.end as isize {
                return p;
            }
            p -= 1;
        }
    }

    /// The first sample that slice [`p_min`](Self::p_min) covers, at most 0.
    #[must_use]
    pub fn k_min(&self) -> isize {
        self.start(self.p_min())
    }

    /// One more than the last slice that touches the samples of a signal of `n` samples.
    ///
    /// # Errors
    /// [`Error::Argument`] for a signal shorter than half a window.
    pub fn p_max(&self, n: usize) -> Result<isize> {
        if n < self.least() {
            return Err(Error::argument(
                "n",
                format!("must be {} (half a window) or more, got {n}", self.least()),
            ));
        }
        let mut q = (n / self.hop) as isize;
        while self.start(q + 1) + (self.used.start as isize) < n as isize {
            q += 1;
        }
        Ok(q + 1)
    }

    /// One more than the last sample that a slice of a signal of `n` samples covers.
    ///
    /// # Errors
    /// As [`p_max`](Self::p_max).
    pub fn k_max(&self, n: usize) -> Result<isize> {
        Ok(self.start(self.p_max(n)? - 1) + self.len as isize)
    }

    /// The slices of a signal of `n` samples.
    ///
    /// # Errors
    /// As [`p_max`](Self::p_max).
    pub fn range(&self, n: usize) -> Result<Range<isize>> {
        Ok(self.p_min()..self.p_max(n)?)
    }

    /// The first sample and the first slice that samples before the signal do not touch.
    #[must_use]
    pub fn lower_border_end(&self) -> (isize, isize) {
        let first = self.used.start as isize - self.middle() as isize;
        let mut k = first;
        let mut q = 0;
        while k <= self.hop as isize {
            if k + self.hop as isize >= 0 {
                return (k + self.len as isize, q + 1);
            }
            k += self.hop as isize;
            q += 1;
        }
        (0, self.p_min().max(0))
    }

    /// The first sample and the first slice that samples after a signal of `n` samples touch.
    ///
    /// # Errors
    /// As [`p_max`](Self::p_max).
    pub fn upper_border_begin(&self, n: usize) -> Result<(isize, isize)> {
        self.p_max(n)?;
        let mut q = (n / self.hop) as isize + 1;
        // Slice q ends inside the signal, or has no weight beyond it.
        while self.start(q) + self.used.end as isize > n as isize {
            q -= 1;
        }
        Ok((self.start(q + 1), q + 1))
    }
}
