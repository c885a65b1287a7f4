//! The report of a sweep.

use rlx_runtime::calibrate::load;
use serde::Serialize;

use crate::bench::report::Status;
use crate::devices::AskedDevice;

/// Every row of the grid.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepReport {
    /// The path that the others are compared with.
    pub relative_to: String,
    /// The requested devices.
    pub devices: Vec<SweepDevice>,
    /// One row per path, transform length and batch.
    pub rows: Vec<SweepRow>,
}

/// A requested device.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepDevice {
    /// Its name in rows.
    pub label: String,
    /// The name that its driver reports; `None` if it is absent.
    pub name: Option<String>,
    /// Version of its driver.
    pub driver: Option<String>,
    /// Source of the costs by which its route is selected: `measured`, `probed` or `shipped`.
    pub calibration: Option<&'static str>,
    /// Why it is absent.
    pub missing: Option<String>,
}

impl SweepDevice {
    pub(super) fn of(device: &AskedDevice) -> Self {
        Self {
            label: device.label.clone(),
            name: device.info.as_ref().map(|info| info.name.clone()),
            driver: device.info.as_ref().map(|info| info.driver.clone()).filter(|driver| !driver.is_empty()),
            calibration: device.info.as_ref().map(|info| {
                load(&info.host_id()).calibration().map_or("shipped", |record| record.source.label())
            }),
            missing: device.missing.clone(),
        }
    }
}

/// One path at one transform length and batch. Numbers are `None` if it was skipped.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names are those of the JSON schema, documented in docs/bench-json.md")]
pub struct SweepRow {
    pub path: String,
    pub status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub n_fft: usize,
    pub batch: usize,
    pub k: usize,
    pub segments: usize,
    pub device: String,
    pub threads: usize,
    pub iters: usize,
    pub ms: Option<f64>,
    pub ms_min: Option<f64>,
    pub ms_p90: Option<f64>,
    pub rows_per_s: Option<f64>,
    pub bins_right: Option<f64>,
    pub relative: Option<f64>,
}

impl SweepReport {
    /// Returns how many times as fast as the reference a path is, `[n_fft][batch]`; `None` where either was skipped.
    pub fn relative(&self, path: &str, n_ffts: &[usize], batches: &[usize]) -> Vec<Vec<Option<f64>>> {
        let at = |n_fft, batch| {
            let found = |row: &&SweepRow| row.path == path && (row.n_fft, row.batch) == (n_fft, batch);
            self.rows.iter().find(found)?.relative
        };
        n_ffts.iter().map(|&n| batches.iter().map(|&batch| at(n, batch)).collect()).collect()
    }

    /// Returns the paths in the order of their rows.
    pub fn paths(&self) -> Vec<&str> {
        let mut paths = Vec::new();
        for row in &self.rows {
            if !paths.contains(&row.path.as_str()) {
                paths.push(row.path.as_str());
            }
        }
        paths
    }

    /// Returns why the whole path was skipped, if it was.
    pub fn skipped(&self, path: &str) -> Option<&str> {
        let mut rows = self.rows.iter().filter(|row| row.path == path);
        if rows.clone().any(|row| row.status == Status::Ok) {
            return None;
        }
        rows.find_map(|row| row.reason.as_deref())
    }
}
