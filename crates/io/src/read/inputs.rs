//! From what a user names (files, directories, globs) to files.

use super::Format;
use crate::{Error, Place, Result};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What a list of names stands for. One bad name does not hide the others.
#[derive(Debug, Default)]
pub struct Expanded {
    /// The files, in the order named; a directory's and a glob's are sorted.
    pub files: Vec<PathBuf>,
    /// Names that stand for nothing and directories that cannot be listed.
    pub errors: Vec<Error>,
}

/// Finds the files that the names stand for: a file itself, a directory's files of the known extensions
/// (with those of its subdirectories, not following links to directories nor entering hidden ones), a glob's
/// matches (`*`, `?`, `[…]`, `**`), or `-` for standard input.
///
/// A name that exists is taken as it is, even if it has the signs of a glob in it.
pub fn expand_inputs<S: AsRef<OsStr>>(inputs: &[S]) -> Expanded {
    let mut found = Expanded::default();
    for input in inputs {
        let path = Path::new(input.as_ref());
        if path.as_os_str() == "-" {
            found.files.push(path.to_owned());
            continue;
        }
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => found.directory(path),
            Ok(_) => found.files.push(path.to_owned()),
            Err(error) => match path.to_str().filter(|text| text.contains(['*', '?', '['])) {
                Some(pattern) => found.glob(pattern),
                None => found.errors.push(Error::io(path, error)),
            },
        }
    }
    found
}

impl Expanded {
    fn directory(&mut self, path: &Path) {
        let before = (self.files.len(), self.errors.len());
        self.walk(path);
        if before == (self.files.len(), self.errors.len()) {
            let reason = "the directory has no file of a known extension";
            self.errors.push(Error::malformed(path, Place::File, reason));
        }
    }

    fn walk(&mut self, directory: &Path) {
        let entries = fs::read_dir(directory).and_then(|all| all.collect::<io::Result<Vec<_>>>());
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.errors.push(Error::io(directory, error)),
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.walk(&path),
                Ok(_) if Format::is_listed(&path) && !path.is_dir() => self.files.push(path),
                Ok(_) => {}
                Err(error) => self.errors.push(Error::io(path, error)),
            }
        }
    }

    fn glob(&mut self, pattern: &str) {
        match self.matches(pattern) {
            Ok(0) => {
                let reason = "no such file, and as a pattern it matches none";
                self.errors.push(Error::malformed(Path::new(pattern), Place::File, reason));
            }
            Ok(_) => {}
            Err(error) => self.errors.push(error),
        }
    }

    fn matches(&mut self, pattern: &str) -> Result<usize> {
        let paths =
            glob::glob(pattern).map_err(|e| Error::argument("input", format!("pattern '{pattern}': {e}")))?;
        let mut count = 0;
        for path in paths {
            count += 1;
            match path {
                Ok(path) if path.is_dir() => self.directory(&path),
                Ok(path) => self.files.push(path),
                Err(error) => self.errors.push(Error::io(error.path(), clone_io(error.error()))),
            }
        }
        Ok(count)
    }
}

fn clone_io(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}
