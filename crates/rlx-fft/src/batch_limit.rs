//! The largest batch that fits: by sample type, place of the samples, and the limits of the device.
//!
//! ```
//! use rlx_fft::{BatchRequest, SampleType, auto_max_fft_batch, clamp_batch};
//!
//! # fn main() -> rlx_fft::Result<()> {
//! let request = BatchRequest::new(256).sample(SampleType::I16);
//! let limit = auto_max_fft_batch(&request, Some("cpu"))?;
//! println!("{} rows of {} bytes; bound: {}", limit.rows, limit.row_bytes, limit.bound);
//! // Not more rows than fit, however many there are.
//! assert!(clamp_batch(10_000, &request, Some("cpu"))? <= 10_000);
//! # Ok(())
//! # }
//! ```

use std::fmt;

use rlx_compile::DeviceClass;
use rlx_compile::builders::WelchPeaksShape;
use rlx_runtime::device::available_memory;
use rlx_runtime::environment::{MEMORY_BUDGET, memory_budget};
use rlx_runtime::{Device, DeviceInfo, Session, SessionOptions};
use serde::Serialize;

use crate::error::{Error, Result};

/// Type of the caller's samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SampleType {
    /// 32-bit floats.
    #[default]
    F32,
    /// 64-bit floats, converted to `f32` on the host.
    F64,
    /// 16-bit integers.
    I16,
    /// Half precision.
    F16,
}

impl SampleType {
    /// Every type.
    pub const ALL: [Self; 4] = [Self::F32, Self::F64, Self::I16, Self::F16];

    /// Returns the bytes of a sample.
    pub fn bytes(self) -> u64 {
        match self {
            Self::F32 => 4,
            Self::F64 => 8,
            Self::I16 | Self::F16 => 2,
        }
    }

    /// `f32`, `f64`, `i16` or `f16`.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::I16 => "i16",
            Self::F16 => "f16",
        }
    }
}

impl fmt::Display for SampleType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Place of the caller's samples and results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MemorySource {
    /// Pageable memory of the host. Devices with their own memory process the batch in chunks.
    #[default]
    Host,
    /// Page-locked memory of the host (CUDA).
    Pinned,
    /// Memory of the device; that of the CPU is the host's.
    Device,
}

impl MemorySource {
    /// Every place.
    pub const ALL: [Self; 3] = [Self::Host, Self::Pinned, Self::Device];

    /// `host`, `pinned` or `device`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Pinned => "pinned",
            Self::Device => "device",
        }
    }
}

impl fmt::Display for MemorySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Describes a row of a batch: packed Welch peaks of `segments` segments of `n_fft` samples, half a segment apart.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct BatchRequest {
    /// Points of the transform.
    pub n_fft: usize,
    /// Segments per row (2).
    pub segments: usize,
    /// Peaks per row (16).
    pub k: usize,
    /// Type of the samples.
    pub sample: SampleType,
    /// Place of the samples.
    pub memory: MemorySource,
    /// Share of the free memory that a batch may occupy, above 0, at most 1 (0.5).
    pub share: f64,
    /// Memory to treat as free, in bytes, instead of what the system and the device report.
    pub memory_bytes: Option<u64>,
}

impl BatchRequest {
    /// Returns a request for rows of two segments with 16 peaks, `f32` in host memory, in half of the free memory.
    pub fn new(n_fft: usize) -> Self {
        Self {
            n_fft,
            segments: 2,
            k: 16,
            sample: SampleType::F32,
            memory: MemorySource::Host,
            share: 0.5,
            memory_bytes: None,
        }
    }

    /// Sets the number of segments per row.
    #[must_use]
    pub fn segments(self, segments: usize) -> Self {
        Self { segments, ..self }
    }

    /// Sets the number of peaks per row.
    #[must_use]
    pub fn k(self, k: usize) -> Self {
        Self { k, ..self }
    }

    /// Sets the type of the samples.
    #[must_use]
    pub fn sample(self, sample: SampleType) -> Self {
        Self { sample, ..self }
    }

    /// Sets the place of the samples.
    #[must_use]
    pub fn memory(self, memory: MemorySource) -> Self {
        Self { memory, ..self }
    }

    /// Sets the share of the free memory that a batch may occupy.
    #[must_use]
    pub fn share(self, share: f64) -> Self {
        Self { share, ..self }
    }

