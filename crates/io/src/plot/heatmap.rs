//! Power over time and frequency, with a colour bar.

use super::canvas::{AxisText, Drawing, FONT, encode_png, plot_error, render};
use super::{PlotFormat, Size, colours, svg_image};
use crate::write::{Result, escaped};
use plotters::coord::Shift;
use plotters::prelude::*;
use std::cell::RefCell;
use std::ops::Range;

/// The image of one channel.
#[derive(Debug, Clone)]
pub struct HeatmapPanel {
    /// Title above the panel; not shown for a single panel.
    pub name: String,
    /// Values `[columns][rows]`: one column per time, rows from low to high.
    pub values: Vec<Vec<f64>>,
    /// First and last moment.
    pub x: (f64, f64),
    /// Lowest and highest row.
    pub y: (f64, f64),
}

/// Input of [`heatmap`]: panels above each other with one colour scale.
#[derive(Debug, Clone)]
pub struct Heatmap {
    /// Line above the picture.
    pub title: String,
    /// Text of the horizontal axis, unit included.
    pub x_label: String,
    /// Text of the vertical axis, unit included.
    pub y_label: String,
    /// Text of the colour bar, unit included.
    pub value_label: String,
    /// Displayed range below the highest value (80 for decibels).
    pub span: f64,
    /// Labels of rows that are not evenly spaced (mel bands): (position in `y`, label).
    pub y_ticks: Option<Vec<(f64, String)>>,
    /// The panels.
    pub panels: Vec<HeatmapPanel>,
}

/// Draws power over time and frequency.
///
/// # Errors
/// The error of plotters.
pub fn heatmap(plot: &Heatmap, size: Size, format: PlotFormat) -> Result<Vec<u8>> {
    let images = (format == PlotFormat::Svg).then(|| RefCell::new(String::new()));
    render(&Picture { plot, images }, size, format)
}

/// A heatmap during drawing. Pixels are drawn individually on a bitmap, and collected as embedded images for SVG.
struct Picture<'a> {
    plot: &'a Heatmap,
    images: Option<RefCell<String>>,
}

impl Heatmap {
    /// Silence has level −∞ and is below this range.
    fn value_range(&self) -> Range<f64> {
        let finite = self.panels.iter().flat_map(|p| p.values.iter().flatten()).filter(|v| v.is_finite());
        let (lo, hi) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), &v| (lo.min(v), hi.max(v)));
        let (lo, hi) = if lo <= hi { (lo.max(hi - self.span), hi) } else { (-1.0, 0.0) };
        if lo < hi { lo..hi } else { lo - 0.5..hi + 0.5 }
    }
}

impl Drawing for Picture<'_> {
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<()>
    where
        B::ErrorType: 'static,
    {
        let plot = self.plot;
        let range = plot.value_range();
        let area = area.margin(12, 0, 0, 0).titled(&escaped(&plot.title), (FONT, 22)).map_err(plot_error)?;
        let (width, _) = area.dim_in_pixel();
        let (left, right) = area.split_horizontally(width.saturating_sub(130));
        let panels = left.split_evenly((plot.panels.len(), 1));
        for (panel, area) in plot.panels.iter().zip(&panels) {
            self.panel(panel, area, &range)?;
        }
        self.bar(&right, &range)
    }

    fn svg_extra(&self) -> Result<String> {
        Ok(self.images.as_ref().map(RefCell::take).unwrap_or_default())
    }
}

