//! Position of the segments in a row that is longer than they need.

use super::params::WelchParams;
use crate::params::named;

/// Position of the segments in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum RowLayout {
    /// The segments begin with the first sample and keep their hop; the rest of the row is not used.
    Leading,
    /// The segments are spread evenly over the row; see [`place`](Self::place).
    #[default]
    Spread,
}

named! { RowLayout, "layout",
    Leading = "leading" | "first", "the first samples of a row";
    Spread = "spread", "evenly over the row";
}

impl RowLayout {
    /// Places the segments of `welch` in rows of `row_len` samples: returns the same parameters with another `lead` and
    /// `hop`.
    ///
    /// Spread, `S` segments start at `(2i + 1)·(row_len − n_fft) / 2S`, `i = 0 … S − 1`: each in the middle of its share of
    /// the possible starts. They never lie nearer to each other than their hop, so a row of just their
    /// [`frame_len`](WelchParams::frame_len) has the leading layout. Distances are rounded down to whole samples, and the
    /// samples before the first and after the last segment are equally many, but for one. A shorter row leaves the
    /// parameters unchanged.
    ///
    /// ```
    /// use rlx_dsp::welch::peaks::{RowLayout, WelchParams};
    ///
    /// let two = RowLayout::Spread.place(&WelchParams::new(256, 2), 1152);
    /// assert_eq!(two.starts().collect::<Vec<_>>(), [224, 672]);
    /// let one = RowLayout::Spread.place(&WelchParams::new(256, 1), 1152);
    /// assert_eq!(one.starts().collect::<Vec<_>>(), [448]);
    /// assert_eq!(RowLayout::Spread.place(&WelchParams::new(256, 2), 384), WelchParams::new(256, 2));
    /// ```
    #[must_use]
    pub fn place(self, welch: &WelchParams, row_len: usize) -> WelchParams {
        let packed = WelchParams { lead: 0, ..welch.clone() };
        match self {
            Self::Leading => packed,
            Self::Spread if row_len <= packed.frame_len() => packed,
            Self::Spread => {
                let (starts, segments) = (row_len - packed.n_fft, packed.n_segments.max(1));
                let hop = if segments == 1 { packed.hop } else { packed.hop.max(starts / segments) };
                let lead = (starts - (segments - 1) * hop) / 2;
                WelchParams { hop, lead, ..packed }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_segments_are_even_inside_the_row_and_never_nearer_than_their_hop() {
        for n_fft in [2, 7, 100, 256] {
            for n_segments in [1, 2, 3, 8] {
                let welch = WelchParams::new(n_fft, n_segments);
                let leading = welch.frame_len();
                for row_len in [0, leading / 2, leading, leading + 1, 2 * leading, 10 * leading + 3] {
                    let placed = RowLayout::Spread.place(&welch, row_len);
                    assert_eq!(
                        RowLayout::Leading.place(&placed, row_len),
                        WelchParams { lead: 0, ..placed.clone() }
                    );
                    if row_len <= leading {
                        assert_eq!(placed, welch);
                        continue;
                    }
                    let starts: Vec<usize> = placed.starts().collect();
                    assert_eq!(starts.len(), n_segments);
                    assert!(starts.windows(2).all(|w| w[1] - w[0] == placed.hop && placed.hop >= welch.hop));
                    let after = row_len - (starts[n_segments - 1] + n_fft);
                    assert!(after == placed.lead || after == placed.lead + 1, "{placed:?} in {row_len}");
                    let share = (row_len - n_fft) as f64 / (2 * n_segments) as f64;
                    if placed.hop > welch.hop {
                        let ideal =
                            |(i, &start): (usize, &usize)| (start as f64 - (2 * i + 1) as f64 * share).abs();
                        let far = starts.iter().enumerate().map(ideal).fold(0.0, f64::max);
                        assert!(far <= n_segments as f64 / 2.0 + 1.0, "{starts:?} in {row_len}");
                    }
                }
            }
        }
    }
}
