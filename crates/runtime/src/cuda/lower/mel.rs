//! Log-mel spectrograms in one kernel, and a light one after it.

use rlx_compile::params::{LogBase, MaxScope, MelScale, Symmetry, Window};
use rlx_compile::{NodeId, Op};
use rlx_dsp::mel::{
    self, LogMelParams, MaxOver, MelLayout, MelLog, MelNorm, MelNormalise, Preemphasis, Reference,
    TriangleDomain,
};
use rlx_dsp::stft::Placement;

use super::super::blueprint::SampleType;
use super::super::blueprint::log_mel::log_mel;
use super::frames::framing;
use super::walk::{Taken, Walk};

/// [Preemphasis →] framing → Fft → Power → MelFilterbank [→ Log] [→ ClampNormalise] [→ NormaliseFeatures].
pub(super) fn take(walk: &Walk<'_>, first: NodeId) -> Option<Taken> {
    let samples = walk.ty(walk.operand(first)?);
    if samples.kind.element_bytes() != 4 {
        return None;
    }
    let len = samples.last();
    let (segment, signal) = match *walk.op(first) {
        Op::Preemphasis { coefficient, per_frame: false } => (walk.only_user(first)?, coefficient),
        _ => (first, 0.0),
    };
    let (spec, fft) = framing(walk, segment)?;
    let (window, symmetry) = window(walk, segment);
    let Op::Fft { n_fft, keep: None, .. } = *walk.op(fft) else { return None };
    let power = walk.only_user(fft)?;
    if !matches!(walk.op(power), Op::Power { one_sided: false }) || walk.ty(power).last() != n_fft / 2 + 1 {
        return None;
    }
    let bank = walk.only_user(power)?;
    let Op::MelFilterbank(filters) = *walk.op(bank) else { return None };
    let preemphasis = match (signal, spec.frame_preemphasis) {
        (0.0, 0.0) => Preemphasis::None,
        (c, 0.0) => Preemphasis::Signal(c),
        (0.0, c) => Preemphasis::Frame(c),
        _ => return None,
    };
    let (scale, domain) = match filters.scale {
        MelScale::Slaney => (mel::MelScale::Slaney, TriangleDomain::Hertz),
        MelScale::Htk => (mel::MelScale::Htk, TriangleDomain::Hertz),
        MelScale::Kaldi => (mel::MelScale::Kaldi, TriangleDomain::Mel),
    };
    let win_length = spec.window.len();
    let padded = spec.framing.padding != rlx_dsp::stft::Padding::None;
    // Where a window lies in the transform turns phases alone; a padded frame is centred either way.
    if padded && (win_length % 2 == 1 || n_fft % 2 == 1) {
        return None;
    }
    let mut params = LogMelParams {
        sample_rate: filters.sample_rate,
        preemphasis,
        padding: spec.framing.padding,
        drop_last_frame: spec.framing.drop_last,
        remove_dc: spec.remove_dc,
        window,
        symmetry,
        win_length,
        n_fft,
        placement: if padded { Placement::Center } else { Placement::Start },
        hop: spec.framing.hop,
        power: 2.0,
        n_mels: filters.n_mels,
        f_min: filters.f_min,
        f_max: Some(filters.f_max),
        scale,
        norm: if filters.slaney_norm { MelNorm::Slaney } else { MelNorm::None },
        domain,
        log: MelLog::Linear,
        normalise: MelNormalise::None,
        max_over: MaxOver::Item,
        layout: MelLayout::FramesByMels,
    };
    let mut last = bank;
    if let Some((user, log)) = walk.only_user(last).and_then(|user| Some((user, logarithm(walk.op(user))?))) {
        (last, params.log) = (user, log);
    }
    if let Some(user) = walk.only_user(last).filter(|_| params.log != MelLog::Linear) {
        match *walk.op(user) {
            Op::ClampNormalise { below_max, offset, scale, scope } if scale != 0.0 => {
                params.normalise =
                    MelNormalise::Clamp { range: below_max, shift: offset, divisor: 1.0 / scale };
                params.max_over = if scope == MaxScope::Batch { MaxOver::Batch } else { MaxOver::Item };
                last = user;
            }
            Op::NormaliseFeatures { epsilon } => {
                params.normalise = MelNormalise::PerFeature { epsilon };
                last = user;
            }
            _ => {}
        }
    }
    log_mel(&params, len, SampleType::F32).ok()?;
    Some(Taken::one(last, Box::new(move |sample| log_mel(&params, len, sample))))
}

fn window(walk: &Walk<'_>, segment: NodeId) -> (Window, Symmetry) {
    let mut at = walk.only_user(segment);
    while let Some(id) = at {
        match *walk.op(id) {
            Op::Window { window, symmetry } => return (window, symmetry),
            Op::Detrend { .. } | Op::Preemphasis { .. } => at = walk.only_user(id),
            _ => break,
        }
    }
    (Window::Rectangular, Symmetry::Periodic)
}

fn logarithm(op: &Op) -> Option<MelLog> {
    let Op::Log { base, floor, add } = *op else { return None };
    match base {
        LogBase::Ln if floor == 0.0 => Some(MelLog::LnPlus { offset: add }),
        _ if add != 0.0 => None,
        LogBase::Ln => Some(MelLog::Ln { floor }),
        LogBase::Log10 => Some(MelLog::Log10 { floor }),
        LogBase::Db => Some(MelLog::Decibel { amin: floor, reference: Reference::Power(1.0), top_db: None }),
    }
}
