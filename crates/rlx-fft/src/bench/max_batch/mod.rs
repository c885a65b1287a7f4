//! The library part of `max-batch`: the largest batch that a device can run, verified by a run.

mod prove;

use rlx_runtime::{Device, Session, SessionOptions};
use serde::Serialize;

use crate::batch_limit::{BatchRequest, MemorySource, SampleType, limit_on};
use crate::error::Result;

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
    /// Types of the samples.
    pub samples: Vec<SampleType>,
    /// Place of the samples.
    pub memory: MemorySource,
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
            samples: vec![SampleType::F32],
            memory: MemorySource::Host,
            memory_share: 0.5,
            memory_bytes: None,
            limit: 1 << 26,
        }
    }
}

/// The largest batch of one transform length and sample type.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MaxBatchRow {
    /// The device.
    pub device: String,
    /// Transform length.
    pub n_fft: usize,
    /// Peaks per row.
    pub k: usize,
    /// Type of the samples.
    pub format: SampleType,
    /// Place of the samples.
    pub memory: MemorySource,
    /// The largest batch that ran; 0 if not even one row fits.
    pub batch: usize,
    /// Bytes of its input and output, with the copy in `f32` where the host converts.
    pub bytes: u64,
    /// The reason for the end of the search: `limit`, `memory`, `device memory`, `buffer`, `dispatch`, or the error
    /// of the run.
    pub bound: String,
    /// Time of the run, ms; `None` if nothing ran.
    pub ms: Option<f64>,
}

/// Finds for each transform length and sample type the largest batch, and the time of running it once.
///
/// # Errors
/// An unknown or absent device, an impossible shape, a share outside its range, a type or place of samples that the
/// device does not read.
pub fn max_batch(options: &MaxBatchOptions) -> Result<Vec<MaxBatchRow>> {
    let device = Device::named(options.device.as_deref().unwrap_or("auto"))?;
    let session = Session::with_options(&device, SessionOptions::default().threads(0))?;
    let mut rows = Vec::new();
    for &sample in &options.samples {
        for &n_fft in &options.n_ffts {
            rows.push(row(options, &session, n_fft, sample)?);
        }
    }
    Ok(rows)
}

fn row(
    options: &MaxBatchOptions,
    session: &Session,
    n_fft: usize,
    sample: SampleType,
) -> Result<MaxBatchRow> {
    let request = BatchRequest {
        segments: options.segments,
        k: options.k,
        sample,
        memory: options.memory,
        share: options.memory_share,
        memory_bytes: options.memory_bytes,
        ..BatchRequest::new(n_fft)
    };
    let limit = limit_on(session, &request)?;
    let (mut batch, mut bound) = match limit.rows {
        rows if rows < options.limit => (rows, limit.bound.to_owned()),
        _ => (options.limit, "limit".to_owned()),
    };
    let mut ms = None;
    while batch > 0 {
        match prove::run(session, &request, batch) {
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
    Ok(MaxBatchRow {
        device: limit.device,
        n_fft,
        k: options.k.min(request.one().bins()),
        format: sample,
        memory: options.memory,
        batch,
        bytes: batch as u64 * limit.row_bytes,
        bound,
        ms,
    })
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

    #[test]
    fn every_sample_type_runs_and_larger_ones_leave_room_for_fewer_rows() {
        let options = MaxBatchOptions {
            device: Some("cpu".to_owned()),
            n_ffts: vec![128],
            samples: SampleType::ALL.to_vec(),
            memory_bytes: Some(1 << 20),
            ..MaxBatchOptions::default()
        };
        let rows = max_batch(&options).unwrap();
        for row in &rows {
            assert!(row.ms.is_some() && row.bound == "memory", "{row:?}");
        }
        let batch = |at: usize| rows[at].batch;
        // f32, f64, i16, f16: the host holds the samples and, but for f32, a copy.
        assert!(batch(0) > batch(2) && batch(2) == batch(3) && batch(3) > batch(1), "{rows:?}");
        let resident = MaxBatchOptions { memory: MemorySource::Device, ..options.clone() };
        assert_eq!(max_batch(&resident).unwrap()[0].batch, batch(0), "the CPU's memory is the host's");
        let pinned = MaxBatchOptions { memory: MemorySource::Pinned, ..options };
        assert!(max_batch(&pinned).unwrap_err().to_string().contains("CUDA"));
    }
}
