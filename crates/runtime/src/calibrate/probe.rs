//! A short measurement at the first use on a machine, so that predictions hold there before anybody calibrates.
//!
//! ```text
//! calibration in the cache     use it
//! probe in the cache           use it
//! work of 50 ms and more       probe now, keep it, use it
//! less work                    probe in the background, keep it; this plan uses the shipped values
//! ```
//!
//! A probe runs once a process at most. `RLX_FFT_NO_PROBE=1` turns probes off. Where the cache cannot be written there is
//! none, because it would be repeated in every process.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use rlx_compile::cost::{Calibration, HostId};

use super::device::calibrate_device;
use super::measure::{CalibrateOptions, calibrate_cpu};
use super::store::{Stored, cache_dir, load, store};
use crate::environment::flag;
use crate::error::Result;
use crate::session::Session;

/// What a probe of the CPU may take, ns. Work that takes longer waits for it.
pub const PROBE_NS: f64 = 50e6;

/// Whether probes may run: unless `RLX_FFT_NO_PROBE` is set to anything but `0`, `false`, `off` and `no`.
pub fn probe_enabled() -> bool {
    !flag("RLX_FFT_NO_PROBE")
}

/// The probe of the CPU in this process.
enum State {
    NotYet,
    Running(JoinHandle<()>),
    Over,
}

static STATE: Mutex<State> = Mutex::new(State::NotYet);

/// What is kept for the CPU, after a probe where nothing is. `work_ns` is the time that the work is predicted to take
/// with shipped values: from [`PROBE_NS`] on the probe comes first, below it runs in the background.
pub fn load_or_probe(host: &HostId, work_ns: f64) -> Stored {
    match load(host) {
        Stored::None if !host.class.has_bus() => {}
        stored => return stored,
    }
    let wait = work_ns >= PROBE_NS;
    let mut probed = false;
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    *state = match std::mem::replace(&mut *state, State::Over) {
        State::NotYet if !(probe_enabled() && cache_dir().is_some_and(|dir| writable(&dir))) => State::Over,
        State::NotYet if wait => {
            probe_cpu();
            probed = true;
            State::Over
        }
        // No thread to be had: no probe.
        State::NotYet => std::thread::Builder::new()
            .name("rlx-fft-probe".to_owned())
            .spawn(probe_cpu)
            .map_or(State::Over, State::Running),
        State::Running(thread) if wait || thread.is_finished() => {
            // A probe that panicked has kept nothing.
            let _ = thread.join();
            probed = true;
            State::Over
        }
        state => state,
    };
    // Only a probe that has just ended can have kept something since the first look.
    if probed { load(host) } else { Stored::None }
}

/// Measures and keeps.
fn probe_cpu() {
    // What fails leaves the shipped values: predictions are no reason to stop.
    let _ = calibrate_cpu(&CalibrateOptions::probe(), |_| {}).and_then(|record| store(&record));
}

/// The probe of a device with a bus that was just opened (at most some 200 ms), kept for the next process. `None` where
/// probes are turned off or nothing can be kept.
///
/// # Errors
/// Those of `open`; what the device refuses or reports.
pub fn probe_device(open: impl Fn(usize) -> Result<Session>) -> Result<Option<Calibration>> {
    if !(probe_enabled() && cache_dir().is_some_and(|dir| writable(&dir))) {
        return Ok(None);
    }
    let record = calibrate_device(open, &CalibrateOptions::device_probe(), |_| {})?;
    store(&record)?;
    Ok(Some(record))
}

/// Whether a file can be made in the directory, which is made where it is missing.
fn writable(dir: &Path) -> bool {
    let probe = dir.join("probe");
    let file = probe.join(format!(".writable-{}", std::process::id()));
    fs::create_dir_all(&probe)
        .and_then(|()| fs::write(&file, b""))
        .and_then(|()| fs::remove_file(&file))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use rlx_compile::cost::CostSource;

    use super::*;

    #[test]
    fn a_probe_is_a_valid_record_of_its_kind() {
        let record = calibrate_cpu(&CalibrateOptions::probe(), |_| {}).unwrap();
        record.validate().unwrap();
        assert_eq!(record.source, CostSource::Probed);
        // Each strategy was met at the smallest cells at least, whatever the machine's speed.
        assert!(record.samples.len() >= 3, "{}", record.samples.len());
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_not_writable() {
        let file = std::env::temp_dir().join(format!("rlx-fft-probe-{}", std::process::id()));
        fs::write(&file, b"a file").unwrap();
        assert!(!writable(&file));
        fs::remove_file(&file).unwrap();
    }
}
