//! A compiled plan, ready to run into the caller's buffers.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rlx_compile::plan::PlanKey;
use rlx_compile::{Op, Plan, ValueType};

use super::backend::Program;
use super::pieces::RowPieces;
use super::samples::Samples;
use super::timed::Timed;
use crate::error::{Error, Result};

/// An output of a graph: name, shape, and the length of the caller's buffer in `f32`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputInfo {
    /// Name in the graph.
    pub name: String,
    /// Kind and shape.
    pub ty: ValueType,
    /// Length of the caller's buffer.
    pub floats: usize,
}

/// State shared by all handles of one plan.
struct Shared {
    plan: Plan,
    key: PlanKey,
    inputs: Vec<usize>,
    outputs: Vec<OutputInfo>,
    program: Mutex<Box<dyn Program>>,
    /// Gathered rows of a strided layout, for programs that require contiguous rows.
    gathered: Mutex<Vec<f32>>,
}

/// A compiled plan. Clones, and executables that a session returns for an equal plan, share kernels and buffers, so
/// their runs wait for each other. Threads that should run in parallel each open a session.
#[derive(Clone)]
pub struct Executable {
    shared: Arc<Shared>,
}

impl Executable {
    pub(super) fn new(plan: Plan, key: PlanKey, program: Box<dyn Program>) -> Result<Self> {
        let floats = |ty: &ValueType| {
            usize::try_from(ty.floats())
                .map_err(|_| Error::unsupported(format!("{ty} does not fit in memory")))
        };
        let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
        for (node, ty) in plan.graph().nodes().iter().zip(plan.types()) {
            match &node.op {
                Op::Input { .. } => inputs.push(floats(ty)?),
                Op::Output { name, .. } => {
                    outputs.push(OutputInfo { name: name.clone(), ty: ty.clone(), floats: floats(ty)? });
                }
                _ => {}
            }
        }
        let (program, gathered) = (Mutex::new(program), Mutex::default());
        Ok(Self { shared: Arc::new(Shared { plan, key, inputs, outputs, program, gathered }) })
    }

    /// Returns the plan.
    pub fn plan(&self) -> &Plan {
        &self.shared.plan
    }

    /// Returns the plan's key, computed when it was compiled.
    pub fn key(&self) -> PlanKey {
        self.shared.key
    }

    /// Returns the length of each input's buffer, in node order; a complex sample is two values.
    pub fn inputs(&self) -> &[usize] {
        &self.shared.inputs
    }

    /// Returns the outputs, in node order.
    pub fn outputs(&self) -> &[OutputInfo] {
        &self.shared.outputs
    }

    /// Runs the plan: one slice per input and one per output, in node order. If one device runs all of it, the call
    /// itself does not allocate; a plan that is split between device and host allocates a few pointers.
    ///
    /// # Errors
    /// [`Error::Count`] and [`Error::Length`] for unsuitable buffers; NaN and infinity under
    /// [`NanPolicy::Error`](rlx_dsp::nan::NanPolicy::Error).
    pub fn run(&self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) -> Result<()> {
        self.check(inputs.iter().map(|i| i.len()), outputs)?;
        self.program().run(inputs, outputs)
    }

    /// Runs a plan with one input on rows that are `row_len` values apart; the leading values of each row are the
    /// input. The CPU's fused kernel reads them in place; for other programs they are gathered first.
    ///
    /// # Errors
    /// Those of [`Executable::run`]; rows shorter than those of the input; a plan with another number of inputs.
    pub fn run_rows(&self, samples: &[f32], row_len: usize, outputs: &mut [&mut [f32]]) -> Result<()> {
        let (_, len) = self.input_rows()?;
        self.run_pieces(samples, &RowPieces::one(row_len, 0, len), outputs)
    }

    /// Runs a plan with one input on pieces of longer rows. The CPU's fused kernel reads single pieces in place; otherwise
    /// they are gathered first. Positions in errors are those in the longer rows.
    ///
    /// # Errors
    /// Those of [`Executable::run`]; pieces outside of their rows or of another length than a row of the input; a plan with
    /// another number of inputs.
    pub fn run_pieces(&self, samples: &[f32], pieces: &RowPieces, outputs: &mut [&mut [f32]]) -> Result<()> {
        let (batch, len) = self.input_rows()?;
        let expected = pieces.check(batch, len)?;
        if pieces.row_len == len {
            return self.run(&[samples], outputs);
        }
        if samples.len() != expected {
            return Err(Error::Length { name: "input 0".to_owned(), expected, got: samples.len() });
        }
        self.check(self.shared.inputs.iter().copied(), outputs)?;
        let mut program = self.program();
        if pieces.count == 1 && program.supports_strides() {
            return program.run_rows(samples, pieces.row_len, pieces.first, outputs);
        }
        let mut gathered = self.shared.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        pieces.gather(samples, &mut gathered);
        program.run(&[&gathered], outputs).map_err(|error| match error {
            Error::Dsp(rlx_dsp::Error::NonFinite { row, index, value }) => {
                Error::Dsp(rlx_dsp::Error::NonFinite { row, index: pieces.position(index), value })
            }
            other => other,
        })
    }

