//! Division of a transform into threads and passes (`stockham.cuh`).

use super::Define;

/// A complex transform of `n` points: `points` in each of `n / points` threads, one pass per radix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FftPlan {
    /// Transform length, the product of the radices.
    pub n: usize,
    /// Points per thread, a multiple of every radix.
    pub points: usize,
    /// Radices of the passes; 1 means no pass.
    pub radices: [usize; 3],
}

impl FftPlan {
    /// Returns the plan for `n` points within one block; `None` if there is none.
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

    /// Returns the plan for fused kernels: 1024 points use 32 per thread, which saves one exchange through shared
    /// memory.
    pub fn fused(n: usize) -> Option<Self> {
        match n {
            1024 => Some(Self { n, points: 32, radices: [32, 32, 1] }),
            _ => Self::new(n),
        }
    }

    /// Returns the threads per transform.
    pub fn threads(&self) -> usize {
        self.n / self.points
    }

    /// Returns the transforms per block of about `threads` threads; one if a transform needs more than a warp.
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
