//! The drawing surface of plots and its encoding as PNG or SVG.

use crate::write::{Error, Result, escaped};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};
use std::path::Path;
use std::sync::Once;

/// Name of the bundled font in plotters and in SVG.
pub(super) const FONT: &str = "sans-serif";
static FONT_BYTES: &[u8] = include_bytes!("../../assets/DejaVuSans-subset.ttf");

/// Format of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlotFormat {
    /// Pixels.
    Png,
    /// Lines and text.
    Svg,
}

impl PlotFormat {
    /// Returns the format of a file name's extension.
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

/// Registers the bundled font, once per process.
pub(super) fn use_bundled_font() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Fails only for bytes that are not a font; the tests draw with it.
        for style in [FontStyle::Normal, FontStyle::Bold] {
            let _ = register_font(FONT, style, FONT_BYTES);
        }
    });
}

/// A drawing for any backend of plotters.
pub(super) trait Drawing {
    /// Draws on a white area.
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<()>
    where
        B::ErrorType: 'static;

    /// Returns elements to insert before `</svg>` that plotters cannot write.
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

/// Encodes 8-bit RGB, row by row, as a PNG file.
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

/// Format of the numbers of an axis: large ones in thousands, millions … of the unit, with the prefix in the label.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AxisText {
    /// Text of the axis.
    pub(super) label: String,
    scale: f64,
    span: f64,
}

/// Prefixes of units, by the power of ten.
const PREFIXES: [(i32, &str); 3] = [(6, "M"), (9, "G"), (12, "T")];

impl AxisText {
    /// For values from `start` to `end`, `label` with its unit in brackets: `frequency [Hz]`.
    pub(super) fn new(label: &str, start: f64, end: f64) -> Self {
        let (span, size) = (end - start, start.abs().max(end.abs()));
        let label = escaped(label).into_owned();
        // A tick has room for eight digits; levels and other small numbers keep their unit.
        let large = (1e6..1e15).contains(&size).then(|| 3 * (size.log10() as i32 / 3));
        let Some(power) = large else { return Self { label, scale: 1.0, span } };
        let prefix = PREFIXES.iter().find(|(p, _)| *p == power).map_or("", |(_, prefix)| prefix);
        let label = match label.split_once("[Hz]") {
            Some((before, after)) if !prefix.is_empty() => format!("{before}[{prefix}Hz]{after}"),
            _ => format!("{label} × 1e{power}"),
        };
        Self { label, scale: 10f64.powi(power), span: span / 10f64.powi(power) }
    }

    /// Returns a number for this axis: as many decimals as the step between ticks needs.
    pub(super) fn tick(&self, value: f64) -> String {
        tick(value / self.scale, self.span)
    }
}

/// Returns a number for an axis of this length: as many decimals as the step between ticks needs.
pub(super) fn tick(value: f64, span: f64) -> String {
    let value = if value.abs() < span * 1e-9 { 0.0 } else { value };
    // An exponent instead of many zeros, unless it would make neighbouring ticks equal.
    let exponent = span >= 1e6 || (span < 1e-4 && value.abs() < 1e3 * span);
    if exponent || !span.is_finite() {
        return format!("{value:.2e}");
    }
    let decimals = (1.0 - span.log10().floor()).clamp(0.0, 15.0) as usize;
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
    fn ticks_far_from_zero_differ() {
        for (start, end) in
            [(431.5e6, 434e6), (433.912e6, 433.914e6), (2.4e9, 2.400_000_1e9), (1.0, 1.000_001), (0.0, 3e9)]
        {
            let axis = AxisText::new("frequency [Hz]", start, end);
            let ticks: Vec<String> =
                (0..=10).map(|i| axis.tick(start + (end - start) * f64::from(i) / 10.0)).collect();
            assert!(ticks.windows(2).all(|pair| pair[0] != pair[1]), "{ticks:?}");
            assert!(ticks.iter().all(|t| t.len() <= 12 && !t.contains('e')), "{ticks:?}");
        }
        assert_eq!(AxisText::new("frequency [Hz]", 431.5e6, 434e6).label, "frequency [MHz]");
        assert_eq!(AxisText::new("frequency [Hz]", 431.5e6, 434e6).tick(433.9e6), "433.9");
        assert_eq!(AxisText::new("a [unit]", 0.0, 5e6).label, "a [unit] × 1e6");
        assert_eq!(AxisText::new("level [dB]", -90.0, 3.0).label, "level [dB]");
        assert_eq!(AxisText::new("a\u{1b}b", 0.0, 1.0).label, "a\\u{1b}b");
    }

    #[test]
    fn extension_chooses() {
        assert_eq!(PlotFormat::from_path(Path::new("a.SVG")).unwrap(), PlotFormat::Svg);
        assert!(PlotFormat::from_path(Path::new("a.jpg")).unwrap_err().to_string().contains("a.jpg"));
    }
}
