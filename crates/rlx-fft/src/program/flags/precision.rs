//! Precision of an estimate.

use clap::ValueEnum;
use rlx_compile::params::LimbArithmetic;
use rlx_io::read::Precision;

/// Arithmetic of an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Arithmetic {
    /// Single precision
    F32,
    /// Sums of two f32, 48 bits, for devices without f64; the CPU computes in f64
    #[value(name = "f32x2")]
    F32x2,
    /// Double precision
    F64,
}

impl Arithmetic {
    /// Returns the precision in which samples are read.
    pub(crate) fn samples(self) -> Precision {
        match self {
            Self::F32 => Precision::F32,
            Self::F32x2 | Self::F64 => Precision::F64,
        }
    }

    /// Returns the arithmetic of a device, if that is not `f32`.
    pub(crate) fn limbs(self) -> Option<LimbArithmetic> {
        match self {
            Self::F32 => None,
            Self::F32x2 => Some(LimbArithmetic::F32x2),
            Self::F64 => Some(LimbArithmetic::F64),
        }
    }

    /// Returns the caption of an estimate that the CPU computes.
    pub(crate) fn on_the_cpu(self) -> String {
        match self {
            Self::F32 => "computed in f32 on the CPU",
            Self::F32x2 => "computed in f64 on the CPU: f32x2 is for devices without f64",
            Self::F64 => "computed in f64 on the CPU",
        }
        .to_owned()
    }
}
