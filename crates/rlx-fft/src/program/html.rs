//! Reports: one self-contained HTML file, which opens from disk without a network.

use anyhow::{Context, Result};
use rlx_io::plot::{Heatmap, HeatmapPanel, SpectrumPlot};
use rlx_io::write::{Cell, OutputFile, Report};
use rlx_view::page::report;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Largest number of rows of a table; longer results are shown as curves.
const MAX_ROWS: usize = 500;
/// Largest number of columns and rows of an image; more are merged and keep the largest level.
const MAX_PIXELS: (usize, usize) = (2048, 1024);

/// A report under construction. Clones add to the same report.
#[derive(Debug, Clone)]
pub(crate) struct Html {
    path: PathBuf,
    parts: Arc<Mutex<Vec<Value>>>,
}

impl Html {
    /// Returns a report for this file, if requested.
    pub(crate) fn new(path: Option<&Path>) -> Option<Self> {
        Some(Self { path: path?.to_owned(), parts: Arc::default() })
    }

    fn add(&self, part: Value) {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).push(part);
    }

    /// Adds the caption of a result, and its rows if there are few.
    pub(crate) fn result<R: Report>(&self, result: &R) -> rlx_io::write::Result<()> {
        let shown: Vec<_> = result.columns().iter().map(|column| column.in_table).collect();
        let columns: Vec<Value> = result
            .columns()
            .iter()
            .filter(|column| column.in_table)
            .map(|column| json!({ "name": column.name, "unit": column.unit }))
            .collect();
        let mut rows = Vec::new();
        let mut count = 0;
        result.rows(&mut |row| {
            count += 1;
            if count <= MAX_ROWS {
                let cells = row.iter().zip(&shown).filter(|(_, shown)| **shown);
                rows.push(Value::Array(cells.map(|(cell, _)| value(cell)).collect()));
            }
            Ok(())
        })?;
        if count > MAX_ROWS {
            rows.clear();
        }
        let caption = result.caption();
        self.add(json!({ "kind": "result", "caption": caption, "columns": columns, "rows": rows }));
        Ok(())
    }

    /// Adds lines over frequency.
    pub(crate) fn spectrum(&self, plot: &SpectrumPlot) {
        let curves: Vec<Value> = plot
            .curves
            .iter()
            .map(|c| json!({ "name": c.name, "x": c.x, "y": c.y, "band": c.band }))
            .collect();
        let markers: Vec<Value> =
            plot.markers.iter().map(|m| json!({ "x": m.x, "y": m.y, "label": m.label })).collect();
        self.add(json!({
            "kind": "curves", "title": plot.title, "x_label": plot.x_label, "y_label": plot.y_label,
            "curves": curves, "markers": markers, "y_range": plot.y_range,
        }));
    }

    /// Adds power over time and frequency.
    pub(crate) fn heatmap(&self, plot: &Heatmap) -> Result<()> {
        let panels: Vec<Value> = plot
            .panels
            .iter()
            .map(|panel| {
                let png = levels_png(panel)?;
                let url = format!("data:image/png;base64,{}", base64(&png));
                Ok(json!({ "name": panel.name, "x": panel.x, "y": panel.y, "png": url }))
            })
            .collect::<Result<_>>()?;
        self.add(json!({
            "kind": "heatmap", "title": plot.title, "x_label": plot.x_label, "y_label": plot.y_label,
            "value_label": plot.value_label, "span": plot.span, "panels": panels,
        }));
        Ok(())
    }

    /// Adds the report of a bench or a training.
    pub(crate) fn bench(&self, envelope: Value) {
        self.add(json!({ "kind": "bench", "value": envelope }));
    }

    /// Writes the report completely or not at all. Without any result no file is written.
    pub(crate) fn write(&self, title: &str) -> Result<()> {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if parts.is_empty() {
            return Ok(());
        }
        let data = json!({
            "title": title, "tool": "rlx-fft", "version": env!("CARGO_PKG_VERSION"), "command": command(),
            "parts": &*parts,
        });
        let failed = || self.path.display().to_string();
        let mut file = OutputFile::create(&self.path)?;
        file.write_all(page(&data.to_string()).as_bytes()).with_context(failed)?;
        file.commit()?;
        Ok(())
    }
}

