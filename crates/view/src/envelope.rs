//! Smallest and largest samples of columns, to draw a trace at any zoom.

use crate::query::MAX_COLUMNS;
use crate::recording::{Recording, Stretch};
use crate::{Cancel, EnvelopeQuery, Error, Result};
use rayon::prelude::*;

/// Samples (of all planes) that are read at a time.
const PIECE: usize = 1 << 17;
/// Largest number of samples of an envelope for which a preview uses all of them.
const EXACT_ANYWAY: u64 = 1 << 23;
/// Number of positions in a column, and of samples at each, that a preview uses.
const PLACES: u64 = 4;
const SAMPLES: u64 = 256;

/// Returns `[min, max]` of every column, `[channels][columns]`, and whether every sample was used.
pub(crate) fn envelope(
    recording: &Recording,
    query: &EnvelopeQuery,
    cancel: &Cancel,
) -> Result<(Vec<[f32; 2]>, bool)> {
    let channels = recording.signal().channels.len();
    if let Some(channel) = query.channels.iter().find(|channel| **channel >= channels) {
        return Err(Error::request(format!("channels: {channel} of {channels}")));
    }
    let size = query.columns.saturating_mul(query.channels.len());
    if query.columns > MAX_COLUMNS || size > 64 * MAX_COLUMNS || query.samples == 0 {
        let reason = format!("{} columns of {} samples", query.columns, query.samples);
        return Err(Error::request(reason));
    }
    // For complex recordings the real part is shown.
    let per = if recording.is_complex() { 2 } else { 1 };
    let planes: Vec<usize> = query.channels.iter().map(|channel| channel * per).collect();
    let samples = query.samples.saturating_mul(query.columns as u64);
    let exact = query.exact || query.samples <= PLACES * SAMPLES || samples <= EXACT_ANYWAY;
    let share = query.columns.div_ceil(4 * rayon::current_num_threads()).max(1);
    let parts: Vec<usize> = (0..query.columns).step_by(share).collect();
    let parts = parts
        .into_par_iter()
        .map(|from| {
            let to = query.columns.min(from + share);
            let mut part = vec![[f32::NAN; 2]; (to - from) * query.channels.len()];
            let mut stretch = Stretch::default();
            for column in from..to {
                cancel.check()?;
                let into = |channel: usize| (column - from) * query.channels.len() + channel;
                let start = query.start.saturating_add(query.samples.saturating_mul(column as u64));
                let mut look = |at: u64, count: u64| -> Result<()> {
                    recording.read::<f32>(&planes, at, count as usize, &mut stretch)?;
                    for (channel, samples) in stretch.channels.iter().enumerate() {
                        widen(&mut part[into(channel)], samples);
                    }
                    Ok(())
                };
                if exact {
                    let piece = (PIECE / recording.planes().max(1)).max(1) as u64;
                    let mut done = 0;
                    while done < query.samples && start.saturating_add(done) < recording.frames() {
                        cancel.check()?;
                        let count = piece.min(query.samples - done);
                        look(start + done, count)?;
                        done += count;
                    }
                } else {
                    for place in 0..PLACES {
                        look(start.saturating_add(query.samples / PLACES * place), SAMPLES)?;
                    }
                }
            }
            Ok(part)
        })
        .collect::<Result<Vec<_>>>()?
        .concat();
    // From [columns][channels].
    let count = query.channels.len();
    let by_channel = (0..count).flat_map(|c| parts.iter().skip(c).step_by(count.max(1)).copied()).collect();
    Ok((by_channel, exact))
}

fn widen(range: &mut [f32; 2], samples: &[f32]) {
    for &sample in samples {
        if sample.is_nan() {
            continue;
        }
        range[0] = range[0].min(sample);
        range[1] = range[1].max(sample);
    }
}
