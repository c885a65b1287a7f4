//! Log-mel features on a device: each part between pauses as a whole.

use super::mel::{Emit, on_the_cpu, short_parts};
use crate::flags::MelArgs;
use crate::signal::{Blocks, InputSample, Signal, Step, explain};
use crate::spectra::{Beyond, DeviceMel, mel_on, shown};
use anyhow::Result;
use rlx_dsp::fft::Real;
use rlx_dsp::mel::{LogMel, LogMelOutput, LogMelParams};
use rlx_dsp::nan::{Filled, NanPolicy, fill_gaps};

/// Computes all frames on a device, or on the CPU if the device does not support it. Returns the notes.
pub(super) fn on_device<T: InputSample + Real>(
    device: &str,
    blocks: &mut Blocks<T>,
    signal: &Signal,
    params: &LogMelParams,
    args: &MelArgs,
    emit: Emit<'_>,
) -> Result<Vec<String>> {
    let channels = signal.channels.len();
    let mut part = vec![Vec::new(); channels];
    let mut filled = vec![Filled::default(); channels];
    let (mut notes, before) = (Vec::new(), blocks.notes());
    let (mut first, mut emitted, mut short) = (0, 0usize, 0);
    loop {
        let step = blocks.next()?;
        if step == Step::Data {
            for (all, block) in part.iter_mut().zip(blocks.channels()) {
                all.extend_from_slice(block);
            }
            continue;
        }
        // A part between pauses may be shorter than a frame; a whole recording may not.
        let too_short = params.framing().checked_count(part.first().map_or(0, Vec::len)).is_err();
        if too_short && (step == Step::Gap || emitted > 0) {
            short += 1;
        } else {
            if let NanPolicy::Interpolate { max_gap } = args.missing.nan {
                for (samples, sum) in part.iter_mut().zip(&mut filled) {
                    let new = fill_gaps(samples, max_gap);
                    (sum.samples, sum.gaps) = (sum.samples + new.samples, sum.gaps + new.gaps);
                }
            }
            let features = features(device, &part, (signal, first), params, args, &mut notes)?;
            let frames = features.first().and_then(|bands| bands.first()).map_or(0, Vec::len);
            for i in 0..frames {
                let bands = features.iter().flat_map(|bands| bands.iter().map(|band| band[i]));
                emit(first, i, &bands.collect::<Vec<f64>>())?;
            }
            emitted += frames;
        }
        if step == Step::End {
            break;
        }
        part.iter_mut().for_each(Vec::clear);
        first = blocks.frames();
    }
    for (name, filled) in signal.names().zip(&filled).filter(|(_, filled)| filled.samples > 0) {
        notes
            .push(format!("channel {name}: {} samples interpolated in {} gaps", filled.samples, filled.gaps));
    }
    if short > 0 {
        notes.push(short_parts(short));
    }
    notes.extend(blocks.notes().into_iter().filter(|note| !before.contains(note)));
    Ok(notes)
}

/// Returns the features of a part that begins with sample `first`: `[channels][n_mels][frames]`. Adds notes.
fn features<T: InputSample + Real>(
    device: &str,
    samples: &[Vec<T>],
    (signal, first): (&Signal, u64),
    params: &LogMelParams,
    args: &MelArgs,
    notes: &mut Vec<String>,
) -> Result<Vec<Vec<Vec<f64>>>> {
    let made = mel_on(device, params, samples)?;
    let mut note = |text: String| {
        if !notes.contains(&text) {
            notes.push(text);
        }
    };
    // A plan without a part on the device only yields a note.
    if let Some(made) = made.as_ref().filter(|made| made.channels.is_empty()) {
        note(made.placement.said.clone());
    }
    if args.explain {
        let regions = match &made {
            Some(made) => made.placement.regions.clone(),
            None => on_the_cpu(params, samples.len())?,
        };
        regions.into_iter().for_each(&mut note);
    }
    let sound =
        |made: &DeviceMel| !made.channels.is_empty() && made.channels.iter().flatten().all(|v| v.is_finite());
    if let Some(made) = made.filter(sound) {
        note(made.placement.said.clone());
        let of = |features: &Vec<f32>, band: usize| -> Vec<f64> {
            features.iter().skip(band).step_by(params.n_mels).map(|v| shown(*v)).collect()
        };
        let bands = |f: &Vec<f32>| (0..params.n_mels).map(|band| of(f, band)).collect();
        return Ok(made.channels.iter().map(bands).collect());
    }
    let plan = LogMel::<T>::new(params.clone())?.with_threads(0)?;
    let mut all = Vec::new();
    for (i, samples) in samples.iter().enumerate() {
        let mel = plan.run(samples).map_err(|error| explain(error, signal, i, first))?;
        if mel.values.iter().all(|v| v.finite()) {
            all.push(bands(&mel));
            continue;
        }
        // The samples are finite, but their powers exceed their precision.
        let wide: Vec<f64> = samples.iter().map(|v| v.widen()).collect();
        let mel = LogMel::<f64>::new(params.clone())?.run(&wide)?;
        if !mel.values.iter().all(|v| v.is_finite()) {
            return Err(Beyond { wider: false }.into());
        }
        all.push(bands(&mel));
    }
    Ok(all)
}

/// Returns the features of each band, one value per frame.
fn bands<T: Real>(mel: &LogMelOutput<T>) -> Vec<Vec<f64>> {
    let row = |band| (0..mel.n_frames).filter_map(|frame| mel.get(band, frame)).map(shown).collect();
    (0..mel.n_mels).map(row).collect()
}
