//! A sequence of kernels with the arguments of each, for ops that need more than one kernel or whose arguments depend
//! on shapes.

use super::Blueprint;

/// An argument of a kernel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operand {
    /// Address of the input, or of its real parts if it has two planes.
    Input,
    /// Address of the input's second plane; null if it has none.
    InputPlane,
    /// Address of the result, or of its real parts if it has two planes.
    Output,
    /// Address of the result's second plane; null if it has none.
    OutputPlane,
    /// Address of the second result of kernels that have two.
    Second,
    /// Address of the scratch of this index in [`Passes::scratch`].
    Scratch(usize),
    /// Address of the kernel's table of this index.
    Table(usize),
    /// Address of a `u64`, `u64::MAX` before the first pass; afterwards the smallest `row·checked + index` of a NaN or
    /// infinite value of the input.
    Status,
    /// `u64`: rows of this launch, above 0.
    Rows,
    /// `u64`: this number times the rows of this launch.
    RowsTimes(u64),
    /// `u64`.
    Count(u64),
    /// `f32`.
    Factor(f32),
}

/// One launch.
#[derive(Debug, Clone, PartialEq)]
pub struct Pass {
    /// Kernels to compile and launch.
    pub blueprint: Blueprint,
    /// Items of a row: a launch has `blueprint.grid(rows · items)` blocks.
    pub items: u64,
    /// Arguments in order.
    pub operands: Vec<Operand>,
}

/// Launches in order, on one stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Passes {
    /// The launches.
    pub passes: Vec<Pass>,
    /// For every scratch, its f32 values per row.
    pub scratch: Vec<usize>,
    /// f32 values per row of the result, all planes together.
    pub output_len: usize,
    /// Values of a row that [`Operand::Status`] counts; `None`: the kernels do not check.
    pub checked: Option<usize>,
    /// Rows depend on one another: one launch must contain the whole batch.
    pub whole_batch: bool,
}

impl Passes {
    pub(crate) fn one(
        blueprint: Blueprint,
        items: u64,
        operands: Vec<Operand>,
        output_len: usize,
        checked: Option<usize>,
    ) -> Self {
        let passes = vec![Pass { blueprint, items, operands }];
        Self { passes, scratch: Vec::new(), output_len, checked, whole_batch: false }
    }

    /// Returns the same launches on `count` contiguous items per row.
    pub(crate) fn times(mut self, count: usize) -> Self {
        for pass in &mut self.passes {
            pass.items *= count as u64;
            for operand in &mut pass.operands {
                match operand {
                    Operand::Rows => *operand = Operand::RowsTimes(count as u64),
                    Operand::RowsTimes(times) => *times *= count as u64,
                    _ => {}
                }
            }
        }
        self.scratch.iter_mut().for_each(|len| *len *= count);
        self.output_len *= count;
        self.checked = self.checked.map(|len| len * count);
        self
    }

    /// Returns the same launches on results of other kernels, whose positions are not those of samples and are not
    /// reported.
    pub(crate) fn unchecked(mut self) -> Self {
        let unread = Operand::Scratch(self.scratch.len());
        self.scratch.push(2);
        for operand in self.passes.iter_mut().flat_map(|pass| &mut pass.operands) {
            if *operand == Operand::Status {
                *operand = unread;
            }
        }
        self.checked = None;
        self
    }

    /// Returns `first` followed by the same launches. `first` writes its result to a scratch of `len` values per row
    /// and checks the `checked` values of a row for NaN.
    pub(crate) fn behind(self, mut first: Pass, len: usize, checked: usize) -> Self {
        let mut all = self.unchecked();
        let made = Operand::Scratch(all.scratch.len());
        all.scratch.push(len);
        let taken = all.passes.iter_mut().flat_map(|pass| &mut pass.operands);
        taken.filter(|o| **o == Operand::Input).for_each(|operand| *operand = made);
        first.operands.iter_mut().filter(|o| **o == Operand::Output).for_each(|operand| *operand = made);
        all.passes.insert(0, first);
        all.checked = Some(checked);
        all
    }
}
