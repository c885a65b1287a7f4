//! How a transform is split over threads and passes (`stockham.cuh`).

use super::Define;

/// A complex transform of `n` points: `points` in each of `n / points` threads, one pass a radix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FftPlan {
    /// Transform length, the product of the radices.
    pub n: usize,
    /// Points per thread, a multiple of every radix.
    pub points: usize,
    /// Radices of the passes; 1 is no pass.
    pub radices: [usize; 3],
}

impl FftPlan {
    /// The plan for `n` points within one block; `None` where there is none.
    pub fn new(n: usize) -> Option<Self> {
        let (points, radices) = match n {
            8 => (8, [8, 1, 1]),
            16 => (8, [8, 2, 1]),
            32 => (8, [8, 4, 1]),
            64 => (16, [16, 4, 1]),
            128 => (16, [16, 8, 1]),
            200 => (20, [20, 10, 1]),
            256 => (16, [16, 16, 1]),
            512 => (16, [16, 16, 2]),
            1024 => (16, [16, 16, 4]),
            2048 => (16, [16, 16, 8]),
            4096 => (16, [16, 16, 16]),
            _ => return None,
        };
        Some(Self { n, points, radices })
    }

    /// The plan for fused kernels: 1024 points have 32 in a thread, which saves a trip through shared memory.
    pub fn fused(n: usize) -> Option<Self> {
        match n {
            1024 => Some(Self { n, points: 32, radices: [32, 32, 1] }),
            _ => Self::new(n),
        }
    }

    /// Threads of one transform.
    pub fn threads(&self) -> usize {
        self.n / self.points
    }

    /// Transforms of a block with about `threads` threads; one where a transform has more than a warp.
    pub(crate) fn per_block(&self, threads: usize) -> usize {
        if self.threads() > 32 { 1 } else { (threads / self.threads()).max(1) }
    }

    pub(crate) fn defines(&self) -> Vec<Define> {
        let [first, second, third] = self.radices;
        [
            ("N_FFT", self.n),
            ("POINTS", self.points),
            ("RADIX_1", first),
            ("RADIX_2", second),
            ("RADIX_3", third),
        ]
        .map(|(name, value)| (name, value.to_string()))
        .to_vec()
    }
}
