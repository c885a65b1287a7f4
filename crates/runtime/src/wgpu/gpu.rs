//! An open adapter: its queue, its limits and its errors.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use super::adapters::Found;
use super::blueprint::GroupLimits;
use crate::error::{Error, Result};

/// How long a failed call waits for a report that the adapter is lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// Largest workgroup memory, bytes; above it, too few workgroups run on a core.
const MAX_GROUP_MEMORY: u32 = 48 << 10;

/// An open adapter. Sessions share it.
pub(super) struct Gpu {
    pub(super) id: String,
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) limits: wgpu::Limits,
    pub(super) timestamps: bool,
    /// Whether host and device share one memory, so that kernels read directly what the host writes.
    pub(super) unified: bool,
    /// Largest subgroup of the adapter, threads.
    subgroup: u32,
    lost: Arc<OnceLock<String>>,
    failed: Arc<Mutex<Option<String>>>,
}

impl Gpu {
    /// Opens an adapter, or returns it if it is already open.
    pub(super) fn open(found: &Found) -> std::result::Result<Arc<Self>, String> {
        static OPEN: Mutex<Option<HashMap<String, Weak<Gpu>>>> = Mutex::new(None);
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let open = open.get_or_insert_default();
        if let Some(gpu) = open.get(&found.info.id).and_then(Weak::upgrade).filter(|g| g.lost.get().is_none())
        {
            return Ok(gpu);
        }
        let gpu = Arc::new(Self::new(found)?);
        open.insert(found.info.id.clone(), Arc::downgrade(&gpu));
        Ok(gpu)
    }

    pub(super) fn new(found: &Found) -> std::result::Result<Self, String> {
        Self::within(found, found.adapter.limits())
    }

