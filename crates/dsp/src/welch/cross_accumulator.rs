//! Cross spectra of two signals that arrive in blocks.

use super::cross::{CrossAverage, CrossSpectrum};
use super::params::PsdParams;
use super::psd::Coverage;
use super::stream::Stream;
use crate::error::{Error, Result};
use crate::fft::Sample;
use crate::scaling::Average;

/// [`WelchAccumulator`](super::WelchAccumulator) for two synchronous signals: their cross spectrum, powers and
/// coherence. Means only, so that memory does not depend on the length of the signals.
#[derive(Debug, Clone)]
pub struct CsdAccumulator<S: Sample> {
    stream: Stream<S, 2>,
    average: CrossAverage<S>,
}

impl<S: Sample> CsdAccumulator<S> {
    /// Creates an empty accumulator.
    ///
    /// # Errors
    /// [`Error::Argument`] for a parameter outside its domain, and for any average but the mean.
    pub fn new(params: PsdParams) -> Result<Self> {
        if params.average != Average::Mean {
            let reason = format!("cross spectra of a stream have a mean only, got {}", params.average);
            return Err(Error::argument("average", reason));
        }
        Ok(Self { average: CrossAverage::new(&params)?, stream: Stream::new(params) })
    }

    /// Returns the parameters.
    #[must_use]
    pub fn params(&self) -> &PsdParams {
        self.stream.params()
    }

    /// Returns the numbers of averaged and skipped segments so far.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        self.stream.coverage(self.average.segments)
    }

    /// Continues the stretch with a block of each signal, of equal lengths.
    ///
    /// # Errors
    /// [`Error::Length`] when the blocks' lengths differ; [`Error::NonFinite`] as in
    /// [`WelchAccumulator::push`](super::WelchAccumulator::push), where row 0 is `x` and row 1 is `y`.
    pub fn push(&mut self, x: &[S], y: &[S]) -> Result<()> {
        if x.len() != y.len() {
            return Err(Error::Length { name: "y", expected: x.len(), got: y.len() });
        }
        let average = &mut self.average;
        self.stream.push([x, y], |run, count| average.add(run, count))
    }

    /// Ends the stretch of both signals.
    pub fn push_gap(&mut self) {
        let average = &mut self.average;
        self.stream.end_stretch(|run, count| average.add(run, count));
    }

    /// Adds the state of `other`, as [`WelchAccumulator::merge`](super::WelchAccumulator::merge).
    ///
    /// # Errors
    /// [`Error::Argument`] when the parameters differ.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        if self.params() != other.params() {
            let reason = format!("cannot merge {:?} into {:?}", other.params(), self.params());
            return Err(Error::argument("accumulator", reason));
        }
        self.push_gap();
        self.average.merge(&other.average);
        self.stream.continue_with(other.stream);
        Ok(())
    }

    /// Returns the averages so far; the accumulator can continue.
    ///
    /// # Errors
    /// [`Error::TooShort`] if no stretch had a complete segment, [`Error::Argument`] if all were skipped.
    pub fn snapshot(&mut self) -> Result<CrossSpectrum<S::Real>> {
        let coverage = self.coverage();
        coverage.check(self.stream.samples(), self.params().segments.segment_len)?;
        Ok(self.average.result(self.params().frequencies::<S>(), coverage))
    }

    /// Ends the last stretch and returns the averages.
    ///
    /// # Errors
    /// Those of [`snapshot`](Self::snapshot).
    pub fn finish(mut self) -> Result<CrossSpectrum<S::Real>> {
        self.push_gap();
        self.snapshot()
    }
}
