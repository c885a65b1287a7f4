//! Where the work runs, and by which strategy.

use super::Usage;
use clap::Args;
use rlx_fft::devices::AskedDevice;
use rlx_fft::{Device, WelchPeaksPickMode, WelchPeaksStrategy, parse_welch_peaks_strategy};

/// Flags about devices.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Device")]
pub(crate) struct DeviceFlags {
    /// Where frames (--every) are computed: auto, cpu, cuda[:N|:all], wgpu[:N|:NAME], vulkan, metal (mlx), dx12 or gpu;
    /// auto is the CPU here
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: String,

    /// auto, ultra (first segment of each frame), fast (first two), rlx or learned
    #[arg(long, value_name = "STRATEGY", default_value = "auto")]
    strategy: String,

    /// Say in the notes which part runs where, and why
    #[arg(long)]
    explain: bool,
}

/// The device alone.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Device")]
pub(crate) struct WhereFlags {
    /// Where transforms are computed: auto, cpu, cuda[:N|:all], wgpu[:N|:NAME], vulkan, metal (mlx), dx12 or gpu; auto is
    /// the CPU here, and the CPU does what a device lacks
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: String,

    /// Say in the notes which part runs where, and why
    #[arg(long)]
    explain: bool,
}

impl WhereFlags {
    /// Returns whether it was asked what runs where.
    pub(crate) fn explain(&self) -> bool {
        self.explain
    }

    /// Returns the device that was named, where it is here and another than the CPU.
    pub(crate) fn validate(self) -> Result<Option<String>, Usage> {
        with_bus(self.device)
    }
}

/// Checks that a device is there; its name, where it is another than the CPU.
fn with_bus(name: String) -> Result<Option<String>, Usage> {
    let asked = known_device(&name)?;
    match asked.missing {
        Some(reason) => Err(Usage::new("--device", reason)),
        None => Ok(asked.info.filter(|info| info.class.has_bus()).map(|_| name)),
    }
}

/// How many segments of each frame are averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Segments {
    /// All that fit.
    All,
    /// The first ones only.
    First(usize),
}

impl DeviceFlags {
    /// Returns whether it was asked what runs where.
    pub(crate) fn explain(&self) -> bool {
        self.explain
    }

    /// Checks that the device is there; gives it, where it is another than the CPU, and the strategy's segments.
    pub(crate) fn validate(self, framed: bool) -> Result<(Option<String>, Segments), Usage> {
        let device = with_bus(self.device)?;
        use WelchPeaksStrategy::{FastStreaming, LearnedCompiled, RlxCompiled, UltraFast};
        let mode = parse_welch_peaks_strategy(&self.strategy).map_err(strategy)?;
        let segments = match mode {
            WelchPeaksPickMode::Auto | WelchPeaksPickMode::Force(RlxCompiled) => Segments::All,
            WelchPeaksPickMode::Force(UltraFast) => Segments::First(1),
            WelchPeaksPickMode::Force(FastStreaming) => Segments::First(2),
            WelchPeaksPickMode::Force(LearnedCompiled) => {
                let reason = "learned runs a model, which this command does not load: see eval and bench-e2e";
                return Err(Usage::new("--strategy", reason));
            }
        };
        if segments != Segments::All && !framed {
            let reason = "uses the first segments of a frame only: give --every, or auto for all segments";
            return Err(Usage::new("--strategy", format!("{} {reason}", self.strategy)));
        }
        Ok((device, segments))
    }
}

/// Returns a strategy's name that is none, with its flag once.
pub(super) fn strategy(error: impl std::fmt::Display) -> Usage {
    let text = error.to_string();
    Usage::new("--strategy", text.strip_prefix("strategy: ").unwrap_or(&text))
}

/// Refuses names that are no device's; one that is not here says why.
pub(crate) fn known_device(name: &str) -> Result<AskedDevice, Usage> {
    AskedDevice::find(name)
        .map_err(|error| Usage::new("--device", format!("{error}; expected one of {}", Device::GRAMMAR)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_and_unknown_devices_list_what_there_is() {
        let flags =
            |name: &str| DeviceFlags { device: name.to_owned(), strategy: "auto".to_owned(), explain: false };
        for name in ["auto", "cpu", "CPU"] {
            assert_eq!(flags(name).validate(false), Ok((None, Segments::All)));
        }
        let absent = if cfg!(windows) { ["metal", "mlx"] } else { ["dx12", "cuda:4711"] };
        for name in absent {
            let message = flags(name).validate(false).unwrap_err().to_string();
            assert!(message.contains("not available") && message.contains("cpu"), "{message}");
        }
        for name in ["tpu", "cpu:1", "cuda:x", ""] {
            assert!(flags(name).validate(false).unwrap_err().to_string().contains("none of"), "{name}");
        }
    }
}
