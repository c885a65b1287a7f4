//! Welch's average of a signal that arrives in blocks.

use super::average::PowerAverage;
use super::params::PsdParams;
use super::plan::PIECE;
use super::psd::{Coverage, Psd};
use super::segment::SegmentSpec;
use super::state::AccumulatorState;
use super::stream::Stream;
use crate::error::{Error, Result};
use crate::fft::Sample;
use crate::scaling::Average;

/// Averages segments as their samples arrive. Holds one value per bin and the samples of at most some 32 segments, which fill
/// the lanes of a kernel, however long the signal is.
///
/// A *stretch* is a run of samples without a break; segments lie `hop` apart in it from its first sample on and
/// never reach over its end. [`push`](Self::push) continues a stretch with a block of any length,
/// [`push_gap`](Self::push_gap) ends it, [`merge`](Self::merge) adds another accumulator's stretches.
///
/// ```
/// use rlx_dsp::welch::{PsdParams, WelchAccumulator, welch_with};
///
/// let x: Vec<f64> = (0..1000).map(|i| f64::from(i * i % 97)).collect();
/// let params = PsdParams::new(1.0, 64);
/// let mut accumulator = WelchAccumulator::new(params.clone())?;
/// for block in x.chunks(37) {
///     accumulator.push(block)?;
/// }
/// let (streamed, whole) = (accumulator.finish()?, welch_with(&x, &params)?);
/// assert_eq!(streamed.coverage, whole.coverage);
/// assert!(streamed.values.iter().zip(&whole.values).all(|(a, b)| (a - b).abs() <= 1e-12 * b));
/// # Ok::<(), rlx_dsp::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct WelchAccumulator<S: Sample> {
    stream: Stream<S, 1>,
    average: PowerAverage<S>,
    /// Most segments that a median may keep.
    limit: u64,
}

impl<S: Sample> WelchAccumulator<S> {
    /// An empty accumulator with the tables of `average`, which has taken nothing; without a limit for a median.
    pub(super) fn of(params: &PsdParams, average: &PowerAverage<S>) -> Self {
        let mut average = average.clone();
        average.clear();
        let stream = Stream::new(params.clone()).with_least(average.group());
        Self { stream, average, limit: u64::MAX }
    }

    /// An empty accumulator.
    ///
    /// # Errors
    /// [`Error::Argument`] for a parameter outside its domain, and for [`Average::Median`]: a median needs every
    /// segment's spectrum, so its memory grows with the signal; see
    /// [`with_stored_segments`](Self::with_stored_segments).
    pub fn new(params: PsdParams) -> Result<Self> {
        if params.average == Average::Median {
            let reason = "the median keeps every segment, so a stream needs a limit on their number";
            return Err(Error::argument("average", reason));
        }
        Self::with_stored_segments(params, 0)
    }

    /// An empty accumulator that, for a median, keeps the spectra of up to `limit` segments: 8 bytes per bin of
    /// the transform each. For the other averages the limit does not count.
    ///
    /// # Errors
    /// [`Error::Argument`] for a parameter outside its domain.
    pub fn with_stored_segments(params: PsdParams, limit: u64) -> Result<Self> {
        let average = PowerAverage::with_spec(&params, &SegmentSpec::new::<S>(&params)?)?;
        let limit = if params.average == Average::Median { limit } else { u64::MAX };
        let stream = Stream::new(params).with_least(average.group());
        Ok(Self { stream, average, limit })
    }

    /// Adds the segments that wait for more.
    fn flush(&mut self) {
        let Self { stream, average, limit } = self;
        stream.flush(|[run], count| add(average, *limit, run, count));
    }

    /// All that this accumulator has taken, in plain numbers: another one of the same parameters goes on from it.
    #[must_use]
    pub fn state(&self) -> AccumulatorState {
        if self.stream.is_waiting() {
            let mut all = self.clone();
            all.flush();
            return all.state();
        }
        let mut state = AccumulatorState::default();
        self.stream.save(&mut state);
        self.average.save(&mut state);
        state
    }

    /// Replaces all that this accumulator has taken by what another one of the same parameters had.
    ///
    /// # Errors
    /// [`Error::Argument`] for a state that no accumulator of these parameters can have; nothing is replaced then.
    pub fn restore(&mut self, state: &AccumulatorState) -> Result<()> {
        let stream = Stream::restored(self.params().clone(), state)?.with_least(self.average.group());
        self.average.load(state)?;
        self.stream = stream;
        self.check_limit()
    }

    /// The parameters.
    #[must_use]
    pub fn params(&self) -> &PsdParams {
        self.stream.params()
    }

