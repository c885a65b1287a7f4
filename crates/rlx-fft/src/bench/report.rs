//! The beginning of every bench report.

use rlx_dsp::lanes::Isa;
use rlx_runtime::{Device, DeviceInfo};
use serde::Serialize;

/// Version of the schema, the program and its command line, the machine.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Envelope {
    /// Version of the schema.
    pub schema: u32,
    /// `rlx-fft`.
    pub tool: &'static str,
    /// The command line.
    pub command: String,
    /// Version of the program.
    pub version: &'static str,
    /// Seed of the input.
    pub seed: u64,
    /// The machine.
    pub host: Host,
}

impl Envelope {
    /// Describes this machine, for a run with this command line and an optional device besides the CPU.
    pub fn here(command: String, seed: u64, threads: usize, device: Option<&DeviceInfo>) -> Self {
        let isa = Isa::detect().map_or("unknown", Isa::name);
        Self {
            schema: 1,
            tool: "rlx-fft",
            command,
            version: env!("CARGO_PKG_VERSION"),
            seed,
            host: Host::here(isa, threads, device),
        }
    }
}

/// Status of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Measured.
    Ok,
    /// Skipped; see `reason`.
    Skipped,
}

/// The machine of a bench.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Host {
    /// Model of the processor.
    pub cpu: String,
    /// Instruction set of the lanes kernels.
    pub isa: String,
    /// Number of threads that shared the rows.
    pub threads: usize,
    /// Model of the GPU, if one was used.
    pub gpu: Option<String>,
    /// Its driver.
    pub driver: Option<String>,
}

impl Host {
    /// Describes this machine with the measured device.
    pub fn here(isa: &str, threads: usize, device: Option<&DeviceInfo>) -> Self {
        let gpu = device.filter(|d| d.class.has_bus());
        Self {
            cpu: Device::Cpu.resolve().map_or_else(|_| std::env::consts::ARCH.to_owned(), |info| info.name),
            isa: isa.to_owned(),
            threads,
            gpu: gpu.map(|d| d.name.clone()),
            driver: gpu.map(|d| d.driver.clone()),
        }
    }
}