impl Picture<'_> {
    fn panel<B: DrawingBackend>(
        &self,
        panel: &HeatmapPanel,
        area: &DrawingArea<B, Shift>,
        range: &Range<f64>,
    ) -> Result<()>
    where
        B::ErrorType: 'static,
    {
        let plot = self.plot;
        let (x, y) = (widened(panel.x), widened(panel.y));
        let x_axis = AxisText::new(&plot.x_label, x.start, x.end);
        let y_axis = AxisText::new(&plot.y_label, y.start, y.end);
        let mut builder = ChartBuilder::on(area);
        builder.margin(14).x_label_area_size(48).y_label_area_size(76);
        if plot.panels.len() > 1 {
            builder.caption(escaped(&panel.name), (FONT, 16));
        }
        let mut chart = builder.build_cartesian_2d(x, y).map_err(plot_error)?;
        let mut mesh = chart.configure_mesh();
        let y_text = |v: &f64| match &plot.y_ticks {
            None => y_axis.tick(*v),
            Some(ticks) => {
                let near = ticks.iter().min_by(|a, b| (a.0 - v).abs().total_cmp(&(b.0 - v).abs()));
                near.map_or_else(String::new, |t| t.1.clone())
            }
        };
        let x_text = |v: &f64| x_axis.tick(*v);
        mesh.disable_mesh()
            .x_desc(&x_axis.label)
            .y_desc(&y_axis.label)
            .x_labels(11)
            .y_labels(if plot.panels.len() > 2 { 4 } else { 9 })
            .x_label_formatter(&x_text)
            .y_label_formatter(&y_text)
            .label_style((FONT, 16))
            .axis_desc_style((FONT, 18))
            .draw()
            .map_err(plot_error)?;

        let (px, py) = chart.plotting_area().get_pixel_range();
        let (width, height) = ((px.end - px.start).max(1) as u32, (py.end - py.start).max(1) as u32);
        let pixels = pixels(&panel.values, width as usize, height as usize, range);
        if let Some(images) = &self.images {
            let png = encode_png(&pixels, (width, height))?;
            images.borrow_mut().push_str(&svg_image::element(&png, (px.start, py.start), (width, height)));
            return Ok(());
        }
        let plane = chart.plotting_area().strip_coord_spec();
        for (i, rgb) in pixels.chunks_exact(3).enumerate() {
            let (column, row) = (i % width as usize, i / width as usize);
            let colour = RGBColor(rgb[0], rgb[1], rgb[2]);
            plane.draw_pixel((column as i32, row as i32), &colour).map_err(plot_error)?;
        }
        Ok(())
    }

    fn bar<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>, range: &Range<f64>) -> Result<()>
    where
        B::ErrorType: 'static,
    {
        let span = range.end - range.start;
        let text = AxisText::new(&self.plot.value_label, range.start, range.end);
        let mut chart = ChartBuilder::on(area)
            .margin(14)
            .margin_bottom(62)
            .margin_left(0)
            .right_y_label_area_size(86)
            .build_cartesian_2d(0.0..1.0, range.clone())
            .map_err(plot_error)?;
        let steps = 128;
        chart
            .draw_series((0..steps).map(|i| {
                let at = |i: i32| range.start + span * f64::from(i) / f64::from(steps);
                let [r, g, b] = colours::viridis(f64::from(i) / f64::from(steps - 1));
                Rectangle::new([(0.0, at(i)), (1.0, at(i + 1))], RGBColor(r, g, b).filled())
            }))
            .map_err(plot_error)?;
        chart
            .configure_mesh()
            .disable_mesh()
            .disable_x_axis()
            .y_desc(&text.label)
            .y_labels(9)
            .y_label_formatter(&|v| text.tick(*v))
            .label_style((FONT, 15))
            .axis_desc_style((FONT, 17))
            .draw()
            .map_err(plot_error)
    }
}

fn widened((lo, hi): (f64, f64)) -> Range<f64> {
    if lo < hi { lo..hi } else { lo - 0.5..lo + 0.5 }
}

/// Returns `values` as RGB, scaled to `width` × `height`, top row first. A pixel shows the strongest of its values,
/// so that a short tone stays visible in a long recording.
fn pixels(values: &[Vec<f64>], width: usize, height: usize, range: &Range<f64>) -> Vec<u8> {
    let mut rgb = vec![255; 3 * width * height];
    let columns = values.len();
    for column in 0..width {
        let first = column * columns / width;
        let last = ((column + 1) * columns).div_ceil(width).clamp(first + 1, columns.max(first + 1));
        let frames = &values[first.min(columns)..last.min(columns)];
        let rows = frames.iter().map(Vec::len).min().unwrap_or(0);
        for row in (0..height).filter(|_| rows > 0) {
            let low = row * rows / height;
            let high = ((row + 1) * rows).div_ceil(height).clamp(low + 1, rows);
            let value = frames.iter().flat_map(|f| &f[low..high]).fold(f64::NAN, |a, &b| a.max(b));
            let at = 3 * ((height - 1 - row) * width + column);
            let t = (value - range.start) / (range.end - range.start);
            rgb[at..at + 3].copy_from_slice(&colours::viridis(t));
        }
    }
    rgb
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot() -> Heatmap {
        let values = (0..300)
            .map(|t| (0..129).map(|f| -f64::from((f - t / 3i32).abs()).min(60.0)).collect())
            .collect();
        Heatmap {
            title: "test".into(),
            x_label: "time [s]".into(),
            y_label: "frequency [Hz]".into(),
            value_label: "level [dB]".into(),
            span: 80.0,
            y_ticks: None,
            panels: vec![HeatmapPanel { name: "a".into(), values, x: (0.0, 3.0), y: (0.0, 500.0) }],
        }
    }

    #[test]
    fn png_and_svg_are_drawn() {
        let png = heatmap(&plot(), Size::default(), PlotFormat::Png).unwrap();
        assert_eq!(&png[1..4], b"PNG");
        let svg = String::from_utf8(heatmap(&plot(), Size::default(), PlotFormat::Svg).unwrap()).unwrap();
        assert!(svg.contains("<image ") && svg.contains("time [s]") && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn the_strongest_value_of_a_pixel_is_shown() {
        let mut values = vec![vec![0.0; 4]; 1000];
        values[501][3] = 1.0;
        let rgb = pixels(&values, 10, 4, &(0.0..1.0));
        assert_eq!(rgb[3 * 5..3 * 6], colours::viridis(1.0));
        assert_eq!(rgb[3 * 15..3 * 16], colours::viridis(0.0));
    }
}
