//! Ratios over two lists of sizes, as coloured cells with their numbers.

use super::canvas::{Drawing, FONT, plot_error, render};
use super::{PlotFormat, Size, colours};
use crate::write::{Result, escaped};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Ratios of one thing.
#[derive(Debug, Clone)]
pub struct CellPanel {
    /// Title of the panel.
    pub name: String,
    /// Ratios `[rows][columns]`, above 0; `None` where nothing was measured.
    pub values: Vec<Vec<Option<f64>>>,
}

/// Input of [`cells`]: panels in a grid with one colour scale, logarithmic from an eighth to eight times.
#[derive(Debug, Clone)]
pub struct CellMap {
    /// Line above the picture.
    pub title: String,
    /// Text of the horizontal axis.
    pub x_label: String,
    /// Text of the vertical axis.
    pub y_label: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Names of the rows, the first at the top.
    pub rows: Vec<String>,
    /// The panels.
    pub panels: Vec<CellPanel>,
}

/// Draws ratios as coloured cells.
///
/// # Errors
/// The error of plotters.
pub fn cells(map: &CellMap, size: Size, format: PlotFormat) -> Result<Vec<u8>> {
    render(&Picture(map), size, format)
}

/// Largest exponent of two of the colour scale.
const SPAN: f64 = 3.0;
const LEGEND: i32 = 84;

struct Picture<'a>(&'a CellMap);

type Area<B> = DrawingArea<B, Shift>;

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy)]
struct Frame {
    x: i32,
    y: i32,
    width: i32,
    height: i32,
}

impl Frame {
    /// Returns part `(column, row)` of `columns × rows` equal parts.
    fn part(self, (column, row): (usize, usize), (columns, rows): (usize, usize)) -> Self {
        let edge = |start: i32, length: i32, i: usize, n: usize| {
            start + (i64::from(length) * i as i64 / n.max(1) as i64) as i32
        };
        let (x, y) = (edge(self.x, self.width, column, columns), edge(self.y, self.height, row, rows));
        let width = edge(self.x, self.width, column + 1, columns) - x;
        Self { x, y, width, height: edge(self.y, self.height, row + 1, rows) - y }
    }

    fn center(self) -> (i32, i32) {
        (self.x + self.width / 2, self.y + self.height / 2)
    }

    fn fill<B: DrawingBackend>(self, area: &Area<B>, colour: RGBColor) -> Result<()>
    where
        B::ErrorType: 'static,
    {
        let corners = [(self.x, self.y), (self.x + self.width, self.y + self.height)];
        area.draw(&Rectangle::new(corners, colour.filled())).map_err(plot_error)
    }
}

impl Drawing for Picture<'_> {
    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Result<()>
    where
        B::ErrorType: 'static,
    {
        let map = self.0;
        area.fill(&WHITE).map_err(plot_error)?;
        let (width, height) = area.dim_in_pixel();
        let (width, height) = (width as i32, height as i32);
        text(area, &map.title, (width / 2, 20), 22, HPos::Center, BLACK)?;
        let count = map.panels.len().max(1);
        // Panels are wider than high, as the picture is.
        let columns = (1..=count).find(|c| c * c >= count).unwrap_or(1);
        let panels = Frame { x: 8, y: 40, width: width - LEGEND - 16, height: height - 48 };
        for (index, panel) in map.panels.iter().enumerate() {
            let place = (index % columns, index / columns);
            self.panel(area, panel, panels.part(place, (columns, count.div_ceil(columns))))?;
        }
        legend(area, Frame { x: width - LEGEND, y: 60, width: 22, height: height - 110 })
    }
}

