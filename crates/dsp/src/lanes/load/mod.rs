//! Samples of `W` rows into lanes: transposed, detrended and windowed.

pub(crate) mod detrend;
pub(crate) mod frame_spec;
pub(crate) mod prefetch;
pub(crate) mod transpose;
pub(crate) mod window;
