//! Which format a file has: by its first bytes, then by its name.

use crate::Error;
use serde::{Serialize, Serializer};
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// Bytes that are enough to tell the formats apart.
pub(super) const PEEK: usize = 4096;

/// A format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names say it")]
pub enum Format {
    Raw,
    Wav,
    Aiff,
    Flac,
    Mp3,
    Ogg,
    Npy,
    Npz,
    Csv,
    Edf,
    Bdf,
    SigMf,
}

/// Names, and the extensions that directories are searched for.
const FORMATS: [(Format, &str, &[&str]); 12] = [
    (Format::Raw, "raw", &[]),
    (Format::Wav, "wav", &["wav", "wave", "bwf", "rf64"]),
    (Format::Aiff, "aiff", &["aiff", "aif", "aifc"]),
    (Format::Flac, "flac", &["flac"]),
    (Format::Mp3, "mp3", &["mp3"]),
    (Format::Ogg, "ogg", &["ogg", "oga"]),
    (Format::Npy, "npy", &["npy"]),
    (Format::Npz, "npz", &["npz"]),
    (Format::Csv, "csv", &["csv", "tsv"]),
    (Format::Edf, "edf", &["edf"]),
    (Format::Bdf, "bdf", &["bdf"]),
    (Format::SigMf, "sigmf", &["sigmf-meta", "sigmf"]),
];

impl Format {
    /// Every format.
    pub fn all() -> impl Iterator<Item = Self> {
        FORMATS.iter().map(|(format, _, _)| *format)
    }

    /// By the file's extension. `.txt` and `.dat` count as tables here, not in directories.
    pub fn from_extension(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "txt" | "dat" | "tab" => return Some(Self::Csv),
            "sigmf-data" => return Some(Self::SigMf),
            _ => {}
        }
        FORMATS.iter().find(|(_, _, all)| all.contains(&extension.as_str())).map(|(format, _, _)| *format)
    }

    /// Whether a directory that is searched would give this file.
    pub(super) fn is_listed(path: &Path) -> bool {
        let Some(extension) = path.extension().and_then(|e| e.to_str()) else { return false };
        let extension = extension.to_ascii_lowercase();
        FORMATS.iter().any(|(_, _, all)| all.contains(&extension.as_str()))
    }

    /// By the first bytes, with the name as a second opinion.
    pub(super) fn detect(head: &[u8], path: &Path) -> Option<Self> {
        let extension = Self::from_extension(path);
        // Sample data of a SigMF recording may begin with anything, so its name decides.
        if extension == Some(Self::SigMf) {
            return extension;
        }
        let tag = |at: usize, tag: &[u8]| head.get(at..at + tag.len()) == Some(tag);
        if (tag(0, b"RIFF") || tag(0, b"RF64") || tag(0, b"BW64") || tag(0, b"RIFX")) && tag(8, b"WAVE") {
            Some(Self::Wav)
        } else if tag(0, b"FORM") && (tag(8, b"AIFF") || tag(8, b"AIFC")) {
            Some(Self::Aiff)
        } else if tag(0, b"fLaC") {
            Some(Self::Flac)
        } else if tag(0, b"OggS") {
            Some(Self::Ogg)
        } else if tag(0, b"\x93NUMPY") {
            Some(Self::Npy)
        } else if tag(0, b"PK\x03\x04") || tag(0, b"PK\x05\x06") {
            Some(Self::Npz)
        } else if tag(0, b"\xffBIOSEMI") {
            Some(Self::Bdf)
        } else if tag(0, b"0       ") && head.len() >= 256 && head[..256].is_ascii() {
            Some(Self::Edf)
        } else if tag(0, b"ID3") {
            // The tag of MP3 files; some programs put it before FLAC too.
            Some(if extension == Some(Self::Flac) { Self::Flac } else { Self::Mp3 })
        } else if is_sigmf_meta(head) {
            Some(Self::SigMf)
        } else if extension.is_some() {
            extension
        } else if is_mp3_frame(head) {
            Some(Self::Mp3)
        } else if is_text(head) {
            Some(Self::Csv)
        } else {
            None
        }
    }
}

fn is_sigmf_meta(head: &[u8]) -> bool {
    head.trim_ascii_start().first() == Some(&b'{') && head.windows(13).any(|w| w == b"core:datatype")
}

/// Sync word of MPEG audio, layer III, with a possible bit rate and sample rate.
fn is_mp3_frame(head: &[u8]) -> bool {
    matches!(head, [0xff, b1, b2, ..] if b1 & 0xe6 == 0xe2 && b1 & 0x18 != 0x08
        && b2 >> 4 != 15 && b2 >> 4 != 0 && (b2 >> 2) & 3 != 3)
}

fn is_text(head: &[u8]) -> bool {
    !head.is_empty() && head.iter().all(|b| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..))
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(FORMATS.iter().find(|(format, _, _)| format == self).map_or("?", |(_, name, _)| name))
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let lower = text.to_ascii_lowercase();
        let alias = if lower == "tsv" { "csv" } else { &lower };
        FORMATS.iter().find(|(_, name, _)| *name == alias).map(|(format, _, _)| *format).ok_or_else(|| {
            let known: Vec<_> = FORMATS.iter().map(|(_, name, _)| *name).collect();
            Error::argument("format", format!("unknown format '{text}', known: {}", known.join(", ")))
        })
    }
}

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
