//! Lines over frequency, with peaks marked.

use super::canvas::{AxisText, Drawing, FONT, plot_error, render};
use super::{PlotFormat, Size, colours};
use crate::write::{Error, Result, escaped};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::cmp::Ordering;
use std::ops::Range;

/// One line.
#[derive(Debug, Clone)]
pub struct Curve {
    /// Name in the legend.
    pub name: String,
    /// Positions, ascending.
    pub x: Vec<f64>,
    /// Values; a value that is not finite interrupts the line.
    pub y: Vec<f64>,
    /// Lower and upper end of a band around the line.
    pub band: Option<(Vec<f64>, Vec<f64>)>,
}

/// A marked point.
#[derive(Debug, Clone)]
pub struct Marker {
    /// Position.
    pub x: f64,
    /// Value.
    pub y: f64,
    /// Text above it.
    pub label: String,
}

/// Input of [`spectrum`].
#[derive(Debug, Clone)]
pub struct SpectrumPlot {
    /// Line above the picture.
    pub title: String,
    /// Text of the horizontal axis, unit included.
    pub x_label: String,
    /// Text of the vertical axis, unit included.
    pub y_label: String,
    /// The lines, drawn in order.
    pub curves: Vec<Curve>,
    /// Points to mark.
    pub markers: Vec<Marker>,
    /// Range of the vertical axis if it is fixed (coherence: 0 … 1).
    pub y_range: Option<(f64, f64)>,
}

/// Draws lines over frequency.
///
/// # Errors
/// There is no point on the frequency axis.
pub fn spectrum(plot: &SpectrumPlot, size: Size, format: PlotFormat) -> Result<Vec<u8>> {
    render(plot, size, format)
}

impl SpectrumPlot {
    fn x_range(&self) -> Option<Range<f64>> {
        range(self.curves.iter().flat_map(|c| c.x.iter().copied()))
    }

    /// Returns the range of the vertical axis, with room for labels at the top. Deep nulls (a removed mean, a
    /// filter's stop band) would flatten the rest, so at most 120 units below the top are shown.
    fn y_range(&self) -> Option<Range<f64>> {
        if let Some((lo, hi)) = self.y_range {
            return Some(lo..hi);
        }
        // Silence has level −∞: its image shows only axes.
        let values = range(self.curves.iter().flat_map(|c| c.y.iter().copied()));
        let Range { start, end } = values.unwrap_or(-1.0..0.0);
        let start = start.max(end - 120.0);
        let span = (end - start).max(1.0);
        Some(start - 0.04 * span..end + if self.markers.is_empty() { 0.05 } else { 0.18 } * span)
    }
}

fn range(values: impl Iterator<Item = f64>) -> Option<Range<f64>> {
    let (lo, hi) = values
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), v| (lo.min(v), hi.max(v)));
    match lo.total_cmp(&hi) {
        Ordering::Less => Some(lo..hi),
        Ordering::Equal => Some(lo - 0.5..hi + 0.5),
        Ordering::Greater => None,
    }
}

