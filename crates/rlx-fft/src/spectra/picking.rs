//! The strongest peaks of one spectrum.

use super::{Layout, Spectrum};
use crate::flags::{Mode, PeaksArgs};
use anyhow::Result;
use rlx_dsp::peaks::{
    Bounds, LocalPeakParams, find_peaks, peak_prominences, peak_widths, subbin, top_k_bins,
};
use rlx_dsp::welch::PsdParams;
use rlx_dsp::window::Window;
use rlx_io::write::results::{PeakEntry, level_db};

/// The K strongest peaks, by power descending.
pub(crate) fn pick(spectrum: &Spectrum<'_>, params: &PsdParams, args: &PeaksArgs) -> Result<Vec<PeakEntry>> {
    match args.mode {
        Mode::Local => local(spectrum, params, args),
        Mode::Bins => bins(spectrum, args),
    }
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

/// Bins that were picked already, with their powers.
pub(crate) fn packed_entries(layout: &Layout, packed: &[(usize, f64)]) -> Vec<PeakEntry> {
    packed.iter().enumerate().map(|(rank, &(bin, power))| bin_entry(layout, rank, bin, power)).collect()
}

/// The entry of the spectrum's place `at`.
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

/// Local maxima of the level in dB. Widths are measured on the power, where half the height is the usual
/// half-power width.
fn local(spectrum: &Spectrum<'_>, params: &PsdParams, args: &PeaksArgs) -> Result<Vec<PeakEntry>> {
    let (layout, power) = (spectrum.layout, &spectrum.power);
    let step = params.sample_rate / params.n_fft as f64;
    let level: Vec<f64> = power.iter().map(|&p| level_db(p)).collect();
    let least = |value: f64| Bounds { min: Some(value), max: None };
    let conditions = LocalPeakParams {
        height: args.height.map(least),
        prominence: Some(least(args.prominence)),
        distance: args.distance.map(|distance| (distance / step).max(1.0)),
        ..LocalPeakParams::default()
    };
    let found = find_peaks(&level, &conditions)?;
    let rises = found.prominences.map(|p| p.values).unwrap_or_default();
    let linear = peak_prominences(power, &found.positions, None)?;
    let widths = peak_widths(power, &found.positions, 0.5, &linear)?;

    let inside = |at: usize| args.band.is_none_or(|band| band.contains(layout.freq[at]));
    let mut order: Vec<usize> = (0..found.positions.len()).filter(|&i| inside(found.positions[i])).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (found.positions[a], found.positions[b]);
        power[b].total_cmp(&power[a]).then(a.cmp(&b))
    });
    order.truncate(args.k);
    let entry = |(rank, &i): (usize, &usize)| {
        let at = found.positions[i];
        PeakEntry {
            rank: rank + 1,
            bin: layout.bins[at],
            freq: layout.freq[at] + refined(power, at, params) * step,
            power: power[at],
            level_db: level[at],
            prominence_db: rises.get(i).copied(),
            width: Some(widths.values[i] * step),
        }
    };
    Ok(order.iter().enumerate().map(entry).collect())
}

/// How far the peak lies from its bin, in bins. The estimator for Hann holds without zero-padding only.
fn refined(power: &[f64], at: usize, params: &PsdParams) -> f64 {
    let hann = params.window == Window::Hann && params.segment_len == params.n_fft;
    let found = if hann { subbin::hann(power, at) } else { subbin::parabolic(power, at) };
    found.map_or(0.0, |sub| sub.bin - at as f64)
}
