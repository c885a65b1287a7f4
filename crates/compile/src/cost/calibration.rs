//! The calibration record: measured coefficients and times, and the machine for which they are valid.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::BackendCostModel;
use crate::caps::DeviceClass;
use crate::error::{Error, Result};
use crate::picker::WelchPeaksStrategy;

/// Version of the record; records of other versions are rejected.
pub const CALIBRATION_SCHEMA: u32 = 1;

/// All dependencies of a calibration. A calibration is used only if all fields are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostId {
    /// Kind of device.
    pub class: DeviceClass,
    /// Name of the device as reported by its driver (for the CPU, the name of the processor).
    pub device: String,
    /// Version of the driver; empty for the CPU.
    pub driver: String,
    /// Instruction set that the CPU kernels were dispatched to, such as `avx512`.
    pub isa: String,
    /// Threads that were available.
    pub threads: usize,
    /// Version of this program.
    pub program_version: String,
}

impl HostId {
    /// Returns a file name that distinguishes hosts and is valid on every file system. The content of the record is
    /// decisive.
    pub fn file_name(&self) -> String {
        let text = format!("{}-{}-{}-{}", self.class, self.device, self.isa, self.program_version);
        let safe: String = text
            .chars()
            .take(96)
            .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c.to_ascii_lowercase() } else { '-' })
            .collect();
        // The hash separates hosts whose names differ only in replaced characters, driver or threads.
        let hash = format!("{self:?}")
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3));
        format!("{safe}-{hash:016x}.json")
    }
}

/// Where predictions come from, from the least to the most accurate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostSource {
    /// The shipped coefficients of the device's class.
    Shipped,
    /// A probe of some 50 ms at the first use on a machine.
    Probed,
    /// `rlx-fft calibrate`.
    #[default]
    Measured,
}

impl CostSource {
    /// The name in reports: `shipped`, `probed` or `measured`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Shipped => "shipped",
            Self::Probed => "probed",
            Self::Measured => "measured",
        }
    }

    /// What the trace says of it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Shipped => "shipped defaults, run rlx-fft calibrate",
            Self::Probed => "probed, rlx-fft calibrate is more accurate",
            Self::Measured => "calibrated",
        }
    }
}

/// One measured time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The strategy that was run.
    pub strategy: WelchPeaksStrategy,
    /// Transform length.
    pub n_fft: usize,
    /// Segments per row.
    pub segments: usize,
    /// Bins kept.
    pub k: usize,
    /// Rows.
    pub batch: usize,
    /// Number of threads.
    pub threads: usize,
    /// Median time of one call, ns.
    pub ns: f64,
}

/// The first difference between a calibration and this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Name of the field.
    pub field: &'static str,
    /// Value in the record.
    pub recorded: String,
    /// Value of this host.
    pub host: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "calibrated for {} {:?}, this is {:?}", self.field, self.recorded, self.host)
    }
}

/// A calibration: coefficients of the device and measured times of the strategies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// [`CALIBRATION_SCHEMA`].
    pub schema: u32,
    /// The machine for which the calibration is valid.
    pub host: HostId,
    /// Time of the measurement, in seconds since 1970 (0 if unknown).
    pub unix_time: u64,
    /// Whether a probe or a whole calibration measured it. Records without the field are whole ones.
    #[serde(default)]
    pub source: CostSource,
    /// Coefficients for plans.
    pub model: BackendCostModel,
    /// Times for [`StrategyModel`](crate::picker::StrategyModel).
    pub samples: Vec<Sample>,
}

impl Calibration {
    /// Reads and validates a record.
    ///
    /// # Errors
    /// [`Error::Record`] if the text is not JSON of this schema or contains invalid values.
    pub fn from_json(text: &str) -> Result<Self> {
        let record: Self =
            serde_json::from_str(text).map_err(|e| Error::record("calibration", e.to_string()))?;
        record.validate()?;
        Ok(record)
    }

    /// Returns the record as JSON.
    ///
    /// # Errors
    /// [`Error::Record`] if the record is not valid.
    pub fn to_json(&self) -> Result<String> {
        self.validate()?;
        serde_json::to_string_pretty(self).map_err(|e| Error::record("calibration", e.to_string()))
    }

    /// Rejects other schemas, invalid coefficients and invalid samples.
    ///
    /// # Errors
    /// [`Error::Record`] with the value.
    pub fn validate(&self) -> Result<()> {
        let fail = |reason: String| Err(Error::record("calibration", reason));
        if self.schema != CALIBRATION_SCHEMA {
            return fail(format!("schema {} instead of {CALIBRATION_SCHEMA}", self.schema));
        }
        if self.model.class != self.host.class {
            return fail(format!("a {} model for a {} device", self.model.class, self.host.class));
        }
        if self.source == CostSource::Shipped {
            return fail("a record of shipped coefficients".to_owned());
        }
        self.model.validate()?;
        let possible = |s: &&Sample| {
            let counts = [s.n_fft, s.segments, s.k, s.batch, s.threads];
            !counts.contains(&0) && s.ns.is_normal() && s.ns > 0.0
        };
        match self.samples.iter().find(|s| !possible(s)) {
            Some(sample) => fail(format!("invalid sample {sample:?}")),
            None => Ok(()),
        }
    }

