//! Memory of released results, for the next results of the same stream.
//!
//! Asking the driver for memory takes far longer than a small estimate, and giving it back waits for the whole
//! device. So a buffer stays here, and is written again only behind everything that may still read it: work in the
//! stream that it was written in, which the next result's kernels are queued behind, and in the default stream, which
//! they are made to wait for. What was handed to any other stream, or to an unnamed one, is returned to the driver,
//! which waits for all of them. While a stream is recorded its results are kept out: a recording writes them whenever
//! it is played.

use std::collections::VecDeque;
use std::ptr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use rlx_runtime::cuda::{CudaDevice, CudaStream, DeviceBuffer, leaving_current};
use rlx_runtime::{Error, Result};

/// Bytes that are kept at most, of all devices together.
const MOST: usize = 256 << 20;

/// The order in which a buffer is written: a device and a stream there.
type Order = (usize, u64);

struct Kept {
    order: Order,
    /// Work in the default stream may still read it.
    by_default_stream: bool,
    buffer: DeviceBuffer,
}

/// The one that was given back first in front.
static KEPT: Mutex<VecDeque<Kept>> = Mutex::new(VecDeque::new());

/// A result's memory on its way through other libraries.
pub(crate) struct Memory {
    /// Taken when dropped.
    buffer: Option<DeviceBuffer>,
    /// `None`: for the driver alone.
    order: Option<Order>,
    /// The farthest of [`Reader`]s so far.
    readers: AtomicU8,
}

/// Whose work reads a result.
#[derive(Clone, Copy)]
pub(crate) enum Reader {
    /// The stream that it was written in.
    Writer = 0,
    DefaultStream = 1,
    Anyone = 2,
}

impl Memory {
    /// For a result of `floats` values, written in `work`: the caller's stream of this handle, or our own.
    pub(crate) fn new(
        device: &CudaDevice,
        index: usize,
        work: &CudaStream,
        handle: Option<u64>,
        floats: usize,
    ) -> Result<Self> {
        let order = if work.is_recording() { None } else { place(work, handle).map(|place| (index, place)) };
        let is_default = handle.is_some_and(|raw| raw <= 1);
        let mut buffer = None;
        if let Some(kept) = order.and_then(|order| taken(order, floats)) {
            let ordered = is_default || !kept.by_default_stream || {
                // SAFETY: the default stream is there as long as the device.
                let default = unsafe { device.foreign_stream(ptr::null_mut()) };
                work.wait_for(&default).is_ok()
            };
            buffer = ordered.then_some(kept.buffer);
        }
        let buffer = match buffer {
            Some(buffer) => buffer,
            None => match device.buffer::<f32>(floats) {
                Err(Error::DeviceMemory { .. }) => {
                    let all = std::mem::take(&mut *KEPT.lock().unwrap_or_else(PoisonError::into_inner));
                    drop(all);
                    device.buffer::<f32>(floats)?
                }
                other => other?,
            },
        };
        Ok(Self { buffer: Some(buffer), order, readers: AtomicU8::new(Reader::Writer as u8) })
    }

    pub(crate) fn buffer(&self) -> Option<&DeviceBuffer> {
        self.buffer.as_ref()
    }

    /// Takes note of who got the address.
    pub(crate) fn read_by(&self, reader: Reader) {
        self.readers.fetch_max(reader as u8, Ordering::Relaxed);
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let Some(buffer) = self.buffer.take() else { return };
        let readers = *self.readers.get_mut();
        let mut freed = VecDeque::new();
        match self.order.filter(|_| readers < Reader::Anyone as u8 && !buffer.is_empty()) {
            Some(order) => {
                let by_default_stream = readers >= Reader::DefaultStream as u8;
                let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
                kept.push_back(Kept { order, by_default_stream, buffer });
                freed = over(&mut kept, MOST);
            }
            None => freed.push_back(Kept { order: (0, 0), by_default_stream: false, buffer }),
        }
        // Wherever another library gives it back, and without the lock: the driver waits.
        if !freed.is_empty() {
            leaving_current(|| drop(freed));
        }
    }
}

/// The last buffer of this length in this order, whose memory is the warmest.
fn taken(order: Order, floats: usize) -> Option<Kept> {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let at = kept.iter().rposition(|k| k.order == order && k.buffer.len() == floats)?;
    kept.remove(at)
}

/// Takes the oldest until no more than `most` bytes are left.
fn over(kept: &mut VecDeque<Kept>, most: usize) -> VecDeque<Kept> {
    let mut bytes: usize = kept.iter().map(|k| 4 * k.buffer.len()).sum();
    let mut freed = VecDeque::new();
    while bytes > most
        && let Some(oldest) = kept.pop_front()
    {
        bytes -= 4 * oldest.buffer.len();
        freed.push_back(oldest);
    }
    freed
}

/// Identity of a stream, also among later ones; a driver that does not number streams leaves our own and the default
/// one.
fn place(work: &CudaStream, handle: Option<u64>) -> Option<u64> {
    work.id().or(match handle {
        None => Some(u64::MAX),
        Some(0 | 1) => Some(u64::MAX - 1),
        Some(_) => None,
    })
}
