//! Destination of images.

use crate::flags::PlotArgs;
use crate::html::Html;
use crate::interrupt;
use anyhow::Result;
use rlx_io::plot::{CellMap, Heatmap, SpectrumPlot, cells, heatmap, spectrum};
use rlx_io::write::OutputFile;
use std::io::Write;
use std::path::PathBuf;

/// Writes the images of a run: the first under the name given, others with `-2`, `-3` … before the extension.
pub(crate) struct Plots {
    args: Option<PlotArgs>,
    drawn: usize,
    html: Option<Html>,
}

impl Plots {
    /// Creates the destination for image files and a report, if requested.
    pub(crate) fn new(args: Option<PlotArgs>, html: Option<Html>) -> Self {
        Self { args, drawn: 0, html }
    }

    /// Returns whether images are requested.
    pub(crate) fn wanted(&self) -> bool {
        self.args.is_some() || self.html.is_some()
    }

    /// Draws lines over frequency.
    pub(crate) fn spectrum(&mut self, plot: &SpectrumPlot) -> Result<()> {
        if let Some(html) = &self.html {
            html.spectrum(plot);
        }
        self.write(|args| spectrum(plot, args.size, args.format))
    }

    /// Draws power over time and frequency.
    pub(crate) fn heatmap(&mut self, plot: &Heatmap) -> Result<()> {
        if let Some(html) = &self.html {
            html.heatmap(plot)?;
        }
        self.write(|args| heatmap(plot, args.size, args.format))
    }

    /// Draws ratios as coloured cells; reports draw them from their rows.
    pub(crate) fn cells(&mut self, plot: &CellMap) -> Result<()> {
        self.write(|args| cells(plot, args.size, args.format))
    }

    fn write(&mut self, draw: impl FnOnce(&PlotArgs) -> rlx_io::write::Result<Vec<u8>>) -> Result<()> {
        let Some(args) = &self.args else { return Ok(()) };
        let bytes = draw(args)?;
        self.drawn += 1;
        let path = match self.drawn {
            1 => args.path.clone(),
            n => numbered(&args.path, n),
        };
        let mut file = OutputFile::create(&path)?;
        file.write_all(&bytes).map_err(|e| rlx_io::write::Error::io(path.display().to_string(), e))?;
        let _whole = interrupt::writing();
        file.commit()?;
        Ok(())
    }
}

fn numbered(path: &std::path::Path, n: usize) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}-{n}.{extension}"))
}

/// `frequency [Hz]`.
pub(crate) fn frequency_label(x_unit: &str) -> String {
    format!("frequency [{x_unit}]")
}

/// `level [dB re 1 V²/Hz]`.
pub(crate) fn level_label(unit: &str) -> String {
    if unit == "raw" { "level [dB]".into() } else { format!("level [dB re 1 {unit}]") }
}

/// `time [s]`, or in the unit of `cycles/…`.
pub(crate) fn time_label(x_unit: &str) -> String {
    format!("time [{}]", x_unit.strip_prefix("cycles/").unwrap_or("s"))
}

/// Returns the file's name without its folders, for titles.
pub(crate) fn short_name(source: &str) -> &str {
    source.rsplit('/').next().unwrap_or(source)
}
