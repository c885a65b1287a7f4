//! The files of a call: no file may be an output twice, or both output and input.

use crate::app::Failure;
use crate::flags::Usage;
use rlx_io::write::{FileId, OutputFile};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Extensions of the files of a multi-file recording, which share its name.
const SIBLINGS: [&[&str]; 3] = [
    &["sigmf-meta", "sigmf-data", "sigmf-collection"],
    &["vhdr", "vmrk", "eeg", "avg", "seg"],
    &["hea", "dat", "atr", "mat", "edf"],
];

/// The files of a call, by identity and not by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files {
    /// Each file with the argument that names it, and whether it is written.
    known: HashMap<FileId, (String, bool)>,
    paths: Vec<PathBuf>,
}

impl Files {
    /// Adds an input, `-` for standard input, and the files that belong to it.
    pub(crate) fn reads(&mut self, argument: &str, path: &Path) {
        let id = if path.as_os_str() == "-" { FileId::of_stdin() } else { FileId::of(path) };
        self.note(argument, path, id);
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        let family = SIBLINGS.iter().find(|family| family.contains(&ending.as_str()));
        for sibling in family.iter().flat_map(|family| family.iter()).map(|e| path.with_extension(e)) {
            if sibling.is_file() {
                self.note(argument, &sibling, FileId::of(&sibling));
            }
        }
    }

    fn note(&mut self, argument: &str, path: &Path, id: Option<FileId>) {
        if let Some(id) = id {
            self.known.entry(id).or_insert_with(|| (argument.to_owned(), false));
            self.paths.push(path.to_owned());
        }
    }

    /// Adds an output.
    pub(crate) fn writes(&mut self, argument: &str, path: &Path) -> Result<(), Usage> {
        self.written(argument, path, &path.display().to_string(), FileId::of(path))
    }

    /// Adds standard output.
    pub(crate) fn writes_stdout(&mut self) -> Result<(), Usage> {
        self.written("--output", Path::new("-"), "standard output", FileId::of_stdout())
    }

    fn written(&mut self, argument: &str, path: &Path, shown: &str, id: Option<FileId>) -> Result<(), Usage> {
        let Some(id) = id else { return Ok(()) };
        match self.known.get(&id) {
            Some((other, written)) => {
                let kind = if *written { "output" } else { "input" };
                let reason = format!(
                    "{shown} is an {kind} of the same call too ({other}): one would destroy the other"
                );
                Err(Usage::new(argument, reason))
            }
            None => {
                self.known.insert(id, (argument.to_owned(), true));
                self.paths.push(path.to_owned());
                Ok(())
            }
        }
    }

    /// Adds one image per signal: the name of the second gets `-2`, and so on.
    pub(crate) fn writes_pictures(&mut self, argument: &str, path: &Path) -> Result<(), Usage> {
        let stem = format!("{}-", path.file_stem().unwrap_or_default().to_string_lossy());
        let further = |other: &Path| {
            let name = other.file_stem()?.to_string_lossy().into_owned();
            let number: u64 = name.strip_prefix(&stem)?.parse().ok()?;
            let picture = path.with_file_name(other.file_name()?);
            let same = other.extension() == path.extension() && FileId::of(&picture) == FileId::of(other);
            (same && number >= 2).then_some(picture)
        };
        if let Some(picture) = self.paths.iter().find_map(|other| further(other)) {
            let reason =
                format!("{} would be the name of a further picture: give another name", picture.display());
            return Err(Usage::new(argument, reason));
        }
        self.writes(argument, path)
    }
}

/// A file, if any, with the argument that names it.
pub(crate) type Named<'a> = (&'a str, Option<&'a Path>);

/// Rejects outputs that are inputs or equal each other, and outputs that cannot be written, before the work begins.
/// The images of a call are `pictures`, `pictures` with `-2`, and so on.
pub(crate) fn distinct<'a>(
    reads: &[Named<'a>],
    writes: &[Named<'a>],
    pictures: Option<&Path>,
) -> Result<(), Failure> {
    let mut files = Files::default();
    for (argument, path) in reads.iter().filter_map(|(argument, path)| Some((*argument, (*path)?))) {
        files.reads(argument, path);
    }
    for (argument, path) in writes.iter().filter_map(|(argument, path)| Some((*argument, (*path)?))) {
        files.writes(argument, path)?;
        drop(OutputFile::create(path)?);
    }
    if let Some(path) = pictures {
        files.writes_pictures("--plot", path)?;
        drop(OutputFile::create(path)?);
    }
    Ok(())
}
