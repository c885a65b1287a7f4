//! Number of operations of each op, by textbook counts; the efficiency of a kernel is part of the measured rate.

use crate::error::Result;
use crate::graph::Graph;
use crate::op::{Op, OpKind};
use crate::params::{Average, Detrend, WelchPeaksSpec};
use crate::shape::{ValueKind, ValueType, one_sided_bins};

/// Returns the operations of one op on an operand of this type (0 for inputs, outputs and views).
pub fn op_flops(op: &Op, operand: Option<&ValueType>, result: &ValueType) -> f64 {
    let Some(operand) = operand else { return 0.0 };
    let (taken, made) = (operand.elements() as f64, result.elements() as f64);
    match op {
        Op::Input { .. } | Op::Output { .. } | Op::Segment { .. } => 0.0,
        Op::Detrend { kind: Detrend::None } => 0.0,
        Op::Detrend { kind: Detrend::Constant } => 2.0 * taken,
        Op::Detrend { kind: Detrend::Linear } => 5.0 * taken,
        Op::Preemphasis { .. } => 2.0 * taken,
        Op::Window { .. } => taken,
        Op::Fft { n_fft, .. } => {
            let complex = matches!(operand.kind, ValueKind::Frames { complex: true });
            rows(operand) * fft_flops(*n_fft) * if complex { 1.0 } else { 0.5 }
        }
        Op::InverseFft { n_fft, real } => {
            made / (*n_fft).max(1) as f64 * fft_flops(*n_fft) * if *real { 0.5 } else { 1.0 }
        }
        // A butterfly is a general complex 2×2: four products of six operations, two sums of two.
        Op::Butterfly(spec) => rows(operand) * spec.live as f64 * 28.0,
        Op::Power { .. } => 3.0 * made,
        Op::Magnitude => 4.0 * made,
        Op::CrossSpectra(spec) => {
            let segments = spec.estimate.segment_count(operand.last() / spec.channels.max(1)) as f64;
            let batch = operand.dims.first().map_or(0.0, |&b| b as f64);
            let transforms = 0.5 * fft_flops(spec.estimate.segments.n_fft) * spec.channels as f64;
            segments * (batch * transforms + 8.0 * made)
        }
        // A product of two limbs is about 20 operations.
        Op::LimbPsd(spec) => {
            let segments = spec.estimate.segment_count(operand.last()) as f64;
            let batch = operand.dims.first().map_or(0.0, |&b| b as f64);
            20.0 * batch * segments * fft_flops(spec.estimate.segments.n_fft)
        }
        Op::Average { average } => average_flops(*average, operand.dims.get(1).copied().unwrap_or(1)) * taken,
        Op::Psd { .. } | Op::SpectralMask { .. } => made,
        Op::TopK { .. } => rows(operand) * top_k_flops(operand.last(), result.dims.iter().rev().nth(1)),
        Op::LocalPeaks(_) => 16.0 * taken,
        Op::WelchPeaks(spec) => {
            operand.dims.first().map_or(0.0, |&b| b as f64) * fused_row(spec, operand.last())
        }
        // Triangles overlap by half: each bin is in two filters, one product and one sum each.
        Op::MelFilterbank(_) => 4.0 * taken,
        Op::Log { .. } => 20.0 * made,
        Op::ClampNormalise { .. } => 4.0 * made,
        Op::NormaliseFeatures { .. } => 6.0 * made,
        Op::Affine { .. } => 2.0 * made,
    }
}

/// Returns the operations of a whole graph: (fused op, all others).
///
/// # Errors
/// If the graph does not type-check.
pub fn graph_work(graph: &Graph) -> Result<(f64, f64)> {
    let types = graph.infer()?;
    let mut work = (0.0, 0.0);
    for (id, node) in graph.iter() {
        let operand = node.inputs.first().and_then(|i| types.get(i.0));
        let flops = op_flops(&node.op, operand, &types[id.0]);
        if node.op.kind() == OpKind::WelchPeaks { work.0 += flops } else { work.1 += flops }
    }
    Ok(work)
}

/// Vectors along the last dimension.
fn rows(ty: &ValueType) -> f64 {
    match ty.last() {
        0 => 0.0,
        last => ty.elements() as f64 / last as f64,
    }
}

/// `5 N log2 N`, a complex transform.
fn fft_flops(n: usize) -> f64 {
    5.0 * n as f64 * (n.max(2) as f64).log2()
}

fn average_flops(average: Average, segments: usize) -> f64 {
    match average {
        Average::Median => 2.0 * (segments.max(2) as f64).log2(),
        _ => 1.0,
    }
}

/// Insertion into a sorted list that most bins do not reach.
fn top_k_flops(bins: usize, k: Option<&usize>) -> f64 {
    let k = k.copied().unwrap_or(1).max(1) as f64;
    bins as f64 * (2.0 + (k + 1.0).log2())
}

/// Returns the operations of the fused op on one row: the sum over its parts.
pub(super) fn fused_row(spec: &WelchPeaksSpec, len: usize) -> f64 {
    let segments = (len.saturating_sub(spec.segment_len) / spec.hop.max(1) + 1) as f64;
    let bins = one_sided_bins(spec.n_fft);
    let segment = spec.segment_len as f64
        + 0.5 * fft_flops(spec.n_fft)
        + (3.0 + average_flops(spec.average, 2)) * bins as f64;
    segments * segment + top_k_flops(bins, Some(&spec.k.min(bins)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builders::{WelchPeaksShape, welch_peaks};

    #[test]
    fn the_fused_op_does_what_its_parts_do() {
        let shape = WelchPeaksShape::new(10, 256, 2, 16);
        let (none, parts) = graph_work(&welch_peaks(&shape).unwrap()).unwrap();
        let row = fused_row(&shape.spec(), shape.frame_len().unwrap());
        assert_eq!(none, 0.0);
        assert!((parts / (10.0 * row) - 1.0).abs() < 0.01, "{parts} {row}");
        let (_, empty) = graph_work(&welch_peaks(&shape.with_batch(0)).unwrap()).unwrap();
        assert_eq!(empty, 0.0);
    }
}
