//! Inspects the target before writing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The existing file under a name.
pub(super) enum Target {
    /// Nothing.
    New(PathBuf),
    /// A writable regular file, with links resolved.
    Existing {
        path: PathBuf,
        file: File,
        /// Whether it has other names, which a rename would detach.
        only_copy: bool,
    },
    /// A device or a pipe.
    Device(File),
}

impl Target {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let meta = match fs::metadata(path) {
            Ok(meta) => meta,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if fs::symlink_metadata(path).is_ok() {
                    let reason =
                        "is a link to a file that does not exist: name that file, or remove the link";
                    return Err(io::Error::new(ErrorKind::NotFound, reason));
                }
                if path.file_name().is_none() {
                    return Err(ErrorKind::InvalidFilename.into());
                }
                return Ok(Self::New(path.to_path_buf()));
            }
            Err(error) => return Err(error),
        };
        if meta.is_dir() {
            return Err(ErrorKind::IsADirectory.into());
        }
        let file = OpenOptions::new().write(true).open(path)?;
        if !meta.is_file() {
            return Ok(Self::Device(file));
        }
        // The target of a link is replaced; the link is kept.
        let path = fs::canonicalize(path)?;
        Ok(Self::Existing { path, file, only_copy: has_other_names(&meta) })
    }
}

#[cfg(unix)]
fn has_other_names(meta: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(meta) > 1
}

#[cfg(not(unix))]
fn has_other_names(_meta: &fs::Metadata) -> bool {
    false
}
