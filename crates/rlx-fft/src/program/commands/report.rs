//! Reports in addition to the table, for `--json PATH`, `--html PATH` and `--plot FILE`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use rlx_io::write::OutputFile;
use serde::Serialize;

use crate::app::Failure;
use crate::files;
use crate::flags::{PlotArgs, PlotFlags, ReportFlags};
use crate::html::Html;
use crate::plots::Plots;
use rlx_io::plot::SpectrumPlot;

/// Destination of a report. JSON is opened before the work begins, so that a path that cannot be written fails early.
pub(crate) struct Report {
    json: Json,
    html: Option<PathBuf>,
    plot: Option<PlotArgs>,
}

enum Json {
    /// No report.
    None,
    /// To standard output, for `-`; the table goes to standard error.
    Stdout,
    /// To a file, complete or absent.
    File(OutputFile),
}

impl Report {
    /// Opens the outputs of a command that reads and writes nothing else.
    pub(crate) fn open(flags: &ReportFlags) -> Result<Self, Failure> {
        Self::beside(flags, &[], &[])
    }

    /// Opens the outputs, which must differ from each other, from the files that the command `reads` and from its
    /// other outputs (`writes`).
    pub(crate) fn beside(
        flags: &ReportFlags,
        reads: &[files::Named<'_>],
        writes: &[files::Named<'_>],
    ) -> Result<Self, Failure> {
        Self::opened(flags, None, reads, writes)
    }

    /// Opens the outputs, and pictures if they are requested.
    pub(crate) fn with_plots(
        flags: &ReportFlags,
        plot: &PlotFlags,
        reads: &[files::Named<'_>],
        writes: &[files::Named<'_>],
    ) -> Result<Self, Failure> {
        Self::opened(flags, plot.clone().validate()?, reads, writes)
    }

    fn opened(
        flags: &ReportFlags,
        plot: Option<PlotArgs>,
        reads: &[files::Named<'_>],
        writes: &[files::Named<'_>],
    ) -> Result<Self, Failure> {
        let stdout = flags.json.as_ref().is_some_and(|path| path.as_os_str() == "-");
        let file = flags.json.as_deref().filter(|_| !stdout);
        let reports = [("--json", file), ("--html", flags.html.as_deref())];
        let pictures = plot.as_ref().map(|plot| plot.path.as_path());
        files::distinct(reads, &[writes, &reports].concat(), pictures)?;
        let json = match file {
            Some(path) => Json::File(OutputFile::create(path).map_err(anyhow::Error::from)?),
            None if stdout => Json::Stdout,
            None => Json::None,
        };
        Ok(Self { json, html: flags.html.clone(), plot })
    }

    /// Returns the destination of the table.
    pub(crate) fn text(&self) -> Box<dyn Write> {
        match self.json {
            Json::Stdout => Box::new(std::io::stderr()),
            Json::None | Json::File(_) => Box::new(std::io::stdout()),
        }
    }

    /// Returns whether curves are requested.
    pub(crate) fn draws(&self) -> bool {
        self.plot.is_some() || self.html.is_some()
    }

    /// Writes the report in the requested formats, each completely or not at all.
    pub(crate) fn write(self, value: &impl Serialize) -> Result<()> {
        self.write_with(value, &[])
    }

    /// Writes the report with these curves: pictures for `--plot`, and part of the HTML.
    pub(crate) fn write_with(self, value: &impl Serialize, curves: &[SpectrumPlot]) -> Result<()> {
        let html = Html::new(self.html.as_deref());
        let mut plots = Plots::new(self.plot, html.clone());
        curves.iter().try_for_each(|plot| plots.spectrum(plot))?;
        if let Some(html) = html {
            html.bench(serde_json::to_value(value)?);
            html.write("Report of rlx-fft")?;
        }
        match self.json {
            Json::None => Ok(()),
            Json::Stdout => {
                let mut out = std::io::stdout().lock();
                serde_json::to_writer_pretty(&mut out, value)?;
                out.write_all(b"\n")?;
                Ok(())
            }
            Json::File(mut file) => {
                serde_json::to_writer_pretty(&mut file, value).context("writing --json")?;
                file.write_all(b"\n").context("writing --json")?;
                file.commit()?;
                Ok(())
            }
        }
    }
}
