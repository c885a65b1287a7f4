//! The terminal: spectrum at the top, waterfall in half blocks below, peaks at the side; keys.

use super::colour::Depth;
use super::state::{Shared, Shown, State, db};
use super::view::{Asked, View};
use anyhow::Result;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style};
use ratatui::text::Line;
use ratatui::widgets::{Clear, Paragraph};
use rlx_dsp::peaks::{SpectralPeakParams, spectral_peaks};
use std::time::Duration;

/// Time between redraws.
const FRAME: Duration = Duration::from_millis(66);
/// Columns of the table of peaks.
const TABLE: u16 = 34;
const HELP: [&str; 9] = [
    "+ −     zoom in frequency",
    "← →     move in frequency, 0 shows all",
    "↑ ↓     brighter or darker levels",
    "g G     narrower or wider range, r follows",
    "a A     average over more or fewer lines",
    "m       max-hold on (from now) or off",
    "t       table of peaks",
    "space   pause",
    "q       quit",
];

/// Draws until a key ends the program.
pub(crate) struct Screen {
    shown: Shown,
    view: View,
    depth: Depth,
    /// The lines that are drawn while paused.
    frozen: Option<Vec<Vec<f32>>>,
}

impl Screen {
    pub(crate) fn new(shown: Shown) -> Self {
        Self { view: View::new(&shown), shown, depth: Depth::of_terminal(), frozen: None }
    }

    /// Takes over the terminal, and restores it at the end in every case.
    pub(crate) fn run(mut self, shared: &Shared) -> Result<()> {
        let mut terminal = ratatui::try_init()?;
        let result = self.draw_until_quit(&mut terminal, shared);
        ratatui::restore();
        result
    }

