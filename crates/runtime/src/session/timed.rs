//! Timing modes.

use std::fmt;

/// The points between which a run is timed. The names are those of the field `timed` in reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Timed {
    /// From pageable host memory to pageable host memory.
    HostPageable,
    /// From pinned host memory to pinned host memory.
    HostPinned,
    /// Input and output stay on the device.
    Resident,
    /// As `Resident`, with a recorded graph that is replayed.
    ResidentGraph,
}

impl Timed {
    /// Every mode.
    pub const ALL: [Self; 4] = [Self::HostPageable, Self::HostPinned, Self::Resident, Self::ResidentGraph];

    /// `host-to-host-pageable`, `host-to-host-pinned`, `device-resident`, `device-resident-graph`.
    pub fn label(self) -> &'static str {
        match self {
            Self::HostPageable => "host-to-host-pageable",
            Self::HostPinned => "host-to-host-pinned",
            Self::Resident => "device-resident",
            Self::ResidentGraph => "device-resident-graph",
        }
    }
}

impl fmt::Display for Timed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}
