//! Removal of a mean or a straight line from each segment.

/// What is subtracted from a segment before the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Detrend {
    /// Nothing.
    None,
    /// The mean.
    #[default]
    Constant,
    /// The least-squares line.
    Linear,
}

impl Detrend {
    /// Stand-in.
    pub fn apply<T: crate::fft::Real>(self, x: &mut [T]) {
        if self == Self::None || x.is_empty() {
            return;
        }
        let n = x.len() as f64;
        let mean = x.iter().map(|&v| -> f64 { v.into() }).sum::<f64>() / n;
        let mid = (n - 1.0) / 2.0;
        let mut slope = 0.0;
        if self == Self::Linear && x.len() > 1 {
            let top: f64 = x.iter().enumerate().map(|(i, &v)| (i as f64 - mid) * Into::<f64>::into(v)).sum();
            slope = top / (n * (n * n - 1.0) / 12.0);
        }
        for (i, v) in x.iter_mut().enumerate() {
            *v = T::of(Into::<f64>::into(*v) - mean - slope * (i as f64 - mid));
        }
    }
}
