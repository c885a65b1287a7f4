//! Ops that keep the shape.

use super::At;
use crate::error::Result;
use crate::shape::{PowerUnit, ValueKind, ValueType};

pub(super) fn log(at: &At<'_>, floor: f64, add: f64) -> Result<ValueType> {
    let operand = at.operand()?;
    let kind = match operand.kind {
        ValueKind::Power { n_fft, one_sided, unit: PowerUnit::Raw | PowerUnit::Scaled } => {
            ValueKind::Power { n_fft, one_sided, unit: PowerUnit::Log }
        }
        ValueKind::Mel { log: false } => ValueKind::Mel { log: true },
        _ => return Err(at.wrong_operand("power or mel […, bins]")),
    };
    at.finite("floor", floor)?;
    at.finite("add", add)?;
    if floor < 0.0 || add < 0.0 || floor + add <= 0.0 {
        return Err(
            at.parameter(format!("floor and add must not be negative, nor both zero; got {floor} and {add}"))
        );
    }
    Ok(ValueType::new(kind, operand.dims.clone()))
}

pub(super) fn clamp_normalise(at: &At<'_>, [below_max, offset, scale]: [f64; 3]) -> Result<ValueType> {
    at.finite("below_max", below_max)?;
    at.finite("offset", offset)?;
    at.finite("scale", scale)?;
    if below_max < 0.0 {
        return Err(at.parameter(format!("below_max must not be negative, got {below_max}")));
    }
    let operand = at.operand()?;
    match operand.kind {
        ValueKind::Power { .. } | ValueKind::Mel { .. } => Ok(operand.clone()),
        _ => Err(at.wrong_operand("power, mel or their logarithm")),
    }
}

pub(super) fn normalise_features(at: &At<'_>, epsilon: f64) -> Result<ValueType> {
    at.positive("epsilon", epsilon)?;
    let operand = at.operand()?;
    match operand.kind {
        ValueKind::Mel { .. } if operand.dims.len() == 3 => Ok(operand.clone()),
        _ => Err(at.wrong_operand("mel or log mel [b, s, n_mels]")),
    }
}

pub(super) fn affine(at: &At<'_>, scale: f64, offset: f64) -> Result<ValueType> {
    at.finite("scale", scale)?;
    at.finite("offset", offset)?;
    let operand = at.operand()?;
    match operand.kind {
        ValueKind::Samples { complex: false }
        | ValueKind::Frames { complex: false }
        | ValueKind::Power { .. }
        | ValueKind::Mel { .. } => Ok(operand.clone()),
        _ => Err(at.wrong_operand("real values")),
    }
}
