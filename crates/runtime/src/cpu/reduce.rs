//! `TopK`, `LocalPeaks` and `MelFilterbank`: each reduces a spectrum to fewer values.

use rlx_compile::ValueType;
use rlx_compile::params::{LocalPeaksSpec, MelFilterbankParams, SubBin};
use rlx_dsp::mel::MelFilterbank;
use rlx_dsp::peaks::{Bounds, LocalPeakParams, find_peaks, subbin, top_k_packed_into};

use super::program::Step;
use crate::error::Result;

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

/// Local maxima, packed: by power descending, equal powers by ascending bin; slots without a peak are (−1, 0).
struct Local {
    params: LocalPeakParams,
    slots: usize,
    bins: usize,
    sub_bin: SubBin,
}

pub(super) fn local_peaks(spec: &LocalPeaksSpec, taken: &ValueType) -> Result<Box<dyn Step>> {
    let at_least = |bound: Option<f64>| bound.map(|min| Bounds { min: Some(min), max: None });
    let params = LocalPeakParams::default()
        .height(at_least(spec.height))
        .threshold(at_least(spec.threshold))
        .distance(spec.distance)
        .prominence(at_least(spec.prominence))
        .width(at_least(spec.width));
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

pub(super) fn mel(params: &MelFilterbankParams) -> Result<Box<dyn Step>> {
    Ok(Box::new(Mel(MelFilterbank::new(params)?)))
}

impl Step for Mel {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        Ok(self.0.apply(input, out)?)
    }
}
