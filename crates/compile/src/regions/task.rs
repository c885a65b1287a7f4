//! The task of a region, with the parameters of its estimate.

use rlx_dsp::mel::{LogMelParams, MelLayout, MelLog, MelNormalise, Preemphasis, Reference};
use rlx_dsp::params::SegmentParams;
use rlx_dsp::stft::{Placement, SpectrogramParams, SpectrogramScaling};
use rlx_dsp::welch::PsdParams;

use super::{Framed, Plain};
use crate::graph::NodeId;
use crate::op::Op;
use crate::params::{
    Average, Band, ButterflySpec, Layout, LogBase, Mask, MaxOver, MelFilterbankParams, Scaling, Sides,
    WelchPeaksSpec,
};
use crate::shape::one_sided_bins;

/// Ops that one kernel runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// Their task.
    pub task: Task,
    /// The ops, in data order.
    pub nodes: Vec<NodeId>,
    /// Their operand.
    pub source: NodeId,
    /// Their results.
    pub results: Vec<NodeId>,
}

/// The task of a region.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// Frames as a value.
    Frames(Framed),
    /// Spectra of frames.
    Transform(Transform),
    /// Powers or magnitudes of frames.
    Spectrogram(Spectrogram),
    /// Averaged powers, optionally with their peaks.
    Welch(Welch),
    /// The fused op: peaks of averaged powers.
    WelchPeaks(WelchPeaksSpec),
    /// Mel energies or their logarithms.
    LogMel(LogMel),
    /// A learned transform and the ops after it.
    Learned(Learned),
    /// One op on a value in memory.
    Op(Op),
}

impl Task {
    /// `frames`, `transform`, `spectrogram`, `welch`, `welch_peaks`, `log_mel`, `learned`, or the name of the one op.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Frames(_) => "frames",
            Self::Transform(_) => "transform",
            Self::Spectrogram(_) => "spectrogram",
            Self::Welch(_) => "welch",
            Self::WelchPeaks(_) => "welch_peaks",
            Self::LogMel(_) => "log_mel",
            Self::Learned(_) => "learned",
            Self::Op(op) => op.kind().name(),
        }
    }
}

/// Frames → Fft.
#[derive(Debug, Clone, PartialEq)]
pub struct Transform {
    /// The frames.
    pub frames: Framed,
    /// Points.
    pub n_fft: usize,
    /// Bins of a spectrum: `n_fft/2 + 1` or all.
    pub bins: usize,
    /// Order of real and imaginary parts.
    pub layout: Layout,
    /// Bins that are computed; the others are zero.
    pub keep: Option<Band>,
}

/// … → Power [→ Psd], or … → Magnitude.
#[derive(Debug, Clone, PartialEq)]
pub struct Spectrogram {
    /// The transform.
    pub transform: Transform,
    /// Bins of a result.
    pub bins: usize,
    /// Whether inner bins are doubled.
    pub doubled: bool,
    /// Selects magnitudes instead of powers; they are neither doubled nor scaled.
    pub magnitude: bool,
    /// Sample rate and scaling; raw powers if absent.
    pub scaling: Option<(f64, Scaling)>,
}

/// … → Power → Average [→ Psd] [and → TopK beside it].
#[derive(Debug, Clone, PartialEq)]
pub struct Welch {
    /// The powers; their scaling is that of the average.
    pub powers: Spectrogram,
    /// How frames become one spectrum.
    pub average: Average,
    /// Peaks of the unscaled average beside it, the second result.
    pub peaks: Option<usize>,
}

/// [Preemphasis →] … → Power → MelFilterbank [→ Log] [→ ClampNormalise] [→ NormaliseFeatures].
#[derive(Debug, Clone, PartialEq)]
pub struct LogMel {
    /// Pre-emphasis of the rows.
    pub preemphasis: Option<f64>,
    /// The powers, not doubled.
    pub powers: Spectrogram,
    /// The filters.
    pub filters: MelFilterbankParams,
    /// Base, floor and addend.
    pub log: Option<(LogBase, f64, f64)>,
    /// Range, offset, scale and scope.
    pub clamp: Option<(f64, f64, f64, MaxOver)>,
    /// Epsilon of the band normalisation.
    pub features: Option<f64>,
}

/// Frames → Butterfly [→ Power → Average [→ Affine] [→ SpectralMask] [→ TopK]].
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    /// The frames.
    pub frames: Framed,
    /// The transform.
    pub spec: ButterflySpec,
    /// Whether the one-sided powers are averaged; otherwise the spectra are the result.
    pub averaged: bool,
    /// Factor and summand of the average.
    pub affine: Option<(f64, f64)>,
    /// Bins of it that are kept.
    pub mask: Option<Mask>,
    /// Number of peaks, if the result is peaks instead of powers.
    pub peaks: Option<usize>,
}

impl Spectrogram {
    /// Steps of the frames in the usual order, of frames inside their rows and without pre-emphasis.
    fn estimate(&self) -> Option<Plain> {
        let frames = &self.transform.frames;
        frames.plain().filter(|plain| frames.is_inside() && plain.preemphasis.is_none())
    }

