//! Division of a batch into chunks: rows per chunk and chunks in flight.

/// Bytes that one row transfers and occupies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cuda) struct RowBytes {
    /// Samples.
    pub(in crate::cuda) input: usize,
    /// Results.
    pub(in crate::cuda) output: usize,
    /// On the device: samples, results and intermediate values.
    pub(in crate::cuda) device: usize,
}

/// How the samples reach the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cuda) enum Feed {
    /// The device copies them, from pinned memory.
    Pinned,
    /// This many threads of the host copy them into pinned memory first.
    Threads(usize),
}

/// Slots of a thread that only queues: enough to keep the copy engine from waiting for the host.
const PINNED_SLOTS: usize = 4;
/// Slots of a thread that copies: one is filled while the other is in flight.
const COPY_SLOTS: usize = 2;

/// A batch in chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cuda) struct Chunks {
    /// Rows per chunk, except the last.
    pub(in crate::cuda) rows: usize,
    /// Number of chunks.
    pub(in crate::cuda) count: usize,
    /// Threads that feed one device.
    pub(in crate::cuda) threads: usize,
    /// Slots of each thread.
    pub(in crate::cuda) slots: usize,
}

impl Chunks {
    /// Cuts `batch` rows for `devices` devices. Chunks are large enough for a copy to run at the speed of the bus,
    /// and small enough for the first kernel to start early and the last result to follow soon after the last sample.
    pub(in crate::cuda) fn plan(batch: usize, row: RowBytes, feed: Feed, devices: usize) -> Self {
        let bytes = batch.saturating_mul(row.input.max(row.output));
        let (threads, slots, wanted) = match feed {
            Feed::Pinned => (1, PINNED_SLOTS, (bytes / (8 * devices)).clamp(1 << 20, 8 << 20)),
            Feed::Threads(threads) => {
                let threads = threads.max(1).div_ceil(devices);
                (threads, COPY_SLOTS, (bytes / (2 * threads * devices)).clamp(256 << 10, 2 << 20))
            }
        };
        let rows = (wanted / row.input.max(row.output).max(1)).max(1);
        Self { rows: 1, count: 0, threads, slots }.with_rows(batch, rows)
    }

    /// Returns one chunk, for a batch that cannot be divided.
    pub(in crate::cuda) fn whole(batch: usize) -> Self {
        Self { rows: batch.max(1), count: usize::from(batch > 0), threads: 1, slots: 1 }
    }

    /// Returns the same batch with at most `rows` rows per chunk, in chunks of nearly equal size.
    pub(in crate::cuda) fn with_rows(self, batch: usize, rows: usize) -> Self {
        let count = batch.div_ceil(rows.max(1));
        // A multiple of 32 rows fills the blocks of every kernel.
        let even = batch.div_ceil(count.max(1));
        let rows = if even >= 32 { even.next_multiple_of(32) } else { even.max(1) };
        let count = batch.div_ceil(rows);
        let threads = self.threads.min(count.max(1));
        Self { rows, count, threads, slots: self.slots.min(count.div_ceil(threads.max(1)).max(1)) }
    }

    /// Returns chunks of fewer rows, for a batch that did not fit; `None` if a chunk is one row already.
    pub(in crate::cuda) fn smaller(self, batch: usize) -> Option<Self> {
        (self.rows > 1).then(|| {
            let mut next = self;
            // Rounding must not lead to the same size again.
            next.rows = self.rows / 2;
            next.count = batch.div_ceil(next.rows);
            next
        })
    }

    /// Limits the chunks to `free` bytes on a device.
    pub(in crate::cuda) fn within(mut self, batch: usize, row: RowBytes, free: usize) -> Self {
        while self.rows > 1
            && self.rows.saturating_mul(row.device).saturating_mul(self.threads * self.slots) > free
        {
            if let Some(next) = self.smaller(batch) {
                self = next;
            }
        }
        self
    }

    /// Returns the first row and the number of rows of a chunk.
    pub(in crate::cuda) fn range(&self, index: usize, batch: usize) -> (usize, usize) {
        let start = index.saturating_mul(self.rows).min(batch);
        (start, self.rows.min(batch - start))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROW: RowBytes = RowBytes { input: 4 * 384, output: 128, device: 4 * 384 + 128 };

    proptest! {
        #[test]
        fn every_row_is_in_exactly_one_chunk(
            batch in 0usize..200_000,
            input in 1usize..100_000,
            threads in 0usize..17,
            devices in 1usize..9,
            free in 0usize..1 << 30,
        ) {
            let row = RowBytes { input, output: 8, device: input + 8 };
            let feed = if threads == 0 { Feed::Pinned } else { Feed::Threads(threads) };
            let chunks = Chunks::plan(batch, row, feed, devices).within(batch, row, free);
            let mut next = 0;
            for index in 0..chunks.count {
                let (start, rows) = chunks.range(index, batch);
                prop_assert_eq!(start, next);
                prop_assert!(rows >= 1 && rows <= chunks.rows);
                next += rows;
            }
            prop_assert_eq!(next, batch);
            let held = chunks.rows * row.device * chunks.threads * chunks.slots;
            prop_assert!(chunks.rows == 1 || held <= free);
        }
    }

    #[test]
    fn small_batches_are_one_chunk_and_large_ones_overlap() {
        let small = Chunks::plan(32, ROW, Feed::Pinned, 1);
        assert_eq!((small.count, small.threads, small.slots), (1, 1, 1));
        let pinned = Chunks::plan(8192, ROW, Feed::Pinned, 1);
        assert!(pinned.count >= 6 && pinned.slots == 4, "{pinned:?}");
        let pageable = Chunks::plan(65_536, ROW, Feed::Threads(8), 1);
        assert!(pageable.count >= 40 && pageable.threads == 8 && pageable.slots == 2, "{pageable:?}");
        let two = Chunks::plan(65_536, ROW, Feed::Threads(8), 2);
        assert_eq!(two.threads, 4);
        assert_eq!(Chunks::plan(0, ROW, Feed::Pinned, 1).count, 0);
    }

    #[test]
    fn memory_is_halved_until_one_row() {
        let mut chunks = Chunks::whole(1000);
        let mut seen = vec![chunks.rows];
        while let Some(next) = chunks.smaller(1000) {
            chunks = next;
            seen.push(chunks.rows);
            assert_eq!(chunks.count, 1000usize.div_ceil(chunks.rows));
        }
        assert_eq!((seen[0], seen.last()), (1000, Some(&1)));
        assert!(seen.windows(2).all(|w| w[1] < w[0]));
    }
}
