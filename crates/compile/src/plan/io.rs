//! IO profile of a graph: the data that crosses each boundary, computed before a run.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Placement, place, steps};
use crate::error::Result;
use crate::graph::Graph;
use crate::regions::Kernels;
use crate::shape::ValueType;

/// Counts of one run. The profile says how much data moves, the cost model how long that takes; on the CPU, which has
/// no bus, nearly nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IoProfile {
    /// Regions of the device, one launch each; an interleaved spectrum costs one launch more than a block one.
    pub launches: u64,
    /// Number of values that the host waits for (one blocking copy each).
    pub sync_points: u64,
    /// Input bytes copied to the device.
    pub upload_bytes: u64,
    /// Total bytes of the values that the device returns to the host.
    pub host_output_bytes: u64,
    /// The part of `host_output_bytes` that the host copies: of a block spectrum only the bins that the host step
    /// reads (a plane can be copied with a stride), of an interleaved one everything.
    pub host_readback_bytes: u64,
    /// Bytes that kernels read from and write to device memory.
    pub device_bytes: u64,
}

impl fmt::Display for IoProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "launches {}, sync points {}, upload {} B, host output {} B, host read-back {} B, device traffic {} B",
            self.launches,
            self.sync_points,
            self.upload_bytes,
            self.host_output_bytes,
            self.host_readback_bytes,
            self.device_bytes
        )
    }
}

impl IoProfile {
    pub(super) fn count(graph: &Graph, types: &[ValueType], placement: &Placement) -> Self {
        let mut io = Self::default();
        for step in steps::build(graph, types, placement) {
            match step.kind {
                steps::StepKind::Upload => io.upload_bytes = io.upload_bytes.saturating_add(step.write_bytes),
                steps::StepKind::Kernel | steps::StepKind::Interleave => {
                    io.launches += 1;
                    let traffic = step.read_bytes.saturating_add(step.write_bytes);
                    io.device_bytes = io.device_bytes.saturating_add(traffic);
                }
                steps::StepKind::ReadBack => {
                    io.sync_points += 1;
                    io.host_output_bytes = io.host_output_bytes.saturating_add(step.read_bytes);
                    io.host_readback_bytes = io.host_readback_bytes.saturating_add(step.write_bytes);
                }
                steps::StepKind::Host => {}
            }
        }
        io
    }
}

/// Returns the profile of a graph, with its layouts, on a device.
///
/// # Errors
/// When the graph does not type-check.
pub fn graph_io(graph: &Graph, kernels: &dyn Kernels) -> Result<IoProfile> {
    let types = graph.infer()?;
    let placement = place(graph, &types, kernels);
    Ok(IoProfile::count(graph, &types, &placement))
}
