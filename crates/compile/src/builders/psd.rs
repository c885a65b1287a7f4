//! Welch PSD with the defaults of `scipy.signal.welch`.

use rlx_dsp::welch::PsdParams;

use crate::error::Result;
use crate::graph::{Graph, NodeId};
use crate::op::Op;
use crate::params::{Detrend, Layout, Padding, Rows, Scaling, Sides};

/// Input → Segment → [Detrend →] Window → Fft → Power: the graph and its last node.
fn powers(params: &PsdParams, rows: Rows) -> Result<(Graph, NodeId)> {
    let mut graph = Graph::new();
    let x = graph.push(rows.input(), &[])?;
    let mut ops = vec![Op::Segment {
        len: params.segments.segment_len,
        hop: params.segments.hop,
        pad: Padding::None,
        drop_last: 0,
    }];
    if params.segments.detrend != Detrend::None {
        ops.push(Op::Detrend { kind: params.segments.detrend });
    }
    let one_sided = !rows.complex && params.sides != Sides::Two;
    ops.extend([
        Op::Window { window: params.segments.window.clone(), symmetry: params.segments.symmetry },
        Op::Fft { n_fft: params.segments.n_fft, sides: params.sides, layout: Layout::Block, keep: None },
        Op::Power { one_sided },
    ]);
    let powers = graph.chain(x, ops)?;
    Ok((graph, powers))
}

/// Input → Segment → [Detrend →] Window → Fft → Power → Average → Psd → output `psd`, `[batch, bins]`. The NaN policy
/// is that of the session; the one of the parameters is ignored.
///
/// # Errors
/// [`Error::Structure`](crate::Error::Structure); shapes are checked by [`Graph::infer`].
pub fn psd(params: &PsdParams, rows: Rows) -> Result<Graph> {
    let (mut graph, powers) = powers(params, rows)?;
    let scaled = Op::Psd { sample_rate: params.sample_rate, scaling: params.scaling };
    graph.chain(powers, [Op::Average { average: params.average }, scaled, Op::output("psd")])?;
    Ok(graph)
}

/// Returns the k largest bins of [`psd`]: … → Average → [Psd →] TopK → output `peaks`. Raw powers need no scaling and
/// therefore fit fused kernels.
///
/// # Errors
/// [`Error::Structure`](crate::Error::Structure); shapes are checked by [`Graph::infer`].
pub fn psd_peaks(params: &PsdParams, k: usize, rows: Rows) -> Result<Graph> {
    let (mut graph, powers) = powers(params, rows)?;
    let scaled = (params.scaling != Scaling::Raw)
        .then_some(Op::Psd { sample_rate: params.sample_rate, scaling: params.scaling });
    let ops = [Op::Average { average: params.average }].into_iter().chain(scaled);
    graph.chain(powers, ops.chain([Op::TopK { k }, Op::output(super::PEAKS)]))?;
    Ok(graph)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_and_complex_rows() {
        let params = PsdParams::new(48e3, 255);
        let dims = |params: &PsdParams, rows| Ok(psd(params, rows)?.infer()?.pop().map(|ty| ty.dims));
        let of = |params, rows| -> Result<Option<Vec<usize>>> { dims(params, rows) };
        assert_eq!(of(&params, Rows::new(3, 1024)), Ok(Some(vec![3, 128])));
        assert_eq!(of(&params, Rows::complex(3, 1024)), Ok(Some(vec![3, 255])));
        let both = params.clone().sides(Sides::Two);
        assert_eq!(of(&both, Rows::new(3, 1024)), Ok(Some(vec![3, 255])));
        assert!(of(&params, Rows::complex(3, 100)).is_err());
        assert!(of(&PsdParams::new(0.0, 0), Rows::new(3, 0)).is_err());
    }

    #[test]
    fn peaks_come_from_the_scaled_average() {
        let params = PsdParams::new(48e3, 255);
        let rows = Rows::new(3, 1024);
        let graph = psd_peaks(&params, 5, rows).unwrap();
        assert_eq!(graph.infer().unwrap().last().unwrap().dims, [3, 5, 2]);
        let raw = params.clone().scaling(Scaling::Raw);
        assert_eq!(psd_peaks(&raw, 5, rows).unwrap().nodes().len(), graph.nodes().len() - 1);
    }
}
