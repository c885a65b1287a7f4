//! Learning by gradient, from random weights.

mod adam;
mod dense;
mod descend;
mod lbfgs;
mod product;
mod rows;
mod structured;
mod weights;

pub use adam::{Adam, cosine};
pub(crate) use dense::Dense;
pub use descend::{Init, Progress, Stop, TrainConfig, Trained, train};
pub use lbfgs::{Ended, minimise};
pub(crate) use product::network_of;
pub(crate) use structured::{Structured, forward_stage};
pub use weights::Parametrisation;
pub(crate) use weights::Weights;