    /// Sets the memory to treat as free, in bytes.
    #[must_use]
    pub fn memory_bytes(self, bytes: u64) -> Self {
        Self { memory_bytes: Some(bytes), ..self }
    }

    /// Returns the shape of one row.
    pub(crate) fn one(&self) -> WelchPeaksShape {
        WelchPeaksShape::new(1, self.n_fft, self.segments, self.k)
    }
}

/// The largest batch, before it is tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BatchLimit {
    /// The device.
    pub device: String,
    /// Number of rows; 0 if not even one fits.
    pub rows: usize,
    /// Bytes of a row of samples and its results, with the copy in `f32` where the host converts.
    pub row_bytes: u64,
    /// The limit that is reached first: `memory`, `device memory`, `buffer` or `dispatch`.
    pub bound: &'static str,
}

/// Returns the largest batch that a device (`None`: `auto`) can run. Nothing is allocated or run; the command
/// `max-batch` tries the result.
///
/// # Errors
/// An unknown or absent device; an impossible shape; a share outside its range; a type or place of samples that the
/// device does not read; an invalid `RLX_FFT_MEMORY_BUDGET`.
pub fn auto_max_fft_batch(request: &BatchRequest, device: Option<&str>) -> Result<BatchLimit> {
    let device = Device::named(device.unwrap_or("auto"))?;
    limit_on(&Session::with_options(&device, SessionOptions::default().threads(0))?, request)
}

/// Returns `batch`, or the largest batch that a device can run if that is smaller.
///
/// # Errors
/// Those of [`auto_max_fft_batch`].
pub fn clamp_batch(batch: usize, request: &BatchRequest, device: Option<&str>) -> Result<usize> {
    Ok(batch.min(auto_max_fft_batch(request, device)?.rows))
}

/// Returns the largest batch on an open device.
pub(crate) fn limit_on(session: &Session, request: &BatchRequest) -> Result<BatchLimit> {
    if !(request.share > 0.0 && request.share <= 1.0) {
        let reason = format!("must be above 0 and at most 1, got {}", request.share);
        return Err(Error::argument("memory_share", reason));
    }
    memory_budget().map_err(|reason| Error::argument(MEMORY_BUDGET, reason))?;
    let device = session.device();
    readable(device, request)?;
    let one = request.one();
    let (len, width) = (one.frame_len()? as u64, 2 * request.k.min(one.bins()) as u64);
    let samples = request.sample.bytes() * len;
    // The host converts what no kernel reads.
    let converts = match request.sample {
        SampleType::F32 => false,
        SampleType::F64 => true,
        SampleType::I16 | SampleType::F16 => device.class == DeviceClass::Cpu,
    };
    let row_bytes = samples + 4 * width + if converts { 4 * len } else { 0 };
    let rows_of = |bytes: u64| (bytes as f64 * request.share) as u64 / row_bytes;
    let resident = request.memory == MemorySource::Device && device.class.has_bus();
    let mut bounds = Vec::new();
    if resident {
        let free = request.memory_bytes.or_else(|| session.free_memory()).or(device.memory_bytes);
        bounds.extend(free.map(|free| ("device memory", rows_of(free))));
        bounds.extend(largest_buffer(device).map(|most| ("buffer", most / samples.max(4 * width))));
        bounds.push(("dispatch", dispatch(device, len)));
    } else {
        let free = request.memory_bytes.or_else(available_memory).unwrap_or(1 << 30);
        bounds.push(("memory", rows_of(free)));
        bounds.push(("buffer", session.caps().max_buffer_bytes / (4 * len)));
    }
    let (bound, rows) = bounds.into_iter().min_by_key(|(_, rows)| *rows).unwrap_or(("memory", 0));
    let rows = usize::try_from(rows).unwrap_or(usize::MAX);
    Ok(BatchLimit { device: device.id.clone(), rows, row_bytes, bound })
}

/// Rejects types and places of samples that the device does not read.
fn readable(device: &DeviceInfo, request: &BatchRequest) -> Result<()> {
    let own = request.memory == MemorySource::Device && device.class.has_bus();
    if request.memory == MemorySource::Pinned && device.class != DeviceClass::Cuda {
        let reason = format!("pinned memory is for CUDA devices, and {} is none", device.id);
        return Err(Error::argument("memory", reason));
    }
    if own && device.id == "cuda:all" {
        return Err(Error::argument("memory", "data is on one device: name it, such as cuda:0"));
    }
    if own && request.sample == SampleType::F64 {
        return Err(Error::argument("sample", "devices read f32, i16 and f16 from their memory, not f64"));
    }
    Ok(())
}