    /// Returns the parameters of the dsp plan of these frames; the caller sets bins outside [`Transform::keep`] to
    /// zero.
    pub fn params(&self) -> Option<SpectrogramParams> {
        let Transform { frames, n_fft, .. } = &self.transform;
        let plain = frames.plain().filter(|p| p.preemphasis.is_none() && frames.drop_last == 0)?;
        let scaling = match (self.doubled, self.scaling) {
            _ if self.magnitude => SpectrogramScaling::Magnitude,
            (true, None | Some((_, Scaling::Raw))) => SpectrogramScaling::Raw,
            (true, Some((_, Scaling::Density))) => SpectrogramScaling::Density,
            (true, Some((_, Scaling::Spectrum))) => SpectrogramScaling::Spectrum,
            (false, None | Some((_, Scaling::Raw))) => SpectrogramScaling::Power,
            (false, Some(_)) => return None,
        };
        if frames.complex || self.bins != one_sided_bins(*n_fft) {
            return None;
        }
        let segments = segments(&plain, frames, *n_fft);
        let sample_rate = self.scaling.map_or(1.0, |(rate, _)| rate);
        Some(SpectrogramParams::new(sample_rate, segments).padding(frames.pad).scaling(scaling))
    }
}

impl Welch {
    /// Returns the parameters of the dsp plan of this average; the caller sets bins outside [`Transform::keep`] to
    /// zero.
    pub fn params(&self) -> Option<PsdParams> {
        let Spectrogram { transform: Transform { frames, n_fft, .. }, bins, doubled, scaling, .. } =
            &self.powers;
        let plain = self.powers.estimate()?;
        let sides = match (frames.complex, *doubled) {
            (false, true) => Sides::One,
            (_, false) if bins == n_fft => Sides::Two,
            _ => return None,
        };
        let (sample_rate, scaling) = scaling.unwrap_or((1.0, Scaling::Raw));
        Some(
            PsdParams::new(sample_rate, frames.len)
                .segments(segments(&plain, frames, *n_fft))
                .scaling(scaling)
                .average(self.average)
                .sides(sides),
        )
    }

    /// Returns the parameters of the fused op with `k` peaks, for one-sided spectra of real rows.
    pub fn spec(&self, k: usize) -> Option<WelchPeaksSpec> {
        let Spectrogram { transform: Transform { frames, n_fft, keep, .. }, doubled, .. } = &self.powers;
        let plain = self.powers.estimate()?;
        (!frames.complex && *doubled).then_some(WelchPeaksSpec {
            segment_len: frames.len,
            hop: frames.hop,
            n_fft: *n_fft,
            k,
            window: plain.window,
            symmetry: plain.symmetry,
            detrend: plain.detrend,
            average: self.average,
            keep: *keep,
        })
    }
}

impl LogMel {
    /// Returns the parameters of the dsp plan, with layout frames × mels.
    pub fn params(&self) -> Option<LogMelParams> {
        let Spectrogram { transform: Transform { frames, n_fft, .. }, bins, doubled, scaling, .. } =
            &self.powers;
        let plain = frames.plain().filter(|_| frames.drop_last <= 1)?;
        if frames.complex || *doubled || scaling.is_some() || *bins != one_sided_bins(*n_fft) {
            return None;
        }
        let remove_dc = match plain.detrend {
            crate::params::Detrend::None => false,
            crate::params::Detrend::Constant => true,
            crate::params::Detrend::Linear => return None,
        };
        let preemphasis = match (self.preemphasis, plain.preemphasis) {
            (None, None) => Preemphasis::None,
            (Some(c), None) => Preemphasis::Signal(c),
            (None, Some(c)) => Preemphasis::Frame(c),
            (Some(_), Some(_)) => return None,
        };
        let mut log = match self.log {
            None => MelLog::Linear,
            Some((LogBase::Ln, 0.0, offset)) => MelLog::LnPlus { offset },
            Some((_, _, add)) if add != 0.0 => return None,
            Some((LogBase::Ln, floor, _)) => MelLog::Ln { floor },
            Some((LogBase::Log10, floor, _)) => MelLog::Log10 { floor },
            Some((LogBase::Db, amin, _)) => {
                MelLog::Decibel { amin, reference: Reference::Power(1.0), top_db: None }
            }
        };
        let mut normalise = MelNormalise::None;
        let mut max_over = MaxOver::Item;
        if let Some((range, shift, scale, scope)) = self.clamp {
            max_over = scope;
            if scale == 0.0 {
                return None;
            }
            normalise = MelNormalise::Clamp { range, shift, divisor: 1.0 / scale };
        }
        if let Some(epsilon) = self.features {
            match (self.clamp, &mut log) {
                (None, _) => {}
                (Some((range, 0.0, 1.0, _)), MelLog::Decibel { top_db, .. }) => *top_db = Some(range),
                (Some(_), _) => return None,
            }
            normalise = MelNormalise::PerFeature { epsilon };
        }
        let MelFilterbankParams { sample_rate, n_mels, f_min, f_max, scale, norm, domain, .. } = self.filters;
        Some(
            LogMelParams::new(sample_rate, *n_fft, frames.hop, n_mels)
                .preemphasis(preemphasis)
                .padding(frames.pad)
                .drop_last_frame(frames.drop_last == 1)
                .remove_dc(remove_dc)
                .window(plain.window)
                .symmetry(plain.symmetry)
                .win_length(frames.len)
                .placement(Placement::Start)
                .f_min(f_min)
                .f_max(f_max)
                .scale(scale)
                .norm(norm)
                .domain(domain)
                .log(log)
                .normalise(normalise)
                .max_over(max_over)
                .layout(MelLayout::FramesByMels),
        )
    }
}

/// The segmentation of these frames.
fn segments(plain: &Plain, frames: &Framed, n_fft: usize) -> SegmentParams {
    SegmentParams::new(frames.len)
        .window(plain.window.clone())
        .symmetry(plain.symmetry)
        .hop(frames.hop)
        .n_fft(n_fft)
        .detrend(plain.detrend)
}
