//! Device and strategy.

use super::Usage;
use clap::Args;
use rlx_fft::devices::AskedDevice;
use rlx_fft::{Device, WelchPeaksPickMode, WelchPeaksStrategy, parse_welch_peaks_strategy};

/// Flags about devices.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Device")]
pub(crate) struct DeviceFlags {
    /// Device for frames (--every): auto, cpu, cuda[:N|:all], wgpu[:N|:NAME], vulkan, metal (mlx), dx12 or gpu; auto
    /// is the CPU
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: String,

    /// Strategy: auto, ultra (one segment in the middle of each frame), fast (two, spread over the frame), rlx or
    /// learned
    #[arg(long, value_name = "STRATEGY", default_value = "auto")]
    strategy: String,

    /// Report in the notes which region runs on which device, and why
    #[arg(long)]
    explain: bool,
}

/// Flag of commands with a device but no strategy.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Device")]
pub(crate) struct WhereFlags {
    /// Device for transforms: auto, cpu, cuda[:N|:all], wgpu[:N|:NAME], vulkan, metal (mlx), dx12 or gpu; auto is the
    /// CPU; operations that a device does not support run on the CPU
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: String,

    /// Report in the notes which region runs on which device, and why
    #[arg(long)]
    explain: bool,
}

impl WhereFlags {
    /// Returns whether the placement is to be reported.
    pub(crate) fn explain(&self) -> bool {
        self.explain
    }

    /// Returns the named device, if it is present and not the CPU.
    pub(crate) fn validate(self) -> Result<Option<String>, Usage> {
        with_bus(self.device)
    }
}

/// Checks that a device is present; returns its name unless it is the CPU.
fn with_bus(name: String) -> Result<Option<String>, Usage> {
    let asked = known_device(&name)?;
    match asked.missing {
        Some(reason) => Err(Usage::new("--device", reason)),
        None => Ok(asked.info.filter(|info| info.class.has_bus()).map(|_| name)),
    }
}

/// Number of segments of each frame that are averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Segments {
    /// All segments that fit.
    All,
    /// Only so many, spread over the frame.
    Spread(usize),
}

impl DeviceFlags {
    /// Returns whether the placement is to be reported.
    pub(crate) fn explain(&self) -> bool {
        self.explain
    }

    /// Checks that the device is present; returns it unless it is the CPU, and the segments of the strategy.
    pub(crate) fn validate(self, framed: bool) -> Result<(Option<String>, Segments), Usage> {
        let device = with_bus(self.device)?;
        use WelchPeaksStrategy::{FastStreaming, LearnedCompiled, RlxCompiled, UltraFast};
        let mode = parse_welch_peaks_strategy(&self.strategy).map_err(strategy)?;
        let segments = match mode {
            WelchPeaksPickMode::Auto | WelchPeaksPickMode::Force(RlxCompiled) => Segments::All,
            WelchPeaksPickMode::Force(UltraFast) => Segments::Spread(1),
            WelchPeaksPickMode::Force(FastStreaming) => Segments::Spread(2),
            WelchPeaksPickMode::Force(LearnedCompiled) => {
                let reason = "learned runs a model, which this command does not load: see eval and bench-e2e";
                return Err(Usage::new("--strategy", reason));
            }
        };
        if segments != Segments::All && !framed {
            let reason = "uses one or two segments of a frame: give --every, or auto for all segments";
            return Err(Usage::new("--strategy", format!("{} {reason}", self.strategy)));
        }
        Ok((device, segments))
    }
}

/// Returns the error for an unknown strategy, with the flag named once.
pub(super) fn strategy(error: impl std::fmt::Display) -> Usage {
    let text = error.to_string();
    Usage::new("--strategy", text.strip_prefix("strategy: ").unwrap_or(&text))
}

/// Rejects unknown device names; an absent device contains its reason.
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
            assert!(
                flags(name).validate(false).unwrap_err().to_string().contains("expected one of"),
                "{name}"
            );
        }
    }
}
