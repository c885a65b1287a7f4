//! Peaks of spectra and of other sampled curves.
//!
//! The word "peak" has two meanings:
//!
//! - [`topk`]: the K largest bins of a row, including neighbours;
//! - [`local`]: local maxima with the conditions of `scipy.signal.find_peaks`.
//!
//! [`subbin`] refines either to a fraction of a bin. Both kinds take one row, a batch of rows or an axis of an
//! N-dimensional array.
//! Samples are compared as they are (`f32` or `f64`); every derived number (prominence, width, …) is an `f64`, as in SciPy.

mod axis;
pub mod batch;
mod bounds;
pub mod distance;
mod extremes;
pub mod insert;
pub mod local;
pub mod maxima;
pub mod prominence;
pub mod relative;
pub mod select;
mod slopes;
pub mod spectral;
pub mod subbin;
mod sweep;
pub mod threshold;
pub mod topk;
pub mod width;

pub use batch::{LocalPeaksBatch, find_peaks_axis, find_peaks_rows, find_peaks_rows_on};
pub use bounds::Bounds;
pub use local::{LocalPeakParams, LocalPeaks, find_peaks};
pub use maxima::Plateaus;
pub use prominence::{Prominences, peak_prominences};
pub use relative::{Beyond, relative_maxima};
pub use spectral::{SpectralPeak, SpectralPeakParams, spectral_peaks};
pub use threshold::Thresholds;
pub use topk::{Peak, top_k_axis, top_k_bins, top_k_packed, top_k_packed_into, top_k_rows};
pub use width::{Widths, peak_widths};

/// Keeps the elements of `values` whose flag is set; `keep` has the length of `values`.
fn retain_flagged<V: Copy>(values: &mut Vec<V>, keep: &[bool]) {
    debug_assert_eq!(values.len(), keep.len());
    let mut kept = 0;
    // Without a branch: flags of noise cannot be predicted.
    for at in 0..values.len().min(keep.len()) {
        values[kept] = values[at];
        kept += usize::from(keep[at]);
    }
    values.truncate(kept);
}
