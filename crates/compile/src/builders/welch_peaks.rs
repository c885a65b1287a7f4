//! Packed peaks: periodic Hann, hop n_fft/2, no detrend, raw power.

use serde::{Deserialize, Serialize};

use super::{PEAKS, SPECTRUM};
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::op::Op;
use crate::params::{
    Average, ButterflySpec, Detrend, Layout, Mask, Padding, Sides, Symmetry, WelchPeaksSpec, Window,
};
use crate::shape::one_sided_bins;

/// The shape of a packed-peaks batch, by which a strategy is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WelchPeaksShape {
    /// Rows.
    pub batch: usize,
    /// Segment and transform length.
    pub n_fft: usize,
    /// Distance between the starts of consecutive segments, in samples.
    pub hop: usize,
    /// Segments per row.
    pub segments: usize,
    /// Bins kept per row.
    pub k: usize,
}

impl WelchPeaksShape {
    /// Creates a shape whose segments overlap by half.
    pub fn new(batch: usize, n_fft: usize, segments: usize, k: usize) -> Self {
        Self { batch, n_fft, hop: (n_fft / 2).max(1), segments, k }
    }

    /// Returns the same shape with another number of rows.
    pub fn with_batch(self, batch: usize) -> Self {
        Self { batch, ..self }
    }

    /// Returns the samples per row: `n_fft + (segments − 1) · hop`.
    ///
    /// # Errors
    /// [`Error::Argument`] when a field is zero (but `batch`) or the length overflows.
    pub fn frame_len(&self) -> Result<usize> {
        for (name, value) in
            [("n_fft", self.n_fft), ("hop", self.hop), ("segments", self.segments), ("k", self.k)]
        {
            if value == 0 {
                return Err(Error::argument(name, "must be positive, got 0"));
            }
        }
        (self.segments - 1)
            .checked_mul(self.hop)
            .and_then(|tail| tail.checked_add(self.n_fft))
            .ok_or_else(|| Error::argument("segments", format!("a row of {self:?} overflows")))
    }

    /// Returns the bins of the one-sided spectrum.
    pub fn bins(&self) -> usize {
        one_sided_bins(self.n_fft)
    }

    /// Returns the fused op of this shape.
    pub fn spec(&self) -> WelchPeaksSpec {
        WelchPeaksSpec {
            segment_len: self.n_fft,
            hop: self.hop,
            n_fft: self.n_fft,
            k: self.k,
            window: Window::Hann,
            symmetry: Symmetry::Periodic,
            detrend: Detrend::None,
            average: Average::Mean,
            keep: None,
        }
    }
}

/// Input → Segment → Window → Fft → Power → Average → TopK → output `peaks`.
///
/// # Errors
/// [`Error::Argument`] as [`WelchPeaksShape::frame_len`].
pub fn welch_peaks(shape: &WelchPeaksShape) -> Result<Graph> {
    build(shape, Sides::One, Layout::Block, false)
}

/// Returns the pipeline as a generic host library runs it: the full complex spectrum in this layout is an
/// (intermediate) output `spectrum`, from which the peaks follow.
///
/// # Errors
/// [`Error::Argument`] as [`WelchPeaksShape::frame_len`].
pub fn welch_peaks_with_spectrum(shape: &WelchPeaksShape, layout: Layout) -> Result<Graph> {
    build(shape, Sides::Two, layout, true)
}

/// Parts of a learned model beside its transform: a window, and the correction of the averaged power of each bin: `scale` and
/// `offset`, then the bins to keep (all if absent).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LearnedCorrection {
    /// Factor and summand of [`Op::Affine`]; absent if they have no effect.
    pub affine: Option<(f64, f64)>,
    /// The bins kept, strictly ascending.
    pub bins: Option<Vec<usize>>,
    /// The window before the transform; Hann if absent.
    pub window: Option<Window>,
}

/// Input → Segment → Window → Butterfly → Power → Average → [Affine →] [SpectralMask →] TopK → output `peaks`: the
/// pipeline of [`welch_peaks`] with a learned transform instead of the FFT.
///
/// # Errors
/// [`Error::Argument`] as [`WelchPeaksShape::frame_len`].
pub fn learned_welch_peaks(
    shape: &WelchPeaksShape,
    transform: ButterflySpec,
    correction: LearnedCorrection,
) -> Result<Graph> {
    let mut graph = Graph::new();
    let input = Op::Input { batch: shape.batch, len: shape.frame_len()?, complex: false };
    let x = graph.push(input, &[])?;
    let mut ops = vec![
        Op::Segment { len: shape.n_fft, hop: shape.hop, pad: Padding::None, drop_last: 0 },
        Op::Window { window: correction.window.unwrap_or(Window::Hann), symmetry: Symmetry::Periodic },
        Op::Butterfly(transform),
        Op::Power { one_sided: true },
        Op::Average { average: Average::Mean },
    ];
    ops.extend(correction.affine.map(|(scale, offset)| Op::Affine { scale, offset }));
    ops.extend(correction.bins.map(|bins| Op::SpectralMask { mask: Mask::Bins(bins) }));
    ops.extend([Op::TopK { k: shape.k }, Op::output(PEAKS)]);
    graph.chain(x, ops)?;
    Ok(graph)
}

fn build(shape: &WelchPeaksShape, sides: Sides, layout: Layout, spectrum: bool) -> Result<Graph> {
    let mut graph = Graph::new();
    let input = Op::Input { batch: shape.batch, len: shape.frame_len()?, complex: false };
    let x = graph.push(input, &[])?;
    let transformed = graph.chain(
        x,
        [
            Op::Segment { len: shape.n_fft, hop: shape.hop, pad: Padding::None, drop_last: 0 },
            Op::Window { window: Window::Hann, symmetry: Symmetry::Periodic },
            Op::Fft { n_fft: shape.n_fft, sides, layout, keep: None },
        ],
    )?;
    if spectrum {
        graph.push(Op::intermediate(SPECTRUM), &[transformed])?;
    }
    graph.chain(
        transformed,
        [
            Op::Power { one_sided: true },
            Op::Average { average: Average::Mean },
            Op::TopK { k: shape.k },
            Op::output(PEAKS),
        ],
    )?;
    Ok(graph)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_infer_the_packed_shape() {
        let shape = WelchPeaksShape::new(4, 256, 2, 16);
        for graph in
            [welch_peaks(&shape).unwrap(), welch_peaks_with_spectrum(&shape, Layout::Interleaved).unwrap()]
        {
            let types = graph.infer().unwrap();
            let peaks = graph.output(PEAKS).unwrap();
            assert_eq!(types[peaks.0].dims, [4, 16, 2]);
            assert_eq!(types[0].dims, [4, 384]);
        }
    }

    #[test]
    fn bad_shapes_are_errors() {
        assert!(WelchPeaksShape::new(1, 0, 2, 16).frame_len().is_err());
        assert!(WelchPeaksShape::new(1, 256, 0, 16).frame_len().is_err());
        assert!(WelchPeaksShape::new(1, 256, 2, 0).frame_len().is_err());
        assert!(WelchPeaksShape::new(1, 256, usize::MAX, 1).frame_len().is_err());
        assert!(welch_peaks(&WelchPeaksShape::new(0, 256, 2, 16)).unwrap().infer().is_ok());
    }
}
