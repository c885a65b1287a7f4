//! The library part of `max-batch`: the largest batch that a device can run, verified by a run.

use rlx_compile::builders::WelchPeaksShape;
use rlx_runtime::device::available_memory;
use rlx_runtime::session::BatchMemory;
use rlx_runtime::{Device, Session, SessionOptions};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::welch_peaks_compile::CompiledRlxWelchPeaksExec;

/// Options of the search.
#[derive(Debug, Clone, PartialEq)]
pub struct MaxBatchOptions {
    /// Name of the device; `None` is `auto`.
    pub device: Option<String>,
    /// Transform lengths.
    pub n_ffts: Vec<usize>,
    /// Segments per row.
    pub segments: usize,
    /// Peaks per row.
    pub k: usize,
    /// Share of the free memory that a batch may occupy, above 0, at most 1.
    pub memory_share: f64,
    /// Memory to treat as free, in bytes; by default the value reported by the system.
    pub memory_bytes: Option<u64>,
    /// Upper bound of the search.
    pub limit: usize,
}

impl Default for MaxBatchOptions {
    fn default() -> Self {
        Self {
            device: None,
            n_ffts: vec![128, 256, 512, 1024],
            segments: 2,
            k: 16,
            memory_share: 0.5,
            memory_bytes: None,
            limit: 1 << 26,
        }
    }
}

/// The largest batch of one transform length.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MaxBatchRow {
    /// The device.
    pub device: String,
    /// Transform length.
    pub n_fft: usize,
    /// The largest batch that ran; 0 if not even one row fits.
    pub batch: usize,
    /// Bytes of its input and output.
    pub bytes: u64,
    /// The reason for the end of the search: `memory`, `limit`, or the error of the run.
    pub bound: String,
    /// Time of the run, ms; `None` if nothing ran.
    pub ms: Option<f64>,
}

/// Finds for each transform length the largest batch, and the time of running it once.
///
/// # Errors
/// An unknown or absent device, an impossible shape, a share outside its range.
pub fn max_batch(options: &MaxBatchOptions) -> Result<Vec<MaxBatchRow>> {
    if !(options.memory_share > 0.0 && options.memory_share <= 1.0) {
        let reason = format!("must be above 0 and at most 1, got {}", options.memory_share);
        return Err(Error::argument("memory_share", reason));
    }
    let device = Device::named(options.device.as_deref().unwrap_or("auto"))?;
    let session = Session::with_options(&device, SessionOptions::default().threads(0))?;
    options.n_ffts.iter().map(|&n_fft| row(options, &session, n_fft)).collect()
}

fn row(options: &MaxBatchOptions, session: &Session, n_fft: usize) -> Result<MaxBatchRow> {
    let one = WelchPeaksShape::new(1, n_fft, options.segments, options.k);
    let (len, width) = (one.frame_len()?, 2 * options.k.min(one.bins()));
    let row_bytes = 4 * (len as u64 + width as u64);
    let device = session.device();
    // The caller's buffers are in host memory for every device.
    let host = options.memory_bytes.or_else(available_memory).unwrap_or(1 << 30);
    let own = || match session.batch_memory() {
        BatchMemory::Bytes(bytes) => Some(bytes),
        BatchMemory::Chunks => None,
        _ => device.memory_bytes,
    };
    let on_device = if device.class.has_bus() { options.memory_bytes.or_else(own) } else { None };
    let rows_of = |bytes: u64| {
        let budget = (bytes as f64 * options.memory_share) as u64;
        usize::try_from(budget / row_bytes).unwrap_or(usize::MAX)
    };
    let bounds = [
        ("limit", options.limit),
        ("memory", rows_of(host)),
        ("device memory", on_device.map_or(usize::MAX, rows_of)),
        ("buffer", usize::try_from(session.caps().max_buffer_bytes / (4 * len as u64)).unwrap_or(usize::MAX)),
    ];
    let least = bounds.into_iter().min_by_key(|(_, rows)| *rows);
    let (mut bound, mut batch) =
        least.map_or(("limit".to_owned(), 0), |(name, rows)| (name.to_owned(), rows));
    let mut ms = None;
    while batch > 0 {
        match prove(session, &one.with_batch(batch), len, width) {
            Ok(took) => {
                ms = Some(took);
                break;
            }
            // A batch that should fit may fail: halve until it runs.
            Err(error) => {
                bound = error.to_string();
                batch /= 2;
            }
        }
    }
    let bytes = batch as u64 * row_bytes;
    Ok(MaxBatchRow { device: device.id.clone(), n_fft, batch, bytes, bound, ms })
}

/// Runs a batch once, checks its last row, and returns the time, ms.
fn prove(session: &Session, shape: &WelchPeaksShape, len: usize, width: usize) -> Result<f64> {
    let exec = CompiledRlxWelchPeaksExec::compile_on(session, shape)?;
    let mut samples = zeros(shape.batch * len)?;
    let mut out = zeros(shape.batch * width)?;
    // A tone in bin n/8; every page of the input is written, so that the system must provide it.
    let step = std::f32::consts::TAU / 8.0;
    let tone: Vec<f32> = (0..len).map(|i| (i as f32 * step).sin()).collect();
    samples.chunks_exact_mut(len).for_each(|row| row.copy_from_slice(&tone));
    let start = std::time::Instant::now();
    exec.run(&samples, &mut out)?;
    let ms = start.elapsed().as_secs_f64() * 1e3;
    let last = out.len() - width;
    if out[last] as usize != shape.n_fft / 8 {
        return Err(Error::argument("batch", format!("the last of {} rows is wrong", shape.batch)));
    }
    Ok(ms)
}

fn zeros(len: usize) -> Result<Vec<f32>> {
    let mut values = Vec::new();
    values.try_reserve_exact(len).map_err(|e| Error::argument("batch", e.to_string()))?;
    values.resize(len, 0.0);
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_limit_bound_the_batch_and_it_runs() {
        let options = MaxBatchOptions {
            n_ffts: vec![64, 256, 250],
            memory_bytes: Some(1 << 22),
            memory_share: 0.5,
            limit: 4000,
            ..MaxBatchOptions::default()
        };
        let rows = max_batch(&options).unwrap();
        for (row, (batch, bound)) in rows.iter().zip([
            (4000, "limit"),
            ((1 << 21) / (4 * (384 + 32)), "memory"),
            ((1 << 21) / (4 * (375 + 32)), "memory"),
        ]) {
            assert_eq!((row.batch, row.bound.as_str()), (batch, bound), "{row:?}");
            assert!(row.bytes <= 1 << 21 && row.ms.is_some());
        }
        let none = max_batch(&MaxBatchOptions { memory_bytes: Some(100), ..options.clone() }).unwrap();
        assert!(none.iter().all(|r| r.batch == 0 && r.ms.is_none()));
        assert!(max_batch(&MaxBatchOptions { memory_share: 0.0, ..options.clone() }).is_err());
        assert!(max_batch(&MaxBatchOptions { device: Some("x".to_owned()), ..options }).is_err());
    }
}
