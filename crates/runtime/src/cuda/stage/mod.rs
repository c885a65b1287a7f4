//! Data movement: a batch flows through the device in chunks, copy in, kernels and copy out overlapped.
//!
//! Each slot has a stream and buffers for one chunk; what is queued in a stream runs in order, and the streams of
//! several slots overlap. Pinned memory of the caller is copied from and to directly by one thread that only queues;
//! other memory goes through pinned buffers that several threads fill, each with two slots of its own. Threads take the
//! next chunk when they have a slot free, so devices and threads of unlike speed share a batch fairly. Small batches are
//! recorded once as a graph and replayed.

mod chunks;
mod host;
mod pump;
mod slot;

pub(super) use host::{Source, Target};
pub(super) use pump::{Job, NonFinite, Pump};
pub(super) use slot::{Kernels, Status, Value};
