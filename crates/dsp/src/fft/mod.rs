//! `fft`.

/// Stand-in.
pub trait Real: realfft::FftNum + num_traits::Float + Into<f64> {
    /// From f64.
    fn of(value: f64) -> Self;
}
impl Real for f32 {
    fn of(value: f64) -> Self {
        value as f32
    }
}
impl Real for f64 {
    fn of(value: f64) -> Self {
        value
    }
}
