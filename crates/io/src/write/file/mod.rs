//! Output files that appear complete under their name, or not at all.

mod identity;
mod replace;
mod target;
mod temporary;

pub use identity::FileId;
pub use temporary::remove_unfinished;

use super::{Error, Result};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use target::Target;
use temporary::Temporary;

/// A file under construction: bytes go to a temporary file in the same directory, and [`commit`](Self::commit)
/// renames it over the final name. If it is dropped earlier, no file is left.
///
/// A file that exists keeps its mode and its owner. Links are treated as `cp` treats them: a link to a file is
/// followed, a dangling link and a loop of links are refused. If a rename would lose properties (other names of the
/// same file, an owner that this process may not set), or if the directory is not writable, the finished bytes are
/// copied into the existing file at [`commit`](Self::commit). A target that is not a regular file (a terminal, a
/// pipe, `/dev/null`) is written directly, because it cannot be replaced.
#[derive(Debug)]
pub struct OutputFile {
    shown: String,
    file: BufWriter<File>,
    place: Place,
}

/// Location of the bytes until commit, and how they are moved to the target.
#[derive(Debug)]
enum Place {
    /// Written directly.
    Direct,
    /// A temporary file beside the target takes the target's name.
    Rename(Temporary, PathBuf),
    /// A temporary file without a name is copied into the existing target, which is open.
    Copy(File),
}

impl OutputFile {
    /// Opens a temporary file beside `path`.
    ///
    /// # Errors
    /// The directory does not exist or is not writable, the file exists and is not writable, or `path` is a
    /// directory, a dangling link or a loop of links.
    pub fn create(path: &Path) -> Result<Self> {
        let shown = path.display().to_string();
        let (file, place) = Self::open(path).map_err(|source| Error::io(&shown, source))?;
        Ok(Self { shown, file: BufWriter::new(file), place })
    }

    fn open(path: &Path) -> io::Result<(File, Place)> {
        match Target::of(path)? {
            Target::Device(file) => Ok((file, Place::Direct)),
            Target::New(path) => {
                let (temporary, file) = Temporary::beside(&path)?;
                Ok((file, Place::Rename(temporary, path)))
            }
            Target::Existing { file, only_copy: true, .. } => Ok((tempfile::tempfile()?, Place::Copy(file))),
            Target::Existing { path, file, only_copy: false } => match Temporary::beside(&path) {
                Ok((temporary, fresh)) if replace::inherit(&fresh, &file).is_ok() => {
                    Ok((fresh, Place::Rename(temporary, path)))
                }
                Ok(_) => Ok((tempfile::tempfile()?, Place::Copy(file))),
                Err(error) if replace::is_refused(&error) => Ok((tempfile::tempfile()?, Place::Copy(file))),
                Err(error) => Err(error),
            },
        }
    }

    /// Returns the name as the user gave it.
    pub fn name(&self) -> &str {
        &self.shown
    }

    /// Flushes all bytes to the disk and gives the file its final name.
    ///
    /// # Errors
    /// The disk is full or the rename fails; the temporary file is then removed and an existing file of the same name
    /// is unchanged.
    pub fn commit(mut self) -> Result<()> {
        let shown = self.shown.clone();
        self.finish().map_err(|source| Error::io(shown, source))
    }

    fn finish(&mut self) -> io::Result<()> {
        self.file.flush()?;
        match std::mem::replace(&mut self.place, Place::Direct) {
            Place::Direct => Ok(()),
            Place::Rename(temporary, target) => {
                self.file.get_ref().sync_all()?;
                temporary.rename(&target)?;
                replace::sync_directory(&target);
                Ok(())
            }
            Place::Copy(target) => replace::copy_into(self.file.get_mut(), target),
        }
    }
}

impl Write for OutputFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.file.write(buf)
    }

    /// Files are flushed by `commit`; direct output is flushed now.
    fn flush(&mut self) -> io::Result<()> {
        match self.place {
            Place::Direct => self.file.flush(),
            Place::Rename(..) | Place::Copy(_) => Ok(()),
        }
    }
}

impl OutputFile {
    /// Replaces bytes that were written earlier, from byte `at` on, for headers that contain the length of the data.
    ///
    /// # Errors
    /// The target is not a regular file, or an error of the operating system.
    pub fn rewrite(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        use std::io::{Seek, SeekFrom};
        self.file.seek(SeekFrom::Start(at))?;
        self.file.write_all(bytes)?;
        self.file.seek(SeekFrom::End(0))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
