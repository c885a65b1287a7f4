//! What the commands about learned transforms have in common.

use crate::flags::{TargetFlags, TransformName};
use anyhow::{Context, Result, bail};
use rlx_dsp::lanes::Isa;
use rlx_dsp::welch::peaks::WelchPeakParams;
use rlx_fft::report::Host;
use rlx_io::read::{Chunk, OpenOptions, open};
use rlx_learn::{Matrix, Permutation, Signals, Target};
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// Head of every report about learning.
#[derive(Debug, Serialize)]
pub(crate) struct Head {
    schema: u32,
    tool: &'static str,
    command: String,
    version: &'static str,
    host: Host,
}

impl Head {
    /// On this machine, work shared between so many threads.
    pub(crate) fn new(threads: usize) -> Self {
        Self {
            schema: 1,
            tool: "rlx-fft",
            command: crate::command_line(),
            version: env!("CARGO_PKG_VERSION"),
            host: Host::here(Isa::detect().map_or("unknown", Isa::name), threads, None),
        }
    }
}

/// Returns the matrix in a .npy file, `[rows, columns]`, real or complex.
pub(crate) fn read_matrix(path: &Path) -> Result<Matrix> {
    let mut readers = open(path, &OpenOptions::default())?;
    let name = path.display();
    let Some(reader) = readers.first_mut() else { bail!("{name}: no array") };
    let info = reader.info();
    let (rows, complex) = (info.channels.len(), info.complex);
    let mut planes = vec![Vec::new(); info.planes()];
    let mut whole = planes.clone();
    loop {
        match reader.read_f64(&mut planes, 1 << 16)? {
            Chunk::Data(_) => whole.iter_mut().zip(&planes).for_each(|(all, more)| all.extend(more)),
            Chunk::Gap { .. } => {}
            Chunk::End => break,
        }
    }
    let cols = whole.first().map_or(0, Vec::len);
    let (mut re, mut im) = (Vec::new(), Vec::new());
    for row in whole.chunks(if complex { 2 } else { 1 }) {
        re.extend_from_slice(&row[0]);
        im.extend(row.get(1).into_iter().flatten());
    }
    Matrix::from_planes(rows, cols, re, im).with_context(|| name.to_string())
}

/// What is to be learned, and the order of its input.
pub(crate) fn target(flags: &TargetFlags, seed: u64) -> Result<(Target, Permutation)> {
    let target = match &flags.matrix {
        Some(path) if flags.transform == TransformName::Matrix => {
            Target::of_matrix(read_matrix(path)?, Permutation::BitReversal, flags.depth.into())?
        }
        _ => flags.transform.transform().target(flags.n_fft, seed)?,
    };
    let permutation = flags.permutation.permutation(target.permutation);
    Ok((target, permutation))
}

/// Processor time of this thread, where the system tells it.
pub(crate) fn thread_time() -> Option<Duration> {
    // Fields 14 and 15 of stat are in clock ticks; schedstat is in nanoseconds.
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// Returns the generator's signals, or the recordings of a directory: every channel of every file that can be read.
pub(crate) fn signals(data: Option<&Path>, n_fft: usize, seed: u64) -> Result<Signals> {
    let Some(dir) = data else { return Ok(Signals::Generated(seed)) };
    let frame = WelchPeakParams::reference_for_n_fft(n_fft, 1).welch.frame_len();
    let mut paths: Vec<_> = std::fs::read_dir(dir)
        .with_context(|| dir.display().to_string())?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<std::io::Result<_>>()?;
    paths.retain(|path| path.is_file());
    paths.sort();
    let mut recordings = Vec::new();
    for path in &paths {
        for mut reader in open(path, &OpenOptions::default())? {
            let mut planes = vec![Vec::new(); reader.info().planes()];
            let mut whole = planes.clone();
            loop {
                match reader.read_f32(&mut planes, 1 << 16)? {
                    Chunk::Data(_) => whole.iter_mut().zip(&planes).for_each(|(all, more)| all.extend(more)),
                    // What follows does not continue what came before.
                    Chunk::Gap { .. } => {
                        recordings.append(&mut std::mem::replace(&mut whole, vec![Vec::new(); planes.len()]))
                    }
                    Chunk::End => break,
                }
            }
            recordings.append(&mut whole);
        }
    }
    Signals::recordings(recordings, frame, seed).with_context(|| dir.display().to_string())
}
