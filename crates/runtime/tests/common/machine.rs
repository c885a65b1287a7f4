//! The devices of this machine, so that one suite runs on all of them.
//!
//! A GPU that is missing is skipped, loudly; names in `RLX_REQUIRE_DEVICE` (comma-separated) must be there.

use rlx_runtime::{Device, Session, SessionOptions, devices};

/// A session on every device that there is, the CPU first.
pub(crate) fn sessions(options: &SessionOptions) -> Vec<Session> {
    let required = std::env::var("RLX_REQUIRE_DEVICE").unwrap_or_default();
    for name in required.split(',').map(str::trim).filter(|n| !n.is_empty()) {
        if let Err(error) = name.parse::<Device>().unwrap().resolve() {
            panic!("RLX_REQUIRE_DEVICE={required}: {error}");
        }
    }
    let found = devices();
    if found.len() == 1 {
        eprintln!("skipped: this build or this machine has no device but the CPU");
    }
    let open = |id: &str| Session::with_options(&id.parse().unwrap(), options.clone()).unwrap();
    found.iter().map(|info| open(&info.id)).collect()
}
