//! The start time of a record, from its time-keeping annotation.

/// Seconds since the start of the recording: `+567.5` before the first 0x14 of the annotation.
pub(super) fn parse(annotations: &[u8]) -> Option<f64> {
    let end = annotations.iter().position(|b| matches!(b, 0x14 | 0x15))?;
    let text = std::str::from_utf8(&annotations[..end]).ok()?;
    if !text.starts_with(['+', '-']) {
        return None;
    }
    text.parse().ok().filter(|onset: &f64| onset.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn onsets() {
        assert_eq!(parse(b"+0\x14\x14\0"), Some(0.0));
        assert_eq!(parse(b"+567.25\x14\x14\0+600\x1510\x14Apnea\x14"), Some(567.25));
        assert_eq!(parse(b"-1\x150.5\x14x\x14"), Some(-1.0));
        for bad in [&b""[..], b"+1", b"12\x14", b"+x\x14", b"+inf\x14", b"+\xff\x14"] {
            assert_eq!(parse(bad), None);
        }
    }
}
