//! A long recording of one channel on all threads.
//!
//! ```text
//! collect ROUND samples;  cut them at segments into PARTS stretches;  part p → accumulator p   (in parallel)
//! at the end:             merge the accumulators in order
//! ```
//! Where the cuts lie depends on the samples alone, so the numbers do not depend on the number of threads.

use crate::signal::InputSample;
use rayon::prelude::*;
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::scaling::Average;
use rlx_dsp::welch::{Psd, PsdParams, WelchAccumulator};
use rlx_dsp::{Error, Result};

/// Samples collected before they are shared out.
const ROUND: usize = 1 << 20;
/// Stretches of a round at most.
const PARTS: usize = 16;
/// Segments that are worth a stretch of their own.
const LEAST: usize = 64;

/// What went wrong, and the position that its samples are counted from.
type Failed = (Error, u64);
type Outcome<T> = std::result::Result<T, Failed>;

/// Accumulators that share one channel.
pub(crate) struct Long<S: InputSample> {
    params: PsdParams,
    parts: Vec<WelchAccumulator<S>>,
    pending: Vec<S>,
    /// Position of the first pending sample.
    start: u64,
}

impl<S: InputSample> Long<S> {
    /// Whether a recording can be cut: a gap must not lie across a cut, and a median needs all spectra.
    pub(crate) fn takes(params: &PsdParams) -> bool {
        let whole = matches!(params.nan, NanPolicy::Error | NanPolicy::Propagate);
        whole && params.average != Average::Median && params.hop <= params.segment_len
    }

    pub(crate) fn new(params: PsdParams) -> Result<Self> {
        let parts = vec![WelchAccumulator::new(params)?; PARTS];
        Ok(Self { params, parts, pending: Vec::new(), start: 0 })
    }

    /// Continues the stretch.
    pub(crate) fn push(&mut self, block: &[S]) -> Outcome<()> {
        self.pending.extend_from_slice(block);
        if self.pending.len() >= ROUND { self.round(false) } else { Ok(()) }
    }

    /// Ends the stretch; samples that do not fill a segment are dropped.
    pub(crate) fn end_stretch(&mut self) -> Outcome<()> {
        self.round(true)
    }

    /// The average over everything.
    pub(crate) fn finish(mut self) -> Outcome<Psd<S::Real>> {
        self.end_stretch()?;
        let mut parts = self.parts.into_iter();
        let merged = parts.next().map(|first| {
            let merged = parts.try_fold(first, |mut all, part| all.merge(part).map(|()| all));
            merged.and_then(WelchAccumulator::finish)
        });
        merged
            .unwrap_or(Err(Error::TooShort { len: 0, segment: self.params.segment_len }))
            .map_err(|e| (e, 0))
    }

    fn round(&mut self, last: bool) -> Outcome<()> {
        let Self { params, parts, pending, start } = self;
        let len = pending.len();
        let segments = params.segment_count(len);
        let next = if last { len } else { segments * params.hop };
        let mut ranges = params.stretches(len, (segments / LEAST).clamp(1, PARTS));
        match ranges.last_mut() {
            // Samples behind the last segment are looked at, too.
            Some(range) => range.end = range.end.max(next),
            None => ranges.push(0..next),
        }
        let done: Vec<_> = parts
            .par_iter_mut()
            .zip(ranges)
            .map(|(part, range)| {
                let first = (*start + range.start as u64).wrapping_sub(part.samples());
                part.push(&pending[range]).and_then(|()| part.push_gap()).map_err(|error| moved(error, first))
            })
            .collect();
        done.into_iter().collect::<Outcome<()>>()?;
        pending.drain(..next);
        *start += next as u64;
        Ok(())
    }
}

/// A part counts its own samples only.
fn moved(error: Error, first: u64) -> Failed {
    match error {
        Error::NonFinite { row, index, value } => {
            (Error::NonFinite { row, index: index.wrapping_add(first), value }, 0)
        }
        other => (other, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rlx_dsp::welch::welch;

    fn noise(len: usize) -> Vec<f32> {
        let mut s = 7u32;
        let step = |_| {
            s = s.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (s >> 8) as f32 / 8_388_608.0 - 1.0
        };
        (0..len).map(step).collect()
    }

    #[test]
    fn the_answer_is_that_of_one_pass_on_any_number_of_threads() {
        let x = noise(2 * ROUND + 12_345);
        for (n_fft, hop) in [(256, 128), (300, 299), (64, 7)] {
            let params = PsdParams { hop, ..PsdParams::new(1.0, n_fft) };
            let run = |threads: usize, block: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
                pool.install(|| {
                    let mut long = Long::<f32>::new(params).expect("valid");
                    x.chunks(block).try_for_each(|block| long.push(block)).expect("finite");
                    long.finish().expect("enough samples")
                })
            };
            let (one, three) = (run(1, 1 << 16), run(3, 1 << 16));
            assert_eq!(one, three);
            let whole = welch(&x, &params).expect("enough samples");
            assert_eq!(one.coverage, whole.coverage);
            for (a, b) in one.psd.iter().zip(&whole.psd) {
                assert!((a - b).abs() <= 8.0 * f32::EPSILON * b.abs(), "{a} {b}");
            }
        }
    }

    #[test]
    fn stretches_and_faults_keep_their_places() {
        let mut x = noise(ROUND + 5000);
        let params = PsdParams::new(1.0, 64);
        let mut long = Long::<f32>::new(params).expect("valid");
        long.push(&x[..1000]).and_then(|()| long.end_stretch()).expect("finite");
        long.push(&x[1000..3000]).expect("finite");
        assert_eq!(long.finish().expect("enough").coverage.segments, (1000 / 32 - 1) + (2000 / 32 - 1));
        for at in [0, 63, ROUND / 3, ROUND + 4999] {
            let kept = std::mem::replace(&mut x[at], f32::NAN);
            let mut long = Long::<f32>::new(params).expect("valid");
            let pushed = x.chunks(1 << 16).try_for_each(|block| long.push(block));
            let (error, first) = pushed.and_then(|()| long.finish().map(|_| ())).expect_err("a NaN");
            assert!(
                matches!(error, Error::NonFinite { index, .. } if index + first == at as u64),
                "{at}: {error}"
            );
            x[at] = kept;
        }
        let short = Long::<f32>::new(params).and_then(|long| long.finish().map_err(|(e, _)| e));
        assert!(matches!(short, Err(Error::TooShort { .. })));
    }
}
