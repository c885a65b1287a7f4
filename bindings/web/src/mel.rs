//! Log-mel features.

use crate::arrays::{self, Samples};
use crate::error::Failure;
use crate::request::LogMel as Query;
use rlx_dsp::mel::{LogMel, LogMelParams, MelLayout, Preset};
use serde_json::{Value, json};
use std::cell::RefCell;

thread_local! {
    /// The last plan and what it was made for: filterbanks and tables take longer than a second of samples.
    static LAST: RefCell<Option<(String, Option<usize>, LogMel)>> = const { RefCell::new(None) };
}

pub(crate) fn log_mel(query: &Query) -> Result<Value, Failure> {
    let Samples::Single(x) = Samples::of(&query.x)? else {
        return Err(Failure::new("x: log-mel features need a Float32Array"));
    };
    let known = LAST.take().filter(|(name, n_mels, _)| *name == query.preset && *n_mels == query.n_mels);
    let plan = match known {
        Some((_, _, plan)) => plan,
        None => {
            let mut params = LogMelParams::preset(query.preset.parse::<Preset>()?);
            params.n_mels = query.n_mels.unwrap_or(params.n_mels);
            LogMel::new(params)?
        }
    };
    let out = plan.run(x.singles())?;
    let reply = json!({
        "values": arrays::result(&out.values),
        "n_mels": out.n_mels,
        "n_frames": out.n_frames,
        "mels_first": out.layout == MelLayout::MelsByFrames,
        "fs": plan.params().sample_rate,
    });
    LAST.set(Some((query.preset.clone(), query.n_mels, plan)));
    Ok(reply)
}
