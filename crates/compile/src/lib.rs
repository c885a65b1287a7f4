//! The compiler of `rlx-fft`: what is wanted is a graph of ops, what runs is a plan for the device at hand.
//!
//! Pure: no device, no file and no clock is touched here, so all of it is tested without one.

pub mod builders;
pub mod caps;
pub mod cost;
pub mod error;
pub mod graph;
mod infer;
pub mod op;
pub mod params;
pub mod passes;
pub mod phases;
pub mod picker;
pub mod plan;
pub mod shape;
mod text;

pub use caps::{BackendCaps, DeviceClass};
pub use cost::{BackendCostModel, IoFusionGate};
pub use error::{Error, Result};
pub use graph::{Graph, Node, NodeId};
pub use op::{Op, OpKind};
pub use passes::{PassContext, PassList, SelectPeaksOnlyOutputs, compile};
pub use plan::{IoProfile, Plan, graph_io};
pub use shape::{ValueKind, ValueType};
