//! Spectrogram: one scaled power spectrum a segment.

use super::PsdSpec;
use crate::error::Result;
use crate::graph::Graph;
use crate::op::Op;
use crate::params::{LogBase, Padding};

/// A PSD's parameters (its `average` is not used), padding, and whether powers leave as decibels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpectrogramSpec {
    /// Framing, window and scaling.
    pub psd: PsdSpec,
    /// Padding of both ends.
    pub pad: Padding,
    /// `10 · log10(max(x, floor))` with this floor.
    pub db_floor: Option<f64>,
}

impl SpectrogramSpec {
    /// No padding, powers as they are.
    pub fn new(psd: PsdSpec) -> Self {
        Self { psd, pad: Padding::None, db_floor: None }
    }
}

/// Input → Segment → [Detrend →] Window → Fft → Power → Psd → [Log →] output `spectrogram`
/// `[batch, frames, bins]`.
///
/// # Errors
/// Structural ones only; shapes are checked by [`Graph::infer`].
pub fn spectrogram(spec: &SpectrogramSpec) -> Result<Graph> {
    let (mut graph, powers) = spec.psd.powers(spec.pad)?;
    let mut ops = vec![spec.psd.scaled()];
    if let Some(floor) = spec.db_floor {
        ops.push(Op::Log { base: LogBase::Db, floor, add: 0.0 });
    }
    ops.push(Op::output("spectrogram"));
    graph.chain(powers, ops)?;
    Ok(graph)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spectrum_a_frame() {
        let mut spec = SpectrogramSpec::new(PsdSpec::new(2, 1000, 8e3, 200));
        spec.db_floor = Some(1e-12);
        assert_eq!(spectrogram(&spec).unwrap().infer().unwrap().last().unwrap().dims, [2, 9, 101]);
        spec.pad = Padding::Constant;
        assert_eq!(spectrogram(&spec).unwrap().infer().unwrap().last().unwrap().dims, [2, 11, 101]);
    }
}
