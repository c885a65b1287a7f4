//! What a device brings: the seam behind which the CPU, CUDA and wgpu stand.

use rlx_compile::{BackendCaps, BackendCostModel, Kernels, Plan};

use super::resident::Resident;
use super::samples::Samples;
use super::timed::Timed;
use crate::device::DeviceInfo;
use crate::error::{Error, Result};

/// An open device.
pub trait Backend: Send + Sync {
    /// What it is.
    fn info(&self) -> &DeviceInfo;

    /// What it can run, narrowed to what was found.
    fn caps(&self) -> &BackendCaps;

    /// What things cost there before a calibration.
    fn shipped_model(&self) -> BackendCostModel;

    /// Everything a plan needs to run: kernels, tables, buffers.
    ///
    /// # Errors
    /// What the device cannot build after all.
    /// A device that does not run all of a plan hands the rest to [`lower_split`](super::lower_split).
    fn lower(&self, plan: &Plan) -> Result<Box<dyn Program>>;

    /// What it answers to each region of a graph, by the kernels that it has. Plans are made of these answers alone; what is
    /// accepted here is what [`Backend::lower`] builds.
    fn kernels(&self) -> &dyn Kernels {
        self.caps()
    }

    /// Memory that a batch may take on the device now.
    fn batch_memory(&self) -> BatchMemory {
        BatchMemory::Unknown
    }

    /// Latencies and bandwidths as the device's own clock has them. What is absent, a calibration takes from the times
    /// of whole plans.
    ///
    /// # Errors
    /// What the device reports.
    fn probe(&self) -> Result<DeviceProbe> {
        Ok(DeviceProbe::default())
    }
}

/// What bounds a batch on a device, beside the host's memory that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BatchMemory {
    /// The device shares the host's memory, or does not report its own.
    Unknown,
    /// A batch must fit in so many bytes.
    Bytes(u64),
    /// Nothing: batches flow through the device in chunks.
    Chunks,
}

/// Coefficients that a device can measure alone.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DeviceProbe {
    /// One launch among many, ns.
    pub launch_ns: Option<f64>,
    /// Waiting for one value, ns.
    pub round_trip_ns: Option<f64>,
    /// A copy in device memory, bytes read and written a ns.
    pub device_bytes_per_ns: Option<f64>,
    /// From the caller's (pageable) memory to the device, bytes/ns.
    pub upload_bytes_per_ns: Option<f64>,
    /// Back to the caller's memory, bytes/ns.
    pub readback_bytes_per_ns: Option<f64>,
    /// Whether host and device share their memory.
    pub unified_memory: Option<bool>,
}

/// A lowered plan with its buffers.
pub trait Program: Send {
    /// Runs it. Counts and lengths have been checked: one slice an input of the graph and one an output, in node
    /// order.
    ///
    /// # Errors
    /// What the samples or the device make impossible.
    fn run(&mut self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) -> Result<()>;

    /// Returns whether [`Program::run_rows`] reads rows that lie apart in place.
    fn supports_strides(&self) -> bool {
        false
    }

    /// [`Program::run`] of a plan with one input on rows that lie `row_len` values apart, of which the leading ones are the
    /// input's.
    ///
    /// # Errors
    /// As [`Program::run`]; a program that does not support strides.
    fn run_rows(&mut self, samples: &[f32], row_len: usize, outputs: &mut [&mut [f32]]) -> Result<()> {
        let _ = (samples, row_len, outputs);
        Err(Error::unsupported("the program takes rows only side by side"))
    }

    /// [`Program::run`] on samples of any type. A device without kernels for it gets them as `f32`.
    ///
    /// # Errors
    /// As there.
    fn run_samples(&mut self, inputs: &[Samples<'_>], outputs: &mut [&mut [f32]]) -> Result<()> {
        let converted: Vec<_> = inputs.iter().map(Samples::to_f32).collect();
        let slices: Vec<&[f32]> = converted.iter().map(|c| &**c).collect();
        self.run(&slices, outputs)
    }

    /// Returns the program as its own backend knows it, for work on data that lies on its device. `None` where the
    /// host runs a part of the plan, or the device has no such way.
    fn resident(&mut self) -> Option<Resident<'_>> {
        None
    }

    /// Ways of [`Program::time`] beside the one that [`Program::run`] is.
    fn timings(&self) -> &[Timed] {
        &[]
    }

    /// Runs `runs` times, one after the other, and gives the mean ns of one. What `timed` leaves out (copies into pinned
    /// memory, copies to the device) is done before the clock starts; the answer of the last run is in `outputs`.
    ///
    /// # Errors
    /// A way that is not among [`Program::timings`]; as [`Program::run`].
    fn time(
        &mut self,
        timed: Timed,
        runs: usize,
        inputs: &[&[f32]],
        outputs: &mut [&mut [f32]],
    ) -> Result<f64> {
        let _ = (runs, inputs, outputs);
        Err(Error::unsupported(format!("this program is not timed {timed}")))
    }
}
