//! A program: steps over buffers that it owns.

use rlx_dsp::nan::first_non_finite;

use crate::error::{Error, Result};
use crate::session::Program;

/// One op: computes a value from a value.
pub(super) trait Step: Send {
    /// Computes `out` from `input`; the lengths are those of the inferred types.
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()>;

    /// Returns whether [`Step::run_rows`] reads strided rows in place.
    fn supports_strides(&self) -> bool {
        false
    }

    /// Computes `out` from rows that are `row_len` values apart; the values of each row from `first` on are the input.
    fn run_rows(&mut self, _input: &[f32], _row_len: usize, _first: usize, _out: &mut [f32]) -> Result<()> {
        Err(Error::unsupported("the step supports only contiguous rows"))
    }
}

/// Location of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// In the caller's input buffer.
    Input(usize),
    /// In a buffer of the program.
    Buffer(usize),
    /// In the caller's output buffer: results are computed in place.
    Output(usize),
}

/// A step with its slots.
pub(super) struct Placed {
    pub(super) step: Box<dyn Step>,
    pub(super) from: Slot,
    pub(super) to: Slot,
}

/// A lowered graph.
pub(crate) struct HostProgram {
    pub(super) steps: Vec<Placed>,
    /// Values that are copied to another output, or from an input.
    pub(super) copies: Vec<(Slot, usize)>,
    pub(super) buffers: Vec<Vec<f32>>,
    /// For each input the row length if it must be checked for NaN before the run.
    pub(super) check_rows: Vec<Option<usize>>,
}

impl Program for HostProgram {
    fn supports_strides(&self) -> bool {
        let alone = matches!(
            &self.steps[..],
            [Placed { step, from: Slot::Input(0), to: Slot::Output(0) }] if step.supports_strides()
        );
        alone && self.copies.is_empty() && self.check_rows.iter().all(Option::is_none)
    }

    fn run_rows(
        &mut self,
        samples: &[f32],
        row_len: usize,
        first: usize,
        outputs: &mut [&mut [f32]],
    ) -> Result<()> {
        match (&mut self.steps[..], &mut *outputs) {
            ([Placed { step, .. }], [out]) => step.run_rows(samples, row_len, first, out),
            _ => Err(Error::unsupported("the program supports only contiguous rows")),
        }
    }

    fn run(&mut self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) -> Result<()> {
        for (input, row_len) in inputs.iter().zip(&self.check_rows) {
            if let Some(row_len) = row_len {
                refuse_non_finite(input, *row_len)?;
            }
        }
        let Self { steps, buffers, copies, .. } = self;
        for Placed { step, from, to } in steps {
            // The destination is taken out so that the operand, another slot, can be borrowed at the same time.
            match *to {
                Slot::Buffer(at) => {
                    let mut out = std::mem::take(&mut buffers[at]);
                    let done = step.run(read(*from, inputs, buffers, outputs), &mut out);
                    buffers[at] = out;
                    done?;
                }
                Slot::Output(at) => {
                    let out = std::mem::take(&mut outputs[at]);
                    let done = step.run(read(*from, inputs, buffers, outputs), out);
                    outputs[at] = out;
                    done?;
                }
                Slot::Input(_) => {}
            }
        }
        for (from, to) in copies {
            let out = std::mem::take(&mut outputs[*to]);
            out.copy_from_slice(read(*from, inputs, buffers, outputs));
            outputs[*to] = out;
        }
        Ok(())
    }
}

fn read<'a>(
    slot: Slot,
    inputs: &'a [&[f32]],
    buffers: &'a [Vec<f32>],
    outputs: &'a [&mut [f32]],
) -> &'a [f32] {
    match slot {
        Slot::Input(at) => inputs[at],
        Slot::Buffer(at) => &buffers[at],
        Slot::Output(at) => &*outputs[at],
    }
}

pub(crate) fn refuse_non_finite(samples: &[f32], row_len: usize) -> Result<()> {
    match first_non_finite(samples) {
        None => Ok(()),
        Some((at, value)) => {
            let row_len = row_len.max(1);
            let (row, index) = (at / row_len, (at % row_len) as u64);
            Err(Error::Dsp(rlx_dsp::Error::NonFinite { row, index, value }))
        }
    }
}
