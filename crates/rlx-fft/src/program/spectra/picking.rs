//! The strongest peaks of one spectrum.

use super::local::{Local, local_peaks};
use super::{Layout, Spectrum};
use crate::flags::{Mode, PeaksArgs};
use anyhow::Result;
use rlx_dsp::detrend::Detrend;
use rlx_dsp::peaks::{subbin, top_k_bins};
use rlx_dsp::welch::PsdParams;
use rlx_dsp::window::Window;
use rlx_io::write::results::{PeakEntry, level_db};

/// Returns the K strongest peaks, by power descending.
pub(crate) fn pick(spectrum: &Spectrum<'_>, params: &PsdParams, args: &PeaksArgs) -> Result<Vec<PeakEntry>> {
    match args.mode {
        Mode::Local => local(spectrum, params, args),
        Mode::Bins => bins(spectrum, args),
    }
}

/// Returns a note about peaks at 0 Hz.
pub(crate) fn mean_note(entries: &[PeakEntry], params: &PsdParams) -> Option<String> {
    let mean = params.segments.detrend == Detrend::None && entries.iter().any(|peak| peak.bin == 0);
    mean.then(|| "bin 0 is the mean, which was not subtracted (--detrend constant does that)".to_owned())
}

fn bins(spectrum: &Spectrum<'_>, args: &PeaksArgs) -> Result<Vec<PeakEntry>> {
    let layout = spectrum.layout;
    // In the order of the transform's bins, so that ties go to the lower bin.
    let mut inside = layout.inside(args.band.as_ref());
    inside.sort_by_key(|&i| layout.bins[i]);
    let powers: Vec<f64> = inside.iter().map(|&i| spectrum.power[i]).collect();
    let top = top_k_bins(&powers, args.k)?;
    let entry = |(rank, at): (usize, usize)| bin_entry(layout, rank, at, spectrum.power[at]);
    Ok(top.iter().map(|peak| inside[peak.bin]).enumerate().map(entry).collect())
}

/// Returns the entries of packed peaks.
pub(crate) fn packed_entries(layout: &Layout, packed: &[(usize, f64)]) -> Vec<PeakEntry> {
    packed.iter().enumerate().map(|(rank, &(bin, power))| bin_entry(layout, rank, bin, power)).collect()
}

/// Returns the entry of position `at` of the spectrum.
fn bin_entry(layout: &Layout, rank: usize, at: usize, power: f64) -> PeakEntry {
    let (bin, freq) = (layout.bins[at], layout.freq[at]);
    PeakEntry {
        rank: rank + 1,
        bin,
        freq,
        power,
        level_db: level_db(power),
        prominence_db: None,
        width: None,
    }
}

/// Finds local maxima of the level in dB. Widths are measured on the power, so that half the height is the half-power
/// width.
fn local(spectrum: &Spectrum<'_>, params: &PsdParams, args: &PeaksArgs) -> Result<Vec<PeakEntry>> {
    let (layout, power) = (spectrum.layout, &spectrum.power);
    let step = params.sample_rate / params.segments.n_fft as f64;
    let mut found = local_peaks(power, layout.shape(params), args, step)?;
    found.retain(|peak| args.band.is_none_or(|band| band.contains(layout.freq[peak.at])));
    found.sort_by(|a, b| power[b.at].total_cmp(&power[a.at]).then(a.at.cmp(&b.at)));
    found.truncate(args.k);
    let entry = |(rank, peak): (usize, &Local)| PeakEntry {
        rank: rank + 1,
        bin: layout.bins[peak.at],
        freq: layout.wrapped(layout.freq[peak.at] + refined(peak.around, params) * step, params),
        power: power[peak.at],
        level_db: level_db(power[peak.at]),
        prominence_db: Some(peak.prominence),
        width: Some(peak.width * step),
    };
    Ok(found.iter().enumerate().map(entry).collect())
}

/// Returns the offset of the peak from its bin, in bins, from its power and those of its neighbours. The Hann
/// estimator is valid only without zero-padding.
fn refined(around: [f64; 3], params: &PsdParams) -> f64 {
    let hann = params.segments.window == Window::Hann && params.segments.segment_len == params.segments.n_fft;
    let found = if hann { subbin::hann(&around, 1) } else { subbin::parabolic(&around, 1) };
    found.map_or(0.0, |sub| sub.bin - 1.0)
}
