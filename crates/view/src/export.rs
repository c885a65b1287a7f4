//! Exports results of a selection in the program's formats.

use crate::frames::{FrameKernel, FrameSample};
use crate::peaks::Axis;
use crate::recording::Stretch;
use crate::selection::Selection;
use crate::{Cancel, Error, ExportKind, ExportQuery, Reply, Result};
use num_complex::Complex;
use rlx_io::write::results::{ChannelSpectrogram, SpectrogramResult};
use rlx_io::write::{Format, Report, ResultWriter, WriterOptions};

/// Largest number of values of an exported spectrogram.
const MAX_CELLS: u64 = 1 << 23;

/// Computes and writes a result.
pub(crate) fn export(selection: &Selection<'_>, query: &ExportQuery, cancel: &Cancel) -> Result<Reply> {
    let format: Format = query.format.parse().map_err(|e| Error::request(format!("format: {e}")))?;
    let bytes = match query.what {
        ExportKind::Psd => write(&selection.psd(cancel)?, format)?,
        ExportKind::Peaks => write(&selection.peaks(cancel)?, format)?,
        ExportKind::Spectrogram if selection.recording.is_complex() => {
            write(&spectrogram::<Complex<f32>>(selection, cancel)?, format)?
        }
        ExportKind::Spectrogram => write(&spectrogram::<f32>(selection, cancel)?, format)?,
    };
    let what = match query.what {
        ExportKind::Psd => "psd",
        ExportKind::Peaks => "peaks",
        ExportKind::Spectrogram => "spectrogram",
    };
    Ok(Reply::File { name: format!("{}-{what}.{format}", stem(&selection.recording.info().name)), bytes })
}

/// Returns a file name without folders and extension, restricted to characters that browsers keep.
fn stem(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' };
    let text: String = stem.chars().take(80).map(plain).collect();
    if text.is_empty() { "recording".into() } else { text }
}

fn write(result: &impl Report, format: Format) -> Result<Vec<u8>> {
    let options = WriterOptions { format, colour: false, csv_safe: false, target: "the export".into() };
    let mut writer = ResultWriter::new(Vec::new(), options);
    writer.write(result)?;
    Ok(writer.finish()?)
}

/// Returns the spectra of all frames of a selection, in single precision.
fn spectrogram<S: FrameSample>(selection: &Selection<'_>, cancel: &Cancel) -> Result<SpectrogramResult> {
    let (params, recording) = (&selection.params, selection.recording);
    let axis = Axis::new::<S>(params, recording.signal().center_freq.unwrap_or(0.0));
    let inside = selection.inside(&axis)?;
    let frames = (selection.count - params.segments.segment_len as u64) / params.segments.hop as u64 + 1;
    let cells = frames * inside.len() as u64 * selection.query.channels.len() as u64;
    if cells > MAX_CELLS {
        let reason = format!(
            "{cells} values are more than the {MAX_CELLS} that are exported from a page: select less, or run the command"
        );
        return Err(Error::request(reason));
    }
    let mut kernel = S::Kernel::new(params)?;
    let channels = selection.names().into_iter().map(|name| ChannelSpectrogram {
        name,
        t_s: Vec::new(),
        freq: inside.iter().map(|&i| axis.freq[i]).collect(),
        power: Vec::new(),
    });
    let mut channels: Vec<_> = channels.collect();
    let mut stretch = Stretch::<S>::default();
    let mut powers = Vec::new();
    for frame in 0..frames {
        cancel.check()?;
        let start = selection.query.start + frame * params.segments.hop as u64;
        recording.read(&selection.query.channels, start, params.segments.segment_len, &mut stretch)?;
        if !stretch.gaps.is_empty() || stretch.len() < params.segments.segment_len {
            continue;
        }
        let middle = (start as f64 + params.segments.segment_len as f64 / 2.0) / params.sample_rate;
        for (channel, samples) in channels.iter_mut().zip(&stretch.channels) {
            let all = axis.arrange(kernel.powers(samples, &mut powers)?);
            channel.t_s.push(middle);
            channel.power.push(inside.iter().map(|&i| all[i]).collect());
        }
    }
    let mut header = selection.header("spectrogram", 1);
    header.average.clear();
    Ok(SpectrogramResult { header, channels, part: false })
}