impl Picture<'_> {
    fn panel<B: DrawingBackend>(&self, area: &Area<B>, panel: &CellPanel, whole: Frame) -> Result<()>
    where
        B::ErrorType: 'static,
    {
        let map = self.0;
        let (rows, columns) = (map.rows.len(), map.columns.len());
        text(area, &panel.name, (whole.x + whole.width / 2, whole.y + 14), 15, HPos::Center, BLACK)?;
        let left = 64;
        let grid = Frame {
            x: whole.x + left,
            y: whole.y + 28,
            width: whole.width - left - 14,
            height: whole.height - 76,
        };
        for (row, values) in panel.values.iter().enumerate() {
            for (column, value) in values.iter().enumerate() {
                let cell = grid.part((column, row), (columns, rows));
                let colour = value.map_or(RGBColor(225, 225, 225), colour);
                Frame { width: cell.width - 1, height: cell.height - 1, ..cell }.fill(area, colour)?;
                let dark = u32::from(colour.0) + u32::from(colour.1) + u32::from(colour.2) > 380;
                let size = (cell.width / 4).min(cell.height / 2).clamp(7, 17);
                let shown = value.map_or("–".to_owned(), ratio);
                text(area, &shown, cell.center(), size, HPos::Center, if dark { BLACK } else { WHITE })?;
            }
        }
        for (row, name) in map.rows.iter().enumerate() {
            let at = grid.part((0, row), (columns, rows));
            text(area, name, (grid.x - 6, at.center().1), 13, HPos::Right, BLACK)?;
        }
        let below = grid.y + grid.height;
        for (column, name) in map.columns.iter().enumerate() {
            let at = grid.part((column, 0), (columns, rows));
            text(area, name, (at.center().0, below + 12), 13, HPos::Center, BLACK)?;
        }
        text(area, &map.x_label, (grid.center().0, below + 32), 14, HPos::Center, BLACK)?;
        text(area, &map.y_label, (whole.x + 4, grid.y - 12), 14, HPos::Left, BLACK)
    }
}

/// Draws the colour scale.
fn legend<B: DrawingBackend>(area: &Area<B>, bar: Frame) -> Result<()>
where
    B::ErrorType: 'static,
{
    let steps = 64;
    for step in 0..steps {
        let t = 1.0 - (step as f64 + 0.5) / steps as f64;
        let [r, g, b] = colours::viridis(t);
        bar.part((0, step), (1, steps)).fill(area, RGBColor(r, g, b))?;
    }
    for power in -3..=3i32 {
        let y = bar.y + (f64::from(bar.height) * (0.5 - f64::from(power) / (2.0 * SPAN))) as i32;
        let name = if power < 0 { format!("1/{}×", 1 << -power) } else { format!("{}×", 1 << power) };
        text(area, &name, (bar.x + bar.width + 6, y), 13, HPos::Left, BLACK)?;
    }
    Ok(())
}

fn colour(ratio: f64) -> RGBColor {
    let [r, g, b] = colours::viridis(0.5 + ratio.log2() / (2.0 * SPAN));
    RGBColor(r, g, b)
}

/// Returns a ratio with three digits, two for small ones.
fn ratio(value: f64) -> String {
    if value < 0.0995 {
        let decimals = (1.0 - value.max(1e-9).log10().floor()) as usize;
        return format!("{value:.decimals$}×");
    }
    let decimals = if value >= 99.95 { 0 } else { usize::from(value < 9.995) + 1 };
    format!("{value:.decimals$}×")
}

fn text<B: DrawingBackend>(
    area: &Area<B>,
    text: &str,
    at: (i32, i32),
    size: i32,
    horizontal: HPos,
    colour: RGBColor,
) -> Result<()>
where
    B::ErrorType: 'static,
{
    let style =
        TextStyle::from((FONT, size).into_font()).color(&colour).pos(Pos::new(horizontal, VPos::Center));
    area.draw_text(&escaped(text), &style, at).map_err(plot_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_colours_and_absent_cells_are_drawn() {
        let values = vec![vec![Some(1.0), Some(8.0), None], vec![Some(0.125), Some(12.34), Some(123.4)]];
        let map = CellMap {
            title: "speed".into(),
            x_label: "batch".into(),
            y_label: "n_fft".into(),
            columns: ["1", "16", "256"].map(String::from).to_vec(),
            rows: ["128", "256"].map(String::from).to_vec(),
            panels: vec![CellPanel { name: "a<b".into(), values }],
        };
        let svg = String::from_utf8(cells(&map, Size::default(), PlotFormat::Svg).unwrap()).unwrap();
        for shown in ["1.00×", "8.00×", "12.3×", "123×", "0.12×", "–", "a&lt;b", "speed", "1/8×"] {
            assert!(svg.contains(&format!("\n{shown}\n")), "{shown}: {svg}");
        }
        // The ends of the scale are viridis's.
        for [r, g, b] in [colours::viridis(0.0), colours::viridis(0.5), colours::viridis(1.0)] {
            assert!(svg.contains(&format!("#{r:02X}{g:02X}{b:02X}")), "{r} {g} {b}");
        }
        let png = cells(&map, Size { width: 200, height: 150 }, PlotFormat::Png).unwrap();
        assert_eq!(&png[1..4], b"PNG");
        let none = CellMap { panels: Vec::new(), columns: Vec::new(), rows: Vec::new(), ..map };
        assert!(cells(&none, Size::default(), PlotFormat::Png).is_ok());
    }
}
