//! Where calibrations are kept.

use std::fs;
use std::path::{Path, PathBuf};

use rlx_compile::cost::{Calibration, CostSource, HostId};

use crate::error::{Error, Result};
use crate::whole_file::write_whole;

/// What was found for a host.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored {
    /// A calibration that holds here.
    Found(Box<Calibration>),
    /// None was made.
    None,
    /// A file that is corrupt or of another machine: reported, not used.
    Ignored {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl Stored {
    /// The calibration, if there is one that holds.
    pub fn calibration(&self) -> Option<&Calibration> {
        match self {
            Self::Found(calibration) => Some(calibration),
            Self::None | Self::Ignored { .. } => None,
        }
    }
}

/// The program's cache directory: `RLX_FFT_CACHE`, else `rlx-fft` in `XDG_CACHE_HOME`, `HOME/.cache` or
/// `LOCALAPPDATA`; `None` where none of them is set.
pub fn cache_dir() -> Option<PathBuf> {
    cache_dir_of(|name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from))
}

fn cache_dir_of(var: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let of_user = || {
        // The specification of base directories: a relative path is ignored.
        let xdg = var("XDG_CACHE_HOME").filter(|p| p.is_absolute());
        let home = || var("HOME").map(|h| h.join(".cache"));
        Some(xdg.or_else(home).or_else(|| var("LOCALAPPDATA"))?.join("rlx-fft"))
    };
    var("RLX_FFT_CACHE").or_else(of_user)
}

/// The file of a host's calibration below a cache directory.
pub fn calibration_path(dir: &Path, host: &HostId) -> PathBuf {
    dir.join("calibration").join(host.file_name())
}

/// The file of a host's probe below a cache directory.
pub(super) fn probe_path(dir: &Path, host: &HostId) -> PathBuf {
    dir.join("probe").join(host.file_name())
}

/// The calibration of a host from the user's cache.
pub fn load(host: &HostId) -> Stored {
    cache_dir().map_or(Stored::None, |dir| load_from(&dir, host))
}

/// The calibration of a host from this cache directory; where there is none, what a probe left there.
pub fn load_from(dir: &Path, host: &HostId) -> Stored {
    match read(calibration_path(dir, host), host) {
        Stored::None => read(probe_path(dir, host), host),
        stored => stored,
    }
}

fn read(path: PathBuf, host: &HostId) -> Stored {
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Stored::None,
        Err(error) => return Stored::Ignored { path, reason: error.to_string() },
    };
    let ignored = |reason: String| Stored::Ignored { path: path.clone(), reason };
    match Calibration::from_json(&text) {
        Err(error) => ignored(error.to_string()),
        Ok(record) => match record.matches(host) {
            Err(mismatch) => ignored(mismatch.to_string()),
            Ok(()) => Stored::Found(Box::new(record)),
        },
    }
}

/// Keeps a calibration in the user's cache and returns its file.
///
/// # Errors
/// No cache directory, an impossible record, what the file system says.
pub fn store(calibration: &Calibration) -> Result<PathBuf> {
    let dir = cache_dir().ok_or_else(|| {
        Error::unsupported(
            "no cache directory: none of RLX_FFT_CACHE, XDG_CACHE_HOME, HOME, LOCALAPPDATA is set",
        )
    })?;
    store_in(&dir, calibration)
}

/// [`store`] in this cache directory. The file is there whole or not at all.
///
/// # Errors
/// As there.
pub fn store_in(dir: &Path, calibration: &Calibration) -> Result<PathBuf> {
    let path = match calibration.source {
        CostSource::Probed => probe_path(dir, &calibration.host),
        CostSource::Shipped | CostSource::Measured => calibration_path(dir, &calibration.host),
    };
    let json = calibration.to_json()?;
    write_whole(&path, json.as_bytes()).map_err(|e| Error::file(&path, &e))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use rlx_compile::cost::CALIBRATION_SCHEMA;
    use rlx_compile::{BackendCostModel, DeviceClass};

    use super::*;
    use crate::devices;

    fn record() -> Calibration {
        let host = devices()[0].host_id();
        let model = BackendCostModel::shipped(DeviceClass::Cpu);
        Calibration {
            schema: CALIBRATION_SCHEMA,
            host,
            unix_time: 1,
            source: CostSource::Measured,
            model,
            samples: Vec::new(),
        }
    }

    #[test]
    fn kept_and_found_again_and_nothing_else_is_left() {
        let dir = std::env::temp_dir().join(format!("rlx-fft-store-{}", std::process::id()));
        let record = record();
        assert_eq!(load_from(&dir, &record.host), Stored::None);
        let path = store_in(&dir, &record).unwrap();
        assert_eq!(load_from(&dir, &record.host).calibration(), Some(&record));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);

        // A probe beside it is not looked at, and found where there is no calibration.
        let probe = Calibration { source: CostSource::Probed, unix_time: 2, ..record.clone() };
        store_in(&dir, &probe).unwrap();
        assert_eq!(load_from(&dir, &record.host).calibration(), Some(&record));
        fs::remove_file(&path).unwrap();
        assert_eq!(load_from(&dir, &record.host).calibration(), Some(&probe));

        // Corrupt, and another machine's under this one's name.
        fs::write(&path, "{ not json").unwrap();
        assert!(matches!(load_from(&dir, &record.host), Stored::Ignored { .. }));
        let foreign = HostId { device: "another".to_owned(), ..record.host.clone() };
        let other = Calibration { host: foreign, ..record.clone() };
        fs::write(&path, other.to_json().unwrap()).unwrap();
        match load_from(&dir, &record.host) {
            Stored::Ignored { reason, .. } => {
                assert!(reason.starts_with("calibrated for device"), "{reason}")
            }
            stored => panic!("{stored:?}"),
        }
        fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(load_from(&dir, &record.host).calibration().is_none());
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn the_directory_follows_the_environment() {
        let of = |set: &[(&str, &str)]| {
            let set: Vec<(String, PathBuf)> = set.iter().map(|(k, v)| ((*k).to_owned(), v.into())).collect();
            cache_dir_of(move |name| set.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone()))
        };
        assert_eq!(of(&[("RLX_FFT_CACHE", "/c"), ("HOME", "/h")]), Some("/c".into()));
        assert_eq!(of(&[("XDG_CACHE_HOME", "/x"), ("HOME", "/h")]), Some("/x/rlx-fft".into()));
        assert_eq!(of(&[("XDG_CACHE_HOME", "x"), ("HOME", "/h")]), Some("/h/.cache/rlx-fft".into()));
        assert_eq!(of(&[("LOCALAPPDATA", "/l")]), Some("/l/rlx-fft".into()));
        assert_eq!(of(&[]), None);
    }
}
