//! `TopK`, `LocalPeaks` and `MelFilterbank`: each spectrum to fewer values.

use rlx_compile::params::{LocalPeaksSpec, MelScale, MelSpec, SubBin};
use rlx_compile::{ValueKind, ValueType};
use rlx_dsp::mel::{self, MelFilterbank, MelFilterbankParams, MelNorm, TriangleDomain};
use rlx_dsp::peaks::{Bounds, LocalPeakParams, find_peaks, subbin, top_k_packed_into};

use super::program::Step;
use crate::error::{Error, Result};

struct TopK {
    k: usize,
    bins: usize,
}

pub(super) fn top_k(k: usize, taken: &ValueType) -> Box<dyn Step> {
    Box::new(TopK { k, bins: taken.last() })
}

impl Step for TopK {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        Ok(top_k_packed_into(input, self.bins, self.k, out)?)
    }
}

/// Local maxima, packed: by power descending, of equal ones the lower bin first; slots without a peak are (−1, 0).
struct Local {
    params: LocalPeakParams,
    slots: usize,
    bins: usize,
    sub_bin: SubBin,
}

pub(super) fn local_peaks(spec: &LocalPeaksSpec, taken: &ValueType) -> Result<Box<dyn Step>> {
    let at_least = |bound: Option<f64>| bound.map(|min| Bounds { min: Some(min), max: None });
    let params = LocalPeakParams {
        height: at_least(spec.height),
        threshold: at_least(spec.threshold),
        distance: spec.distance,
        prominence: at_least(spec.prominence),
        width: at_least(spec.width),
        ..LocalPeakParams::default()
    };
    params.validate()?;
    Ok(Box::new(Local { params, slots: spec.max_peaks, bins: taken.last(), sub_bin: spec.sub_bin }))
}

impl Step for Local {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        for (row, out) in input.chunks_exact(self.bins).zip(out.chunks_exact_mut(2 * self.slots)) {
            let mut bins = find_peaks(row, &self.params)?.positions;
            bins.sort_by(|&a, &b| row[b].total_cmp(&row[a]).then(a.cmp(&b)));
            let mut slots = out.chunks_exact_mut(2);
            for (slot, &bin) in slots.by_ref().zip(bins.iter()) {
                let refined = match self.sub_bin {
                    SubBin::None => None,
                    SubBin::Parabolic => subbin::parabolic(row, bin),
                    SubBin::Hann => subbin::hann(row, bin),
                };
                let on_bin = [bin as f32, row[bin]];
                slot.copy_from_slice(&refined.map_or(on_bin, |p| [p.bin as f32, p.power as f32]));
            }
            out.chunks_exact_mut(2).skip(bins.len()).for_each(|slot| slot.copy_from_slice(&[-1.0, 0.0]));
        }
        Ok(())
    }
}

struct Mel(MelFilterbank<f32>);

pub(super) fn mel(spec: &MelSpec, taken: &ValueType) -> Result<Box<dyn Step>> {
    Ok(Box::new(Mel(mel_filters(spec, taken)?)))
}

/// The filters of a mel op on this power.
pub(crate) fn mel_filters(spec: &MelSpec, taken: &ValueType) -> Result<MelFilterbank<f32>> {
    let ValueKind::Power { n_fft, .. } = taken.kind else {
        return Err(Error::unsupported(format!("mel filters take power, not {taken}")));
    };
    // Kaldi draws its triangles over mel, the others over Hz.
    let (scale, domain) = match spec.scale {
        MelScale::Slaney => (mel::MelScale::Slaney, TriangleDomain::Hertz),
        MelScale::Htk => (mel::MelScale::Htk, TriangleDomain::Hertz),
        MelScale::Kaldi => (mel::MelScale::Kaldi, TriangleDomain::Mel),
    };
    Ok(MelFilterbank::new(&MelFilterbankParams {
        sample_rate: spec.sample_rate,
        n_fft,
        n_mels: spec.n_mels,
        f_min: spec.f_min,
        f_max: Some(spec.f_max),
        scale,
        norm: if spec.slaney_norm { MelNorm::Slaney } else { MelNorm::None },
        domain,
    })?)
}

impl Step for Mel {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        Ok(self.0.apply(input, out)?)
    }
}
