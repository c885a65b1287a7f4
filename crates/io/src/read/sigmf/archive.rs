//! SigMF archives (`.sigmf`): descriptions and samples as the members of one tar file.

use crate::read::source::Source;
use crate::{Error, Place, Result};
use std::path::PathBuf;

const BLOCK: u64 = 512;
/// Largest number of members that are inspected.
const MAX_MEMBERS: usize = 1 << 16;

/// Returns whether the bytes begin like a tar file.
pub(super) fn is_archive(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

/// A recording in an archive.
pub(super) struct Recording {
    pub(super) meta: Source,
    pub(super) data: Source,
}

/// Returns the recordings in the order of their descriptions; their names are `archive:member`.
pub(super) fn recordings(source: Source) -> Result<Vec<Recording>> {
    let archive = source.into_seekable(u64::MAX)?;
    let members = members(&archive)?;
    let part = |member: &Member| {
        let name = PathBuf::from(format!("{}:{}", archive.name().display(), member.name));
        archive.part(name, member.start, member.len)
    };
    let mut found = Vec::new();
    for member in &members {
        let Some(stem) = member.name.strip_suffix(".sigmf-meta") else { continue };
        let data = members.iter().find(|data| data.name.strip_suffix(".sigmf-data") == Some(stem));
        let Some(data) = data else {
            let reason = format!("the archive has {} and no {stem}.sigmf-data", member.name);
            return Err(Error::malformed(archive.name(), Place::File, reason));
        };
        if let (Some(meta), Some(data)) = (part(member), part(data)) {
            found.push(Recording { meta, data });
        }
    }
    if found.is_empty() {
        return Err(Error::malformed(archive.name(), Place::File, "the archive has no .sigmf-meta"));
    }
    Ok(found)
}

struct Member {
    name: String,
    start: u64,
    len: u64,
}

/// Returns the files of a tar archive; other entries are skipped.
fn members(archive: &Source) -> Result<Vec<Member>> {
    let mut at = 0;
    let mut members = Vec::new();
    let end = archive.len().unwrap_or(0);
    while let Some(mut source) = archive.part(archive.name().to_owned(), at, BLOCK).filter(|_| at < end) {
        let header: [u8; BLOCK as usize] = source.exact("a tar header")?;
        // Two empty blocks end an archive; one is accepted.
        if header.iter().all(|byte| *byte == 0) {
            break;
        }
        let bad = |reason: &str| Err(Error::malformed(archive.name(), Place::Byte(at), reason));
        if !is_archive(&header) {
            return bad("no tar header here");
        }
        let Some(len) = octal(&header[124..136]) else {
            return bad("the size of the member is not an octal number");
        };
        let start = at + BLOCK;
        if len > end.saturating_sub(start) {
            let reason = format!("the member at byte {at} claims {len} bytes, {} are there", end - start);
            return Err(Error::truncated(archive.name(), end, reason));
        }
        if matches!(header[156], b'0' | 0) {
            if members.len() == MAX_MEMBERS {
                return bad("too many members");
            }
            let (name, prefix) = (text(&header[..100]), text(&header[345..500]));
            let name = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            members.push(Member { name, start, len });
        }
        at = start + len.next_multiple_of(BLOCK);
    }
    Ok(members)
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?;
    u64::from_str_radix(text.trim_matches([' ', '\0']), 8).ok()
}
