//! What a name stands for before it is written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// What is there under a name.
pub(super) enum Target {
    /// Nothing.
    New(PathBuf),
    /// A regular file that may be written to, links resolved.
    Existing {
        path: PathBuf,
        file: File,
        /// It has other names, which a rename would cut off.
        only_copy: bool,
    },
    /// Something that is fed.
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
        // The target of a link is what is replaced; the link keeps pointing where it points.
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
