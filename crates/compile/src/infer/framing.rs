//! Input, segments, detrending and windows.

use super::At;
use crate::error::Result;
use crate::params::{Padding, Symmetry, Window};
use crate::shape::{ValueKind, ValueType};

pub(super) fn input(at: &At<'_>, batch: usize, len: usize, complex: bool) -> Result<ValueType> {
    if len == 0 {
        return Err(at.parameter("len must be positive, got 0"));
    }
    Ok(ValueType::new(ValueKind::Samples { complex }, [batch, len]))
}

pub(super) fn segment(
    at: &At<'_>,
    len: usize,
    hop: usize,
    pad: Padding,
    drop_last: usize,
) -> Result<ValueType> {
    let operand = at.operand()?;
    let ValueKind::Samples { complex } = operand.kind else {
        return Err(at.wrong_operand("samples [b, n]"));
    };
    let count = segments(at, operand.last(), len, hop, pad)?;
    if drop_last >= count {
        return Err(at.parameter(format!("drop_last {drop_last} leaves none of {count} segments")));
    }
    Ok(ValueType::new(ValueKind::Frames { complex }, [operand.dims[0], count - drop_last, len]))
}

/// Segments of `len` in rows of `n` samples; at least one.
pub(super) fn segments(at: &At<'_>, n: usize, len: usize, hop: usize, pad: Padding) -> Result<usize> {
    if len == 0 || hop == 0 {
        return Err(at.parameter(format!("len and hop must be positive, got {len} and {hop}")));
    }
    if pad == Padding::Mirror {
        // A frame around the middle of each hop.
        let count = n.checked_add(hop / 2).ok_or_else(|| at.overflow(vec![n, hop]))? / hop;
        return match count {
            0 => Err(at.parameter(format!("rows of {n} samples hold no frame, {hop} samples apart"))),
            count => Ok(count),
        };
    }
    let side = match pad {
        Padding::None | Padding::Mirror => 0,
        Padding::Constant => len / 2,
        // Mirroring about the first sample needs as many samples beyond it.
        Padding::Reflect if n <= len / 2 => {
            return Err(at.parameter(format!("reflect padding by {} needs more than {n} samples", len / 2)));
        }
        Padding::Reflect => len / 2,
    };
    let padded =
        side.checked_mul(2).and_then(|p| p.checked_add(n)).ok_or_else(|| at.overflow(vec![n, len]))?;
    if padded < len {
        return Err(at.parameter(format!("rows of {padded} samples are shorter than one segment of {len}")));
    }
    Ok((padded - len) / hop + 1)
}

pub(super) fn frames(at: &At<'_>) -> Result<ValueType> {
    let operand = at.operand()?;
    match operand.kind {
        ValueKind::Frames { .. } => Ok(operand.clone()),
        _ => Err(at.wrong_operand("frames [b, s, len]")),
    }
}

pub(super) fn preemphasis(at: &At<'_>, coefficient: f64, per_frame: bool) -> Result<ValueType> {
    at.finite("coefficient", coefficient)?;
    let operand = at.operand()?;
    match (operand.kind, per_frame) {
        (ValueKind::Samples { complex: false }, false) | (ValueKind::Frames { complex: false }, true) => {
            Ok(operand.clone())
        }
        (_, false) => Err(at.wrong_operand("real samples [b, n]")),
        (_, true) => Err(at.wrong_operand("real frames [b, s, len]")),
    }
}

pub(super) fn window(at: &At<'_>, window: Window, symmetry: Symmetry) -> Result<ValueType> {
    let taken = frames(at)?;
    check_window(at, &window, symmetry, taken.last())?;
    Ok(taken)
}

/// Rejects window parameters outside their domain (computing one coefficient validates them), and given weights of
/// another number than the samples of a segment.
pub(super) fn check_window(at: &At<'_>, window: &Window, symmetry: Symmetry, len: usize) -> Result<()> {
    let points = if matches!(window, Window::Custom(_)) { len } else { 1 };
    window.coefficients(points, symmetry).map(drop).map_err(|e| at.parameter(e.to_string()))
}