    /// Checks whether the calibration is valid on this host.
    ///
    /// # Errors
    /// The first difference.
    pub fn matches(&self, host: &HostId) -> std::result::Result<(), Mismatch> {
        let threads = (self.host.threads.to_string(), host.threads.to_string());
        let class = (self.host.class.to_string(), host.class.to_string());
        let fields = [
            ("device class", &class.0, &class.1),
            ("device", &self.host.device, &host.device),
            ("driver", &self.host.driver, &host.driver),
            ("ISA", &self.host.isa, &host.isa),
            ("threads", &threads.0, &threads.1),
            ("program version", &self.host.program_version, &host.program_version),
        ];
        match fields.into_iter().find(|(_, recorded, here)| recorded != here) {
            None => Ok(()),
            Some((field, recorded, here)) => {
                Err(Mismatch { field, recorded: recorded.clone(), host: here.clone() })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Calibration {
        let host = HostId {
            class: DeviceClass::Cpu,
            device: "Some CPU @ 2.0 GHz/x".to_owned(),
            driver: String::new(),
            isa: "avx2".to_owned(),
            threads: 4,
            program_version: "0.1.0".to_owned(),
        };
        let strategy = WelchPeaksStrategy::RlxCompiled;
        let sample = Sample { strategy, n_fft: 256, segments: 2, k: 16, batch: 64, threads: 1, ns: 1234.5 };
        let model = BackendCostModel::shipped(DeviceClass::Cpu);
        Calibration {
            schema: CALIBRATION_SCHEMA,
            host,
            unix_time: 0,
            source: CostSource::Measured,
            model,
            samples: vec![sample],
        }
    }

    #[test]
    fn json_round_trip_and_corruption() {
        let json = record().to_json().unwrap();
        assert_eq!(Calibration::from_json(&json).unwrap(), record());
        for (from, to) in [
            ("\"schema\": 1", "\"schema\": 9"),
            ("1234.5", "-1"),
            ("1234.5", "null"),
            ("\"n_fft\": 256", "\"n_fft\": 0"),
            ("\"class\": \"cpu\"", "\"class\": \"cuda\""),
            ("\"flops_per_ns\": 6.0", "\"flops_per_ns\": 0"),
            ("\"samples\"", "\"simples\""),
            ("\"source\": \"measured\"", "\"source\": \"shipped\""),
        ] {
            assert!(json.contains(from), "{from}");
            assert!(Calibration::from_json(&json.replacen(from, to, 1)).is_err(), "{to}");
        }
        let older = json.replacen("  \"source\": \"measured\",\n", "", 1);
        assert!(older.len() < json.len());
        assert_eq!(Calibration::from_json(&older).unwrap(), record());
        for text in ["", "{", "[]", "null", &json[..json.len() / 2]] {
            assert!(Calibration::from_json(text).is_err());
        }
    }

    #[test]
    fn another_machine_or_version_does_not_match() {
        let record = record();
        record.matches(&record.host.clone()).unwrap();
        let newer = HostId { program_version: "0.2.0".to_owned(), ..record.host.clone() };
        let mismatch = record.matches(&newer).unwrap_err();
        assert_eq!(mismatch.to_string(), "calibrated for program version \"0.1.0\", this is \"0.2.0\"");
        for other in [
            HostId { class: DeviceClass::Wgpu, ..record.host.clone() },
            HostId { device: "x".to_owned(), ..record.host.clone() },
            HostId { driver: "x".to_owned(), ..record.host.clone() },
            HostId { isa: "x".to_owned(), ..record.host.clone() },
            HostId { threads: 2, ..record.host.clone() },
        ] {
            assert!(record.matches(&other).is_err());
            assert_ne!(other.file_name(), record.host.file_name());
        }
    }

    #[test]
    fn file_names_are_safe() {
        let name = record().host.file_name();
        assert!(
            name.starts_with("cpu-some-cpu---2.0-ghz-x-avx2-0.1.0-") && name.ends_with(".json"),
            "{name}"
        );
        let odd = HostId { device: "../../ü".repeat(60), ..record().host };
        assert!(odd.file_name().is_ascii() && odd.file_name().len() < 128);
        assert!(!odd.file_name().contains('/'));
    }
}
