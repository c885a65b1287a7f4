//! The IO fusion gate.

use serde::{Deserialize, Serialize};

use crate::plan::IoProfile;

/// Decides whether a rewrite that changes bus traffic is worth it: saved read-back time minus a penalty per added
/// sync point must exceed a minimum gain.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct IoFusionGate {
    /// Device-to-host bandwidth, bytes/ns; `None` if there is no bus, where the gate is neutral.
    pub readback_bytes_per_ns: Option<f64>,
    /// Gain per saved sync point, ns.
    pub round_trip_ns: f64,
    /// Cost per added sync point, ns: a round trip and the host step.
    pub host_thunk_penalty_ns: f64,
    /// Smallest gain for which the rewrite is made, ns.
    pub min_gain_ns: f64,
}

impl IoFusionGate {
    /// The gate of a device without a bus: every score is 0 and passes.
    pub const NEUTRAL: Self = Self {
        readback_bytes_per_ns: None,
        round_trip_ns: 0.0,
        host_thunk_penalty_ns: 0.0,
        min_gain_ns: 0.0,
    };

    /// Returns the gain of one profile over another, in ns (negative: a loss).
    pub fn score_ns(&self, from: &IoProfile, to: &IoProfile) -> f64 {
        let Some(bandwidth) = self.readback_bytes_per_ns else { return 0.0 };
        let saved = (from.host_readback_bytes as f64 - to.host_readback_bytes as f64) / bandwidth;
        let syncs = from.sync_points as f64 - to.sync_points as f64;
        saved + if syncs < 0.0 { syncs * self.host_thunk_penalty_ns } else { syncs * self.round_trip_ns }
    }

    /// Returns whether the gain is large enough.
    pub fn passes(&self, from: &IoProfile, to: &IoProfile) -> bool {
        self.score_ns(from, to) >= self.min_gain_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn io(bytes: u64, syncs: u64) -> IoProfile {
        IoProfile { host_readback_bytes: bytes, sync_points: syncs, ..IoProfile::default() }
    }

    #[test]
    fn saved_bytes_against_added_syncs() {
        let gate = IoFusionGate {
            readback_bytes_per_ns: Some(10.0),
            round_trip_ns: 20.0,
            host_thunk_penalty_ns: 50.0,
            min_gain_ns: 100.0,
        };
        assert_eq!(gate.score_ns(&io(2000, 1), &io(1000, 1)), 100.0);
        assert_eq!(gate.score_ns(&io(2000, 1), &io(1000, 3)), 0.0);
        assert_eq!(gate.score_ns(&io(2000, 3), &io(1000, 1)), 140.0);
        assert_eq!(gate.score_ns(&io(1000, 1), &io(2000, 1)), -100.0);
        assert!(gate.passes(&io(2000, 1), &io(1000, 1)) && !gate.passes(&io(1999, 1), &io(1000, 1)));
    }

    #[test]
    fn neutral_always_passes() {
        assert!(IoFusionGate::NEUTRAL.passes(&io(0, 0), &io(u64::MAX, u64::MAX)));
    }
}
