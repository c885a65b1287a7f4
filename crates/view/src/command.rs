//! Builds the command line that repeats a result of the page.

use crate::selection::Selection;
use crate::{ExportKind, ExportQuery};
use rlx_io::read::{Pause, SignalInfo};

/// Returns a line for a POSIX shell; `open` are the flags that the files were opened with.
pub(crate) fn command(selection: &Selection<'_>, query: &ExportQuery, open: &[String]) -> String {
    let (params, rate) = (&selection.params, selection.recording.rate());
    let what = match query.what {
        ExportKind::Psd => "psd",
        ExportKind::Peaks => "peaks",
        ExportKind::Spectrogram => "spectrogram",
    };
    let path = selection.recording.signal().path.to_string_lossy().into_owned();
    let mut words = vec!["rlx-fft".to_owned(), what.to_owned()];
    if path.starts_with('-') && path.len() > 1 {
        words.push(format!("./{path}"));
    } else {
        words.push(path);
    }
    words.extend(open.iter().cloned());
    let mut flag = |name: &str, value: String| words.extend([format!("--{name}"), value]);
    let names = selection.names();
    if names.len() < selection.recording.signal().channels.len() {
        // Names may repeat; numbers count from 1.
        let unique = |name: &String| {
            selection.recording.signal().channels.iter().filter(|c| c.name == *name).count() == 1
                && !name.contains(',')
        };
        let wanted: Vec<String> = names
            .iter()
            .zip(&selection.query.channels)
            .map(|(name, index)| if unique(name) { name.clone() } else { (index + 1).to_string() })
            .collect();
        flag("channel", wanted.join(","));
    }
    let (first, end) = (selection.query.start, selection.query.start + selection.count);
    let (from, until) = (
        start_time(&selection.recording.signal(), first, rate),
        end_time(&selection.recording.signal(), end, rate),
    );
    if first > 0 {
        flag("start", format!("{from}s"));
    }
    if end < selection.recording.frames() {
        flag("duration", format!("{}s", ((until - from) * 1e9).round() / 1e9));
    }
    flag("n-fft", params.segments.n_fft.to_string());
    flag("hop", params.segments.hop.to_string());
    flag("window", params.segments.window.to_string());
    flag("detrend", params.segments.detrend.to_string());
    flag("scaling", params.scaling.to_string());
    match query.what {
        ExportKind::Psd => flag("average", params.average.to_string()),
        ExportKind::Peaks => {
            flag("average", params.average.to_string());
            flag("k", selection.query.k.to_string());
            flag("prominence", selection.query.prominence.to_string());
        }
        ExportKind::Spectrogram => {}
    }
    flag("nan", "skip-segment".into());
    flag("format", query.format.clone());
    if let Some([lo, hi]) = selection.band {
        words.push(format!("--band={lo}:{hi}"));
    }
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// Returns when a sample begins, in seconds on the recording's axis, as the options `--start` and `--duration` count.
fn start_time(info: &SignalInfo, frame: u64, rate: f64) -> f64 {
    time(info, frame, rate, |pause| pause.sample <= frame)
}

/// Returns when the sample before `frame` ends: not after a pause that follows it.
fn end_time(info: &SignalInfo, frame: u64, rate: f64) -> f64 {
    time(info, frame, rate, |pause| pause.sample < frame)
}

fn time(info: &SignalInfo, frame: u64, rate: f64, before: impl Fn(&Pause) -> bool) -> f64 {
    let pauses: f64 = info.pauses.iter().filter(|p| before(p)).map(|p| p.end_s - p.start_s).sum();
    let time = info.start_s + frame as f64 / rate + pauses;
    // Sums of decimal times are decimal again.
    (time * 1e9).round() / 1e9
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("a/b-c.wav"), "a/b-c.wav");
        assert_eq!(quoted("EEG Fp1"), "'EEG Fp1'");
        assert_eq!(quoted("it's; rm -rf $HOME"), r"'it'\''s; rm -rf $HOME'");
        assert_eq!(quoted(""), "''");
    }
}
