//! Maps levels to terminal colours.

use ratatui::style::Color;
use rlx_io::plot::viridis;

/// Colour depth of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// 24 bits.
    True,
    /// The 6×6×6 cube of 256 colours.
    Indexed,
}

impl Depth {
    /// Detects the colour depth from the environment.
    pub(crate) fn of_terminal() -> Self {
        let claims = std::env::var("COLORTERM").unwrap_or_default();
        if claims.contains("truecolor") || claims.contains("24bit") { Self::True } else { Self::Indexed }
    }

    /// Returns the colour of `t` in 0 … 1, dark to bright.
    pub(crate) fn colour(self, t: f32) -> Color {
        let [r, g, b] = viridis(if t.is_nan() { 0.0 } else { f64::from(t) });
        match self {
            Self::True => Color::Rgb(r, g, b),
            Self::Indexed => {
                let level = |v: u8| (u16::from(v) * 5 + 127) / 255;
                Color::Indexed((16 + 36 * level(r) + 6 * level(g) + level(b)) as u8)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_depths_run_from_dark_to_bright() {
        assert_eq!(Depth::True.colour(0.0), Color::Rgb(68, 1, 84));
        assert_eq!(Depth::True.colour(2.0), Color::Rgb(253, 231, 37));
        assert_eq!(Depth::Indexed.colour(1.0), Color::Indexed(16 + 36 * 5 + 6 * 5 + 1));
        assert_eq!(Depth::Indexed.colour(f32::NAN), Depth::Indexed.colour(0.0));
    }
}
