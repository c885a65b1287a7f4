//! Forms segments from blocks of any length.

use crate::fft::Sample;
use crate::nan::first_non_finite;
use crate::params::segment_count;

/// Divides a stretch of `C` channels, pushed in blocks, into runs of segments over contiguous samples.
///
/// Samples are copied only for segments that span two blocks, so fewer than two segments are stored for any block length;
/// with [`with_least`](Self::with_least), those of the waiting segments too.
#[derive(Debug, Clone)]
pub(crate) struct Framer<S, const C: usize> {
    segment_len: usize,
    hop: usize,
    /// Samples from the start of the next segment on, per channel.
    tails: [Vec<S>; C],
    /// Samples still to be dropped before the next segment starts (`hop > segment_len`).
    skip: usize,
    /// Number of complete segments that are handed over together, at least 1.
    least: usize,
}

impl<S: Sample, const C: usize> Framer<S, C> {
    pub(crate) fn new(segment_len: usize, hop: usize) -> Self {
        Self { segment_len, hop, tails: std::array::from_fn(|_| Vec::new()), skip: 0, least: 1 }
    }

    /// Hands over at least `least` segments at a time, except in [`flush`](Self::flush), and stores their samples until then.
    pub(crate) fn with_least(self, least: usize) -> Self {
        Self { least: least.max(1), ..self }
    }

    /// Continues with these samples of the next segment.
    pub(crate) fn resumed(segment_len: usize, hop: usize, tails: [Vec<S>; C], skip: usize) -> Self {
        Self { segment_len, hop, tails, skip, least: 1 }
    }

    /// Returns the number of complete segments that wait for more.
    pub(crate) fn waiting(&self) -> usize {
        segment_count(self.tails[0].len(), self.segment_len, self.hop)
    }

    /// Hands over the waiting segments.
    pub(crate) fn flush(&mut self, mut ready: impl FnMut([&[S]; C], usize)) {
        let count = self.waiting();
        if count > 0 {
            ready(std::array::from_fn(|c| &self.tails[c][..]), count);
            self.drop_held(count * self.hop);
        }
    }

    /// Drops `next` samples from the start of the next segment on; those not held yet are dropped on arrival.
    fn drop_held(&mut self, next: usize) {
        let held = self.tails[0].len().min(next);
        self.tails.iter_mut().for_each(|tail| drop(tail.drain(..held)));
        self.skip += next - held;
    }

    /// Returns the samples of the first channel's next segment, and how many are to be dropped before it.
    pub(crate) fn unfinished(&self) -> (&[S], usize) {
        (&self.tails[0], self.skip)
    }

    /// Discards the unfinished segment: the next sample starts a new stretch.
    pub(crate) fn end_stretch(&mut self) {
        self.tails.iter_mut().for_each(Vec::clear);
        self.skip = 0;
    }

    /// Takes one block per channel, all of one length, and calls `ready` with contiguous samples and the number
    /// of segments in them.
    pub(crate) fn push(&mut self, mut blocks: [&[S]; C], mut ready: impl FnMut([&[S]; C], usize)) {
        let dropped = self.skip.min(blocks[0].len());
        self.skip -= dropped;
        blocks = blocks.map(|b| &b[dropped..]);
        let held = self.tails[0].len();
        if self.least > 1 {
            let len = blocks[0].len();
            let count = segment_count(held + len, self.segment_len, self.hop);
            let wait = count < self.least;
            // A long block is not copied; for a short one the copy is cheaper than a transform of few segments.
            if wait || held > 0 && len < self.least * self.hop + self.segment_len {
                for (tail, block) in self.tails.iter_mut().zip(blocks) {
                    tail.extend_from_slice(block);
                }
                if !wait {
                    self.flush(ready);
                }
                return;
            }
        }
        if held > 0 {
            // Enough of the block to finish every segment that starts in the tail.
            let taken = blocks[0].len().min(self.segment_len - 1);
            for (tail, block) in self.tails.iter_mut().zip(blocks) {
                tail.extend_from_slice(&block[..taken]);
            }
            let whole = segment_count(held + taken, self.segment_len, self.hop);
            let count = whole.min(held.div_ceil(self.hop));
            if count > 0 {
                ready(std::array::from_fn(|c| &self.tails[c][..]), count);
            }
            let next = count * self.hop;
            if next < held {
                // The next segment starts in the tail and the block was too short to finish it.
                self.tails.iter_mut().for_each(|tail| drop(tail.drain(..next)));
                return;
            }
            self.tails.iter_mut().for_each(Vec::clear);
            blocks = self.rest(blocks, next - held);
        }
        let count = segment_count(blocks[0].len(), self.segment_len, self.hop);
        if count > 0 {
            ready(blocks, count);
        }
        let blocks = self.rest(blocks, count * self.hop);
        for (tail, block) in self.tails.iter_mut().zip(blocks) {
            tail.extend_from_slice(block);
        }
    }

    /// Returns the blocks from `start` on; samples beyond their end are dropped from the next blocks.
    fn rest<'a>(&mut self, blocks: [&'a [S]; C], start: usize) -> [&'a [S]; C] {
        let inside = start.min(blocks[0].len());
        self.skip += start - inside;
        blocks.map(|b| &b[inside..])
    }
}

