//! Tests per device: `ok`, `FAILED`, or `ignored` with the reason.
//!
//! A test program with `harness = false` lists its tests in [`device_tests!`](crate::device_tests).

use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use rlx_runtime::{Device, DeviceInfo, Session, SessionOptions, absent_devices, devices};

/// A test of a program, and where it runs.
#[derive(Debug, Clone, Copy)]
pub enum Test {
    /// Once per device of the machine, the CPU included.
    Every(&'static str, fn(&DeviceInfo)),
    /// Once per device that is not the CPU.
    Gpus(&'static str, fn(&DeviceInfo)),
    /// Once, where the device of this name is present.
    On(&'static str, &'static str, fn()),
    /// Once, without a device.
    Host(&'static str, fn()),
}

/// Kinds of devices that a test program always shows, present or not.
const KINDS: [&str; 2] = ["cuda", "wgpu"];

/// Opens a device of the machine.
///
/// # Panics
/// When it does not open: it was found.
#[track_caller]
#[must_use]
pub fn open(device: &DeviceInfo, options: SessionOptions) -> Session {
    let name: Device = device.id.parse().expect("a device's name");
    Session::with_options(&name, options).expect("a device that was found")
}

/// Runs the tests with the arguments of the command line, which are those of the standard harness.
pub fn run(tests: &[Test]) -> ExitCode {
    let required = std::env::var("RLX_REQUIRE_DEVICE").unwrap_or_default();
    let found = devices();
    let mut trials = vec![Trial::test("required_devices", {
        let required = required.clone();
        move || present(&required).map_err(Failed::from)
    })];
    for test in tests {
        trials.extend(trials_of(*test, &found));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Checks that every device that is required can be opened.
fn present(required: &str) -> Result<(), String> {
    let names = required.split(',').map(str::trim).filter(|n| !n.is_empty());
    for name in names {
        let device: Device = name.parse().map_err(|e| format!("RLX_REQUIRE_DEVICE={required}: {e}"))?;
        device.resolve().map_err(|e| format!("RLX_REQUIRE_DEVICE={required}: {e}"))?;
    }
    Ok(())
}

fn trials_of(test: Test, found: &[DeviceInfo]) -> Vec<Trial> {
    match test {
        Test::Host(name, body) => vec![Trial::test(name, move || {
            body();
            Ok(())
        })],
        Test::On(device, name, body) => {
            let absent = device.parse::<Device>().and_then(|d| d.resolve()).err().map(|e| e.to_string());
            vec![trial(format!("{device}::{name}"), absent, body)]
        }
        Test::Every(name, body) => each(name, body, found, |_| true),
        Test::Gpus(name, body) => each(name, body, found, |d| d.class.has_bus()),
    }
}

fn each(
    name: &str,
    body: fn(&DeviceInfo),
    found: &[DeviceInfo],
    on: impl Fn(&DeviceInfo) -> bool,
) -> Vec<Trial> {
    let mut trials: Vec<Trial> = found
        .iter()
        .filter(|d| on(d))
        .map(|info| {
            let info = info.clone();
            trial(format!("{}::{name}", info.id), None, move || body(&info))
        })
        .collect();
    for absent in absent_devices().into_iter().filter(|a| KINDS.contains(&a.id)) {
        trials.push(trial(format!("{}::{name}", absent.id), Some(absent.reason), || {}));
    }
    trials
}

/// Returns a test, or its place with the reason why the device is absent.
fn trial(name: String, absent: Option<String>, body: impl FnOnce() + Send + 'static) -> Trial {
    Trial::ignorable_test(name, move || match absent {
        Some(reason) => Ok(Completion::ignored_with(reason)),
        None => {
            body();
            Ok(Completion::Completed)
        }
    })
}

/// The `main` of a test program on devices (`harness = false` in its `[[test]]`):
///
/// ```ignore
/// rlx_testkit::device_tests! {
///     every: peaks_are_right, spectra_are_right;   // fn(&DeviceInfo), once per device
///     gpus: copies_overlap;                        // fn(&DeviceInfo), once per device but the CPU
///     on "cuda": two_streams;                      // fn(), where there is CUDA
///     host: names_are_parsed;                      // fn()
/// }
/// ```
///
/// A function that is not listed is dead code, which the lints refuse.
#[macro_export]
macro_rules! device_tests {
    ($($place:ident $($device:literal)?: $($test:ident),+ $(,)?);+ $(;)?) => {
        fn main() -> std::process::ExitCode {
            let mut tests = Vec::new();
            $($crate::device_tests!(@group tests, $place [$($device)?], $($test),+);)+
            $crate::harness::run(&tests)
        }
    };
    (@group $list:ident, every [], $($test:ident),+) => {
        $($list.push($crate::harness::Test::Every(stringify!($test), $test));)+
    };
    (@group $list:ident, gpus [], $($test:ident),+) => {
        $($list.push($crate::harness::Test::Gpus(stringify!($test), $test));)+
    };
    (@group $list:ident, host [], $($test:ident),+) => {
        $($list.push($crate::harness::Test::Host(stringify!($test), $test));)+
    };
    (@group $list:ident, on [$device:literal], $($test:ident),+) => {
        $($list.push($crate::harness::Test::On($device, stringify!($test), $test));)+
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_required_device_that_is_absent_fails() {
        present("").unwrap();
        present("cpu, ").unwrap();
        // No machine has both.
        assert!(present("cpu,metal,dx12").is_err() && present("tpu").is_err());
    }

    #[test]
    fn every_kind_of_device_has_a_trial() {
        let trials = trials_of(Test::Every("t", |_| {}), &devices());
        let names: Vec<&str> = trials.iter().map(Trial::name).collect();
        for kind in ["cpu", "cuda", "wgpu"] {
            assert!(names.iter().any(|n| n.starts_with(kind)), "{kind} of {names:?}");
        }
    }
}
