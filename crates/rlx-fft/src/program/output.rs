//! The only module that writes results.

use crate::closed::stdout_is_closed;
use crate::console::Console;
use crate::flags::OutputArgs;
use crate::html::Html;
use crate::interrupt;
use rlx_io::write::{Error, Format, OutputFile, Report, Result, ResultWriter, WriterOptions};
use std::io::{self, BufWriter, Stdout, Write};

/// Standard output, or a file that appears when it is complete.
pub(crate) enum Target {
    Stdout(BufWriter<Stdout>),
    File(OutputFile),
}

impl Write for Target {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(buf),
            Self::File(file) => file.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::File(file) => file.flush(),
        }
    }
}

/// Opens standard output for results; an error if it was closed.
pub(crate) fn open_stdout() -> Result<Stdout> {
    if stdout_is_closed() {
        let source = io::Error::other("it is closed, so the result would be lost: give --output FILE");
        return Err(Error::io("standard output", source));
    }
    Ok(io::stdout())
}

/// Writes results in the requested format to the requested destination.
pub(crate) struct Output {
    writer: ResultWriter<Target>,
    format: Format,
    html: Option<Html>,
}

impl Output {
    pub(crate) fn open(args: &OutputArgs, console: &Console) -> Result<Self> {
        let (target, name, colour) = match &args.path {
            Some(path) => (Target::File(OutputFile::create(path)?), path.display().to_string(), false),
            None => {
                let out = BufWriter::with_capacity(1 << 16, open_stdout()?);
                (Target::Stdout(out), "standard output".to_owned(), console.colour_on_stdout())
            }
        };
        let options = WriterOptions { format: args.format, colour, csv_safe: args.csv_safe, target: name };
        Ok(Self {
            writer: ResultWriter::new(target, options),
            format: args.format,
            html: Html::new(args.html.as_deref()),
        })
    }

    /// Returns the HTML report, if requested.
    pub(crate) fn html(&self) -> Option<Html> {
        self.html.clone()
    }

    /// Returns whether the format supports writing a result in parts.
    pub(crate) fn streams(&self) -> bool {
        self.format.has_parts()
    }

    /// Returns the format.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Returns whether the format cannot contain the default values.
    pub(crate) fn lacks_caption(&self) -> bool {
        matches!(self.format, Format::Csv | Format::Npy)
    }

    /// Writes a complete result; signals wait until it is written.
    pub(crate) fn write<R: Report>(&mut self, result: &R) -> Result<()> {
        let _whole = interrupt::writing();
        if let Some(html) = &self.html {
            html.result(result)?;
        }
        self.writer.write(result)
    }

    /// Writes a further part of the last result.
    pub(crate) fn write_more<R: Report>(&mut self, result: &R) -> Result<()> {
        let _whole = interrupt::writing();
        self.writer.write_more(result)
    }

    /// Returns the target, for the bytes of an NPY.
    pub(crate) fn array_target(&mut self) -> Result<&mut Target> {
        self.writer.array_target()
    }

    /// Ends the document. Without any result no file is written.
    pub(crate) fn finish(self) -> Result<()> {
        if self.writer.written() == 0 {
            return Ok(());
        }
        let _whole = interrupt::writing();
        match self.writer.finish()? {
            Target::Stdout(mut out) => out.flush().map_err(|e| Error::io("standard output", e)),
            Target::File(file) => file.commit(),
        }
    }
}
