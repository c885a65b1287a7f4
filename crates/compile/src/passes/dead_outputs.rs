//! Removes nodes without consumers, and limits transforms to the bins that are read.

use super::{Pass, PassContext, Rewrite};
use crate::error::Result;
use crate::graph::Graph;
use crate::op::Op;
use crate::params::{Band, Mask, Sides};
use crate::shape::{ValueKind, ValueType, one_sided_bins};

/// Drops nodes that no output depends on; makes spectra of real samples one-sided if only their one-sided power is
/// used; gives each transform the band that masks and filterbanks keep, and drops masks that become redundant.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeadOutputs;

impl Pass for DeadOutputs {
    fn name(&self) -> &'static str {
        "dead_outputs"
    }

    fn run(&self, graph: &Graph, _: &PassContext<'_>) -> Result<Rewrite> {
        let swept = graph.sweep(|_| false);
        let dropped = graph.nodes().len() - swept.nodes().len();
        let halved = one_sided(&swept, &swept.infer()?);
        let (narrowed, bands) = narrow(&halved, &halved.infer()?);
        let (result, masks) = drop_masks(&narrowed, &narrowed.infer()?)?;
        let note =
            format!("{dropped} nodes and {masks} masks dropped, {bands} transforms narrowed to a band");
        Ok(Rewrite { graph: result, note })
    }
}

/// Makes two-sided transforms of real samples one-sided if every user takes one-sided power.
fn one_sided(graph: &Graph, types: &[ValueType]) -> Graph {
    let users = graph.users();
    graph.map_ops(|id, op| {
        let ValueKind::Spectrum { n_fft, real_input: true, one_sided: false, .. } = types[id.0].kind else {
            return op.clone();
        };
        let half = |u: &crate::NodeId| matches!(graph.nodes()[u.0].op, Op::Power { one_sided: true });
        let mut op = op.clone();
        if let Op::Fft { sides, keep, .. } = &mut op
            && !users[id.0].is_empty()
            && users[id.0].iter().all(half)
        {
            let all = Band { lo: 0, hi: one_sided_bins(n_fft) };
            let left = keep.map_or(all, |k| k.intersect(all));
            // A band of mirrored bins only: its one-sided half is all zero, which a band cannot express.
            if left.width() > 0 {
                *sides = Sides::One;
                *keep = Some(left).filter(|&k| k != all);
            }
        }
        op
    })
}

/// Gives each FFT the band that its users read.
fn narrow(graph: &Graph, types: &[ValueType]) -> (Graph, usize) {
    let need = needed(graph, types);
    let mut bands = 0;
    let graph = graph.map_ops(|id, op| {
        let mut op = op.clone();
        if let (Op::Fft { keep, .. }, Some(band)) = (&mut op, need[id.0]) {
            let all = Band { lo: 0, hi: types[id.0].last() };
            let left = keep.map_or(band, |k| k.intersect(band)).intersect(all);
            let wanted = Some(left).filter(|&k| k != all);
            if left.width() > 0 && wanted != *keep {
                *keep = wanted;
                bands += 1;
            }
        }
        op
    });
    (graph, bands)
}

/// Returns for each node the band of its last dimension that its users read; `None` if it has no users.
fn needed(graph: &Graph, types: &[ValueType]) -> Vec<Option<Band>> {
    let mut need: Vec<Option<Band>> = vec![None; graph.nodes().len()];
    for (id, node) in graph.iter().rev() {
        let Some(operand) = node.inputs.first() else { continue };
        let all = Band { lo: 0, hi: types[operand.0].last() };
        let own = need[id.0];
        let read = match &node.op {
            Op::Power { .. } | Op::Average { .. } | Op::Psd { .. } => own,
            Op::SpectralMask { mask } => match (own, mask.hull()) {
                (Some(own), Some(hull)) => Some(own.intersect(hull)).filter(|b| b.width() > 0),
                _ => None,
            },
            Op::MelFilterbank(spec) => Some(mel_band(spec, &types[operand.0]).intersect(all)),
            _ => Some(all),
        };
        let so_far = need[operand.0];
        need[operand.0] = match (so_far, read) {
            (Some(a), Some(b)) => Some(Band { lo: a.lo.min(b.lo), hi: a.hi.max(b.hi) }),
            (a, b) => a.or(b),
        };
    }
    need
}

/// Returns the bins under the filters, with one more on each side for rounding.
fn mel_band(spec: &crate::params::MelFilterbankParams, operand: &ValueType) -> Band {
    let n_fft = match operand.kind {
        ValueKind::Power { n_fft, .. } => n_fft as f64,
        _ => return Band { lo: 0, hi: usize::MAX },
    };
    // Casts from f64 saturate.
    let bin = |f: f64| f * n_fft / spec.sample_rate;
    Band {
        lo: (bin(spec.f_min).floor() as usize).saturating_sub(1),
        hi: (bin(spec.f_max.unwrap_or(spec.sample_rate / 2.0)).ceil() as usize).saturating_add(2),
    }
}

/// Removes band masks on values that are already zero outside of the band.
fn drop_masks(graph: &Graph, types: &[ValueType]) -> Result<(Graph, usize)> {
    let mut alive: Vec<Band> = Vec::with_capacity(graph.nodes().len());
    for (id, node) in graph.iter() {
        let all = Band { lo: 0, hi: types[id.0].last() };
        let from = node.inputs.first().map(|i| alive[i.0]);
        alive.push(match (&node.op, from) {
            (Op::Fft { keep: Some(band), .. }, _) => *band,
            (Op::Power { .. } | Op::Average { .. } | Op::Psd { .. }, Some(from)) => from.intersect(all),
            (Op::SpectralMask { mask }, Some(from)) => mask.hull().map_or(from, |h| h.intersect(from)),
            _ => all,
        });
    }
    let mut dropped = 0;
    let graph = graph.rewrite(|_, _, node, ids| {
        let (Op::SpectralMask { mask: Mask::Band(band) }, Some(operand)) = (&node.op, node.inputs.first())
        else {
            return Ok(None);
        };
        let from = alive[operand.0];
        let idle = from.width() == 0 || (band.lo <= from.lo && from.hi <= band.hi);
        dropped += usize::from(idle);
        Ok(idle.then(|| ids[operand.0]))
    })?;
    Ok((graph, dropped))
}