    /// Opens an adapter with these limits, which are at most its own.
    pub(super) fn within(found: &Found, offered: wgpu::Limits) -> std::result::Result<Self, String> {
        let adapter = &found.adapter;
        let timestamps = adapter.features() & wgpu::Features::TIMESTAMP_QUERY;
        // If memory is shared, a copy from a staging buffer would be useless.
        let unified = match adapter.get_info().device_type {
            wgpu::DeviceType::IntegratedGpu | wgpu::DeviceType::Cpu => {
                adapter.features() & wgpu::Features::MAPPABLE_PRIMARY_BUFFERS
            }
            _ => wgpu::Features::empty(),
        };
        let limits = wgpu::Limits {
            max_compute_workgroup_storage_size: offered
                .max_compute_workgroup_storage_size
                .min(MAX_GROUP_MEMORY),
            ..offered
        };
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("rlx-fft"),
            required_features: timestamps | unified,
            required_limits: limits.clone(),
            memory_hints: wgpu::MemoryHints::Performance,
            ..wgpu::DeviceDescriptor::default()
        };
        let (device, queue) =
            pollster::block_on(adapter.request_device(&descriptor)).map_err(|e| e.to_string())?;
        let (lost, failed) = (Arc::new(OnceLock::new()), Arc::new(Mutex::new(None)));
        let set = Arc::clone(&lost);
        device.set_device_lost_callback(move |reason, text| {
            let _ = set.set(format!("{reason:?}: {text}"));
        });
        let set = Arc::clone(&failed);
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            set.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| error.to_string());
        }));
        Ok(Self {
            id: found.info.id.clone(),
            device,
            queue,
            limits,
            timestamps: !timestamps.is_empty(),
            unified: !unified.is_empty(),
            subgroup: adapter.get_info().subgroup_max_size,
            lost,
            failed,
        })
    }

    /// Limits of a workgroup on this adapter.
    pub(super) fn group_limits(&self) -> GroupLimits {
        let limits = &self.limits;
        let threads = limits.max_compute_invocations_per_workgroup.min(limits.max_compute_workgroup_size_x);
        GroupLimits {
            memory: limits.max_compute_workgroup_storage_size as usize,
            threads: threads as usize,
            filled: self.subgroup.clamp(32, 64) as usize,
            buffer: self.max_buffer(),
        }
    }

    /// Returns the largest buffer that a kernel can use, in bytes.
    pub(super) fn max_buffer(&self) -> u64 {
        self.limits.max_buffer_size.min(self.limits.max_storage_buffer_binding_size)
    }

    /// Runs `make` and returns errors that wgpu reports.
    pub(super) fn checked<T>(&self, what: &'static str, make: impl FnOnce() -> T) -> Result<T> {
        self.check(what)?;
        let filters =
            [wgpu::ErrorFilter::Internal, wgpu::ErrorFilter::OutOfMemory, wgpu::ErrorFilter::Validation];
        let scopes = filters.map(|f| self.device.push_error_scope(f));
        let made = make();
        let mut error = None;
        for scope in scopes.into_iter().rev() {
            error = error.or(pollster::block_on(scope.pop()));
        }
        match error {
            Some(error) => Err(self.fault(what, error.to_string())),
            None => Ok(made),
        }
    }

    /// Fails with an error that was reported since the last check: a lost adapter, or an error that no call returned.
    pub(super) fn check(&self, what: &'static str) -> Result<()> {
        if let Some(reason) = self.lost.get() {
            return Err(Error::DeviceLost { device: self.id.clone(), reason: reason.clone() });
        }
        match self.failed.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(reason) => Err(self.fault(what, reason)),
            None => Ok(()),
        }
    }

    /// Returns the error behind a failure: a lost adapter if that is the cause.
    pub(super) fn fault(&self, what: &'static str, reason: String) -> Error {
        // A loss is reported while polling, after the calls that fail because of it and after the work queued before.
        let _ = self.device.poll(wgpu::PollType::Wait { submission_index: None, timeout: Some(PATIENCE) });
        match self.lost.get() {
            Some(reason) => Error::DeviceLost { device: self.id.clone(), reason: reason.clone() },
            None if reason.contains("device is lost") => {
                Error::DeviceLost { device: self.id.clone(), reason }
            }
            None => Error::device(&self.id, what, reason),
        }
    }

    /// Waits for a submission; callbacks of finished maps are called.
    pub(super) fn wait(&self, submission: &wgpu::SubmissionIndex) -> Result<()> {
        let wait = wgpu::PollType::Wait { submission_index: Some(submission.clone()), timeout: None };
        let waited = self.device.poll(wait);
        self.check("waiting")?;
        waited.map(drop).map_err(|e| self.fault("waiting", e.to_string()))
    }

    /// Makes a buffer of `bytes` bytes (at least 8: an empty buffer cannot be bound).
    pub(super) fn buffer(&self, label: &str, bytes: u64, usage: wgpu::BufferUsages) -> Result<wgpu::Buffer> {
        let size = bytes.max(8).next_multiple_of(4);
        let descriptor =
            wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false };
        self.checked("a buffer", || self.device.create_buffer(&descriptor))
    }

    /// Makes a buffer that contains these bytes.
    pub(super) fn filled(
        &self,
        label: &str,
        bytes: &[u8],
        usage: wgpu::BufferUsages,
    ) -> Result<wgpu::Buffer> {
        let buffer = self.buffer(label, bytes.len() as u64, usage | wgpu::BufferUsages::COPY_DST)?;
        self.checked("a table", || self.queue.write_buffer(&buffer, 0, bytes))?;
        Ok(buffer)
    }

    /// Simulates the loss of the adapter, as by removal of the card.
    #[cfg(test)]
    pub(super) fn lose(&self) {
        self.device.destroy();
        let _ = self.device.poll(wgpu::PollType::Poll);
    }
}

impl std::fmt::Debug for Gpu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gpu").field("id", &self.id).field("lost", &self.lost.get()).finish_non_exhaustive()
    }
}
