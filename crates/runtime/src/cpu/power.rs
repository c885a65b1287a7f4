//! `Power`, `Magnitude`, and the factor of `Psd`.

use rlx_compile::params::{Layout, Scaling};
use rlx_compile::{Graph, NodeId, Op, ValueKind, ValueType};
use rlx_dsp::scaling::is_doubled;

use super::program::Step;
use crate::error::{Error, Result};

struct Power {
    n_fft: usize,
    layout: Layout,
    /// Bins of the spectrum, and of the power.
    widths: (usize, usize),
    doubled: bool,
}

pub(super) fn step(one_sided: bool, taken: &ValueType, made: &ValueType) -> Result<Box<dyn Step>> {
    let ValueKind::Spectrum { n_fft, layout, .. } = taken.kind else {
        return Err(Error::unsupported(format!("power takes a spectrum, not {taken}")));
    };
    Ok(Box::new(Power { n_fft, layout, widths: (taken.last(), made.last()), doubled: one_sided }))
}

impl Step for Power {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        let (taken, made) = self.widths;
        if made == 0 {
            return Ok(());
        }
        let sides = |k: usize| if self.doubled && is_doubled(k, self.n_fft) { 2.0 } else { 1.0 };
        let (re, im) = input.split_at(input.len() / 2);
        for (index, out) in out.chunks_exact_mut(made).enumerate() {
            let at = index * taken;
            match self.layout {
                Layout::Interleaved => {
                    let row = &input[2 * at..][..2 * made];
                    for (k, (out, z)) in out.iter_mut().zip(row.chunks_exact(2)).enumerate() {
                        *out = sides(k) * (z[0] * z[0] + z[1] * z[1]);
                    }
                }
                Layout::Block => {
                    let planes = re[at..][..made].iter().zip(&im[at..][..made]);
                    for (k, (out, (re, im))) in out.iter_mut().zip(planes).enumerate() {
                        *out = sides(k) * (re * re + im * im);
                    }
                }
            }
        }
        Ok(())
    }
}

struct Magnitude(Layout);

pub(super) fn magnitude(taken: &ValueType) -> Result<Box<dyn Step>> {
    let ValueKind::Spectrum { layout, .. } = taken.kind else {
        return Err(Error::unsupported(format!("a magnitude takes a spectrum, not {taken}")));
    };
    Ok(Box::new(Magnitude(layout)))
}

impl Step for Magnitude {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        match self.0 {
            Layout::Interleaved => {
                out.iter_mut().zip(input.chunks_exact(2)).for_each(|(out, z)| *out = z[0].hypot(z[1]));
            }
            Layout::Block => {
                let (re, im) = input.split_at(input.len() / 2);
                out.iter_mut().zip(re.iter().zip(im)).for_each(|(out, (re, im))| *out = re.hypot(*im));
            }
        }
        Ok(())
    }
}

/// Returns the factor of a `Psd` op, from the sums of the upstream window, or of ones without a window.
pub(crate) fn psd_factor(
    graph: &Graph,
    types: &[ValueType],
    psd: NodeId,
    sample_rate: f64,
    scaling: Scaling,
) -> Result<f64> {
    let mut at = psd;
    while let Some(node) = graph.get(at) {
        match &node.op {
            Op::Window { window, symmetry } => {
                let weights = window.coefficients(types[at.0].last(), *symmetry)?;
                return Ok(scaling.factor(&weights, sample_rate));
            }
            Op::Segment { len, .. } => return Ok(scaling.factor(&vec![1.0; *len], sample_rate)),
            _ => {}
        }
        match node.inputs.first() {
            Some(&operand) => at = operand,
            None => break,
        }
    }
    Err(Error::unsupported(format!("{psd} (psd): no window and no segments before it")))
}
