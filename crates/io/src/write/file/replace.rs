//! Replaces an existing file by a finished one.

use std::fs::File;
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::Path;

/// Gives `fresh` the owner and the mode of `old`; fails if this process is not permitted to.
pub(super) fn inherit(fresh: &File, old: &File) -> io::Result<()> {
    let meta = old.metadata()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let own = fresh.metadata()?;
        if (own.uid(), own.gid()) != (meta.uid(), meta.gid()) {
            fchown(fresh, Some(meta.uid()), Some(meta.gid()))?;
        }
    }
    // After the owner, because a change of owner clears mode bits.
    fresh.set_permissions(meta.permissions())
}

/// Returns whether the directory is not writable, although a file in it may be.
pub(super) fn is_refused(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

/// Copies a finished file over the content of an existing one.
pub(super) fn copy_into(from: &mut File, mut target: File) -> io::Result<()> {
    from.seek(SeekFrom::Start(0))?;
    target.seek(SeekFrom::Start(0))?;
    let len = io::copy(from, &mut target)?;
    target.set_len(len)?;
    target.flush()?;
    target.sync_all()
}

/// Makes the rename durable. Errors are ignored: not every file system supports this, and the data is safe either
/// way.
pub(super) fn sync_directory(target: &Path) {
    if let Some(parent) = target.parent() {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        if let Ok(directory) = File::open(parent) {
            let _ = directory.sync_all();
        }
    }
}
