//! Instruction set of the lanes kernels.

use crate::error::{Error, Result};
#[cfg(target_arch = "x86_64")]
use fearless_simd::Level;

/// Instruction set of a lanes kernel, chosen once per plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isa {
    /// The baseline of the target: SSE2 on x86-64, NEON on AArch64, simd128 on WebAssembly that is compiled with it, scalar
    /// elsewhere.
    Portable,
    /// AVX2 with FMA, 8 lanes.
    Avx2,
    /// AVX-512 (Ice Lake level), 16 lanes.
    Avx512,
}

impl Isa {
    /// Returns the widest instruction set of this machine, or the one that `RLX_ISA` names.
    ///
    /// # Errors
    /// `RLX_ISA` names an unknown or unsupported instruction set.
    pub fn detect() -> Result<Self> {
        match std::env::var("RLX_ISA") {
            Ok(name) => name.parse::<Self>()?.require(),
            Err(_) => Ok(*Self::available().last().unwrap_or(&Self::Portable)),
        }
    }

    /// Returns every instruction set that this machine can run, the narrowest first.
    pub fn available() -> Vec<Self> {
        #[cfg(target_arch = "x86_64")]
        let wider = {
            let level = Level::new();
            [level.as_avx2().map(|_| Self::Avx2), level.as_avx512().map(|_| Self::Avx512)]
        };
        #[cfg(not(target_arch = "x86_64"))]
        let wider: [Option<Self>; 0] = [];
        std::iter::once(Self::Portable).chain(wider.into_iter().flatten()).collect()
    }

    fn require(self) -> Result<Self> {
        let have = Self::available();
        if have.contains(&self) {
            return Ok(self);
        }
        let names: Vec<_> = have.iter().map(|i| i.name()).collect();
        Err(Error::argument(
            "RLX_ISA",
            format!("this machine has no {}; it has {}", self.name(), names.join(", ")),
        ))
    }

    /// Returns the name for `RLX_ISA`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// Returns the rows that one vector holds.
    pub fn lanes(self) -> usize {
        match self {
            Self::Portable => 4,
            Self::Avx2 => 8,
            Self::Avx512 => 16,
        }
    }
}

impl std::fmt::Display for Isa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Isa {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "portable" => Ok(Self::Portable),
            "avx2" => Ok(Self::Avx2),
            "avx512" => Ok(Self::Avx512),
            _ => Err(Error::argument("RLX_ISA", format!("{name:?} is none of avx512, avx2, portable"))),
        }
    }
}
