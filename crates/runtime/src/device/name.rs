//! The grammar of device names: `auto | cpu | cuda[:N|:all] | wgpu[:N|:NAME] | vulkan | metal (mlx) | dx12 | gpu`.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// Selection of NVIDIA devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CudaSelect {
    /// The first one.
    #[default]
    First,
    /// By the driver's index.
    Index(usize),
    /// All of them.
    All,
}

/// Selection of a wgpu adapter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum WgpuSelect {
    /// The one that wgpu prefers.
    #[default]
    Preferred,
    /// By index.
    Index(usize),
    /// The first whose name contains this text, ignoring case.
    Name(String),
}

/// Selection of a wgpu interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum WgpuApi {
    /// Whichever wgpu prefers.
    #[default]
    Any,
    /// Vulkan.
    Vulkan,
    /// Metal.
    Metal,
    /// Direct3D 12.
    Dx12,
}

/// A requested device. Parsing opens no driver; [`Device::resolve`] looks for the device.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Device {
    /// The device with the lowest predicted time for host data; never a software adapter.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// NVIDIA through the driver API.
    Cuda(CudaSelect),
    /// Any GPU through wgpu.
    Wgpu(WgpuSelect),
    /// wgpu on Vulkan.
    Vulkan,
    /// wgpu on Metal; `mlx` is an alias.
    Metal,
    /// wgpu on Direct3D 12.
    Dx12,
    /// The best GPU present, CUDA first.
    Gpu,
}

impl Device {
    /// The known names.
    pub const GRAMMAR: &str = "auto, cpu, cuda[:N|:all], wgpu[:N|:NAME], vulkan, metal (mlx), dx12, gpu";

    /// Returns the name without the selection: `cuda` for `cuda:1`. Rows of reports use it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Cpu => "cpu",
            Self::Cuda(_) => "cuda",
            Self::Wgpu(_) => "wgpu",
            Self::Vulkan => "vulkan",
            Self::Metal => "metal",
            Self::Dx12 => "dx12",
            Self::Gpu => "gpu",
        }
    }
}

impl FromStr for Device {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let name = text.trim();
        let unknown = || Error::UnknownDevice {
            name: text.to_owned(),
            known: format!("expected one of {}", Self::GRAMMAR),
        };
        let (kind, select) = match name.split_once(':') {
            Some((kind, select)) => (kind, Some(select.trim())),
            None => (name, None),
        };
        let kind = kind.to_ascii_lowercase();
        match (kind.as_str(), select) {
            ("auto", None) => Ok(Self::Auto),
            ("cpu", None) => Ok(Self::Cpu),
            ("vulkan", None) => Ok(Self::Vulkan),
            ("metal" | "mlx", None) => Ok(Self::Metal),
            ("dx12", None) => Ok(Self::Dx12),
            ("gpu", None) => Ok(Self::Gpu),
            ("cuda", None) => Ok(Self::Cuda(CudaSelect::First)),
            ("cuda", Some(all)) if all.eq_ignore_ascii_case("all") => Ok(Self::Cuda(CudaSelect::All)),
            ("cuda", Some(index)) => {
                index.parse().map(|n| Self::Cuda(CudaSelect::Index(n))).map_err(|_| unknown())
            }
            ("wgpu", None) => Ok(Self::Wgpu(WgpuSelect::Preferred)),
            ("wgpu", Some(text)) if !text.is_empty() => Ok(Self::Wgpu(match text.parse() {
                Ok(index) => WgpuSelect::Index(index),
                Err(_) => WgpuSelect::Name(text.to_owned()),
            })),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cuda(CudaSelect::Index(n)) => write!(f, "cuda:{n}"),
            Self::Cuda(CudaSelect::All) => f.write_str("cuda:all"),
            Self::Wgpu(WgpuSelect::Index(n)) => write!(f, "wgpu:{n}"),
            Self::Wgpu(WgpuSelect::Name(name)) => write!(f, "wgpu:{name}"),
            other => f.write_str(other.kind()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_and_written_back() {
        for name in [
            "auto",
            "cpu",
            "cuda",
            "cuda:0",
            "cuda:12",
            "cuda:all",
            "wgpu",
            "wgpu:1",
            "wgpu:Radeon RX",
            "vulkan",
            "metal",
            "dx12",
            "gpu",
        ] {
            let device: Device = name.parse().unwrap();
            assert_eq!(device.to_string(), name);
            assert_eq!(Some(device.kind()), name.split(':').next());
        }
        assert_eq!("MLX".parse::<Device>().unwrap(), Device::Metal);
        assert_eq!(" CUDA:ALL ".parse::<Device>().unwrap(), Device::Cuda(CudaSelect::All));
    }

    #[test]
    fn unknown_names_list_the_known_ones() {
        for name in ["", "tpu", "cpu:0", "cuda:", "cuda:x", "cuda:-1", "wgpu:", "gpu:0", "auto:1"] {
            let error = name.parse::<Device>().unwrap_err();
            assert!(matches!(error, Error::UnknownDevice { .. }), "{name}");
            assert!(error.to_string().contains("expected one of auto, cpu, cuda[:N|:all]"), "{error}");
        }
    }
}
