//! Model of the time of a host strategy.

use crate::builders::WelchPeaksShape;
use crate::shape::one_sided_bins;

/// Coefficients of a host strategy, ns. The shipped ones are those of one core of a current server at n_fft 256; a
/// calibration corrects them by factors, so their ratios matter more than their values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HostPrior {
    /// Fixed cost of a call.
    pub call_ns: f64,
    /// Rows of a lane group; the last group costs as much as a full one. 1 if rows are processed one by one.
    pub lanes: usize,
    /// Whether two segments share one complex transform.
    pub pairs: bool,
    /// Time per sample of a segment: load, window.
    pub sample_ns: f64,
    /// Time per `n_fft · log2 n_fft` of a transform.
    pub fft_ns: f64,
    /// Time per bin and segment: power and sum.
    pub bin_ns: f64,
    /// Time per bin of the averaged spectrum: comparison with the K-th.
    pub top_ns: f64,
    /// Time per bin and `log2(k + 1)`: updating the list.
    pub top_k_ns: f64,
}

/// Bandwidths of the memory that a batch streams from, bytes/ns, by the cache level that holds the batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HostMemory {
    /// Size of the L2 cache of one core, bytes.
    pub l2_bytes: f64,
    /// Size of the shared L3 cache, bytes.
    pub l3_bytes: f64,
    /// From the L2 cache.
    pub l2: f64,
    /// From the L3 cache, one core.
    pub l3: f64,
    /// From memory, one core.
    pub dram: f64,
    /// From memory, all cores together.
    pub dram_total: f64,
}

/// How threads share a batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threading {
    /// Speed that each further thread adds, 0 … 1.
    pub efficiency: f64,
    /// Handing work to the pool and waiting for it.
    pub dispatch_ns: f64,
    /// Smallest work for which a thread is woken.
    pub min_task_ns: f64,
}

impl HostMemory {
    /// Shipped values.
    pub const SHIPPED: Self = Self {
        l2_bytes: (1u32 << 20) as f64,
        l3_bytes: (32u32 << 20) as f64,
        l2: 30.0,
        l3: 15.0,
        dram: 8.0,
        dram_total: 40.0,
    };

    /// Bandwidth for a batch of so many bytes on so many threads.
    fn bandwidth(&self, bytes: f64, threads: f64) -> f64 {
        if bytes <= self.l2_bytes * threads {
            self.l2 * threads
        } else if bytes <= self.l3_bytes {
            self.l3 * threads
        } else {
            (self.dram * threads).min(self.dram_total)
        }
    }
}

impl Threading {
    /// Shipped values.
    pub const SHIPPED: Self = Self { efficiency: 0.9, dispatch_ns: 5_000.0, min_task_ns: 20_000.0 };
}

impl HostPrior {
    /// Two segments (or one), row by row, with a planned real FFT and an insertion top-K.
    pub const ROWS: Self = Self {
        call_ns: 150.0,
        lanes: 1,
        pairs: false,
        sample_ns: 0.3,
        fft_ns: 0.2,
        bin_ns: 0.8,
        top_ns: 1.5,
        top_k_ns: 1.1,
    };

    /// Sixteen rows in lanes, segment pairs, sorting networks.
    pub const LANES: Self = Self {
        call_ns: 300.0,
        lanes: 16,
        pairs: true,
        sample_ns: 0.1,
        fft_ns: 0.1,
        bin_ns: 0.15,
        top_ns: 0.1,
        top_k_ns: 0.057,
    };

    /// The lanes kernel with general 2×2 butterflies (28 operations for the 10 of a radix-2 one).
    pub const LEARNED: Self = Self { call_ns: 400.0, fft_ns: 0.28, ..Self::LANES };

    /// Returns the time of one row, ns.
    pub fn row_ns(&self, shape: &WelchPeaksShape) -> f64 {
        let n = shape.n_fft as f64;
        let segments = shape.segments as f64;
        // A pair is one complex transform, a lone segment of a real FFT half of one; `fft_ns` is per transform
        // of its kind.
        let transforms = if self.pairs { shape.segments.div_ceil(2) as f64 } else { segments };
        let bins = one_sided_bins(shape.n_fft) as f64;
        let k = (shape.k as f64).min(bins);
        self.sample_ns * n * segments
            + self.fft_ns * n * n.max(2.0).log2() * transforms
            + self.bin_ns * bins * segments
            + (self.top_ns + self.top_k_ns * (k + 1.0).log2()) * bins
    }

