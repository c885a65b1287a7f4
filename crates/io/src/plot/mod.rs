//! Images of spectra: PNG and SVG, with labelled axes and a bundled font.
//!
//! [`spectrum()`] draws lines over frequency with peaks marked, [`heatmap()`] power over time and frequency with a
//! colour bar, [`cells()`] ratios over two lists of sizes. They return the bytes of a file; the caller writes it ([`OutputFile`](crate::write::OutputFile)).

mod canvas;
mod cells;
mod colours;
mod heatmap;
mod spectrum;
mod svg_image;

pub use canvas::{PlotFormat, Size};
pub use cells::{CellMap, CellPanel, cells};
pub use colours::viridis;
pub use heatmap::{Heatmap, HeatmapPanel, heatmap};
pub use spectrum::{Curve, Marker, SpectrumPlot, spectrum};
