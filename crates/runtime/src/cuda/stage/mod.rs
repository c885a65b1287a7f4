//! Data transfer: a batch is processed in chunks, with upload, kernels and download overlapped.
//!
//! Each slot has a stream and buffers for one chunk; work in one stream runs in order, and the streams of several
//! slots overlap. For pinned memory of the caller, one thread queues direct copies; other memory is copied through
//! pinned buffers that several threads fill, each with two slots of its own. A thread takes the next chunk when it
//! has a free slot, so devices and threads of different speed share a batch evenly. Small batches are recorded once
//! as a graph and replayed.

mod chunks;
mod host;
mod pump;
mod slot;

pub(super) use host::{Source, Target};
pub(super) use pump::{Job, NonFinite, Pump};
pub(super) use slot::{Kernels, Status, Value};