#[cfg(test)]
mod tests {
    use rlx_dsp::mel::{LogMelParams, Preset};
    use rlx_dsp::welch::PsdParams;

    use super::*;
    use crate::builders::*;
    use crate::caps::{BackendCaps, DeviceClass};
    use crate::cost::BackendCostModel;
    use crate::op::OpKind;
    use crate::params::{Layout, Rows};
    use crate::plan::graph_io;

    fn run(graph: &Graph) -> Graph {
        let (caps, model) =
            (BackendCaps::shipped(DeviceClass::Cuda), BackendCostModel::shipped(DeviceClass::Cuda));
        let context = PassContext::new(&caps, &model);
        let once = DeadOutputs.run(graph, &context).unwrap().graph;
        assert_eq!(DeadOutputs.run(&once, &context).unwrap().graph, once, "idempotent");
        assert_eq!(once.infer().unwrap().last(), graph.infer().unwrap().last());
        once
    }

    /// Puts an op before the first op of a kind.
    fn before(graph: &Graph, kind: OpKind, op: Op) -> Graph {
        graph
            .rewrite(|copy, _, node, ids| {
                if node.op.kind() != kind {
                    return Ok(None);
                }
                let at = copy.push(op.clone(), &[ids[node.inputs[0].0]])?;
                copy.push(node.op.clone(), &[at]).map(Some)
            })
            .unwrap()
    }

    fn keep(graph: &Graph) -> (Sides, Option<Band>) {
        let fft = graph.nodes().iter().find_map(|n| match n.op {
            Op::Fft { sides, keep, .. } => Some((sides, keep)),
            _ => None,
        });
        fft.unwrap()
    }

    #[test]
    fn a_band_moves_into_the_transform_and_its_mask_goes() {
        let band = Band { lo: 10, hi: 42 };
        let plain = welch_peaks(&WelchPeaksShape::new(8, 256, 2, 16)).unwrap();
        for kind in [OpKind::Power, OpKind::Average, OpKind::TopK] {
            let masked = before(&plain, kind, Op::SpectralMask { mask: Mask::Band(band) });
            let after = run(&masked);
            assert_eq!(keep(&after), (Sides::One, Some(band)));
            assert_eq!(after.nodes().len(), plain.nodes().len());
            let caps = BackendCaps::shipped(DeviceClass::Cuda);
            let bytes = |g| graph_io(g, &caps).unwrap().host_readback_bytes;
            assert_eq!(bytes(&after), 8 * 2 * 32 * 8);
            assert!(bytes(&masked) > bytes(&after));
        }
    }

    #[test]
    fn listed_bins_narrow_to_their_hull_and_keep_their_mask() {
        let plain = welch_peaks(&WelchPeaksShape::new(8, 256, 2, 16)).unwrap();
        let after = run(&before(&plain, OpKind::TopK, Op::SpectralMask { mask: Mask::Bins(vec![5, 9, 20]) }));
        assert_eq!(keep(&after).1, Some(Band { lo: 5, hi: 21 }));
        assert_eq!(after.nodes().len(), plain.nodes().len() + 1);
    }

    #[test]
    fn a_mask_stays_where_somebody_else_reads_every_bin() {
        let mut g = psd(&PsdParams::new(8e3, 256), Rows::new(2, 1024)).unwrap();
        let power = g.iter().find(|(_, n)| n.op.kind() == OpKind::Psd).unwrap().0;
        let mask = Op::SpectralMask { mask: Mask::Band(Band { lo: 1, hi: 9 }) };
        g.chain(power, [mask, Op::output("low")]).unwrap();
        assert_eq!(run(&g), g);
    }

    #[test]
    fn a_two_sided_spectrum_of_which_half_is_used_is_halved() {
        let shape = WelchPeaksShape::new(8, 256, 2, 16);
        let full = welch_peaks_with_spectrum(&shape, Layout::Block).unwrap();
        // A requested result stays.
        assert_eq!(run(&full), full);
        let spectrum = full.output(SPECTRUM).unwrap();
        assert_eq!(run(&full.sweep(|id| id == spectrum)), welch_peaks(&shape).unwrap());
    }

    #[test]
    fn filterbanks_leave_the_bins_above_them() {
        let mut params = LogMelParams::preset(Preset::Whisper);
        let rows = Rows::new(1, 16_000);
        assert_eq!(keep(&run(&log_mel(&params, rows).unwrap())).1, None);
        params.f_max = Some(4000.0);
        assert_eq!(keep(&run(&log_mel(&params, rows).unwrap())).1, Some(Band { lo: 0, hi: 102 }));
    }

    #[test]
    fn nodes_without_an_output_go() {
        let mut g = welch_peaks(&WelchPeaksShape::new(8, 256, 2, 16)).unwrap();
        let clean = g.clone();
        g.chain(crate::NodeId(0), [Op::Affine { scale: 2.0, offset: 0.0 }]).unwrap();
        let (caps, model) =
            (BackendCaps::shipped(DeviceClass::Cuda), BackendCostModel::shipped(DeviceClass::Cuda));
        assert_eq!(DeadOutputs.run(&g, &PassContext::new(&caps, &model)).unwrap().graph, clean);
    }
}
