//! Files that appear whole under their name, or not at all.

use super::{Error, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Temporary files that exist now, for [`remove_unfinished`].
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// Removes the temporary files of every [`OutputFile`] that was not committed.
///
/// For a program's interrupt handler: destructors do not run when a process exits.
pub fn remove_unfinished() {
    for path in UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        // Nothing sensible can be done about a failure here: the process is going away.
        let _ = fs::remove_file(path);
    }
}

/// A file under construction: bytes go to a temporary file in the same directory, and
/// [`commit`](Self::commit) renames it over the final name. Dropped before that, it leaves nothing.
///
/// A target that exists and is not a regular file (a terminal, a pipe, `/dev/null`) is written
/// directly: it cannot be replaced, only fed.
#[derive(Debug)]
pub struct OutputFile {
    shown: String,
    file: BufWriter<File>,
    /// (temporary, final) names; `None` where the target is written directly.
    rename: Option<(PathBuf, PathBuf)>,
}

impl OutputFile {
    /// Opens a temporary file beside `path`.
    ///
    /// # Errors
    /// The directory does not exist or may not be written to, or `path` is a directory.
    pub fn create(path: &Path) -> Result<Self> {
        let shown = path.display().to_string();
        let fail = |source| Error::io(&shown, source);
        // A link keeps pointing where it points: its target is what is replaced.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        match fs::metadata(&target) {
            Ok(meta) if meta.is_dir() => return Err(fail(io::ErrorKind::IsADirectory.into())),
            Ok(meta) if !meta.is_file() => {
                let file = OpenOptions::new().write(true).open(&target).map_err(fail)?;
                return Ok(Self { shown, file: BufWriter::new(file), rename: None });
            }
            _ => {}
        }
        if target.file_name().is_none() {
            return Err(fail(io::ErrorKind::InvalidFilename.into()));
        }
        let n = COUNTER.fetch_add(1, Ordering::Relaxed);
        let temporary = target.with_file_name(format!(".rlx-fft-{}-{n}.tmp", std::process::id()));
        let file = OpenOptions::new().write(true).create_new(true).open(&temporary).map_err(fail)?;
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).push(temporary.clone());
        Ok(Self { shown, file: BufWriter::new(file), rename: Some((temporary, target)) })
    }

    /// The name as the user gave it.
    pub fn name(&self) -> &str {
        &self.shown
    }

    /// Brings every byte to the disk and gives the file its final name.
    ///
    /// # Errors
    /// The disk is full or the rename is refused; the temporary file is then removed and an older file
    /// of the same name is untouched.
    pub fn commit(mut self) -> Result<()> {
        let shown = self.shown.clone();
        self.finish().map_err(|source| Error::io(shown, source))
    }

    fn finish(&mut self) -> io::Result<()> {
        self.file.flush()?;
        let Some((temporary, target)) = &self.rename else { return Ok(()) };
        let file = self.file.get_ref();
        if let Ok(meta) = fs::metadata(target) {
            file.set_permissions(meta.permissions())?;
        }
        file.sync_all()?;
        fs::rename(temporary, target)?;
        sync_directory(target);
        forget(temporary);
        self.rename = None;
        Ok(())
    }
}

impl Write for OutputFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.file.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        if let Some((temporary, _)) = self.rename.take() {
            let _ = fs::remove_file(&temporary);
            forget(&temporary);
        }
    }
}

fn forget(temporary: &Path) {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).retain(|p| p != temporary);
}

/// Makes the rename itself durable. Not every file system can, and the data is safe either way.
fn sync_directory(target: &Path) {
    if let Some(parent) = target.parent() {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        if let Ok(directory) = File::open(parent) {
            let _ = directory.sync_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("rlx-io-atomic-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        dir
    }

    #[test]
    fn committed_file_replaces_the_old_one_and_leaves_no_temporary() {
        let dir = folder("commit");
        let path = dir.join("out.csv");
        fs::write(&path, "old").unwrap();
        let mut out = OutputFile::create(&path).unwrap();
        out.write_all(b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        out.commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn dropped_file_leaves_nothing() {
        let dir = folder("drop");
        let mut out = OutputFile::create(&dir.join("out.csv")).unwrap();
        out.write_all(b"half").unwrap();
        drop(out);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
        fs::remove_dir_all(dir).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_and_a_device_is_fed() {
        let dir = folder("link");
        let real = dir.join("real");
        let link = dir.join("link");
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let mut out = OutputFile::create(&link).unwrap();
        out.write_all(b"new").unwrap();
        out.commit().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        let mut null = OutputFile::create(Path::new("/dev/null")).unwrap();
        null.write_all(b"gone").unwrap();
        null.commit().unwrap();
        fs::remove_dir_all(dir).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn full_disk_is_said_so() {
        let mut out = OutputFile::create(Path::new("/dev/full")).unwrap();
        out.write_all(b"x").unwrap();
        let message = out.commit().unwrap_err().to_string();
        assert!(message.contains("/dev/full") && message.contains("disk is full"), "{message}");
    }
}