    /// Predicts the time of a batch, ns; an empty batch costs the call. Defined for all values of all fields.
    pub fn predict_ns(
        &self,
        shape: &WelchPeaksShape,
        threads: usize,
        memory: &HostMemory,
        threading: &Threading,
    ) -> f64 {
        if shape.batch == 0 {
            return self.call_ns;
        }
        let lanes = self.lanes.max(1);
        let groups = shape.batch.div_ceil(lanes) as f64;
        let compute = groups * lanes as f64 * self.row_ns(shape);
        let useful = (compute / threading.min_task_ns).floor().min(groups);
        let used = (threads as f64).min(useful).max(1.0);
        // Samples between segments are not read.
        let step = shape.hop.min(shape.n_fft);
        let samples = shape.n_fft as f64 + (shape.segments as f64 - 1.0).max(0.0) * step as f64;
        let bytes = shape.batch as f64 * (4.0 * samples + 8.0 * shape.k as f64);
        let stream = bytes / memory.bandwidth(bytes, used);
        let dispatch = if used > 1.0 { threading.dispatch_ns } else { 0.0 };
        // Hardware prefetch overlaps the stream with the arithmetic.
        self.call_ns + dispatch + (compute / (1.0 + (used - 1.0) * threading.efficiency)).max(stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ns(prior: &HostPrior, batch: usize, threads: usize) -> f64 {
        let shape = WelchPeaksShape::new(batch, 256, 2, 16);
        prior.predict_ns(&shape, threads, &HostMemory::SHIPPED, &Threading::SHIPPED)
    }

    #[test]
    fn lanes_cost_whole_groups() {
        let lanes = |batch| ns(&HostPrior::LANES, batch, 1);
        assert_eq!(lanes(1), lanes(16));
        assert_eq!(lanes(17), lanes(32));
        assert!(lanes(17) > 1.5 * lanes(16));
        assert!(ns(&HostPrior::ROWS, 1, 1) < lanes(1), "one row is quicker alone");
        assert!(ns(&HostPrior::ROWS, 16, 1) > lanes(16));
    }

    #[test]
    fn shipped_values_are_near_what_was_measured() {
        // 8192 rows, one thread: 2.8 ms in lanes, 14.7–18.9 ms with a careful realfft loop.
        assert!((2.4e6..3.4e6).contains(&ns(&HostPrior::LANES, 8192, 1)));
        assert!((14e6..19e6).contains(&ns(&HostPrior::ROWS, 8192, 1)));
    }

    #[test]
    fn threads_help_only_with_enough_work_and_memory() {
        assert_eq!(ns(&HostPrior::LANES, 32, 1), ns(&HostPrior::LANES, 32, 8));
        assert!(ns(&HostPrior::LANES, 65_536, 8) < ns(&HostPrior::LANES, 65_536, 1) / 4.0);
        let slow = HostMemory { dram: 0.1, dram_total: 0.1, ..HostMemory::SHIPPED };
        let shape = WelchPeaksShape::new(65_536, 256, 2, 16);
        let bound = |t| HostPrior::LANES.predict_ns(&shape, t, &slow, &Threading::SHIPPED);
        assert!(bound(8) > 0.9 * bound(1), "bound by memory");
    }

    #[test]
    fn odd_fields_stay_finite() {
        let shape = WelchPeaksShape { batch: usize::MAX, n_fft: 0, hop: 0, segments: 0, k: usize::MAX };
        let prior = HostPrior { lanes: 0, ..HostPrior::LANES };
        assert!(prior.predict_ns(&shape, 0, &HostMemory::SHIPPED, &Threading::SHIPPED).is_finite());
        assert_eq!(ns(&HostPrior::LANES, 0, 4), HostPrior::LANES.call_ns);
    }
}
