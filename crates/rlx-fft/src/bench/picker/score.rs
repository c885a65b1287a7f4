//! The scores of a grid.

use serde::Serialize;

use super::cell::PickerCell;

/// Quality of the selections and predictions. Shares refer to the measured cells; NaN if there are none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PickerScore {
    /// Number of measured cells.
    pub cells: usize,
    /// Share of right selections: within 10 % of the fastest, or with overlapping ranges from the 10th to the 90th
    /// percentile.
    pub share_within_10pct: f64,
    /// Mean relative additional time of the selections.
    pub mean_regret: f64,
    /// Share of predictions within a factor of two of the measurement.
    pub prediction_within_2x: f64,
}

impl PickerScore {
    /// Returns the score of these cells.
    pub fn of(rows: &[PickerCell]) -> Self {
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let regrets: Vec<f64> = rows.iter().filter_map(PickerCell::regret).collect();
        let right = rows.iter().filter_map(PickerCell::is_right).map(|r| f64::from(u8::from(r))).collect();
        let close = rows
            .iter()
            .flat_map(|r| &r.strategies)
            .map(|s| f64::from(u8::from((0.5..=2.0).contains(&(s.predicted_ms / s.ms)))))
            .collect();
        Self {
            cells: regrets.len(),
            share_within_10pct: mean(right),
            mean_regret: mean(regrets),
            prediction_within_2x: mean(close),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::cell::made_up;
    use super::*;
    use crate::welch_peaks_picker::WelchPeaksStrategy::{FastStreaming as F, RlxCompiled as R};

    #[test]
    fn shares_and_regret_of_known_cells() {
        let rows = [
            // Right, both predictions close.
            made_up(R, &[(F, 2.0, 2.0), (R, 1.0, 1.0)]),
            // 8 % slower counts as right, and one prediction is three times too high.
            made_up(F, &[(F, 3.24, 1.08), (R, 1.0, 1.0)]),
            // Wrong by 50 %.
            made_up(F, &[(F, 1.5, 1.5), (R, 1.0, 1.0)]),
            // Nothing measured.
            made_up(F, &[]),
        ];
        let score = PickerScore::of(&rows);
        assert_eq!(score.cells, 3);
        assert!((score.share_within_10pct - 2.0 / 3.0).abs() < 1e-12);
        assert!((score.mean_regret - 0.58 / 3.0).abs() < 1e-12);
        assert!((score.prediction_within_2x - 5.0 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn overlapping_spreads_are_no_mistake() {
        let mut row = made_up(F, &[(F, 1.0, 1.3), (R, 1.0, 1.0)]);
        assert_eq!(row.is_right(), Some(false));
        row.strategies[0].ms_p10 = 0.9;
        assert_eq!(row.is_right(), Some(true));
    }
}
