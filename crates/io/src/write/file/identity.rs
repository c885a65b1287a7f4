//! Identity of files, to detect two names of the same file.

use std::fs;
use std::path::{Path, PathBuf};

/// Identity of a file, independent of its names and links.
///
/// Terminals, `/dev/null` and other character devices have none: they may be read and written at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(Inner);

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Inner {
    /// Device and inode.
    #[cfg(unix)]
    Node(u64, u64),
    /// The canonical path; for a file that does not exist, the canonical path of its directory and its name.
    Path(PathBuf),
}

impl FileId {
    /// Returns the identity of the file of this name, or the one that it would have once created.
    pub fn of(path: &Path) -> Option<Self> {
        match fs::metadata(path) {
            Ok(meta) => Self::of_existing(path, &meta),
            Err(_) => {
                let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
                let directory = fs::canonicalize(parent.unwrap_or(Path::new("."))).ok()?;
                Some(Self(Inner::Path(directory.join(path.file_name()?))))
            }
        }
    }

    /// Returns the identity of standard input, if it is a file or a pipe.
    pub fn of_stdin() -> Option<Self> {
        Self::of_stream("/dev/stdin")
    }

    /// Returns the identity of standard output, if it is a file or a pipe.
    pub fn of_stdout() -> Option<Self> {
        Self::of_stream("/dev/stdout")
    }

    fn of_stream(name: &str) -> Option<Self> {
        let path = Path::new(name);
        Self::of_existing(path, &fs::metadata(path).ok()?)
    }

    #[cfg(unix)]
    fn of_existing(_path: &Path, meta: &fs::Metadata) -> Option<Self> {
        use std::os::unix::fs::{FileTypeExt, MetadataExt};
        let kind = meta.file_type();
        if kind.is_char_device() || kind.is_socket() || kind.is_dir() {
            return None;
        }
        Some(Self(Inner::Node(meta.dev(), meta.ino())))
    }

    #[cfg(not(unix))]
    fn of_existing(path: &Path, meta: &fs::Metadata) -> Option<Self> {
        if !meta.is_file() {
            return None;
        }
        Some(Self(Inner::Path(fs::canonicalize(path).ok()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_a_file_is_the_same_file() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("a"), "x").unwrap();
        fs::write(at("b"), "x").unwrap();
        fs::create_dir(at("sub")).unwrap();
        let a = FileId::of(&at("a")).unwrap();
        assert_eq!(FileId::of(&at("sub/../a")), Some(a.clone()));
        assert_ne!(FileId::of(&at("b")), Some(a.clone()));
        // Also for files that do not exist.
        assert_eq!(FileId::of(&at("sub/../new")), FileId::of(&at("new")));
        assert_ne!(FileId::of(&at("new")), FileId::of(&at("newer")));
        assert_eq!(FileId::of(&at("no/such/folder")), None);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("a"), at("soft")).unwrap();
            fs::hard_link(at("a"), at("hard")).unwrap();
            std::os::unix::fs::symlink(at("."), at("here")).unwrap();
            for way in ["soft", "hard", "here/a", "here/here/soft"] {
                assert_eq!(FileId::of(&at(way)), Some(a.clone()), "{way}");
            }
            assert_eq!(FileId::of(Path::new("/dev/null")), None);
        }
    }
}
