//! The backend interface implemented by the CPU, CUDA and wgpu.

use rlx_compile::{BackendCaps, BackendCostModel, Kernels, Plan};

use super::resident::Resident;
use super::samples::Samples;
use super::timed::Timed;
use crate::device::DeviceInfo;
use crate::error::{Error, Result};

/// An open device.
pub trait Backend: Send + Sync {
    /// Returns the properties of the device.
    fn info(&self) -> &DeviceInfo;

    /// Returns its capabilities, restricted to those of the present device.
    fn caps(&self) -> &BackendCaps;

    /// Returns its cost model before a calibration.
    fn shipped_model(&self) -> BackendCostModel;

    /// Builds the kernels, tables and buffers of a plan.
    ///
    /// # Errors
    /// A kernel or buffer that cannot be built. A device that does not run all of a plan passes the rest to
    /// [`lower_split`](super::lower_split).
    fn lower(&self, plan: &Plan) -> Result<Box<dyn Program>>;

    /// Returns its answers for the regions of a graph. Plans are made from these answers; [`Backend::lower`] builds
    /// exactly the regions that are accepted here.
    fn kernels(&self) -> &dyn Kernels {
        self.caps()
    }

    /// Returns the memory that a batch may occupy on the device now.
    fn batch_memory(&self) -> BatchMemory {
        BatchMemory::Unknown
    }

    /// Returns the free memory of the device in bytes, if it has its own and reports it.
    fn free_memory(&self) -> Option<u64> {
        None
    }

    /// Measures latencies and bandwidths with device timers. Missing fields are estimated from end-to-end timings
    /// during calibration.
    ///
    /// # Errors
    /// An error of the device.
    fn probe(&self) -> Result<DeviceProbe> {
        Ok(DeviceProbe::default())
    }
}

/// The memory that bounds a batch on a device, in addition to host memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BatchMemory {
    /// The device shares the host's memory, or does not report its own.
    Unknown,
    /// A batch must fit in this many bytes.
    Bytes(u64),
    /// Unbounded: batches are processed in chunks.
    Chunks,
}

/// Coefficients that a device can measure by itself.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DeviceProbe {
    /// Time of one launch in a sequence, ns.
    pub launch_ns: Option<f64>,
    /// Time of waiting for one value, ns.
    pub round_trip_ns: Option<f64>,
    /// Bandwidth of a copy in device memory, bytes read and written per ns.
    pub device_bytes_per_ns: Option<f64>,
    /// Bandwidth from pageable host memory to the device, bytes/ns.
    pub upload_bytes_per_ns: Option<f64>,
    /// Bandwidth from the device to pageable host memory, bytes/ns.
    pub readback_bytes_per_ns: Option<f64>,
    /// Whether host and device share their memory.
    pub unified_memory: Option<bool>,
}

/// A lowered plan with its buffers.
pub trait Program: Send {
    /// Runs the plan. Counts and lengths have been checked: one slice per input of the graph and one per output, in
    /// node order.
    ///
    /// # Errors
    /// Samples that the policy rejects, or an error of the device.
    fn run(&mut self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) -> Result<()>;

    /// Returns whether [`Program::run_rows`] reads strided rows in place.
    fn supports_strides(&self) -> bool {
        false
    }

    /// Runs a plan with one input on rows that are `row_len` values apart; the values of each row from `first` on are the
    /// input.
    ///
    /// # Errors
    /// Those of [`Program::run`], with positions in the whole rows; a program that does not support strides.
    fn run_rows(
        &mut self,
        samples: &[f32],
        row_len: usize,
        first: usize,
        outputs: &mut [&mut [f32]],
    ) -> Result<()> {
        let _ = (samples, row_len, first, outputs);
        Err(Error::unsupported("the program supports only contiguous rows"))
    }

    /// Runs the plan on samples of any type. They are converted to `f32` for a device without kernels for their type.
    ///
    /// # Errors
    /// Those of [`Program::run`].
    fn run_samples(&mut self, inputs: &[Samples<'_>], outputs: &mut [&mut [f32]]) -> Result<()> {
        let converted: Vec<_> = inputs.iter().map(Samples::to_f32).collect();
        let slices: Vec<&[f32]> = converted.iter().map(|c| &**c).collect();
        self.run(&slices, outputs)
    }

    /// Returns the program in the type of its backend, for resident data. `None` if the host runs a part of the plan,
    /// or the backend does not support resident data.
    fn resident(&mut self) -> Option<Resident<'_>> {
        None
    }

    /// Returns the modes of [`Program::time`] in addition to [`Timed::HostPageable`].
    fn timings(&self) -> &[Timed] {
        &[]
    }

    /// Runs the plan `runs` times in sequence and returns the mean time of one run, ns. Steps that `timed` excludes
    /// (copies into pinned memory, copies to the device) precede the measurement; `outputs` contains the results of
    /// the last run.
    ///
    /// # Errors
    /// A mode that is not among [`Program::timings`]; those of [`Program::run`].
    fn time(
        &mut self,
        timed: Timed,
        runs: usize,
        inputs: &[&[f32]],
        outputs: &mut [&mut [f32]],
    ) -> Result<f64> {
        let _ = (runs, inputs, outputs);
        Err(Error::unsupported(format!("this program does not support the timing mode {timed}")))
    }
}
