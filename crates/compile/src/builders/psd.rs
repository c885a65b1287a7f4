//! Welch PSD, `scipy.signal.welch`'s defaults.

use rlx_dsp::welch::PsdParams;

use crate::error::Result;
use crate::graph::{Graph, NodeId};
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

    /// What these parameters ask for: of real samples one side, of complex ones both, whatever `sides` and `nan` say.
    pub fn of_params(params: &PsdParams, batch: usize, len: usize, complex: bool) -> Self {
        Self {
            batch,
            len,
            complex,
            sample_rate: params.sample_rate,
            segment_len: params.segment_len,
            hop: params.hop,
            n_fft: params.n_fft,
            window: params.window,
            symmetry: params.symmetry,
            detrend: params.detrend,
            average: params.average,
            scaling: params.scaling,
        }
    }

    /// Input → Segment → [Detrend →] Window → Fft → Power: the graph and its last node.
    pub(super) fn powers(&self, pad: Padding) -> Result<(Graph, NodeId)> {
        let mut graph = Graph::new();
        let x = graph.push(Op::Input { batch: self.batch, len: self.len, complex: self.complex }, &[])?;
        let mut ops = vec![Op::Segment { len: self.segment_len, hop: self.hop, pad, drop_last: 0 }];
        if self.detrend != Detrend::None {
            ops.push(Op::Detrend { kind: self.detrend });
        }
        ops.extend([
            Op::Window { window: self.window, symmetry: self.symmetry },
            Op::Fft { n_fft: self.n_fft, sides: Sides::Auto, layout: Layout::Block, keep: None },
            Op::Power { one_sided: !self.complex },
        ]);
        let powers = graph.chain(x, ops)?;
        Ok((graph, powers))
    }

    pub(super) fn scaled(&self) -> Op {
        Op::Psd { sample_rate: self.sample_rate, scaling: self.scaling }
    }
}

/// Input → Segment → [Detrend →] Window → Fft → Power → Average → Psd → output `psd`.
///
/// # Errors
/// Structural ones only; shapes are checked by [`Graph::infer`].
pub fn psd(spec: &PsdSpec) -> Result<Graph> {
    let (mut graph, powers) = spec.powers(Padding::None)?;
    graph.chain(powers, [Op::Average { average: spec.average }, spec.scaled(), Op::output("psd")])?;
    Ok(graph)
}

/// The k largest bins of [`psd`]: … → Average → [Psd →] TopK → output `peaks`. Raw powers go without the scaling, which fused
/// kernels have not.
///
/// # Errors
/// Structural ones only; shapes are checked by [`Graph::infer`].
pub fn psd_peaks(spec: &PsdSpec, k: usize) -> Result<Graph> {
    let (mut graph, powers) = spec.powers(Padding::None)?;
    let scaled = (spec.scaling != Scaling::Raw).then(|| spec.scaled());
    let ops = [Op::Average { average: spec.average }].into_iter().chain(scaled);
    graph.chain(powers, ops.chain([Op::TopK { k }, Op::output(super::PEAKS)]))?;
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

    #[test]
    fn parameters_are_taken_as_they_are_and_peaks_come_from_the_scaled_average() {
        let params = PsdParams::new(48e3, 255);
        let mut spec = PsdSpec::of_params(&params, 3, 1024, false);
        assert_eq!(spec, PsdSpec::new(3, 1024, 48e3, 255));
        let ops = |spec: &PsdSpec| psd_peaks(spec, 5).unwrap().nodes().len();
        assert_eq!(psd_peaks(&spec, 5).unwrap().infer().unwrap().last().unwrap().dims, [3, 5, 2]);
        let scaled = ops(&spec);
        spec.scaling = Scaling::Raw;
        assert_eq!(ops(&spec), scaled - 1);
    }
}
