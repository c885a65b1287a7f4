//! Mel energies of f32 samples and their logarithms, fused in the lanes kernels.

use std::f64::consts::{LN_2, LOG10_2};
use std::sync::Arc;

use super::energies::{MelFrames, PlainMelFrames};
use super::{LogMelParams, MelFilterbank, MelLog, Preemphasis};
use crate::Result;
use crate::lanes::{LaneFrames, LaneLog, LaneMel};
use crate::scratch::Kernels;
use crate::stft::lane_frames;

/// Frames in lanes; signals so loud that an energy may overflow use the plain path.
#[derive(Clone)]
pub(super) struct LaneMelFrames {
    kernels: Arc<Kernels<dyn LaneFrames>>,
    mel: Arc<LaneMel>,
    hop: usize,
    /// Largest sample magnitude whose energies are certainly finite: the logarithm in lanes does not support
    /// infinity.
    loudest: f32,
    plain: PlainMelFrames<f32>,
}

impl LaneMelFrames {
    /// The plan, or `None` if the lanes do not support these parameters.
    pub(super) fn new(params: &LogMelParams, filterbank: &Arc<MelFilterbank<f32>>) -> Result<Option<Self>> {
        if params.power != 2.0 {
            return Ok(None);
        }
        let log = match lane_log(&params.log) {
            LogPlan::Energies => None,
            LogPlan::Log(log) => Some(log),
            LogPlan::Beyond => return Ok(None),
        };
        let Some(kernels) = lane_frames(&params.frame())? else { return Ok(None) };
        let filters: Vec<_> = filterbank.rows().map(|(first, weights)| (first, weights.to_vec())).collect();
        Ok(Some(Self {
            kernels: Arc::new(kernels),
            loudest: loudest(params, &filters)? as f32,
            mel: Arc::new(LaneMel { filters, log }),
            hop: params.hop,
            plain: PlainMelFrames::new(params, filterbank)?,
        }))
    }
}

impl MelFrames<f32> for LaneMelFrames {
    fn mel_frames(&mut self, signal: &[f32], count: usize, row_len: usize, out: &mut [f32]) {
        if peak(signal) > self.loudest {
            return self.plain.mel_frames(signal, count, row_len, out);
        }
        self.kernels.lend(|kernel| kernel.mel_frames(signal, self.hop, count, &self.mel, row_len, out));
    }

    fn boxed_clone(&self) -> Box<dyn MelFrames<f32>> {
        Box::new(self.clone())
    }
}

/// `|X_k| ≤ gain · max |x| · Σ|w|`, an energy is `Σ weights · |X_k|²`; a quarter is kept for two frames in one transform.
fn loudest(params: &LogMelParams, filters: &[(usize, Vec<f32>)]) -> Result<f64> {
    let window = params.window.coefficients(params.win_length, params.symmetry)?;
    let mut gain: f64 = window.iter().map(|w| w.abs()).sum();
    if params.remove_dc {
        gain *= 2.0;
    }
    if let Preemphasis::Frame(c) = params.preemphasis {
        gain *= 1.0 + c.abs();
    }
    let weight = |(_, weights): &(usize, Vec<f32>)| weights.iter().map(|&w| f64::from(w)).sum();
    let heaviest = filters.iter().map(weight).fold(1.0, f64::max);
    Ok(0.25 * (f64::from(f32::MAX) / heaviest).sqrt() / gain.max(1.0))
}

/// The largest magnitude, with a few running maxima so that the loop vectorises.
fn peak(x: &[f32]) -> f32 {
    let mut most = [0.0_f32; 16];
    let chunks = x.chunks_exact(most.len());
    let rest = chunks.remainder();
    for chunk in chunks {
        for (most, v) in most.iter_mut().zip(chunk) {
            *most = if v.abs() > *most { v.abs() } else { *most };
        }
    }
    most.iter().chain(rest).fold(0.0, |a, v| a.max(v.abs()))
}

enum LogPlan {
    Energies,
    Log(LaneLog),
    Beyond,
}

/// The element-wise part of a logarithm for the lanes, which support only normal numbers.
fn lane_log(log: &MelLog) -> LogPlan {
    let (floor, offset, factor) = match *log {
        MelLog::Linear => return LogPlan::Energies,
        MelLog::Decibel { amin, .. } => (amin, 0.0, 10.0 * LOG10_2),
        MelLog::Log10 { floor } => (floor, 0.0, LOG10_2),
        MelLog::Ln { floor } => (floor, 0.0, LN_2),
        MelLog::LnPlus { offset } => (0.0, offset, LN_2),
    };
    let (floor, offset) = (floor as f32, offset as f32);
    if !(floor + offset).is_normal() {
        return LogPlan::Beyond;
    }
    LogPlan::Log(LaneLog { floor, offset, factor: factor as f32 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mel::{LogMel, Preset};

    #[test]
    fn the_peak_is_found_anywhere() {
        for at in [0, 15, 16, 36] {
            let mut x = [0.5_f32; 37];
            x[at] = -3.0;
            assert_eq!(peak(&x), 3.0);
        }
        assert_eq!(peak(&[]), 0.0);
    }

    #[test]
    fn every_preset_has_a_kernel_and_what_lanes_cannot_do_has_none() {
        let planned = |p: &LogMelParams| {
            let bank = Arc::new(MelFilterbank::new(&p.filterbank()).expect("valid"));
            LaneMelFrames::new(p, &bank).expect("valid").is_some()
        };
        for preset in Preset::ALL {
            assert!(planned(&LogMelParams::preset(preset)), "{preset}");
        }
        let whisper = LogMelParams::preset(Preset::Whisper);
        assert!(planned(&whisper.clone().log(MelLog::Linear)));
        for altered in [
            whisper.clone().power(1.0),
            whisper.clone().n_fft(551),
            whisper.clone().log(MelLog::Ln { floor: 1e-60 }),
            whisper.clone().win_length(3),
        ] {
            assert!(!planned(&altered), "{altered:?}");
        }
    }

    #[test]
    fn overflowing_energies_stay_infinite() {
        let p = LogMelParams::preset(Preset::Whisper).normalise(crate::mel::MelNormalise::None);
        let loud: Vec<f32> = (0..4000).map(|i| if i % 2 == 0 { 3e38 } else { -3e38 }).collect();
        let out = LogMel::<f32>::new(p.clone()).expect("valid").run(&loud).expect("finite");
        assert!(out.values.iter().any(|v| !v.is_finite()));
        let fair: Vec<f32> = loud.iter().map(|v| v * 1e-24).collect();
        let out = LogMel::<f32>::new(p).expect("valid").run(&fair).expect("finite");
        assert!(out.values.iter().all(|v| v.is_finite()));
    }
}
