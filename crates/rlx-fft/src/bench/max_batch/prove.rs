//! Runs a batch once and checks its last row.

use std::time::Instant;

use rlx_runtime::{Executable, Samples, Session};

use crate::batch_limit::{BatchRequest, MemorySource, SampleType};
use crate::error::{Error, Result};
use crate::welch_peaks_compile::{CompiledRlxWelchPeaksExec, RlxWelchPeaksExecKind};

/// The bits of half-precision 1.0.
const HALF_ONE: u16 = 0x3c00;

/// Runs a batch once, checks its last row, and returns the time, ms.
pub(super) fn run(session: &Session, request: &BatchRequest, batch: usize) -> Result<f64> {
    let one = request.one();
    let (len, width) = (one.frame_len()?, 2 * request.k.min(one.bins()));
    let shape = one.with_batch(batch);
    let resident = request.memory == MemorySource::Device && session.device().class.has_bus();
    let plan = match resident {
        // Of data on the device, no part may be left to the host.
        true => CompiledRlxWelchPeaksExec::compile_kind(session, &shape, RlxWelchPeaksExecKind::FusedOp)?,
        false => CompiledRlxWelchPeaksExec::compile_on(session, &shape)?,
    };
    let rows = Rows { batch, len, width };
    let executable = plan.executable();
    let (ms, last) = match (resident, request.memory) {
        (true, _) => on_device(session, executable, request.sample, &rows)?,
        (false, MemorySource::Pinned) => pinned(session, executable, request.sample, &rows)?,
        (false, _) => on_host(executable, request.sample, &rows)?,
    };
    // All samples are 1: the mean is the strongest bin, with the power of the window's sum, (n_fft/2)².
    let power = (request.n_fft as f32 / 2.0).powi(2);
    let right = last.first() == Some(&0.0) && last.get(1).is_some_and(|p| (p / power - 1.0).abs() < 1e-3);
    if !right {
        return Err(Error::argument("batch", format!("the last of {batch} rows is wrong")));
    }
    Ok(ms)
}

/// The batch.
struct Rows {
    batch: usize,
    len: usize,
    /// Values of a row's result.
    width: usize,
}

impl Rows {
    /// Returns every sample, all equal; each page is written, so that the system must provide it.
    fn filled<T: Clone>(&self, value: T) -> Result<Vec<T>> {
        filled(self.batch.saturating_mul(self.len), value)
    }

    fn last(&self, out: &[f32]) -> Vec<f32> {
        out[out.len() - self.width..].to_vec()
    }
}

fn filled<T: Clone>(len: usize, value: T) -> Result<Vec<T>> {
    let mut values = Vec::new();
    values.try_reserve_exact(len).map_err(|e| Error::argument("batch", e.to_string()))?;
    values.resize(len, value);
    Ok(values)
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64() * 1e3)
}

fn on_host(executable: &Executable, sample: SampleType, rows: &Rows) -> Result<(f64, Vec<f32>)> {
    let mut out = filled(rows.batch * rows.width, 0.0f32)?;
    let mut run = |samples: Samples<'_>| timed(|| Ok(executable.run_samples(&[samples], &mut [&mut out])?));
    let ms = match sample {
        SampleType::F32 => run(Samples::F32(&rows.filled(1.0)?))?,
        SampleType::I16 => run(Samples::I16(&rows.filled(1)?))?,
        SampleType::F16 => run(Samples::F16(&rows.filled(HALF_ONE)?))?,
        SampleType::F64 => {
            let samples: Vec<f64> = rows.filled(1.0)?;
            let mut narrow: Vec<f32> = rows.filled(0.0)?;
            timed(|| {
                narrow.iter_mut().zip(&samples).for_each(|(to, from)| *to = *from as f32);
                run(Samples::F32(&narrow)).map(drop)
            })?
        }
    };
    Ok((ms, rows.last(&out)))
}

#[cfg(not(feature = "cuda"))]
fn pinned(session: &Session, _: &Executable, _: SampleType, _: &Rows) -> Result<(f64, Vec<f32>)> {
    Err(Error::argument("memory", format!("{} has no pinned memory in this build", session.device().id)))
}

