//! Cross spectra and coherence of signals that lie one behind the other in a row.

use rlx_dsp::welch::PsdParams;

use crate::error::Result;
use crate::graph::Graph;
use crate::op::Op;
use crate::params::{CrossSpec, CrossValue, Rows};

/// Input `[batch, channels·n]` → CrossSpectra → output `cross`, `[batch, pairs, bins]`: complex numbers for
/// [`CrossValue::Spectrum`], else real ones. `rows.len` counts the samples of all channels. The NaN policy is that of the
/// session; the one of the parameters is ignored.
///
/// # Errors
/// [`Error::Structure`](crate::Error::Structure); shapes are checked by [`Graph::infer`].
pub fn cross_spectra(
    params: &PsdParams,
    channels: usize,
    pairs: Vec<(usize, usize)>,
    value: CrossValue,
    rows: Rows,
) -> Result<Graph> {
    let mut graph = Graph::new();
    let x = graph.push(rows.input(), &[])?;
    let estimate = params.clone().nan(Default::default());
    let spec = CrossSpec { channels, pairs, value, estimate };
    graph.chain(x, [Op::CrossSpectra(spec), Op::output("cross")])?;
    Ok(graph)
}

/// [`cross_spectra`] of the two signals of each row (`scipy.signal.csd`): `[batch, 1, bins]`.
///
/// # Errors
/// Those of [`cross_spectra`].
pub fn csd(params: &PsdParams, rows: Rows) -> Result<Graph> {
    cross_spectra(params, 2, vec![(0, 1)], CrossValue::Spectrum, rows)
}

/// Coherence of the two signals of each row (`scipy.signal.coherence`): `[batch, 1, bins]`.
///
/// # Errors
/// Those of [`cross_spectra`].
pub fn coherence(params: &PsdParams, rows: Rows) -> Result<Graph> {
    cross_spectra(params, 2, vec![(0, 1)], CrossValue::Coherence, rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Average;

    #[test]
    fn shapes_and_refusals() {
        let params = PsdParams::new(48e3, 255);
        let dims = |channels, pairs: &[(usize, usize)], value, rows| -> Result<Vec<usize>> {
            let graph = cross_spectra(&params, channels, pairs.to_vec(), value, rows)?;
            let text: Graph = graph.to_string().parse()?;
            assert_eq!(text, graph);
            Ok(graph.infer()?.pop().map(|ty| ty.dims).unwrap_or_default())
        };
        let (spectrum, coherence) = (CrossValue::Spectrum, CrossValue::Coherence);
        assert_eq!(dims(3, &[(0, 1), (2, 2)], spectrum, Rows::new(4, 3000)), Ok(vec![4, 2, 128]));
        assert_eq!(dims(2, &[(1, 0)], coherence, Rows::complex(4, 1000)), Ok(vec![4, 1, 255]));
        for (channels, pairs, len) in [
            (0, &[(0, 0)][..], 1000),
            (3, &[(0, 1)], 1000),
            (2, &[(0, 2)], 1000),
            (2, &[], 1000),
            (2, &[(0, 1)], 400),
        ] {
            assert!(
                dims(channels, pairs, spectrum, Rows::new(1, len)).is_err(),
                "{channels} {pairs:?} {len}"
            );
        }
        let held = csd(&params.clone().average(Average::Max), Rows::new(1, 1000)).unwrap().infer();
        assert!(held.unwrap_err().to_string().contains("mean or a median"));
    }
}
