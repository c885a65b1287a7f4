//! Expands the user's inputs (files, directories, globs) to files.

use super::Format;
use crate::{Error, Place, Result};
use glob::{MatchOptions, Pattern};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The expansion of a list of names. One invalid name does not affect the others.
#[derive(Debug, Default)]
pub struct Expanded {
    /// The files, in the order named; a directory's and a glob's are sorted.
    pub files: Vec<PathBuf>,
    /// Names without a match and directories that cannot be listed.
    pub errors: Vec<Error>,
}

/// Expands names to files: a file itself, a directory's files of the known extensions (with those of its
/// subdirectories, not following links to directories nor entering hidden ones), a glob's matches (`*`, `?`, `[…]`,
/// and `**`, which enters what a directory does), or `-` for standard input. Directories and globs yield regular
/// files only; a pipe or a device is read only if it is named itself.
///
/// A name that exists is used as it is, even if it contains glob characters.
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
                // Links to files count as files; pipes and devices might never end and were not named.
                Ok(_) if Format::is_listed(&path) && path.is_file() => self.files.push(path),
                Ok(_) => {}
                Err(error) => self.errors.push(Error::io(path, error)),
            }
        }
    }

    fn glob(&mut self, pattern: &str) {
        match self.matches(pattern) {
            Ok(0) => {
                let reason = "no such file, and no file matches it as a pattern";
                self.errors.push(Error::malformed(Path::new(pattern), Place::File, reason));
            }
            Ok(_) => {}
            Err(error) => self.errors.push(error),
        }
    }

    fn matches(&mut self, pattern: &str) -> Result<usize> {
        if pattern.contains("**") {
            return self.deep_matches(pattern);
        }
        let paths =
            glob::glob(pattern).map_err(|e| Error::argument("input", format!("pattern '{pattern}': {e}")))?;
        let mut count = 0;
        for path in paths {
            count += 1;
            match path {
                Ok(path) if path.is_dir() => self.directory(&path),
                Ok(path) if path.is_file() => self.files.push(path),
                Ok(_) => {}
                Err(error) => self.errors.push(Error::io(error.path(), clone_io(error.error()))),
            }
        }
        Ok(count)
    }

    /// Expands `**`: every directory below, without following links to directories, which could form a cycle.
    fn deep_matches(&mut self, pattern: &str) -> Result<usize> {
        let refuse = |e: glob::PatternError| Error::argument("input", format!("pattern '{pattern}': {e}"));
        let wanted = Pattern::new(pattern).map_err(refuse)?;
        let literal = |part: &Component<'_>| !part.as_os_str().to_string_lossy().contains(['*', '?', '[']);
        let base: PathBuf = Path::new(pattern).components().take_while(literal).collect();
        let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
        let mut found = Vec::new();
        let mut waiting = vec![base];
        while let Some(directory) = waiting.pop() {
            let shown = if directory.as_os_str().is_empty() { Path::new(".") } else { &directory };
            let entries = fs::read_dir(shown).and_then(|all| all.collect::<io::Result<Vec<_>>>());
            let entries = match entries {
                Ok(entries) => entries,
                // Only directories have entries.
                Err(error) if error.kind() == io::ErrorKind::NotADirectory => continue,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => {
                    self.errors.push(Error::io(shown, error));
                    continue;
                }
            };
            for entry in entries {
                let path = directory.join(entry.file_name());
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    waiting.push(path);
                } else if wanted.matches_path_with(&path, options) && path.is_file() {
                    found.push(path);
                }
            }
        }
        found.sort();
        let count = found.len();
        self.files.append(&mut found);
        Ok(count)
    }
}

fn clone_io(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}
