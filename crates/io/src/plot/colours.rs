//! Colours: a set for lines, a scale for powers.

use plotters::style::RGBColor;

/// The colours of Okabe and Ito, distinguishable with most kinds of colour vision; the strongest first.
const LINES: [RGBColor; 7] = [
    RGBColor(0, 90, 160),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(80, 80, 80),
];

/// Colour of line `i`.
pub(super) fn line(i: usize) -> RGBColor {
    LINES[i % LINES.len()]
}

/// Anchors of viridis (Smith and van der Walt, CC0), evenly spaced.
const VIRIDIS: [[u8; 3]; 9] = [
    [68, 1, 84],
    [71, 44, 122],
    [59, 81, 139],
    [44, 113, 142],
    [33, 144, 141],
    [39, 173, 129],
    [92, 200, 99],
    [170, 220, 50],
    [253, 231, 37],
];

/// Returns the red, green and blue of viridis at `t` in 0 … 1, dark to bright; grey for NaN.
#[must_use]
pub fn viridis(t: f64) -> [u8; 3] {
    if t.is_nan() {
        return [128, 128, 128];
    }
    let x = t.clamp(0.0, 1.0) * (VIRIDIS.len() - 1) as f64;
    let i = (x as usize).min(VIRIDIS.len() - 2);
    let part = x - i as f64;
    std::array::from_fn(|c| {
        let (a, b) = (f64::from(VIRIDIS[i][c]), f64::from(VIRIDIS[i + 1][c]));
        (a + (b - a) * part).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_the_scales_ends() {
        assert_eq!(viridis(-1.0), VIRIDIS[0]);
        assert_eq!(viridis(2.0), VIRIDIS[8]);
        assert_eq!(viridis(0.5), VIRIDIS[4]);
        assert_eq!(viridis(f64::NAN), [128; 3]);
    }
}
