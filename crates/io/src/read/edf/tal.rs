//! Time-stamped annotation lists (TALs) of EDF+ and BDF+.

use crate::read::Annotation;

/// Largest number of annotations that are kept per file.
pub(super) const MAX: usize = 1 << 20;

/// Seconds since the start of the recording: `+567.5` before the first 0x14 of the annotation.
pub(super) fn onset(annotations: &[u8]) -> Option<f64> {
    let end = annotations.iter().position(|b| matches!(b, 0x14 | 0x15))?;
    seconds(&annotations[..end])
}

fn seconds(field: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(field).ok()?;
    if !text.starts_with(['+', '-']) {
        return None;
    }
    text.parse().ok().filter(|onset: &f64| onset.is_finite())
}

/// The annotations of one record: `+ONSET[\x15DURATION]\x14TEXT\x14…\x14\0`, one after the other. Empty texts mark
/// times and are skipped.
pub(super) fn annotations(block: &[u8], found: &mut Vec<Annotation>) {
    for list in block.split(|b| *b == 0).filter(|list| !list.is_empty()) {
        let mut parts = list.split(|b| *b == 0x14);
        let Some(stamp) = parts.next() else { continue };
        let mut stamp = stamp.split(|b| *b == 0x15);
        let Some(start_s) = stamp.next().and_then(seconds) else { continue };
        let duration_s = stamp
            .next()
            .and_then(|field| std::str::from_utf8(field).ok())
            .and_then(|text| text.parse().ok())
            .filter(|d: &f64| d.is_finite());
        for text in parts.filter(|text| !text.is_empty()) {
            if found.len() == MAX {
                return;
            }
            let text = String::from_utf8_lossy(text).into_owned();
            found.push(Annotation { start_s, duration_s, text, band_hz: None });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn onsets() {
        assert_eq!(onset(b"+0\x14\x14\0"), Some(0.0));
        assert_eq!(onset(b"+567.25\x14\x14\0+600\x1510\x14Apnea\x14"), Some(567.25));
        assert_eq!(onset(b"-1\x150.5\x14x\x14"), Some(-1.0));
        for bad in [&b""[..], b"+1", b"12\x14", b"+x\x14", b"+inf\x14", b"+\xff\x14"] {
            assert_eq!(onset(bad), None);
        }
    }

    #[test]
    fn texts_with_times() {
        let mut found = Vec::new();
        annotations(
            b"+5\x14\x14\0+5.5\x152.5\x14Apnea\x14Arousal\x14\0bad\x14x\x14\0-1\x14before\x14\0\0\0",
            &mut found,
        );
        let of = |a: &Annotation| (a.start_s, a.duration_s, a.text.clone());
        let all: Vec<_> = found.iter().map(of).collect();
        assert_eq!(
            all,
            [
                (5.5, Some(2.5), "Apnea".into()),
                (5.5, Some(2.5), "Arousal".into()),
                (-1.0, None, "before".into())
            ]
        );
    }
}
