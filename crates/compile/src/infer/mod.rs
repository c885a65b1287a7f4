//! Kinds and shapes of every value, with errors that name the op and the shapes.

mod cross;
mod framing;
mod pointwise;
mod reduce;
mod spectral;

use crate::error::{Error, Result};
use crate::graph::{Graph, Node, NodeId};
use crate::op::Op;
use crate::shape::ValueType;

impl Graph {
    /// Infers kind and shape of every node's value, by index; an output has the type of its operand.
    ///
    /// # Errors
    /// [`Error::Operand`], [`Error::Parameter`] or [`Error::Overflow`], all of which name the node, the op and
    /// the shapes.
    pub fn infer(&self) -> Result<Vec<ValueType>> {
        let mut types: Vec<ValueType> = Vec::with_capacity(self.nodes().len());
        for (id, node) in self.iter() {
            let at = At::new(id, node, &types);
            let ty = infer_op(&at, &node.op)?;
            if ty.checked_bytes().is_none() {
                return Err(at.overflow(ty.dims));
            }
            types.push(ty);
        }
        Ok(types)
    }
}

fn infer_op(at: &At<'_>, op: &Op) -> Result<ValueType> {
    match op {
        Op::Input { batch, len, complex } => framing::input(at, *batch, *len, *complex),
        Op::Segment { len, hop, pad, drop_last } => framing::segment(at, *len, *hop, *pad, *drop_last),
        Op::Detrend { .. } => framing::frames(at),
        Op::Preemphasis { coefficient, per_frame } => framing::preemphasis(at, *coefficient, *per_frame),
        Op::Window { window, symmetry } => framing::window(at, window.clone(), *symmetry),
        Op::Fft { n_fft, sides, layout, keep } => spectral::fft(at, *n_fft, *sides, *layout, *keep),
        Op::InverseFft { n_fft, real } => spectral::inverse_fft(at, *n_fft, *real),
        Op::Butterfly(spec) => spectral::butterfly(at, spec),
        Op::Power { one_sided } => spectral::power(at, *one_sided),
        Op::Magnitude => spectral::magnitude(at),
        Op::CrossSpectra(spec) => cross::spectra(at, spec),
        Op::LimbPsd(spec) => cross::limb_psd(at, spec),
        Op::Psd { sample_rate, scaling } => spectral::psd(at, *sample_rate, *scaling),
        Op::SpectralMask { mask } => spectral::mask(at, mask),
        Op::Average { .. } => reduce::average(at),
        Op::TopK { k } => reduce::top_k(at, *k),
        Op::LocalPeaks(spec) => reduce::local_peaks(at, spec),
        Op::WelchPeaks(spec) => reduce::welch_peaks(at, spec),
        Op::MelFilterbank(spec) => reduce::mel(at, spec),
        Op::Log { floor, add, .. } => pointwise::log(at, *floor, *add),
        Op::ClampNormalise { below_max, offset, scale, .. } => {
            pointwise::clamp_normalise(at, [*below_max, *offset, *scale])
        }
        Op::NormaliseFeatures { epsilon } => pointwise::normalise_features(at, *epsilon),
        Op::Affine { scale, offset } => pointwise::affine(at, *scale, *offset),
        Op::Output { .. } => at.operand().cloned(),
    }
}

/// The node under inference and the type of its operand; makes the errors.
struct At<'a> {
    node: NodeId,
    op: &'static str,
    operand: Option<&'a ValueType>,
}

impl<'a> At<'a> {
    fn new(node: NodeId, n: &Node, types: &'a [ValueType]) -> Self {
        Self { node, op: n.op.kind().name(), operand: n.inputs.first().and_then(|i| types.get(i.0)) }
    }

    /// Returns the operand. The structure check guarantees one; without it the result is an error, not a panic.
    fn operand(&self) -> Result<&'a ValueType> {
        self.operand.ok_or(Error::Structure {
            node: self.node,
            op: self.op,
            reason: "has no operand".to_owned(),
        })
    }

    fn wrong_operand(&self, expected: &'static str) -> Error {
        Error::Operand {
            node: self.node,
            op: self.op,
            expected,
            got: self.operand.map_or_else(|| "none".to_owned(), ToString::to_string),
        }
    }

    fn parameter(&self, reason: impl Into<String>) -> Error {
        Error::Parameter {
            node: self.node,
            op: self.op,
            reason: reason.into(),
            operand: self.operand.map_or_else(|| "none".to_owned(), ToString::to_string),
        }
    }

    fn overflow(&self, dims: Vec<usize>) -> Error {
        Error::Overflow { node: self.node, op: self.op, dims }
    }

    /// Rejects NaN and infinity, which JSON cannot represent.
    fn finite(&self, name: &str, value: f64) -> Result<()> {
        if value.is_finite() {
            Ok(())
        } else {
            Err(self.parameter(format!("{name} must be finite, got {value}")))
        }
    }

    /// Rejects values that are not positive and finite.
    fn positive(&self, name: &str, value: f64) -> Result<()> {
        if value.is_finite() && value > 0.0 {
            Ok(())
        } else {
            Err(self.parameter(format!("{name} must be positive, got {value}")))
        }
    }
}

#[cfg(test)]
mod tests;