fn value(cell: &Cell<'_>) -> Value {
    match cell {
        Cell::Text(text) => json!(text),
        Cell::Int(number) => json!(number),
        Cell::Real(number) => json!(number),
        Cell::Empty => Value::Null,
    }
}

/// Returns the document around the data.
fn page(data: &str) -> String {
    // Inside a script element only `</script` and `<!--` have a meaning.
    let data = data.replace('<', "\\u003c");
    let (uplot_style, style, uplot, script) =
        (report::UPLOT_STYLE, report::STYLE, report::UPLOT_SCRIPT, report::SCRIPT);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; \
         style-src 'unsafe-inline'; img-src data:\">\n<title>rlx-fft report</title><link rel=\"icon\" href=\"data:,\">\n\
         <style>{uplot_style}</style>\n<style>{style}</style></head>\n<body><main id=\"report\"></main>\n\
         <script type=\"application/json\" id=\"data\">{data}</script>\n<script>{uplot}</script>\n\
         <script>{script}</script>\n</body></html>\n"
    )
}

/// Returns the command line of this process, for a POSIX shell.
fn command() -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+%".contains(c);
    let words = std::env::args_os().skip(1).map(|word| {
        let word = word.to_string_lossy().into_owned();
        if !word.is_empty() && word.chars().all(plain) {
            word
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    std::iter::once("rlx-fft".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// Returns the levels of a panel as a PNG: red and green are the high and the low byte of (dB + 327.68) · 100, and 0
/// means none. Time runs to the right, the lowest frequency is at the bottom.
fn levels_png(panel: &HeatmapPanel) -> Result<Vec<u8>> {
    let (columns, rows) = (panel.values.len(), panel.values.first().map_or(0, Vec::len));
    let (width, height) = (columns.min(MAX_PIXELS.0).max(1), rows.min(MAX_PIXELS.1).max(1));
    let mut pixels = vec![0; 3 * width * height];
    for (column, values) in panel.values.iter().enumerate() {
        for (row, level) in values.iter().enumerate().filter(|(_, level)| !level.is_nan()) {
            let (x, y) = (column * width / columns, height - 1 - row * height / rows);
            let code = ((level + 327.68) * 100.0).round().clamp(1.0, 65_535.0) as u16;
            let pixel = &mut pixels[3 * (y * width + x)..][..2];
            let before = u16::from_be_bytes([pixel[0], pixel[1]]);
            pixel.copy_from_slice(&code.max(before).to_be_bytes());
        }
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, u32::try_from(width)?, u32::try_from(height)?);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(bytes)
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().enumerate().fold(0u32, |word, (i, byte)| word | u32::from(*byte) << (16 - 8 * i));
        for digit in 0..4 {
            let used = digit <= chunk.len();
            let index = (word >> (18 - 6 * digit)) as usize & 63;
            text.push(if used { char::from(DIGITS[index]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_the_standards() {
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn data_cannot_end_its_element_and_nothing_is_fetched() {
        let text = page(&json!({ "title": "</script><script>alert(1)</script>" }).to_string());
        assert!(!text.contains("</script><script>alert"));
        let addresses = text.matches("src=").count() + text.matches("@import").count();
        assert_eq!(addresses, 0);
        assert_eq!(text.matches("href=").count(), text.matches("href=\"data:,\"").count());
    }

    #[test]
    fn pictures_keep_levels_and_the_largest_of_merged_ones() {
        let mut values = vec![vec![f64::NAN, -120.25]; 5000];
        values[1234][1] = 3.5;
        let panel = HeatmapPanel { name: String::new(), values, x: (0.0, 1.0), y: (0.0, 1.0) };
        let bytes = levels_png(&panel).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        let codes: Vec<u16> = pixels.chunks(3).map(|p| u16::from_be_bytes([p[0], p[1]])).collect();
        assert_eq!(codes.len(), 2 * 2048);
        assert_eq!(codes.iter().filter(|code| **code == 33_118).count(), 1);
        assert_eq!(codes.iter().filter(|code| **code == 20_743).count(), 2047);
        assert_eq!(codes.iter().filter(|code| **code == 0).count(), 2048);
    }
}