    fn draw_until_quit(&mut self, terminal: &mut ratatui::DefaultTerminal, shared: &Shared) -> Result<()> {
        loop {
            {
                let state = shared.lock();
                terminal.draw(|frame| self.draw(frame, &state))?;
            }
            if !event::poll(FRAME)? {
                continue;
            }
            let Event::Key(key) = event::read()? else { continue };
            if key.kind == KeyEventKind::Release {
                continue;
            }
            if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
                return Ok(());
            }
            let mut state = shared.lock();
            match self.view.key(key.code, &self.shown, &state) {
                Asked::Quit => return Ok(()),
                Asked::ResetHold => state.hold.fill(0.0),
                Asked::Smoothing(true) => state.smoothing = (state.smoothing * 2).min(1024),
                Asked::Smoothing(false) => state.smoothing = (state.smoothing / 2).max(1),
                Asked::Nothing => {}
            }
            if self.view.paused && self.frozen.is_none() {
                self.frozen = Some(state.lines.iter().cloned().collect());
            } else if !self.view.paused {
                self.frozen = None;
            }
        }
    }

    fn draw(&self, frame: &mut Frame<'_>, state: &State) {
        let [head, body, foot] =
            Layout::vertical([Constraint::Length(1), Constraint::Min(4), Constraint::Length(1)])
                .areas(frame.area());
        let table = if self.view.peaks && body.width > 2 * TABLE { TABLE } else { 0 };
        let [left, right] = Layout::horizontal([Constraint::Min(10), Constraint::Length(table)]).areas(body);
        let [spectrum, axis, waterfall] =
            Layout::vertical([Constraint::Percentage(35), Constraint::Length(1), Constraint::Min(2)])
                .areas(left);
        let range = self.view.levels(state);
        frame.render_widget(Paragraph::new(self.head(state)), head);
        frame.render_widget(Paragraph::new(self.foot(range)).style(Style::new().fg(Color::DarkGray)), foot);
        self.spectrum(frame.buffer_mut(), spectrum, state, range);
        self.axis(frame.buffer_mut(), axis);
        self.waterfall(frame.buffer_mut(), waterfall, state, range);
        if table > 0 {
            frame.render_widget(Paragraph::new(self.table(state)), right);
        }
        if self.view.help {
            let height = (HELP.len() as u16).min(left.height.saturating_sub(1));
            let area =
                Rect { x: left.x + 2, y: left.y + 1, width: 46.min(left.width.saturating_sub(2)), height };
            frame.render_widget(Clear, area);
            let lines: Vec<Line<'_>> = HELP.iter().map(|line| Line::from(format!(" {line}"))).collect();
            frame.render_widget(Paragraph::new(lines), area);
        }
    }

    fn head(&self, state: &State) -> String {
        let seconds = state.samples as f64 / self.shown.rate;
        let ended = match &state.ended {
            Some(why) if why.is_empty() => "  ended".to_owned(),
            Some(why) => format!("  ended: {why}"),
            None if self.view.paused => "  paused".to_owned(),
            None => String::new(),
        };
        let rate = frequency(self.shown.rate);
        format!("{}  {rate}  n_fft {}  {seconds:.1} s{ended}", self.shown.title, self.shown.n_fft)
    }

    fn foot(&self, (low, high): (f64, f64)) -> String {
        let hold = if self.view.hold { "  max-hold" } else { "" };
        format!("{low:.0} … {high:.0} dB re 1 {}{hold}  h: help  q: quit", self.shown.unit)
    }

    /// Returns the bins under each of `columns` columns.
    fn bins(&self, column: u16, columns: u16) -> std::ops::Range<usize> {
        let (from, to) = self.view.bins;
        let at = |c: u16| from + (to - from) * usize::from(c) / usize::from(columns.max(1));
        let start = at(column).min(to - 1);
        start..at(column + 1).max(start + 1)
    }

    fn spectrum(&self, buffer: &mut Buffer, area: Rect, state: &State, (low, high): (f64, f64)) {
        const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
        let height =
            |power: f64| ((db(power) - low) / (high - low)).clamp(0.0, 1.0) * f64::from(area.height) * 8.0;
        for column in 0..area.width {
            let bins = self.bins(column, area.width);
            let largest = |values: &[f64]| values[bins.clone()].iter().copied().fold(0.0, f64::max);
            let filled = height(largest(&state.average)) as u16;
            let held = (height(largest(&state.hold)) as u16 / 8).min(area.height.saturating_sub(1));
            for row in 0..area.height {
                let eighths = filled.saturating_sub(8 * row).min(8);
                let cell = &mut buffer[(area.x + column, area.y + area.height - 1 - row)];
                let t = f32::from(8 * row + eighths) / f32::from(8 * area.height).max(1.0);
                cell.set_symbol(EIGHTHS[usize::from(eighths)]).set_fg(self.depth.colour(0.25 + 0.75 * t));
                if self.view.hold && row == held && eighths == 0 {
                    cell.set_symbol("─").set_fg(Color::Red);
                }
            }
        }
    }

    fn axis(&self, buffer: &mut Buffer, area: Rect) {
        if area.is_empty() {
            return;
        }
        let (from, to) = self.view.bins;
        let width = usize::from(area.width);
        let count = (width / 14).max(1);
        for i in 0..=count {
            let bin = (from + (to - from) * i / count).min(to - 1);
            let text = frequency(self.shown.freq[bin]);
            let x = (width * i / count).saturating_sub(if i == count { text.chars().count() } else { 0 });
            buffer.set_stringn(area.x + x as u16, area.y, &text, width - x, Style::new());
        }
    }

    /// Draws two lines of the waterfall per row of cells, the newest at the top.
    fn waterfall(&self, buffer: &mut Buffer, area: Rect, state: &State, (low, high): (f64, f64)) {
        let count = self.frozen.as_ref().map_or(state.lines.len(), Vec::len);
        let line = |age: usize| -> Option<&Vec<f32>> {
            let at = count.checked_sub(age + 1)?;
            match &self.frozen {
                Some(lines) => lines.get(at),
                None => state.lines.get(at),
            }
        };
        for row in 0..area.height {
            let lines = [line(2 * usize::from(row)), line(2 * usize::from(row) + 1)];
            for column in 0..area.width {
                let bins = self.bins(column, area.width);
                let colour = |line: Option<&Vec<f32>>| {
                    let level = line?[bins.clone()].iter().copied().fold(f32::MIN, f32::max);
                    Some(self.depth.colour((level - low as f32) / (high - low) as f32))
                };
                let cell = &mut buffer[(area.x + column, area.y + row)];
                if let Some(top) = colour(lines[0]) {
                    cell.set_symbol("▀").set_fg(top).set_bg(colour(lines[1]).unwrap_or(Color::Reset));
                }
            }
        }
    }

    fn table(&self, state: &State) -> Vec<Line<'static>> {
        let power = if self.view.hold { &state.hold } else { &state.average };
        let conditions = SpectralPeakParams::new(6.0).height_db(None).distance(None).hann(self.shown.hann);
        let step = self.shown.rate / self.shown.n_fft as f64;
        let mut lines = vec![Line::from("  #       frequency       level")];
        let found = spectral_peaks(power, &conditions).unwrap_or_default();
        let visible =
            found.into_iter().filter(|p| (self.view.bins.0..self.view.bins.1).contains(&p.position));
        for (rank, peak) in visible.take(20).enumerate() {
            let freq = frequency(self.shown.freq[peak.position] + peak.offset * step);
            lines.push(Line::from(format!("{:>3} {freq:>15} {:>8.1} dB", rank + 1, peak.level_db)));
        }
        lines
    }
}

/// Returns a frequency with six digits and its prefix.
fn frequency(hz: f64) -> String {
    let (factor, prefix) = match hz.abs() {
        size if size >= 1e9 => (1e9, "G"),
        size if size >= 1e6 => (1e6, "M"),
        size if size >= 1e3 => (1e3, "k"),
        _ => (1.0, ""),
    };
    format!("{:.4} {prefix}Hz", hz / factor)
}
