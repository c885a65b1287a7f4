//! The surface that plots are drawn on, and how it becomes the bytes of a file.

use crate::write::{Error, Result};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};
use std::path::Path;
use std::sync::Once;

/// Name under which the bundled font is known to plotters and written into SVG.
pub(super) const FONT: &str = "sans-serif";
static FONT_BYTES: &[u8] = include_bytes!("../../assets/DejaVuSans-subset.ttf");

/// Kind of picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlotFormat {
    /// Pixels.
    Png,
    /// Lines and text.
    Svg,
}

impl PlotFormat {
    /// The format that a file name's extension asks for.
    ///
    /// # Errors
    /// The extension is neither `png` nor `svg`.
    pub fn from_path(path: &Path) -> Result<Self> {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "png" => Ok(Self::Png),
            "svg" => Ok(Self::Svg),
            _ => {
                Err(Error::Plot { reason: format!("{}: a plot's name ends in .png or .svg", path.display()) })
            }
        }
    }
}

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

impl Default for Size {
    fn default() -> Self {
        Self { width: 1200, height: 675 }
    }
}

pub(super) fn plot_error(error: impl std::fmt::Display) -> Error {
    Error::Plot { reason: error.to_string() }
}

/// Makes the bundled font known, once a process.
pub(super) fn use_bundled_font() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Fails only for bytes that are no font; the tests draw with it.
        for style in [FontStyle::Normal, FontStyle::Bold] {
            let _ = register_font(FONT, style, FONT_BYTES);
        }
    });
}

/// Something that draws itself on any backend of plotters.
pub(super) trait Drawing {
    /// Draws on a white area.
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<()>
    where
        B::ErrorType: 'static;

    /// What must be added to an SVG that plotters cannot write: elements before `</svg>`.
    fn svg_extra(&self) -> Result<String> {
        Ok(String::new())
    }
}

/// Draws and encodes.
pub(super) fn render<D: Drawing>(drawing: &D, size: Size, format: PlotFormat) -> Result<Vec<u8>> {
    use_bundled_font();
    let dims = (size.width, size.height);
    match format {
        PlotFormat::Png => {
            let mut pixels = vec![255; 3 * size.width as usize * size.height as usize];
            {
                let area = BitMapBackend::with_buffer(&mut pixels, dims).into_drawing_area();
                drawing.draw(&area)?;
                area.present().map_err(plot_error)?;
            }
            encode_png(&pixels, dims)
        }
        PlotFormat::Svg => {
            let mut text = String::new();
            {
                let area = SVGBackend::with_string(&mut text, dims).into_drawing_area();
                area.fill(&WHITE).map_err(plot_error)?;
                drawing.draw(&area)?;
                area.present().map_err(plot_error)?;
            }
            let extra = drawing.svg_extra()?;
            if let (false, Some(end)) = (extra.is_empty(), text.rfind("</svg>")) {
                text.insert_str(end, &extra);
            }
            Ok(text.into_bytes())
        }
    }
}

/// 8-bit RGB, row by row, as a PNG file.
pub(super) fn encode_png(rgb: &[u8], (width, height): (u32, u32)) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(plot_error)?;
    writer.write_image_data(rgb).map_err(plot_error)?;
    writer.finish().map_err(plot_error)?;
    Ok(bytes)
}

/// A number for an axis: as many decimals as the step between ticks needs.
pub(super) fn tick(value: f64, span: f64) -> String {
    let value = if value.abs() < span * 1e-9 { 0.0 } else { value };
    if !(1e-4..1e6).contains(&span) {
        return format!("{value:.2e}");
    }
    let decimals = (1.0 - span.log10().floor()).clamp(0.0, 6.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_short() {
        assert_eq!(tick(0.5, 5.0), "0.5");
        assert_eq!(tick(100.0, 500.0), "100");
        assert_eq!(tick(0.012, 0.05), "0.012");
        assert_eq!(tick(-1e-17, 5.0), "0");
        assert_eq!(tick(2.4e9, 2.4e9), "2.40e9");
    }

    #[test]
    fn extension_chooses() {
        assert_eq!(PlotFormat::from_path(Path::new("a.SVG")).unwrap(), PlotFormat::Svg);
        assert!(PlotFormat::from_path(Path::new("a.jpg")).unwrap_err().to_string().contains("a.jpg"));
    }
}
