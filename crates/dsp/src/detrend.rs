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