#[cfg(feature = "cuda")]
fn pinned(
    session: &Session,
    executable: &Executable,
    sample: SampleType,
    rows: &Rows,
) -> Result<(f64, Vec<f32>)> {
    use rlx_runtime::cuda::CudaDevice;
    let device = CudaDevice::open(index(session).unwrap_or(0))?;
    let count = rows.batch.saturating_mul(rows.len);
    let mut out = device.pinned::<f32>(rows.batch * rows.width)?;
    let mut run = |samples: Samples<'_>| timed(|| Ok(executable.run_samples(&[samples], &mut [&mut out])?));
    let ms = match sample {
        SampleType::F32 => {
            let mut samples = device.pinned::<f32>(count)?;
            samples.fill(1.0);
            run(Samples::F32(&samples))?
        }
        SampleType::I16 => {
            let mut samples = device.pinned::<i16>(count)?;
            samples.fill(1);
            run(Samples::I16(&samples))?
        }
        SampleType::F16 => {
            let mut samples = device.pinned::<u16>(count)?;
            samples.fill(HALF_ONE);
            run(Samples::F16(&samples))?
        }
        SampleType::F64 => {
            let samples: Vec<f64> = rows.filled(1.0)?;
            let mut narrow = device.pinned::<f32>(count)?;
            timed(|| {
                narrow.iter_mut().zip(&samples).for_each(|(to, from)| *to = *from as f32);
                run(Samples::F32(&narrow)).map(drop)
            })?
        }
    };
    Ok((ms, rows.last(&out)))
}

/// Returns the index in the name of a device: 1 of `cuda:1`.
#[cfg(feature = "cuda")]
fn index(session: &Session) -> Option<usize> {
    session.device().id.split_once(':')?.1.parse().ok()
}

fn on_device(
    session: &Session,
    executable: &Executable,
    sample: SampleType,
    rows: &Rows,
) -> Result<(f64, Vec<f32>)> {
    let absent = || Error::argument("memory", format!("{} keeps no data of callers", session.device().id));
    match session.device().class {
        #[cfg(feature = "cuda")]
        rlx_compile::DeviceClass::Cuda => on_cuda(index(session).unwrap_or(0), executable, sample, rows),
        #[cfg(feature = "gpu")]
        rlx_compile::DeviceClass::Wgpu | rlx_compile::DeviceClass::Metal => {
            on_adapter(&session.device().id, executable, sample, rows)
        }
        _ => {
            let _ = (executable, sample, rows);
            Err(absent())
        }
    }
}

#[cfg(feature = "cuda")]
fn on_cuda(
    index: usize,
    executable: &Executable,
    sample: SampleType,
    rows: &Rows,
) -> Result<(f64, Vec<f32>)> {
    use rlx_runtime::cuda::{CudaDevice, DeviceBuffer};
    let (device, count) = (CudaDevice::open(index)?, rows.batch.saturating_mul(rows.len));
    // A fill writes words of 32 bits: two samples of 16 bits, of which there may be an odd number.
    let fill = |buffer: DeviceBuffer, pattern| buffer.fill(pattern).map(|()| buffer);
    let samples = match sample {
        SampleType::I16 if count % 2 == 1 => device.upload(&rows.filled(1i16)?)?,
        SampleType::F16 if count % 2 == 1 => device.upload(&rows.filled(HALF_ONE)?)?,
        SampleType::I16 => fill(device.buffer::<i16>(count)?, 0x0001_0001)?,
        SampleType::F16 => fill(device.buffer::<u16>(count)?, 0x3c00_3c00)?,
        SampleType::F32 | SampleType::F64 => fill(device.buffer::<f32>(count)?, 1f32.to_bits())?,
    };
    let (out, stream) = (device.buffer::<f32>(rows.batch * rows.width)?, device.stream()?);
    let ms = timed(|| {
        stream.run(executable, &[&samples], &[&out])?;
        Ok(stream.wait()?)
    })?;
    let mut host = filled(rows.batch * rows.width, 0.0f32)?;
    out.download(&mut host)?;
    Ok((ms, rows.last(&host)))
}

#[cfg(feature = "gpu")]
fn on_adapter(
    name: &str,
    executable: &Executable,
    sample: SampleType,
    rows: &Rows,
) -> Result<(f64, Vec<f32>)> {
    use rlx_runtime::wgpu::{SampleValue, WgpuBuffer, WgpuDevice};

    /// Copies one row as often as there are rows: the host holds a row, not the batch.
    fn upload<T: SampleValue + Clone>(device: &WgpuDevice, rows: &Rows, value: T) -> Result<WgpuBuffer> {
        let row = vec![value; rows.len];
        Ok(device.upload_parts(&vec![&row[..]; rows.batch])?)
    }
    let device = WgpuDevice::open(&name.parse()?)?;
    let samples = match sample {
        SampleType::I16 => upload(&device, rows, 1i16)?,
        SampleType::F16 => upload(&device, rows, HALF_ONE)?,
        SampleType::F32 | SampleType::F64 => upload(&device, rows, 1f32)?,
    };
    let out = device.buffer::<f32>(rows.batch * rows.width)?;
    let ms = timed(|| {
        device.run(executable, &[&samples], &[&out])?;
        Ok(device.wait()?)
    })?;
    let mut host = filled(rows.batch * rows.width, 0.0f32)?;
    out.download(&mut host)?;
    Ok((ms, rows.last(&host)))
}
