//! The answer of a backend for a region.

use std::fmt;

use super::Region;
use crate::caps::DeviceClass;
use crate::graph::Graph;
use crate::shape::ValueType;

/// A region in its graph.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The region.
    pub region: &'a Region,
    /// Its graph.
    pub graph: &'a Graph,
    /// Types of the graph's values.
    pub types: &'a [ValueType],
}

impl<'a> Asked<'a> {
    /// Type of the value that the region reads.
    pub fn source(&self) -> &'a ValueType {
        &self.types[self.region.source.0]
    }

    /// Returns whether the region reads samples of the caller.
    pub fn reads_input(&self) -> bool {
        self.graph.nodes()[self.region.source.0].op.kind() == crate::OpKind::Input
    }
}

/// The reason why a backend has no kernel for a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The text, such as `no transform of 300 points`.
    pub reason: String,
}

impl Refusal {
    /// Creates a refusal for this reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self { reason }
    }
}

impl From<&str> for Refusal {
    fn from(reason: &str) -> Self {
        Self::new(reason)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// The kernels of a device, as planning uses them. A region that is accepted here is never refused later.
pub trait Kernels: Send + Sync {
    /// Class of the device.
    fn class(&self) -> DeviceClass;

    /// Checks whether there is a kernel for a region.
    ///
    /// # Errors
    /// The reason if there is none.
    fn kernel(&self, asked: &Asked<'_>) -> Result<(), Refusal>;

    /// Returns whether a plan may leave the device in the middle of a region although more than half of the input
    /// comes back. True only for measuring the cost of that; otherwise the host runs all of such a region.
    fn cuts_anywhere(&self) -> bool {
        false
    }
}
