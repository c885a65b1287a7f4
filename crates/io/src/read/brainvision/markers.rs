//! The markers of a recording.

use super::header::{entries, text};
use crate::read::Annotation;

/// Largest number of markers that are kept per file.
const MAX: usize = 1 << 20;

/// One marker.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Marker {
    kind: String,
    description: String,
    /// Sample, from 0.
    sample: u64,
    points: u64,
    /// Seconds since 1970 of the local clock, to the microsecond.
    date: Option<f64>,
}

/// `MkN=TYPE,DESCRIPTION,POSITION,POINTS,CHANNEL[,DATE]`, in order of position. Other lines are skipped.
pub(super) fn parse(bytes: &[u8]) -> Vec<Marker> {
    let mut found = Vec::new();
    for (_, section, key, value) in entries(&text(bytes)) {
        if section != "marker infos" || !key.starts_with("mk") || found.len() == MAX {
            continue;
        }
        let fields: Vec<String> = value.split(',').map(|field| field.trim().replace("\\1", ",")).collect();
        let Some(position) = fields.get(2).and_then(|text| text.parse::<u64>().ok()) else { continue };
        found.push(Marker {
            kind: fields[0].clone(),
            description: fields[1].clone(),
            sample: position.saturating_sub(1),
            points: fields.get(3).and_then(|text| text.parse().ok()).unwrap_or(0),
            date: fields.get(5).and_then(|text| date(text)),
        });
    }
    found.sort_by_key(|marker| marker.sample);
    found
}

/// Parses `YYYYMMDDhhmmssuuuuuu`; all zeros mean no date.
fn date(text: &str) -> Option<f64> {
    if text.len() != 20 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| text[from..to].parse::<u32>().ok();
    let days = crate::read::csv::days(part(0, 4)?, part(4, 6)?, part(6, 8)?)?;
    let clock = part(8, 10)? * 3600 + part(10, 12)? * 60 + part(12, 14)?;
    Some(days as f64 * 86_400.0 + f64::from(clock) + f64::from(part(14, 20)?) * 1e-6)
}

/// Returns the new segments after the first sample as (samples before, length of the gap in samples).
pub(super) fn gaps(markers: &[Marker], rate: f64, frames: u64) -> Vec<(u64, f64)> {
    let mut gaps: Vec<(u64, f64)> = Vec::new();
    let mut before: Option<&Marker> = None;
    for marker in markers.iter().filter(|marker| marker.kind.eq_ignore_ascii_case("New Segment")) {
        let new = gaps.last().is_none_or(|(at, _)| *at < marker.sample);
        if marker.sample > 0 && marker.sample < frames && new {
            let passed =
                before.and_then(|b| Some((marker.date? - b.date?, (marker.sample - b.sample) as f64)));
            let len = passed.map_or(0.0, |(seconds, samples)| (seconds * rate - samples).round().max(0.0));
            gaps.push((marker.sample, len));
        }
        before = Some(marker);
    }
    gaps
}

/// Returns the markers on the time axis of the recording, without those of new segments.
pub(super) fn annotations(markers: &[Marker], rate: f64, gaps: &[(u64, f64)]) -> Vec<Annotation> {
    let time = |sample: u64| {
        let passed = &gaps[..gaps.partition_point(|(at, _)| *at <= sample)];
        (sample as f64 + passed.iter().map(|(_, len)| len).sum::<f64>()) / rate
    };
    let of = |marker: &Marker| Annotation {
        start_s: time(marker.sample),
        duration_s: (marker.points > 1).then(|| marker.points as f64 / rate),
        text: match (marker.kind.as_str(), marker.description.as_str()) {
            (kind, "") => kind.to_owned(),
            ("", description) => description.to_owned(),
            (kind, description) => format!("{kind}/{description}"),
        },
        band_hz: None,
    };
    let shown = |marker: &&Marker| !marker.kind.eq_ignore_ascii_case("New Segment");
    markers.iter().filter(shown).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_and_segments() {
        let text =
            b"[Marker Infos]\nMk1=New Segment,,1,1,0,20200101100000000000\nMk2=Stimulus,S  1,101,1,0\n\
            Mk3=New Segment,,201,1,0,20200101100010000000\nMk4=Comment,a\\1b,301,50,0\nnonsense\n";
        let found = parse(text);
        assert_eq!(found.len(), 4);
        // 200 samples at 100 Hz are 2 s of the 10 s that passed.
        let gaps = gaps(&found, 100.0, 1000);
        assert_eq!(gaps, [(200, 800.0)]);
        let all = annotations(&found, 100.0, &gaps);
        assert_eq!((all[0].start_s, all[0].text.as_str()), (1.0, "Stimulus/S  1"));
        assert_eq!(
            (all[1].start_s, all[1].duration_s, all[1].text.as_str()),
            (11.0, Some(0.5), "Comment/a,b")
        );
    }
}
