//! Loaded kernels in order, with the arguments of each launch.

use std::ffi::c_void;
use std::sync::Arc;

use super::driver::{Context, DeviceMemory, Function, Launch, Stream};
use super::stage::Kernels;
use crate::error::{Error, Result};
use crate::session::SampleFormat;

/// A parameter of a kernel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Arg {
    /// Address of the samples.
    Input,
    /// Address of a value of the chain.
    Value(usize),
    /// Address of a value's second plane, if it has two.
    Plane(usize),
    /// Address of a table.
    Table(usize),
    /// Address of the [`Status`](super::stage::Status).
    Status,
    /// This number times the rows of this launch.
    Rows(u64),
    /// A 64-bit integer.
    U64(u64),
    /// A 32-bit float.
    F32(f32),
}

/// Number of blocks of a launch, computed from its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grid {
    /// Items per row: 1, or its frames.
    pub(super) items: usize,
    /// Items per block.
    pub(super) block: usize,
}

impl Grid {
    fn blocks(self, rows: usize) -> Option<u32> {
        let items = rows.checked_mul(self.items)?;
        u32::try_from(items.div_ceil(self.block.max(1))).ok().filter(|b| *b <= i32::MAX as u32)
    }
}

/// One kernel of a chain.
pub(super) struct Link {
    pub(super) function: Function,
    pub(super) grid: Grid,
    pub(super) threads: u32,
    pub(super) shared: u32,
    pub(super) args: Vec<Arg>,
    pub(super) tables: Vec<DeviceMemory>,
}

/// The kernels of one sample format.
pub(super) struct Chain {
    pub(super) links: Vec<Link>,
    /// For each value, the bytes of one row in a plane, from which the second plane is located.
    pub(super) plane_rows: Vec<usize>,
}

/// Largest number of parameters of a kernel.
const MAX_ARGS: usize = 16;

impl Chain {
    /// Queues every kernel.
    ///
    /// # Safety
    /// As [`Kernels::queue`].
    pub(super) unsafe fn queue(
        &self,
        stream: &Stream,
        rows: usize,
        input: u64,
        values: &[u64],
        status: u64,
    ) -> Result<()> {
        for link in &self.links {
            // `Chains::of` has checked that they are no more.
            let mut words = [0u64; MAX_ARGS];
            let mut pointers = [std::ptr::null_mut::<c_void>(); MAX_ARGS];
            for (word, arg) in words.iter_mut().zip(&link.args) {
                *word = match *arg {
                    Arg::Input => input,
                    Arg::Value(value) => values[value],
                    Arg::Plane(value) => values[value] + (rows * self.plane_rows[value]) as u64,
                    Arg::Table(table) => link.tables[table].at(),
                    Arg::Status => status,
                    // The grid has checked the product.
                    Arg::Rows(times) => rows as u64 * times,
                    Arg::U64(number) => number,
                    // Every host of an NVIDIA device is little-endian: a 32-bit parameter reads the low half.
                    Arg::F32(number) => u64::from(number.to_bits()),
                };
            }
            for (pointer, word) in pointers.iter_mut().zip(&mut words) {
                *pointer = (&raw mut *word).cast();
            }
            let too_many =
                || Error::device(stream.context().id(), "launching a kernel", format!("{rows} rows"));
            let blocks = link.grid.blocks(rows).ok_or_else(too_many)?;
            let launch = Launch { grid: (blocks, 1), block: link.threads, shared: link.shared };
            // SAFETY: the arguments follow the blueprint, which the kernel's source was written with; addresses are good
            // by this function's own conditions, tables live in the link.
            unsafe { link.function.launch(stream, launch, &mut pointers[..link.args.len()])? };
        }
        Ok(())
    }
}

/// Rejects a kernel with more parameters than a launch can pass.
fn few_enough(args: usize) -> Result<()> {
    if args <= MAX_ARGS {
        return Ok(());
    }
    Err(Error::unsupported(format!("a kernel of {args} parameters; a launch has room for {MAX_ARGS}")))
}

/// Makes the chain of a sample format on a device.
pub(super) type Build = dyn Fn(&Arc<Context>, SampleFormat) -> Result<Chain> + Send + Sync;

/// The chains of a device, built at their first use.
pub(super) struct Chains {
    context: Arc<Context>,
    build: Arc<Build>,
    built: [std::sync::OnceLock<Result<Chain>>; 3],
}

impl Chains {
    pub(super) fn new(context: Arc<Context>, build: Arc<Build>) -> Self {
        Self { context, build, built: Default::default() }
    }

    /// Returns the kernels for this format, compiled and loaded.
    ///
    /// # Errors
    /// An error of the compiler or the driver; a kernel of more than [`MAX_ARGS`] parameters.
    pub(super) fn of(&self, format: SampleFormat) -> Result<&Chain> {
        let index = match format {
            SampleFormat::F32 => 0,
            SampleFormat::I16 => 1,
            SampleFormat::F16 => 2,
        };
        let build = || {
            let chain = (self.build)(&self.context, format)?;
            chain.links.iter().try_for_each(|link| few_enough(link.args.len()))?;
            Ok(chain)
        };
        self.built[index].get_or_init(build).as_ref().map_err(Clone::clone)
    }
}

impl Kernels for Chains {
    unsafe fn queue(
        &self,
        stream: &Stream,
        format: SampleFormat,
        rows: usize,
        input: u64,
        values: &[u64],
        status: u64,
    ) -> Result<()> {
        // SAFETY: by this function's own conditions.
        unsafe { self.of(format)?.queue(stream, rows, input, values, status) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_with_too_many_parameters_is_refused_when_it_is_built() {
        few_enough(MAX_ARGS).unwrap();
        assert!(few_enough(MAX_ARGS + 1).unwrap_err().to_string().contains("17 parameters"));
    }
}
