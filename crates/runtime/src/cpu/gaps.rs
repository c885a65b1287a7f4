//! Interpolates short gaps of the inputs before a program runs.

use num_complex::Complex32;
use rlx_compile::{Graph, Op, ValueType};
use rlx_dsp::nan::{NanPolicy, fill_gaps, first_non_finite};

use crate::error::Result;
use crate::session::{Program, SessionOptions};

/// Returns the program with its inputs interpolated under [`NanPolicy::Interpolate`]; the program skips segments with
/// longer gaps. Under other policies returns the program unchanged.
pub(crate) fn over_gaps(
    graph: &Graph,
    types: &[ValueType],
    options: &SessionOptions,
    program: Box<dyn Program>,
) -> Box<dyn Program> {
    let NanPolicy::Interpolate { max_gap } = options.nan else { return program };
    let inputs = graph.iter().filter_map(|(id, node)| match node.op {
        Op::Input { complex, .. } => {
            Some(Rows { len: types[id.0].last().max(1), complex, filled: Vec::new() })
        }
        _ => None,
    });
    Box::new(OverGaps { max_gap, inputs: inputs.collect(), program })
}

/// Rows of one input.
struct Rows {
    len: usize,
    complex: bool,
    /// The input with short gaps filled; empty if it has none.
    filled: Vec<f32>,
}

struct OverGaps {
    max_gap: usize,
    inputs: Vec<Rows>,
    program: Box<dyn Program>,
}

impl Rows {
    fn fill(&mut self, input: &[f32], max_gap: usize) {
        self.filled.clear();
        if first_non_finite(input).is_none() {
            return;
        }
        self.filled.extend_from_slice(input);
        if !self.complex {
            for row in self.filled.chunks_exact_mut(self.len) {
                fill_gaps(row, max_gap);
            }
            return;
        }
        let mut samples = vec![Complex32::default(); self.len];
        for row in self.filled.chunks_exact_mut(2 * self.len) {
            samples.iter_mut().zip(row.chunks_exact(2)).for_each(|(z, p)| *z = Complex32::new(p[0], p[1]));
            fill_gaps(&mut samples, max_gap);
            row.chunks_exact_mut(2).zip(&samples).for_each(|(p, z)| p.copy_from_slice(&[z.re, z.im]));
        }
    }
}

impl Program for OverGaps {
    fn run(&mut self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) -> Result<()> {
        for (rows, input) in self.inputs.iter_mut().zip(inputs) {
            rows.fill(input, self.max_gap);
        }
        let filled: Vec<&[f32]> = self
            .inputs
            .iter()
            .zip(inputs)
            .map(|(rows, input)| if rows.filled.is_empty() { *input } else { &rows.filled[..] })
            .collect();
        self.program.run(&filled, outputs)
    }
}
