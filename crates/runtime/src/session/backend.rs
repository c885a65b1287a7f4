//! What a device brings: the seam behind which the CPU, CUDA and wgpu stand.

use rlx_compile::{BackendCaps, BackendCostModel, Plan};

use crate::device::DeviceInfo;
use crate::error::Result;

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
    fn lower(&self, plan: &Plan) -> Result<Box<dyn Program>>;
}

/// A lowered plan with its buffers.
pub trait Program: Send {
    /// Runs it. Counts and lengths have been checked: one slice an input of the graph and one an output, in node
    /// order.
    ///
    /// # Errors
    /// What the samples or the device make impossible.
    fn run(&mut self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) -> Result<()>;
}
