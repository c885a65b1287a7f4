//! Shared code of the commands for learned transforms.

use crate::app::Failure;
use crate::console::Console;
use crate::flags::TargetFlags;
use anyhow::{Context, Result, bail};
use rlx_dsp::lanes::Isa;
use rlx_dsp::welch::peaks::WelchPeakParams;
use rlx_fft::report::Host;
use rlx_io::read::{Chunk, OpenOptions, Precision, open};
use rlx_learn::{FastLearnedFftModel, Matrix, Permutation, Signals, Target, estimate};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Beginning of every report about learning.
#[derive(Debug, Serialize)]
pub(crate) struct Head {
    schema: u32,
    tool: &'static str,
    command: String,
    version: &'static str,
    host: Host,
}

impl Head {
    /// Describes this machine and the number of threads.
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

/// Reads the matrix in a .npy file, `[rows, columns]`, real or complex, and the relative rounding of its entries.
pub(crate) fn read_matrix(path: &Path) -> Result<(Matrix, f64)> {
    let mut readers = open(path, &OpenOptions::default())?;
    let name = path.display();
    let Some(reader) = readers.first_mut() else { bail!("{name}: no array") };
    let info = reader.info();
    let (rows, complex) = (info.channels.len(), info.complex);
    let rounding = match info.precision {
        Precision::F32 => f64::from(f32::EPSILON),
        Precision::F64 => 0.0,
    };
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
    Ok((Matrix::from_planes(rows, cols, re, im).with_context(|| name.to_string())?, rounding))
}

/// Returns what is to be learned, and the order of its input.
pub(crate) fn target(flags: &TargetFlags, seed: u64) -> Result<(Target, Permutation), Failure> {
    let (matrix, rounding) = match (&flags.matrix, &flags.inputs, &flags.outputs) {
        (Some(path), _, _) => read_matrix(path)?,
        (None, Some(inputs), Some(outputs)) => {
            let ((x, one), (y, other)) = (read_matrix(inputs)?, read_matrix(outputs)?);
            (estimate(&x, &y)?, one.max(other))
        }
        _ => {
            let (name, n_fft) = flags.named();
            let target = name.transform().target(n_fft, seed)?;
            let permutation = flags.permutation.permutation(target.permutation);
            return Ok((target, permutation));
        }
    };
    flags.check_size(matrix.rows)?;
    let depth = flags.depth();
    let own = if depth == 2 { Permutation::BitReversal } else { Permutation::Other };
    let target = Target::of_matrix(matrix, own, depth)?.rounded_to(rounding);
    Ok((target, flags.permutation.permutation(own)))
}

/// Counts, for each stage, the gates that do arithmetic, and all of them.
pub(crate) fn gates(model: &FastLearnedFftModel) -> Vec<(usize, usize)> {
    let network = model.network();
    let stages = (0..network.stages()).filter_map(|stage| network.gates(stage));
    stages.map(|gates| (gates.iter().filter(|gate| gate.works()).count(), gates.len())).collect()
}

/// Returns the share of each stage's gates that do arithmetic.
pub(crate) fn gate_shares(model: &FastLearnedFftModel) -> Vec<f64> {
    gates(model).into_iter().map(|(open, all)| open as f64 / all as f64).collect()
}

/// Returns the CPU time of this thread, if the system reports it.
pub(crate) fn thread_time() -> Option<Duration> {
    // Fields 14 and 15 of stat are in clock ticks; schedstat is in nanoseconds.
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// Returns the files below a folder, in the order of their names; names that begin with a dot are skipped.
pub(crate) fn files_below(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let entry = entry.with_context(|| folder.display().to_string())?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            // Links to folders may lead in circles.
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                _ if entry.path().is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Returns the generator's signals, or every channel of the recordings below a folder. Files that are no recordings are left
/// out and named; a recording that breaks off or holds NaN is an error.
pub(crate) fn signals(data: Option<&Path>, n_fft: usize, seed: u64, console: &Console) -> Result<Signals> {
    let Some(dir) = data else { return Ok(Signals::Generated(seed)) };
    let frame = WelchPeakParams::reference_for_n_fft(n_fft, 1).welch.frame_len();
    let mut recordings = Vec::new();
    let mut foreign = Vec::new();
    let files = files_below(dir)?;
    for path in &files {
        match recording(path)? {
            Ok(mut channels) => recordings.append(&mut channels),
            Err(reason) => foreign.push(reason),
        }
    }
    if !foreign.is_empty() {
        let more = if foreign.len() > 3 { format!(" and {} more", foreign.len() - 3) } else { String::new() };
        let named = foreign.iter().take(3).map(String::as_str).collect::<Vec<_>>().join("; ");
        let (left, all) = (foreign.len(), files.len());
        console.note(&format!(
            "--data: {left} of {all} files are no recordings and are left out: {named}{more}"
        ));
    }
    Signals::recordings(recordings, frame, seed).with_context(|| dir.display().to_string())
}

/// Returns the channels of a file, cut at its pauses; the inner error says why it is no recording.
fn recording(path: &Path) -> Result<std::result::Result<Vec<Vec<f32>>, String>> {
    let mut recordings = Vec::new();
    let readers = match open(path, &OpenOptions::default()) {
        Ok(readers) => readers,
        Err(error) => return Ok(Err(error.to_string())),
    };
    for mut reader in readers {
        let mut planes = vec![Vec::new(); reader.info().planes()];
        let mut whole = planes.clone();
        loop {
            match reader.read_f32(&mut planes, 1 << 16) {
                Ok(Chunk::Data(_)) => whole.iter_mut().zip(&planes).for_each(|(all, more)| all.extend(more)),
                // The following samples are not contiguous with the previous ones.
                Ok(Chunk::Gap { .. }) => {
                    recordings.append(&mut std::mem::replace(&mut whole, vec![Vec::new(); planes.len()]));
                }
                Ok(Chunk::End) => break,
                Err(error) if recordings.is_empty() && whole.iter().all(Vec::is_empty) => {
                    return Ok(Err(error.to_string()));
                }
                Err(error) => return Err(error.into()),
            }
        }
        recordings.append(&mut whole);
    }
    for samples in &recordings {
        if let Some(at) = samples.iter().position(|x| !x.is_finite()) {
            bail!("{}: sample {at} of a channel is not finite", path.display());
        }
    }
    Ok(Ok(recordings))
}