    /// Samples taken so far, in all stretches.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.stream.samples()
    }

    /// Segments averaged and left out so far.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        self.stream.coverage(self.average.segments())
    }

    /// Continues the stretch with a block of any length. Segments of short blocks wait until they fill the lanes of a kernel,
    /// so that many short blocks cost what one long block does; not for a median, nor if the policy skips segments.
    ///
    /// # Errors
    /// [`Error::NonFinite`] under [`NanPolicy::Error`](crate::nan::NanPolicy::Error), with the position counted
    /// from the first sample ever pushed; nothing of the block was taken then. [`Error::Argument`] when a median
    /// would keep more segments than its limit.
    pub fn push(&mut self, block: &[S]) -> Result<()> {
        if block.len() <= 2 * PIECE || self.params().average == Average::Median {
            return self.push_piece(block);
        }
        // A long block piece by piece: it comes from memory once, to be checked and to be transformed.
        let (stream, average) = (self.stream.clone(), self.average.checkpoint());
        for piece in block.chunks(2 * PIECE) {
            if let Err(error) = self.push_piece(piece) {
                self.stream = stream;
                self.average.restore(average);
                return Err(error);
            }
        }
        Ok(())
    }

    fn push_piece(&mut self, block: &[S]) -> Result<()> {
        let Self { stream, average, limit, .. } = self;
        stream.push([block], |[run], count| add(average, *limit, run, count))?;
        self.check_limit()
    }

    /// Ends the stretch: samples are missing here, and no segment spans what came before and what comes next.
    /// Samples that do not fill a segment are dropped.
    ///
    /// # Errors
    /// [`Error::Argument`] when a median would keep more segments than its limit.
    pub fn push_gap(&mut self) -> Result<()> {
        let Self { stream, average, limit, .. } = self;
        stream.end_stretch(|[run], count| add(average, *limit, run, count));
        self.check_limit()
    }

    /// Ends this accumulator's stretch as [`push_gap`](Self::push_gap) does, adds all that `other` has taken,
    /// and goes on inside `other`'s last stretch.
    ///
    /// The answer is that of one accumulator that had taken both signals with a gap between them. To share
    /// *one* stretch between accumulators, cut it with [`SegmentParams::stretches`](crate::params::SegmentParams::stretches): then the merged answer is that
    /// of one pass, but for the order of the f64 sums.
    ///
    /// # Errors
    /// [`Error::Argument`] when the parameters differ, or a median would keep more segments than its limit.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        if self.params().segments.window != other.params().segments.window {
            return Err(Error::argument("accumulator", "cannot merge averages under different windows"));
        }
        if self.params() != other.params() {
            let reason = format!("cannot merge {:?} into {:?}", other.params(), self.params());
            return Err(Error::argument("accumulator", reason));
        }
        self.push_gap()?;
        if self.average.segments() + other.average.segments() > self.limit {
            return Err(self.over_limit());
        }
        self.average.merge(&other.average);
        self.stream.continue_with(other.stream);
        Ok(())
    }

    /// The average so far; the accumulator goes on. Segments that wait for an interpolation are not in it.
    ///
    /// # Errors
    /// [`Error::TooShort`] when no stretch had a whole segment, [`Error::Argument`] when all were left out.
    pub fn snapshot(&mut self) -> Result<Psd<S::Real>> {
        self.flush();
        let coverage = self.coverage();
        coverage.check(self.samples(), self.params().segments.segment_len)?;
        let mut values = vec![S::Real::default(); self.average.n_bins()];
        self.average.write(&mut values);
        Ok(Psd::of::<S>(self.params(), values, coverage))
    }

    /// Ends the last stretch and answers with the average.
    ///
    /// # Errors
    /// Those of [`push_gap`](Self::push_gap) and [`snapshot`](Self::snapshot).
    pub fn finish(mut self) -> Result<Psd<S::Real>> {
        self.push_gap()?;
        self.snapshot()
    }

    fn check_limit(&self) -> Result<()> {
        if self.average.segments() > self.limit { Err(self.over_limit()) } else { Ok(()) }
    }

    fn over_limit(&self) -> Error {
        let reason = format!("the median of more than {} segments was asked for", self.limit);
        Error::argument("average", reason)
    }
}

/// Adds a run; beyond the limit no more than the one segment that makes [`WelchAccumulator::push`] refuse.
fn add<S: Sample>(average: &mut PowerAverage<S>, limit: u64, run: &[S], count: usize) {
    let room = limit.saturating_add(1).saturating_sub(average.segments());
    average.add(run, count.min(usize::try_from(room).unwrap_or(usize::MAX)));
}
