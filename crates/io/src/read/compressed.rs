//! gzip and zstd around any other format, unpacked as it is read.

use super::source::Source;
#[cfg(not(target_arch = "wasm32"))]
use super::zstd::Frames;
use crate::{Error, Place, Result};
use flate2::read::MultiGzDecoder;
use std::io::Read;
use std::path::Path;

/// Formats that must be sought are unpacked to a temporary file of at most this size.
const SPOOL_LIMIT: u64 = 4 << 30;

/// Extensions of compressed files.
const EXTENSIONS: [&str; 4] = ["gz", "gzip", "zst", "zstd"];

/// Returns the name without the compression's extension: `a.csv` of `a.csv.gz`.
pub(super) fn inner_name(path: &Path) -> &Path {
    let compressed = path
        .extension()
        .and_then(|e| e.to_str())
        .is_some_and(|e| EXTENSIONS.contains(&e.to_ascii_lowercase().as_str()));
    match path.file_stem() {
        Some(stem) if compressed => Path::new(stem),
        _ => path,
    }
}

/// Returns whether the name is that of a compressed file.
pub(super) fn is_named(path: &Path) -> bool {
    inner_name(path) != path
}

/// Returns the unpacked stream of a compressed source; any other as it is.
pub(super) fn unpacked(mut source: Source) -> Result<Source> {
    let name = source.name().to_owned();
    let head = source.peek_some(4)?;
    let stream: Box<dyn Read + Send> = match *head {
        [0x1f, 0x8b, 8, ..] => Box::new(MultiGzDecoder::new(source)),
        #[cfg(not(target_arch = "wasm32"))]
        [0x28, 0xb5, 0x2f, 0xfd] => Box::new(Frames::new(source)),
        #[cfg(target_arch = "wasm32")]
        [0x28, 0xb5, 0x2f, 0xfd] => {
            let reason = "zstd is not unpacked in a page: unpack the file first";
            return Err(Error::unsupported(&name, Place::File, reason));
        }
        _ => return Ok(source),
    };
    let mut unpacked = Source::from_read(name.clone(), stream);
    unpacked.limit_spool(SPOOL_LIMIT);
    // A compressed file in a compressed one is a bomb or a mistake.
    if matches!(*unpacked.peek_some(4)?, [0x1f, 0x8b, 8, ..] | [0x28, 0xb5, 0x2f, 0xfd]) {
        let reason = "a compressed file in a compressed file: unpack it once first";
        return Err(Error::unsupported(&name, Place::File, reason));
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(inner_name(Path::new("/a/b.csv.gz")), Path::new("b.csv"));
        assert_eq!(inner_name(Path::new("b.npy.ZST")), Path::new("b.npy"));
        assert_eq!(inner_name(Path::new("/a/b.csv")), Path::new("/a/b.csv"));
    }
}
