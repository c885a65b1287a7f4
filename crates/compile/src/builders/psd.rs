//! Welch PSD, `scipy.signal.welch`'s defaults.

use crate::error::Result;
use crate::graph::Graph;
use crate::op::Op;
use crate::params::{Average, Detrend, Layout, Padding, Scaling, Sides, Symmetry, Window};

/// What a PSD needs besides the samples; every field is public.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PsdSpec {
    /// Rows.
    pub batch: usize,
    /// Samples a row.
    pub len: usize,
    /// Complex samples (a two-sided spectrum).
    pub complex: bool,
    /// Hz.
    pub sample_rate: f64,
    /// Samples a segment.
    pub segment_len: usize,
    /// Samples from one segment to the next.
    pub hop: usize,
    /// Transform length.
    pub n_fft: usize,
    /// Window of each segment.
    pub window: Window,
    /// Periodic or symmetric.
    pub symmetry: Symmetry,
    /// Detrending of each segment.
    pub detrend: Detrend,
    /// How segments become one spectrum.
    pub average: Average,
    /// Density or spectrum.
    pub scaling: Scaling,
}

impl PsdSpec {
    /// Periodic Hann, half overlap, constant detrend, mean, density.
    pub fn new(batch: usize, len: usize, sample_rate: f64, segment_len: usize) -> Self {
        Self {
            batch,
            len,
            complex: false,
            sample_rate,
            segment_len,
            hop: (segment_len - segment_len / 2).max(1),
            n_fft: segment_len,
            window: Window::Hann,
            symmetry: Symmetry::Periodic,
            detrend: Detrend::Constant,
            average: Average::Mean,
            scaling: Scaling::Density,
        }
    }
}

/// Input → Segment → Detrend → Window → Fft → Power → Average → Psd → output `psd`.
///
/// # Errors
/// Structural ones only; shapes are checked by [`Graph::infer`].
pub fn psd(spec: &PsdSpec) -> Result<Graph> {
    let mut graph = Graph::new();
    let x = graph.push(Op::Input { batch: spec.batch, len: spec.len, complex: spec.complex }, &[])?;
    let mut ops =
        vec![Op::Segment { len: spec.segment_len, hop: spec.hop, pad: Padding::None, drop_last: 0 }];
    if spec.detrend != Detrend::None {
        ops.push(Op::Detrend { kind: spec.detrend });
    }
    ops.extend([
        Op::Window { window: spec.window, symmetry: spec.symmetry },
        Op::Fft { n_fft: spec.n_fft, sides: Sides::Auto, layout: Layout::Block, keep: None },
        Op::Power { one_sided: !spec.complex },
        Op::Average { average: spec.average },
        Op::Psd { sample_rate: spec.sample_rate, scaling: spec.scaling },
        Op::output("psd"),
    ]);
    graph.chain(x, ops)?;
    Ok(graph)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_and_complex_rows() {
        let mut spec = PsdSpec::new(3, 1024, 48e3, 255);
        let types = psd(&spec).unwrap().infer().unwrap();
        assert_eq!((spec.hop, types.last().unwrap().dims.as_slice()), (128, [3, 128].as_slice()));
        spec.complex = true;
        assert_eq!(psd(&spec).unwrap().infer().unwrap().last().unwrap().dims, [3, 255]);
        spec.len = 100;
        assert!(psd(&spec).unwrap().infer().is_err());
        assert!(psd(&PsdSpec::new(3, 0, 0.0, 0)).unwrap().infer().is_err());
    }
}