impl Drawing for SpectrumPlot {
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<()>
    where
        B::ErrorType: 'static,
    {
        let (Some(x), Some(y)) = (self.x_range(), self.y_range()) else {
            return Err(Error::Plot { reason: "no finite value to draw".into() });
        };
        let x_text = AxisText::new(&self.x_label, x.start, x.end);
        let y_text = AxisText::new(&self.y_label, y.start, y.end);
        let mut chart = ChartBuilder::on(area)
            .caption(escaped(&self.title), (FONT, 22))
            .margin(16)
            .margin_right(28)
            .x_label_area_size(52)
            .y_label_area_size(76)
            .build_cartesian_2d(x.clone(), y.clone())
            .map_err(plot_error)?;
        chart
            .configure_mesh()
            .x_desc(&x_text.label)
            .y_desc(&y_text.label)
            .x_labels(11)
            .y_labels(9)
            .x_label_formatter(&|v| x_text.tick(*v))
            .y_label_formatter(&|v| y_text.tick(*v))
            .label_style((FONT, 16))
            .axis_desc_style((FONT, 18))
            .bold_line_style(BLACK.mix(0.14))
            .light_line_style(BLACK.mix(0.04))
            .draw()
            .map_err(plot_error)?;

        for (i, curve) in self.curves.iter().enumerate() {
            let colour = colours::line(i);
            if let Some((lo, hi)) = &curve.band {
                chart
                    .draw_series(
                        bands(&curve.x, lo, hi, &y).into_iter().map(|c| Polygon::new(c, colour.mix(0.18))),
                    )
                    .map_err(plot_error)?;
            }
            for (part, run) in finite_runs(&curve.x, &curve.y, y.start).enumerate() {
                let series =
                    chart.draw_series(LineSeries::new(run, colour.stroke_width(2))).map_err(plot_error)?;
                if part == 0 && self.curves.len() > 1 {
                    series.label(escaped(&curve.name)).legend(move |(x, y)| {
                        PathElement::new(vec![(x, y), (x + 18, y)], colour.stroke_width(3))
                    });
                }
            }
        }
        if self.curves.len() > 1 {
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::UpperRight)
                .background_style(WHITE.mix(0.85))
                .border_style(BLACK.mix(0.3))
                .label_font((FONT, 16))
                .draw()
                .map_err(plot_error)?;
        }
        let red = RGBColor(190, 30, 45);
        let text = (FONT, 15).into_font().color(&red).pos(Pos::new(HPos::Center, VPos::Bottom));
        let plotting = chart.plotting_area();
        let (pixels, _) = plotting.get_pixel_range();
        let mut taken: Vec<(i32, i32, i32)> = Vec::new();
        for marker in &self.markers {
            let at = (marker.x, marker.y.clamp(y.start, y.end));
            let dot = EmptyElement::at(at) + TriangleMarker::new((0, -9), -7, red.filled());
            plotting.draw(&dot).map_err(plot_error)?;
            let label = escaped(&marker.label).into_owned();
            let half = 9 * label.chars().count() as i32 / 2;
            let (px, py) = plotting.map_coordinate(&at);
            let shift = (pixels.start + half + 4).max(px).min(pixels.end - half - 4) - px;
            // A label that would cover an earlier (stronger) one is placed above it, or omitted.
            let free = |lift: &i32| {
                taken.iter().all(|&(x, y, h)| (px + shift - x).abs() > half + h || (py - lift - y).abs() > 16)
            };
            if let Some(lift) = (18..=72).step_by(18).find(free) {
                taken.push((px + shift, py - lift, half));
                let label = Text::new(label, (shift, -lift), text.clone());
                plotting.draw(&(EmptyElement::at(at) + label)).map_err(plot_error)?;
            }
        }
        Ok(())
    }
}

/// Returns the finite parts of a line, clipped from below.
fn finite_runs<'a>(x: &'a [f64], y: &'a [f64], floor: f64) -> impl Iterator<Item = Vec<(f64, f64)>> + 'a {
    let points: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
    let runs: Vec<Vec<(f64, f64)>> = points
        .split(|(_, y)| !y.is_finite())
        .filter(|run| !run.is_empty())
        .map(|run| run.iter().map(|&(x, y)| (x, y.max(floor))).collect())
        .collect();
    runs.into_iter()
}

/// Returns the outline of the band in each part where both ends are finite: forward along the lower end, back along
/// the upper end.
fn bands(x: &[f64], lo: &[f64], hi: &[f64], y: &Range<f64>) -> Vec<Vec<(f64, f64)>> {
    let clip = |v: f64| v.clamp(y.start, y.end);
    let rows: Vec<(f64, f64, f64)> = x.iter().zip(lo).zip(hi).map(|((&x, &lo), &hi)| (x, lo, hi)).collect();
    rows.split(|(_, lo, hi)| !(lo.is_finite() && hi.is_finite()))
        .filter(|run| run.len() > 1)
        .map(|run| {
            let forth = run.iter().map(|r| (r.0, clip(r.1)));
            forth.chain(run.iter().rev().map(|r| (r.0, clip(r.2)))).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot() -> SpectrumPlot {
        let x: Vec<f64> = (0..257).map(|i| f64::from(i) * 0.2).collect();
        let y: Vec<f64> = x.iter().map(|f| 40.0 - 20.0 * (1.0 + (f - 10.0).powi(2)).log10()).collect();
        let band = Some((y.iter().map(|v| v - 2.0).collect(), y.iter().map(|v| v + 2.0).collect()));
        SpectrumPlot {
            title: "test".into(),
            x_label: "frequency [Hz]".into(),
            y_label: "level [dB re 1 µV²/Hz]".into(),
            curves: vec![Curve { name: "a".into(), x, y, band }],
            markers: vec![Marker { x: 10.0, y: 40.0, label: "10 Hz".into() }],
            y_range: None,
        }
    }

    #[test]
    fn png_and_svg_are_drawn() {
        let png = spectrum(&plot(), Size::default(), PlotFormat::Png).unwrap();
        assert_eq!(&png[1..4], b"PNG");
        let svg = String::from_utf8(spectrum(&plot(), Size::default(), PlotFormat::Svg).unwrap()).unwrap();
        assert!(svg.contains("frequency [Hz]") && svg.contains("10 Hz") && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn silence_is_empty_and_no_points_are_an_error() {
        let mut empty = plot();
        for silence in [f64::NAN, f64::NEG_INFINITY] {
            empty.curves[0].y.fill(silence);
            assert!(spectrum(&empty, Size::default(), PlotFormat::Png).is_ok());
        }
        empty.curves[0].x.clear();
        assert!(spectrum(&empty, Size::default(), PlotFormat::Png).is_err());
    }
}
