//! Named temporary files, which are removed at the end of the process unless it is killed.

use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::BuildHasher;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Existing temporary files, for [`remove_unfinished`].
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Largest number of names that are tried.
const ATTEMPTS: usize = 100;

/// Removes the temporary files of every [`OutputFile`](super::OutputFile) that was not committed.
///
/// For the signal handler of a program, because destructors do not run when a process exits. Afterwards no output
/// file can be created or committed: threads that try to wait until the process ends.
pub fn remove_unfinished() {
    let mut paths = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
    for path in paths.drain(..) {
        // A failure cannot be handled here: the process is ending.
        let _ = fs::remove_file(path);
    }
    std::mem::forget(paths);
}

/// A temporary file's name. Dropping it removes the file.
#[derive(Debug)]
pub(super) struct Temporary(PathBuf);

impl Temporary {
    /// Returns a new file in the directory of `target`, hidden, under a random name; a name with the process number
    /// would recur in a container.
    pub(super) fn beside(target: &Path) -> io::Result<(Self, File)> {
        // Registered before the file exists.
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