    /// Returns the number of rows of the only input, and of values per row.
    fn input_rows(&self) -> Result<(usize, usize)> {
        let (graph, types) = (self.shared.plan.graph(), self.shared.plan.types());
        let mut inputs = graph.nodes().iter().zip(types).filter(|(n, _)| matches!(n.op, Op::Input { .. }));
        match (inputs.next(), inputs.next()) {
            (Some((_, ty)), None) => {
                let batch = ty.dims.first().copied().unwrap_or(0);
                Ok((batch, ty.last() * (ty.kind.element_bytes() / 4)))
            }
            _ => Err(Error::Count { name: "inputs", expected: 1, got: self.shared.inputs.len() }),
        }
    }

    /// Runs the plan on samples of any type; a complex sample is two values.
    ///
    /// # Errors
    /// Those of [`Executable::run`].
    pub fn run_samples(&self, inputs: &[Samples<'_>], outputs: &mut [&mut [f32]]) -> Result<()> {
        self.check(inputs.iter().map(Samples::len), outputs)?;
        self.program().run_samples(inputs, outputs)
    }

    /// Returns the modes in which runs can be timed, [`Timed::HostPageable`] first.
    pub fn timings(&self) -> Vec<Timed> {
        let more = self.program().timings().to_vec();
        std::iter::once(Timed::HostPageable).chain(more).collect()
    }

    /// Runs the plan `runs` times and returns the mean time of one run in the given mode, ns; `outputs` contains the
    /// results of the last run.
    ///
    /// # Errors
    /// A mode that the device does not support; those of [`Executable::run`].
    pub fn time(
        &self,
        timed: Timed,
        runs: usize,
        inputs: &[&[f32]],
        outputs: &mut [&mut [f32]],
    ) -> Result<f64> {
        self.check(inputs.iter().map(|i| i.len()), outputs)?;
        let runs = runs.max(1);
        let mut program = self.program();
        if timed != Timed::HostPageable {
            return program.time(timed, runs, inputs, outputs);
        }
        let start = Instant::now();
        for _ in 0..runs {
            program.run(inputs, outputs)?;
        }
        Ok(start.elapsed().as_nanos() as f64 / runs as f64)
    }

    pub(crate) fn program(&self) -> MutexGuard<'_, Box<dyn Program>> {
        // A kernel that panicked leaves undefined scratch, which the next run overwrites.
        self.shared.program.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self, inputs: impl ExactSizeIterator<Item = usize>, outputs: &[&mut [f32]]) -> Result<()> {
        let shared = &*self.shared;
        let count = |name, expected: usize, got: usize| {
            if expected == got { Ok(()) } else { Err(Error::Count { name, expected, got }) }
        };
        count("inputs", shared.inputs.len(), inputs.len())?;
        count("outputs", shared.outputs.len(), outputs.len())?;
        for (index, (&expected, got)) in shared.inputs.iter().zip(inputs).enumerate() {
            if got != expected {
                return Err(Error::Length { name: format!("input {index}"), expected, got });
            }
        }
        for (info, output) in shared.outputs.iter().zip(outputs) {
            if output.len() != info.floats {
                let name = format!("output {}", info.name);
                return Err(Error::Length { name, expected: info.floats, got: output.len() });
            }
        }
        Ok(())
    }

    /// Runs the plan into new buffers, one per output.
    ///
    /// # Errors
    /// Those of [`Executable::run`].
    pub fn run_to_vecs(&self, inputs: &[&[f32]]) -> Result<Vec<Vec<f32>>> {
        let mut vecs: Vec<Vec<f32>> = self.outputs().iter().map(|o| vec![0.0; o.floats]).collect();
        let mut slices: Vec<&mut [f32]> = vecs.iter_mut().map(Vec::as_mut_slice).collect();
        self.run(inputs, &mut slices)?;
        Ok(vecs)
    }

    /// Returns whether both handles share one compiled program.
    pub fn same_program(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl fmt::Debug for Executable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executable")
            .field("key", &self.shared.key)
            .field("kind", &self.shared.plan.exec_kind())
            .field("inputs", &self.shared.inputs)
            .field("outputs", &self.shared.outputs)
            .finish_non_exhaustive()
    }
}
