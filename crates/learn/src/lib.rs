//! Learned butterfly transforms that can replace the FFT.
//!
//! A network has `log2 N` stages of complex 2×2 butterflies after a permutation of the input; the FFT is one such
//! network. [`fit()`] finds the butterflies of a matrix in closed form, [`train()`] by gradient from random weights.
//! Training for a task changes the weights and closes gates until the remaining network is cheaper and still finds
//! the peaks. Models are safetensors files.

#![expect(clippy::needless_range_loop, reason = "a butterfly indexes several arrays by one point")]

mod butterflies;
mod checkpoint;
mod compiled;
mod error;
mod evaluate;
mod fit;
mod layer;
mod live;
mod matrix;
mod model;
mod network;
mod peaks;
mod permutation;
mod quant;
mod random;
mod real;
mod record;
mod store;
mod task;
mod train;
mod transform;

pub use compiled::CompiledModel;
pub use error::{Error, Result};
pub use evaluate::{bin_errors, bin_errors_on, matrix_of, relative_error_of};
pub use fit::{EXACT, FitConfig, Fitted, SharedTwiddles, estimate, fit, recover};
pub use layer::{ButterflyLayer, LAYER_BATCH, LayerFloat, LayerScratch};
pub use matrix::Matrix;
pub use model::{AffineCorrector, FastLearnedFftModel};
pub use network::{Butterfly, ButterflyNetwork, Gate, MAX_N};
pub use permutation::Permutation;
pub use quant::QuantisedNetwork;
pub use random::Random;
pub use record::{Learner, OrderShown, RECORD_VERSION, Shown, TrainingRecord};
pub use store::VERSION;
pub use task::{
    E2eConfig, E2eOutcome, E2eProgress, FreeButterflies, GateKind, HardenAt, LossWeights, Losses,
    RecallStudy, Signals, Split, bank_params, level_errors, recall_of, significant_recall, study, train_e2e,
};
pub use train::{
    Adam, Ended, Init, LEARNED, PairsTrained, Parametrisation, Progress, Schedule, Stop, TrainConfig,
    Trained, cosine, minimise, train, train_from, train_pairs,
};
pub use transform::{Target, Transform};
