//! Captures: contiguous samples and their times.

use super::meta::{self, Capture, Meta};
use crate::{Error, Place, Result};
use std::path::Path;

const MAX_CAPTURES: usize = 1 << 16;
/// Centre frequencies, each of which is a reader.
const MAX_GROUPS: usize = 1024;

/// Consecutive samples in the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Run {
    /// Offset of the first one in bytes.
    pub(super) start: u64,
    pub(super) frames: u64,
    /// Index of its first sample on the time axis of the recording.
    pub(super) position: u64,
    /// Samples between the group's previous run and this one, if they are not contiguous.
    pub(super) gap: Option<f64>,
}

/// The captures at one centre frequency.
pub(super) struct Group {
    pub(super) center: Option<f64>,
    pub(super) runs: Vec<Run>,
}

impl Group {
    /// Returns the gaps as (samples before, length).
    pub(super) fn gaps(&self) -> Vec<(u64, f64)> {
        let mut before = 0;
        let mut gaps = Vec::new();
        for run in &self.runs {
            gaps.extend(run.gap.map(|gap| (before, gap)));
            before += run.frames;
        }
        gaps
    }
}

/// Returns the captures by centre frequency, in the order of their first one, and the position of each capture.
///
/// Positions count from the first capture: by `core:global_index` if present; otherwise the samples follow those of
/// the previous capture.
pub(super) fn groups(
    description: &Path,
    meta: &Meta,
    frame: u64,
    end: u64,
) -> Result<(Vec<Group>, Vec<u64>)> {
    let whole_file = [Capture::default()];
    let captures = if meta.captures.is_empty() { &whole_file[..] } else { &meta.captures[..] };
    if captures.len() > MAX_CAPTURES {
        return Err(Error::malformed(description, Place::File, format!("{} captures", captures.len())));
    }
    let mut groups: Vec<Group> = Vec::new();
    let mut positions = Vec::new();
    let mut headers = 0u64;
    // Position and global index of the sample after the previous capture.
    let (mut next_position, mut next_global) = (0u64, None);
    for (index, capture) in captures.iter().enumerate() {
        let start = meta::whole(description, capture.sample_start, "core:sample_start")?;
        headers += meta::whole(description, capture.header_bytes.unwrap_or(0.0), "core:header_bytes")?;
        let global =
            capture.global_index.map(|at| meta::whole(description, at, "core:global_index")).transpose()?;
        let next = captures
            .get(index + 1)
            .map(|next| meta::whole(description, next.sample_start, "core:sample_start"))
            .transpose()?;
        if next.is_some_and(|next| next < start) {
            let reason = format!("capture {} starts before capture {}", index + 2, index + 1);
            return Err(Error::malformed(description, Place::File, reason));
        }
        let at = start.checked_mul(frame).and_then(|bytes| bytes.checked_add(headers)).unwrap_or(u64::MAX);
        let there = end.saturating_sub(at) / frame;
        let frames = next.map_or(there, |next| next - start);
        if frames > there {
            let reason = format!("capture {} has {frames} frames, the data file {there} of them", index + 1);
            return Err(Error::truncated(description, end, reason));
        }
        let position = match (global, next_global) {
            _ if index == 0 => start,
            (Some(now), Some(due)) if now >= due => next_position.saturating_add(now - due),
            // Samples that no capture describes count as well.
            _ => next_position,
        };
        positions.push(position);
        (next_position, next_global) =
            (position.saturating_add(frames), global.map(|at| at.saturating_add(frames)));
        let group = match groups.iter().position(|group| group.center == capture.frequency) {
            Some(group) => group,
            None if groups.len() == MAX_GROUPS => {
                let reason = format!("more than {MAX_GROUPS} centre frequencies");
                return Err(Error::unsupported(description, Place::File, reason));
            }
            None => {
                groups.push(Group { center: capture.frequency, runs: Vec::new() });
                groups.len() - 1
            }
        };
        if frames > 0 {
            let runs = &mut groups[group].runs;
            let due = runs.last().map(|run| run.position + run.frames);
            let gap = due.filter(|due| *due != position).map(|due| position as f64 - due as f64);
            runs.push(Run { start: at, frames, position, gap });
        }
    }
    Ok((groups, positions))
}