/// Calls `ready` with each run of segments, among the first `count`, without NaN and infinity in any channel; returns
/// the number of skipped segments.
pub(crate) fn clean_runs<S: Sample, const C: usize>(
    signals: [&[S]; C],
    segment_len: usize,
    hop: usize,
    count: usize,
    mut ready: impl FnMut([&[S]; C], usize),
) -> u64 {
    let mut skipped = 0;
    let mut segment = 0;
    while segment < count {
        let start = segment * hop;
        let bad = first_bad(signals.map(|s| &s[start..]));
        let left = count - segment;
        let clean = bad.map_or(left, |bad| segment_count(bad, segment_len, hop).min(left));
        if clean > 0 {
            ready(signals.map(|s| &s[start..]), clean);
            segment += clean;
        }
        if let Some(bad) = bad {
            // The first segment that starts after the bad sample.
            let next = ((start + bad) / hop + 1).clamp(segment, count);
            skipped += (next - segment) as u64;
            segment = next;
        }
    }
    skipped
}

/// Returns the first index at which any channel has a NaN or an infinity. Checks all channels block by block: a clean
/// channel is not read to its end for each bad sample of another.
fn first_bad<S: Sample, const C: usize>(signals: [&[S]; C]) -> Option<usize> {
    const BLOCK: usize = 4096;
    let len = signals[0].len();
    (0..len).step_by(BLOCK).find_map(|start| {
        let block = start..len.min(start + BLOCK);
        let found = signals.iter().filter_map(|s| first_non_finite(&s[block.clone()]));
        found.map(|(i, _)| start + i).min()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Starts of the segments that come out when `len` samples are pushed in these blocks, again and again.
    fn starts(segment_len: usize, hop: usize, len: usize, blocks: &[usize]) -> Vec<usize> {
        let x: Vec<f64> = (0..len).map(|i| i as f64).collect();
        let mut framer = Framer::<f64, 1>::new(segment_len, hop);
        let mut starts = Vec::new();
        let mut rest = &x[..];
        for block in blocks.iter().cycle() {
            let (now, later) = rest.split_at((*block).min(rest.len()));
            framer.push([now], |[samples], count| {
                for s in 0..count {
                    let segment = &samples[s * hop..s * hop + segment_len];
                    assert!(segment.windows(2).all(|w| w[1] == w[0] + 1.0));
                    starts.push(segment[0] as usize);
                }
            });
            assert!(framer.tails[0].len() < 2 * segment_len);
            rest = later;
            if rest.is_empty() {
                return starts;
            }
        }
        starts
    }

    #[test]
    fn segments_wait_for_each_other_and_none_is_lost() {
        let x: Vec<f64> = (0..400).map(f64::from).collect();
        for (segment_len, hop) in [(8, 4), (5, 3), (3, 7), (1, 1), (2, 50)] {
            for least in [1, 2, 5, 16] {
                for block in [1, 3, 7, 40, 150, 400] {
                    let mut framer = Framer::<f64, 1>::new(segment_len, hop).with_least(least);
                    let (mut starts, mut fewest) = (Vec::new(), usize::MAX);
                    let mut take = |[samples]: [&[f64]; 1], count: usize| {
                        starts.extend((0..count).map(|s| samples[s * hop] as usize));
                        fewest = fewest.min(count);
                    };
                    for block in x.chunks(block) {
                        framer.push([block], &mut take);
                        assert!(framer.waiting() < least);
                    }
                    framer.flush(&mut take);
                    assert_eq!(framer.waiting(), 0);
                    let whole: Vec<_> =
                        (0..segment_count(x.len(), segment_len, hop)).map(|s| s * hop).collect();
                    assert_eq!(starts, whole, "{segment_len} {hop} {least} {block}");
                    assert!(fewest >= 1);
                }
            }
        }
    }

    #[test]
    fn blocks_of_any_length_give_the_same_segments() {
        for (segment_len, hop) in [(8, 4), (8, 1), (8, 8), (5, 3), (3, 7), (1, 1), (1, 4), (2, 50)] {
            for len in [1, 7, 8, 9, 64, 157] {
                let whole: Vec<_> = (0..segment_count(len, segment_len, hop)).map(|s| s * hop).collect();
                for blocks in [&[1][..], &[3], &[1, 0, 6, 20], &[9, 2], &[1000], &[2, 2, 31]] {
                    let got = starts(segment_len, hop, len, blocks);
                    assert_eq!(got, whole, "{segment_len} {hop} {len} {blocks:?}");
                }
            }
        }
    }

    #[test]
    fn runs_leave_out_exactly_the_segments_with_a_bad_sample() {
        for (segment_len, hop) in [(4, 2), (4, 1), (3, 5), (4, 4)] {
            for bad in [vec![], vec![0], vec![7], vec![3, 4, 5], vec![9, 29], (0..30).collect()] {
                let mut x: Vec<f64> = (0..30).map(f64::from).collect();
                let y = x.clone();
                bad.iter().for_each(|i: &usize| x[*i] = f64::NAN);
                let count = segment_count(30, segment_len, hop);
                let clean: Vec<usize> = (0..count)
                    .map(|s| s * hop)
                    .filter(|s| !bad.iter().any(|b| (*s..s + segment_len).contains(b)))
                    .collect();
                let mut got = Vec::new();
                let skipped = clean_runs([&x[..], &y], segment_len, hop, count, |[_, y], n| {
                    got.extend((0..n).map(|s| y[s * hop] as usize));
                });
                assert_eq!(got, clean, "{segment_len} {hop} {bad:?}");
                assert_eq!(skipped as usize, count - clean.len());
            }
        }
    }
}
