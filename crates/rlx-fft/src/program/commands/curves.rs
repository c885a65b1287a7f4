//! Curves of learning: errors and losses over steps, gates per stage, errors per bin.

use rlx_io::plot::{Curve, SpectrumPlot};
use serde::Serialize;

/// Largest number of points of a course.
const POINTS: usize = 128;
/// Largest number of curves of a picture; the first are drawn.
const CURVES: usize = 12;
/// Errors below this are drawn here: the logarithm of 0 has no place.
const SMALLEST: f64 = 1e-18;

/// Values over the steps of a training, thinned out to [`POINTS`] as it goes on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Course {
    points: Vec<(usize, f64)>,
    last: Option<(usize, f64)>,
    seen: usize,
    /// One of `2^thinned` values is kept.
    thinned: u32,
}

/// A point of a course, for reports.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Point {
    seed: u64,
    step: usize,
    error: f64,
}

impl Course {
    /// Adds a value.
    pub(crate) fn push(&mut self, step: usize, value: f64) {
        self.last = Some((step, value));
        if self.seen.is_multiple_of(1 << self.thinned) {
            self.points.push((step, value));
        }
        self.seen += 1;
        if self.points.len() > POINTS {
            let mut at = 0;
            self.points.retain(|_| {
                at += 1;
                at % 2 == 1
            });
            self.thinned += 1;
        }
    }

    /// The kept values and the last one.
    fn points(&self) -> impl Iterator<Item = (usize, f64)> {
        let end = self.last.filter(|last| self.points.last() != Some(last));
        self.points.iter().copied().chain(end)
    }

    /// Returns the points for a report.
    pub(crate) fn rows(&self, seed: u64) -> impl Iterator<Item = Point> {
        self.points().map(move |(step, error)| Point { seed, step, error })
    }
}

fn plot(title: &str, x_label: &str, y_label: &str, curves: Vec<Curve>) -> Option<SpectrumPlot> {
    if curves.iter().all(|curve| curve.y.iter().all(|y| !y.is_finite())) {
        return None;
    }
    let title = match curves.len() {
        0..=CURVES => title.to_owned(),
        all => format!("{title} (the first {CURVES} of {all})"),
    };
    let [x_label, y_label] = [x_label, y_label].map(str::to_owned);
    let curves = curves.into_iter().take(CURVES).collect();
    Some(SpectrumPlot { title, x_label, y_label, curves, markers: Vec::new(), y_range: None })
}

fn curve(name: impl Into<String>, points: impl Iterator<Item = (f64, f64)>) -> Curve {
    let (x, y) = points.unzip();
    Curve { name: name.into(), x, y, band: None }
}

fn log10(value: f64) -> f64 {
    value.max(SMALLEST).log10()
}

/// Draws the relative error of each training over its steps.
pub(crate) fn errors(courses: &[(String, &Course)]) -> Option<SpectrumPlot> {
    let of = |(name, course): &(String, &Course)| {
        curve(name, course.points().map(|(step, error)| (step as f64, log10(error))))
    };
    plot("Learning curves", "step", "log10 of the relative L2 error", courses.iter().map(of).collect())
}

/// Draws losses over the steps of one training.
pub(crate) fn losses(losses: Vec<(&str, Vec<(usize, f64)>)>) -> Option<SpectrumPlot> {
    let of = |(name, points): (&str, Vec<(usize, f64)>)| {
        curve(name, points.into_iter().map(|(step, loss)| (step as f64, log10(loss))))
    };
    // A loss without a weight is 0 throughout.
    let kept = losses.into_iter().filter(|(_, points)| points.iter().any(|p| p.1 > 0.0));
    plot("Losses", "step", "log10 of the loss", kept.map(of).collect())
}

/// Draws shares over the steps of one training.
pub(crate) fn shares(shares: Vec<(&str, Vec<(usize, f64)>)>) -> Option<SpectrumPlot> {
    let of = |(name, points): (&str, Vec<(usize, f64)>)| {
        curve(name, points.into_iter().map(|(step, share)| (step as f64, share)))
    };
    plot(
        "Recall on the validation rows, and open gates",
        "step",
        "share",
        shares.into_iter().map(of).collect(),
    )
    .map(|plot| SpectrumPlot { y_range: Some((0.0, 1.02)), ..plot })
}

/// Draws the share of the gates of each stage that do arithmetic, unless all of them do.
pub(crate) fn gates(models: &[(String, Vec<f64>)]) -> Option<SpectrumPlot> {
    if models.iter().flat_map(|(_, shares)| shares).all(|share| *share == 1.0) {
        return None;
    }
    let of = |(name, shares): &(String, Vec<f64>)| {
        curve(name, (1..).zip(shares).map(|(stage, share)| (f64::from(stage), *share)))
    };
    plot("Open gates per stage", "stage", "share", models.iter().map(of).collect())
        .map(|plot| SpectrumPlot { y_range: Some((0.0, 1.02)), ..plot })
}

/// Draws the relative error of each output bin.
pub(crate) fn bins(networks: Vec<(String, Vec<f64>)>) -> Option<SpectrumPlot> {
    let of = |(name, errors): (String, Vec<f64>)| {
        curve(name, errors.into_iter().enumerate().map(|(bin, error)| (bin as f64, log10(error))))
    };
    plot("Error per bin", "bin", "log10 of the relative L2 error", networks.into_iter().map(of).collect())
}

/// Draws differences of level per bin.
pub(crate) fn levels(models: Vec<(&str, Vec<f64>)>) -> Option<SpectrumPlot> {
    let of = |(name, levels): (&str, Vec<f64>)| {
        curve(name, levels.into_iter().enumerate().map(|(bin, level)| (bin as f64, level)))
    };
    let label = "RMS difference of level [dB]";
    plot("Difference from the 8-segment Welch estimate", "bin", label, models.into_iter().map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn courses_are_thinned_and_keep_both_ends() {
        for count in [1, 128, 129, 5000] {
            let mut course = Course::default();
            (0..count).for_each(|i| course.push(10 * i, 1.0 / (1.0 + i as f64)));
            let points: Vec<_> = course.points().collect();
            assert!(points.len() <= POINTS + 1, "{count}: {}", points.len());
            assert!(points.len() >= count.min(POINTS / 2), "{count}: {}", points.len());
            assert_eq!((points[0].0, points[points.len() - 1].0), (0, 10 * (count - 1)));
            assert!(points.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
        assert!(errors(&[]).is_none() && gates(&[("a".to_owned(), vec![1.0; 4])]).is_none());
        let many: Vec<_> = (0..20).map(|i| (format!("{i}"), vec![0.0, 1.0])).collect();
        let drawn = bins(many).unwrap();
        assert_eq!(drawn.curves.len(), CURVES);
        assert!(drawn.title.ends_with("(the first 12 of 20)"));
        assert_eq!(drawn.curves[0].y, [-18.0, 0.0]);
    }
}
