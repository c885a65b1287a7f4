//! Learning by gradient from random weights.

mod adam;
mod config;
mod dense;
mod descend;
mod layers;
mod lbfgs;
mod outcome;
mod pairs;
mod polish;
mod product;
mod rows;
mod split;
mod start;
mod structured;
mod weights;

pub use adam::{Adam, cosine};
pub use config::{Init, Progress, Schedule, Stop, TrainConfig};
pub(crate) use dense::Dense;
pub use descend::{train, train_from};
pub(crate) use layers::{Budget, learn as learn_layers, random_start};
pub use lbfgs::{Ended, minimise};
pub use outcome::{LEARNED, Trained};
pub use pairs::{PairsTrained, train_pairs};
pub(crate) use product::{Objective, network_of};
pub(crate) use structured::{Structured, forward_stage};
pub use weights::Parametrisation;
pub(crate) use weights::Weights;
