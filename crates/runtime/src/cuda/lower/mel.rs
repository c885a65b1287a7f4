//! Log-mel spectrograms in one kernel, followed by a short one.

use rlx_compile::regions::{Asked, LogMel};
use rlx_dsp::stft::{Padding, Placement};

use super::super::blueprint::log_mel::log_mel;
use super::regions::Taken;

/// [Preemphasis →] framing → Fft → Power → MelFilterbank [→ Log] [→ ClampNormalise] [→ NormaliseFeatures].
pub(super) fn kernel(asked: &Asked<'_>, mel: &LogMel) -> Result<Taken, String> {
    let mut params = mel.params().ok_or("the log-mel kernel has no such order of ops")?;
    if mel.powers.transform.keep.is_some() {
        return Err("the log-mel kernel has no bands".to_owned());
    }
    if mel.clamp.is_some() && mel.features.is_some() {
        return Err("the log-mel kernel has one normalisation".to_owned());
    }
    let even = params.win_length.is_multiple_of(2) && params.n_fft.is_multiple_of(2);
    if params.padding != Padding::None && even {
        // The position of a window in the transform changes only phases; a padded frame is centred either way.
        params.placement = Placement::Center;
    }
    let len = asked.source().last();
    Taken::of(move |sample| log_mel(&params, len, sample))
}
