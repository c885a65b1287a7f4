//! Temporary files with a name, which are gone after the process in every case but its sudden death.

use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::BuildHasher;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Temporary files that exist now, for [`remove_unfinished`].
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Names that are tried before giving up: with 64 random bits the second one is rarely needed.
const ATTEMPTS: usize = 100;

/// Removes the temporary files of every [`OutputFile`](super::OutputFile) that was not committed.
///
/// For a program's signal handler: destructors do not run when a process exits. Afterwards no output file can be
/// created or committed any more: threads that try it wait for the end.
pub fn remove_unfinished() {
    let mut paths = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
    for path in paths.drain(..) {
        // Nothing sensible can be done about a failure here: the process is going away.
        let _ = fs::remove_file(path);
    }
    std::mem::forget(paths);
}

/// A temporary file's name. Dropped, the file is removed.
#[derive(Debug)]
pub(super) struct Temporary(PathBuf);

impl Temporary {
    /// Returns a new file in the directory of `target`, hidden, under a name that nobody else has: a name that
    /// depended on the process's number would come again in a container.
    pub(super) fn beside(target: &Path) -> io::Result<(Self, File)> {
        // Listed before anyone can see that it exists.
        let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..ATTEMPTS {
            let path =
                target.with_file_name(format!(".rlx-fft-{:016x}.tmp", RandomState::new().hash_one(())));
            match OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
                Ok(file) => {
                    unfinished.push(path.clone());
                    return Ok((Self(path), file));
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::new(ErrorKind::AlreadyExists, "no free name for a temporary file"))
    }

    /// Gives the file its final name.
    pub(super) fn rename(self, target: &Path) -> io::Result<()> {
        let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
        fs::rename(&self.0, target)?;
        unfinished.retain(|path| *path != self.0);
        drop(unfinished);
        std::mem::forget(self);
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = fs::remove_file(&self.0);
        unfinished.retain(|path| *path != self.0);
    }
}
