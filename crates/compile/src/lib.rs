//! The compiler of `rlx-fft`: turns a graph of ops into a plan for one device.
//!
//! It uses no device, file or clock, so everything is testable without one.
//!
//! | module | contents | |---|---|
//! | [`graph`], [`op`], [`params`], [`shape`] | pipelines as data, typed and shape-checked; text form, Graphviz, serde |
//! | [`builders`] | the standard pipelines |
//! | [`butterflies`] | learned transforms in the form that a device runs |
//! | [`regions`] | groups of ops that one kernel runs; the answers of backends |
//! | [`caps`] | capabilities of a device |
//! | [`passes`] | rewrites, and [`compile`] |
//! | [`plan`] | placement, steps, IO profile, cache key |
//! | [`cost`] | latency–bandwidth model, fusion gate, calibration record |
//! | [`picker`] | predicted times of the strategies, and the choice |
//! | [`phases`] | the routes of the fusion bench |
//!
//! ```
//! use rlx_compile::builders::{WelchPeaksShape, welch_peaks};
//! use rlx_compile::{BackendCaps, BackendCostModel, DeviceClass, PassContext, PassList, compile};
//!
//! # fn main() -> rlx_compile::Result<()> {
//! let graph = welch_peaks(&WelchPeaksShape::new(8192, 256, 2, 16))?;
//! let caps = BackendCaps::shipped(DeviceClass::Cuda);
//! let model = BackendCostModel::shipped(DeviceClass::Cuda);
//! let compiled = compile(&graph, &PassContext::new(&caps, &model), &PassList::standard())?;
//! assert_eq!(compiled.plan.exec_kind().label(), "fused_op");
//! assert_eq!(compiled.plan.io().host_readback_bytes, 8192 * 16 * 2 * 4);
//! println!("{}", compiled.explain());
//! # Ok(())
//! # }
//! ```

pub mod builders;
pub mod butterflies;
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
pub mod regions;
pub mod shape;
mod text;

pub use butterflies::{Butterflies, Mix};
pub use caps::{BackendCaps, DeviceClass};
pub use cost::{BackendCostModel, IoFusionGate};
pub use error::{Error, Result};
pub use graph::{Graph, Node, NodeId};
pub use op::{Op, OpKind};
pub use passes::{PassContext, PassList, SelectPeaksOnlyOutputs, compile};
pub use plan::{IoProfile, Place, Plan, graph_io};
pub use regions::{Kernels, Refusal, Region};
pub use shape::{ValueKind, ValueType};
