//! Open devices of benches.

use rlx_runtime::calibrate::load;
use rlx_runtime::{Device, Session, SessionOptions};

use crate::error::Result;

/// An open device, with its stored calibration.
pub(super) struct Target {
    /// Its name in rows.
    pub(super) label: String,
    pub(super) session: Session,
}

impl Target {
    /// Opens the device of this name for batches whose rows `threads` threads share.
    pub(super) fn open(label: &str, name: &str, threads: usize) -> Result<Self> {
        let options = SessionOptions::default().threads(threads);
        let session = Session::with_options(&name.parse::<Device>()?, options)?;
        let session = match load(&session.device().host_id()).calibration() {
            Some(record) => session.calibrated(record)?,
            None => session,
        };
        Ok(Self { label: label.to_owned(), session })
    }
}