/// Returns the largest buffer that a kernel can use, in bytes, if the interface limits it.
fn largest_buffer(device: &DeviceInfo) -> Option<u64> {
    let limits = ["max_buffer_size", "max_storage_buffer_binding_size"];
    limits.iter().filter_map(|name| device.limits.get(name).copied()).min()
}

/// Returns the rows of one launch: a kernel has at least one workgroup per row in the worst case, and wgpu's kernels
/// count values in 32 bits.
fn dispatch(device: &DeviceInfo, len: u64) -> u64 {
    match device.limits.get("max_compute_workgroups_per_dimension") {
        // Groups are spread over two dimensions.
        Some(most) => most.saturating_mul(*most).min((1 << 32) / len.max(1)),
        // Blocks of the first dimension of a grid.
        None => i32::MAX as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(class: DeviceClass, limits: &[(&'static str, u64)]) -> DeviceInfo {
        DeviceInfo {
            class,
            id: "wgpu:0".to_owned(),
            limits: limits.iter().copied().collect(),
            ..Device::Cpu.resolve().unwrap()
        }
    }

    #[test]
    fn a_rows_bytes_follow_its_type() {
        let request = BatchRequest::new(256).memory_bytes(1 << 22);
        let bytes = |sample| auto_max_fft_batch(&request.sample(sample), Some("cpu")).unwrap().row_bytes;
        let (len, out) = (384, 4 * 32);
        assert_eq!(bytes(SampleType::F32), 4 * len + out);
        // The CPU's kernels read f32.
        assert_eq!(bytes(SampleType::I16), (2 + 4) * len + out);
        assert_eq!(bytes(SampleType::F64), (8 + 4) * len + out);
        let limit = auto_max_fft_batch(&request, Some("cpu")).unwrap();
        assert_eq!((limit.rows as u64, limit.bound), ((1 << 21) / limit.row_bytes, "memory"));
        assert_eq!(clamp_batch(7, &request, Some("cpu")).unwrap(), 7);
        assert_eq!(clamp_batch(usize::MAX, &request, Some("cpu")).unwrap(), limit.rows);
        // More segments and peaks take more; k is clipped to the bins.
        let more = request.segments(8).k(10_000);
        assert_eq!(auto_max_fft_batch(&more, Some("cpu")).unwrap().row_bytes, 4 * 1152 + 8 * 129);
    }

    #[test]
    fn limits_of_an_interface_bound_data_on_the_device() {
        let device = info(
            DeviceClass::Wgpu,
            &[
                ("max_buffer_size", 1 << 28),
                ("max_storage_buffer_binding_size", 128 << 20),
                ("max_compute_workgroups_per_dimension", 65_535),
            ],
        );
        assert_eq!(largest_buffer(&device), Some(128 << 20));
        assert_eq!(dispatch(&device, 384), (1 << 32) / 384);
        let narrow = info(DeviceClass::Wgpu, &[("max_compute_workgroups_per_dimension", 50)]);
        assert_eq!((largest_buffer(&narrow), dispatch(&narrow, 384)), (None, 2500));
        assert_eq!(dispatch(&info(DeviceClass::Cuda, &[]), 384), 2_147_483_647);
    }

    #[test]
    fn what_a_device_does_not_read_is_refused() {
        let gpu = info(DeviceClass::Wgpu, &[]);
        let request = BatchRequest::new(64);
        let refused = |request: BatchRequest| readable(&gpu, &request).unwrap_err().to_string();
        assert!(refused(request.memory(MemorySource::Pinned)).starts_with("memory: pinned"));
        let f64_there = request.memory(MemorySource::Device).sample(SampleType::F64);
        assert!(refused(f64_there).starts_with("sample: "));
        assert!(readable(&gpu, &request.sample(SampleType::F64)).is_ok());
        for request in [request.share(0.0), request.share(1.5), request.share(f64::NAN), BatchRequest::new(0)]
        {
            assert!(auto_max_fft_batch(&request, Some("cpu")).is_err(), "{request:?}");
        }
        assert!(auto_max_fft_batch(&request, Some("abacus")).is_err());
    }
}
