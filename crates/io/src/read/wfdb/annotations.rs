//! The reference annotations of a record (`.atr`), in the MIT format of the WFDB applications guide, annot(5).
//!
//! ```text
//! word, 16 bits, little-endian = code · 1024 + interval in samples since the annotation before
//! code 59 (SKIP)   4 bytes follow: an interval of 32 bits, the high word first
//!      60 … 62     number, subtype, channel: attributes of the annotation before
//!      63 (AUX)    a text of `interval` bytes follows, padded to an even number
//!      0           not an annotation; only its interval counts
//! word 0           the end
//! ```

use crate::read::Annotation;
use crate::read::source::Beside;
use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// Largest size of a file of annotations.
const MAX_BYTES: u64 = 256 << 20;
/// Largest number of annotations that are kept per file.
const MAX: usize = 1 << 20;

/// Symbols of the codes, by number; an empty one has no meaning of its own.
const SYMBOLS: [&str; 42] = [
    "", "N", "L", "R", "a", "V", "F", "J", "A", "S", "E", "j", "/", "Q", "~", "", "|", "", "s", "T", "*",
    "D", "\"", "=", "p", "B", "^", "t", "+", "u", "?", "!", "[", "]", "e", "n", "@", "x", "f", "(", ")", "r",
];
const NOTE: u16 = 22;

/// Where the annotations of a record are.
#[derive(Clone)]
pub(super) struct AnnotationFile {
    path: PathBuf,
    /// Samples per second in which times are counted unless the file states others.
    rate: f64,
    files: Option<Beside>,
}

impl AnnotationFile {
    /// Returns the file that belongs to a header; none if there are no other files.
    pub(super) fn of(header: &Path, rate: f64, files: Option<&Beside>) -> Self {
        Self { path: header.with_extension("atr"), rate, files: files.cloned() }
    }
}

/// Returns the annotations; none if there is no such file.
pub(super) fn read(file: &AnnotationFile) -> Result<Vec<Annotation>> {
    let Some(files) = &file.files else { return Ok(Vec::new()) };
    match files.open(&file.path) {
        Ok(mut source) => Ok(parse(&source.text(MAX_BYTES)?, file.rate)),
        Err(Error::Io { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Returns the annotations of a file, up to where it ends or is cut.
pub(super) fn parse(bytes: &[u8], rate: f64) -> Vec<Annotation> {
    let mut raw: Vec<(i64, u16, String)> = Vec::new();
    let (mut at, mut time) = (0, 0i64);
    let word = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    while let Some(head) = word(at).filter(|head| *head != 0) {
        at += 2;
        let (code, interval) = (head >> 10, head & 0x3ff);
        match code {
            59 => {
                let (Some(high), Some(low)) = (word(at), word(at + 2)) else { break };
                at += 4;
                time = time.saturating_add(i64::from((u32::from(high) << 16 | u32::from(low)).cast_signed()));
            }
            60..=62 => {}
            // wfdb writes one behind the resolution of time.
            0 => time = time.saturating_add(i64::from(interval)),
            63 => {
                let len = usize::from(interval);
                let Some(text) = bytes.get(at..at + len) else { break };
                at += len + len % 2;
                if let Some((_, _, aux)) = raw.last_mut() {
                    *aux = String::from_utf8_lossy(text).trim_end_matches('\0').to_owned();
                }
            }
            code => {
                if raw.len() == MAX {
                    break;
                }
                time = time.saturating_add(i64::from(interval));
                raw.push((time, code, String::new()));
            }
        }
    }
    let mut rate = rate;
    let mut defines = false;
    let mut found = Vec::new();
    for (time, code, aux) in raw {
        // Notes at the start describe the file itself.
        if code == NOTE && time == 0 && (aux.starts_with("## ") || defines) {
            if let Some(stated) = aux.strip_prefix("## time resolution:").map(str::trim) {
                rate = stated.parse().ok().filter(|r: &f64| *r > 0.0 && r.is_finite()).unwrap_or(rate);
            }
            defines = (defines || aux.starts_with("## annotation type definitions"))
                && !aux.starts_with("## end of definitions");
            continue;
        }
        let symbol = SYMBOLS.get(usize::from(code)).copied().filter(|symbol| !symbol.is_empty());
        let symbol = symbol.map_or_else(|| format!("code {code}"), str::to_owned);
        let text = if aux.is_empty() { symbol } else { format!("{symbol} {aux}") };
        found.push(Annotation { start_s: time as f64 / rate, duration_s: None, text, band_hz: None });
    }
    found.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(code: u16, interval: u16) -> Vec<u8> {
        (code << 10 | interval).to_le_bytes().to_vec()
    }

    fn aux(text: &str) -> Vec<u8> {
        let mut bytes = word(63, text.len() as u16);
        bytes.extend(text.bytes());
        bytes.resize(bytes.len() + text.len() % 2, 0);
        bytes
    }

    fn all(bytes: &[u8]) -> Vec<(f64, String)> {
        parse(bytes, 100.0).into_iter().map(|a| (a.start_s, a.text)).collect()
    }

    #[test]
    fn a_resolution_as_wfdb_writes_it() {
        let back = [word(59, 0), vec![0xff; 4], word(0, 1)].concat();
        let bytes = [word(22, 0), aux("## time resolution: 250"), back, word(1, 500), word(0, 0)].concat();
        assert_eq!(all(&bytes), [(2.0, "N".to_owned())]);
    }

    #[test]
    fn codes_texts_and_long_intervals() {
        let skip = [word(59, 0), vec![1, 0, 0, 0]].concat();
        let bytes = [
            word(28, 50),
            aux("(AFIB"),
            word(1, 25),
            word(62, 1),
            skip,
            word(5, 5),
            word(47, 0),
            word(0, 0),
            word(1, 9),
        ];
        assert_eq!(
            all(&bytes.concat()),
            [
                (0.5, "+ (AFIB".to_owned()),
                (0.75, "N".to_owned()),
                ((75.0 + 65_536.0 + 5.0) / 100.0, "V".to_owned()),
                (656.16, "code 47".to_owned()),
            ]
        );
    }

    #[test]
    fn a_stated_resolution_replaces_the_rate() {
        let notes = [
            "## time resolution: 1000",
            "## annotation type definitions",
            "42 X mine",
            "## end of definitions",
        ];
        let mut bytes: Vec<u8> = notes.iter().flat_map(|note| [word(22, 0), aux(note)].concat()).collect();
        bytes.extend([word(22, 500), aux("a remark")].concat());
        assert_eq!(all(&bytes), [(0.5, "\" a remark".to_owned())]);
    }

    #[test]
    fn every_cut_is_an_end() {
        let bytes = [word(59, 0), vec![0, 0, 9, 0], word(1, 3), aux("odd"), word(0, 0)].concat();
        for cut in 0..bytes.len() {
            assert!(parse(&bytes[..cut], 360.0).len() <= 1);
        }
        assert_eq!(all(&bytes), [(0.12, "N odd".to_owned())]);
    }
}
