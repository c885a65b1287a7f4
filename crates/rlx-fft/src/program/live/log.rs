//! Peaks over time, a JSON object per line, in files of bounded size.

use super::state::Shown;
use anyhow::{Context, Result};
use rlx_dsp::peaks::{SpectralPeakParams, spectral_peaks};
use serde_json::json;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Options of the log.
#[derive(Debug, Clone)]
pub(crate) struct LogArgs {
    pub(crate) path: PathBuf,
    /// Size in bytes at which a new file is started.
    pub(crate) max_bytes: u64,
    /// Number of older files that are kept; `NAME.1` is the newest.
    pub(crate) keep: usize,
    /// Seconds between lines.
    pub(crate) every_s: f64,
    pub(crate) k: usize,
    pub(crate) prominence: f64,
}

/// An open log.
pub(crate) struct Log {
    args: LogArgs,
    file: File,
    bytes: u64,
    /// Sum since the last line.
    sum: Vec<f64>,
    count: u64,
    elapsed_s: f64,
    at_s: f64,
}

impl Log {
    /// Opens a log; appends to an existing file.
    pub(crate) fn open(args: LogArgs, bins: usize) -> Result<Self> {
        let file = append(&args.path)?;
        let bytes = file.metadata().with_context(|| args.path.display().to_string())?.len();
        Ok(Self { args, file, bytes, sum: vec![0.0; bins], count: 0, elapsed_s: 0.0, at_s: 0.0 })
    }

    /// Receives the powers of a line at ascending frequencies, and writes when the interval has passed.
    pub(crate) fn take(&mut self, shown: &Shown, power: &[f64]) -> Result<()> {
        self.sum.iter_mut().zip(power).for_each(|(sum, power)| *sum += power);
        self.count += 1;
        self.elapsed_s += shown.line_s;
        self.at_s += shown.line_s;
        if self.elapsed_s + 1e-9 < self.args.every_s {
            return Ok(());
        }
        let mean: Vec<f64> = self.sum.iter().map(|sum| sum / self.count as f64).collect();
        let line = self.line(shown, &mean)?;
        self.write(&line)?;
        self.sum.fill(0.0);
        self.count = 0;
        self.elapsed_s = 0.0;
        Ok(())
    }

    fn line(&self, shown: &Shown, power: &[f64]) -> Result<String> {
        let conditions =
            SpectralPeakParams::new(self.args.prominence).height_db(None).distance(None).hann(shown.hann);
        let step = shown.rate / shown.n_fft as f64;
        let peaks: Vec<_> = spectral_peaks(power, &conditions)?
            .into_iter()
            .take(self.args.k)
            .map(|peak| {
                json!({
                    "freq": shown.freq[peak.position] + peak.offset * step,
                    "level_db": peak.level_db,
                    "prominence_db": peak.prominence_db,
                    "width": peak.width * step,
                })
            })
            .collect();
        let unix_s = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |t| t.as_secs_f64());
        let line = json!({
            "schema": 1, "unix_s": (unix_s * 1e3).round() / 1e3, "t_start_s": self.at_s - self.elapsed_s,
            "t_end_s": self.at_s, "unit": shown.unit, "peaks": peaks,
        });
        Ok(format!("{line}\n"))
    }

    fn write(&mut self, line: &str) -> Result<()> {
        if self.bytes > 0 && self.bytes + line.len() as u64 > self.args.max_bytes {
            self.rotate()?;
        }
        let failed = || self.args.path.display().to_string();
        self.file.write_all(line.as_bytes()).with_context(failed)?;
        self.bytes += line.len() as u64;
        Ok(())
    }

    fn rotate(&mut self) -> Result<()> {
        for n in (1..self.args.keep).rev() {
            let from = numbered(&self.args.path, n);
            if from.exists() {
                std::fs::rename(&from, numbered(&self.args.path, n + 1))
                    .with_context(|| from.display().to_string())?;
            }
        }
        if self.args.keep > 0 {
            std::fs::rename(&self.args.path, numbered(&self.args.path, 1))
                .with_context(|| self.args.path.display().to_string())?;
        } else {
            std::fs::remove_file(&self.args.path).with_context(|| self.args.path.display().to_string())?;
        }
        self.file = append(&self.args.path)?;
        self.bytes = 0;
        Ok(())
    }
}

fn append(path: &Path) -> Result<File> {
    OpenOptions::new().create(true).append(true).open(path).with_context(|| path.display().to_string())
}

fn numbered(path: &Path, n: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{n}"));
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_bounded_in_size_and_number() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("peaks.jsonl");
        let args =
            LogArgs { path: path.clone(), max_bytes: 2000, keep: 3, every_s: 0.2, k: 2, prominence: 3.0 };
        let freq: Vec<f64> = (0..65).map(f64::from).collect();
        let shown = Shown {
            title: String::new(),
            rate: 128.0,
            n_fft: 128,
            freq,
            unit: "unit²".into(),
            line_s: 0.1,
            hann: false,
        };
        let power: Vec<f64> = (0..65).map(|i| if i == 20 { 1.0 } else { 1e-4 }).collect();
        let mut log = Log::open(args.clone(), 65).unwrap();
        for _ in 0..200 {
            log.take(&shown, &power).unwrap();
        }
        let mut names: Vec<_> = std::fs::read_dir(dir.path())
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["peaks.jsonl", "peaks.jsonl.1", "peaks.jsonl.2", "peaks.jsonl.3"]);
        for name in &names {
            let text = std::fs::read_to_string(dir.path().join(name)).unwrap();
            assert!(text.len() <= 2000 && text.ends_with('\n'));
            for line in text.lines() {
                let value: serde_json::Value = serde_json::from_str(line).unwrap();
                assert_eq!(value["peaks"][0]["freq"], 20.0);
            }
        }
        let last = std::fs::read_to_string(&path).unwrap();
        let value: serde_json::Value = serde_json::from_str(last.lines().last().unwrap()).unwrap();
        assert!((value["t_end_s"].as_f64().unwrap() - 20.0).abs() < 1e-6);
        drop(log);
        assert!(Log::open(args, 65).unwrap().bytes > 0, "a log goes on");
    }
}
