//! Local peaks by definition, one peak at a time.

use crate::peaks::LocalPeakParams;

/// One local maximum with every property.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferencePeak {
    /// Middle of the flat top, rounded down.
    pub position: usize,
    /// First and last sample of the flat top.
    pub edges: (usize, usize),
    /// Value at the peak.
    pub height: f64,
    /// Height over the left and the right neighbour.
    pub thresholds: (f64, f64),
    /// Height over the higher of the two bases.
    pub prominence: f64,
    /// Positions of the lowest samples on both sides.
    pub bases: (usize, usize),
    /// Height at which the width is taken.
    pub width_height: f64,
    /// Left and right crossing of that height.
    pub crossings: (f64, f64),
}

impl ReferencePeak {
    /// Distance between the crossings.
    pub fn width(&self) -> f64 {
        self.crossings.1 - self.crossings.0
    }
}

/// Local maxima of `x` that satisfy `params`; O(n²).
pub fn find_peaks(x: &[f64], params: &LocalPeakParams) -> Vec<ReferencePeak> {
    let mut peaks: Vec<ReferencePeak> = tops(x).into_iter().map(|edges| describe(x, edges, params)).collect();
    let inside = |bounds: &Option<crate::peaks::Bounds>, v: f64| bounds.is_none_or(|b| b.contains(v));
    peaks.retain(|p| inside(&params.plateau_size, (p.edges.1 - p.edges.0 + 1) as f64));
    peaks.retain(|p| inside(&params.height, p.height));
    peaks.retain(|p| {
        let (l, r) = p.thresholds;
        params.threshold.is_none_or(|b| {
            b.min.is_none_or(|min| min <= l && min <= r) && b.max.is_none_or(|max| l <= max && r <= max)
        })
    });
    if let Some(distance) = params.distance {
        peaks = thin(peaks, distance.ceil());
    }
    peaks.retain(|p| inside(&params.prominence, p.prominence));
    peaks.retain(|p| inside(&params.width, p.width()));
    peaks
}

/// Runs of equal samples with a lower sample on both sides.
fn tops(x: &[f64]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for left in 1..x.len() {
        let run = x[left..].iter().take_while(|v| **v == x[left]).count();
        let right = left + run.saturating_sub(1);
        if right + 1 < x.len() && x[left - 1] < x[left] && x[right + 1] < x[right] {
            found.push((left, right));
        }
    }
    found
}

fn describe(x: &[f64], edges: (usize, usize), params: &LocalPeakParams) -> ReferencePeak {
    let position = (edges.0 + edges.1) / 2;
    let top = x[position];
    let reach = params.wlen.map_or(x.len(), |w| w / 2);
    let left_limit = position.saturating_sub(reach);
    let right_limit = (position + reach).min(x.len() - 1);
    // The samples that the walk may visit: up to, not including, the first that is not at or below the peak.
    let blocked = |v: f64| v.partial_cmp(&top).is_none_or(|o| o.is_gt());
    let left_end = (left_limit..position).rfind(|&i| blocked(x[i])).map_or(left_limit, |i| i + 1);
    let right_end = (position..=right_limit).find(|&i| blocked(x[i])).map_or(right_limit, |i| i - 1);
    let lowest = |i: &usize, j: &usize| x[*i].total_cmp(&x[*j]);
    // `min_by` keeps the first of equals; the nearest to the peak is wanted.
    let left_base = (left_end..=position).rev().min_by(lowest).unwrap_or(position);
    let right_base = (position..=right_end).min_by(lowest).unwrap_or(position);
    let prominence = top - x[left_base].max(x[right_base]);
    let width_height = top - prominence * params.rel_height;
    let line = |low: usize, high: usize| {
        let share = (width_height - x[low]) / (x[high] - x[low]);
        low as f64 + share * (high as f64 - low as f64)
    };
    // An infinite peak has a NaN height there, which nothing is above: its width is 0.
    let above = |i: usize| width_height.partial_cmp(&x[i]).is_some_and(|o| o.is_lt());
    let left = (left_base..=position).rev().find(|&i| !above(i)).unwrap_or(left_base);
    let right = (position..=right_base).find(|&i| !above(i)).unwrap_or(right_base);
    let crossings = (
        if x[left] < width_height { line(left, left + 1) } else { left as f64 },
        if x[right] < width_height { line(right, right - 1) } else { right as f64 },
    );
    ReferencePeak {
        position,
        edges,
        height: top,
        thresholds: (top - x[position - 1], top - x[position + 1]),
        prominence,
        bases: (left_base, right_base),
        width_height,
        crossings,
    }
}

/// Takes the highest remaining peak (of equals the latest) and drops its neighbours, until none remains.
fn thin(mut waiting: Vec<ReferencePeak>, distance: f64) -> Vec<ReferencePeak> {
    let mut kept: Vec<ReferencePeak> = Vec::new();
    while let Some(at) =
        (0..waiting.len()).reduce(|a, b| if waiting[b].height >= waiting[a].height { b } else { a })
    {
        let best = waiting.remove(at);
        waiting.retain(|p| p.position.abs_diff(best.position) as f64 >= distance);
        kept.push(best);
    }
    kept.sort_by_key(|p| p.position);
    kept
}
