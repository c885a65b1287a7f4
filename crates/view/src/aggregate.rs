//! Reduces powers of frames to the levels of a column.

use crate::Aggregate;
use crate::frames::FrameSample;
use rlx_io::write::results::level_db;

/// No value: no whole frame, or missing samples.
pub(crate) const NONE: i16 = i16::MIN;

/// Number of independent minima and maxima of an envelope.
const LANES: usize = 16;

/// One column of a tile during accumulation.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    power: Vec<f32>,
    frames: u32,
    pub(crate) low: f32,
    pub(crate) high: f32,
}

impl Column {
    pub(crate) fn new(bins: usize) -> Self {
        Self { power: vec![0.0; bins], frames: 0, low: f32::NAN, high: f32::NAN }
    }

    /// Adds the powers of a frame; frames of NaN are skipped.
    pub(crate) fn add(&mut self, powers: &[f32], aggregate: Aggregate) {
        if powers.first().is_none_or(|first| first.is_nan()) {
            return;
        }
        match aggregate {
            Aggregate::Max => {
                for (kept, &power) in self.power.iter_mut().zip(powers) {
                    *kept = if power > *kept { power } else { *kept };
                }
            }
            Aggregate::Mean => self.power.iter_mut().zip(powers).for_each(|(sum, power)| *sum += power),
        }
        self.frames += 1;
    }

    /// Widens the column's envelope; NaN is skipped.
    pub(crate) fn extend<S: FrameSample>(&mut self, samples: &[S]) {
        // Independent lanes, because one running minimum would be a dependency chain over all samples.
        let (mut lows, mut highs) = ([f32::INFINITY; LANES], [f32::NEG_INFINITY; LANES]);
        let mut chunks = samples.chunks_exact(LANES);
        for chunk in &mut chunks {
            for lane in 0..LANES {
                let sample = chunk[lane].shown();
                lows[lane] = if sample < lows[lane] { sample } else { lows[lane] };
                highs[lane] = if sample > highs[lane] { sample } else { highs[lane] };
            }
        }
        let rest = || chunks.remainder().iter().map(|sample| sample.shown());
        let low = lows.into_iter().chain(rest()).fold(f32::INFINITY, f32::min);
        let high = highs.into_iter().chain(rest()).fold(f32::NEG_INFINITY, f32::max);
        if low <= high {
            self.low = self.low.min(low);
            self.high = self.high.max(high);
        }
    }

    /// Appends levels in hundredths of a dB: rows of `fold` neighbouring bins, from the lowest frequency up.
    pub(crate) fn levels(&self, fold: usize, complex: bool, aggregate: Aggregate, out: &mut Vec<i16>) {
        let bins = self.power.len();
        let first = if complex { bins.div_ceil(2) } else { 0 };
        for start in (0..bins).step_by(fold) {
            if self.frames == 0 {
                out.push(NONE);
                continue;
            }
            let row = (start..bins.min(start + fold)).map(|at| self.power[(at + first) % bins]);
            let power = match aggregate {
                Aggregate::Max => row.fold(0.0, f32::max),
                Aggregate::Mean => {
                    let count = row.len() as f32 * self.frames as f32;
                    row.sum::<f32>() / count
                }
            };
            let level = (100.0 * level_db(f64::from(power))).round();
            out.push(level.clamp(-32_767.0, 32_767.0) as i16);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_event_survives_the_maximum_and_not_the_mean() {
        let mut column = Column::new(3);
        let (mut max, mut mean) = (Vec::new(), Vec::new());
        for frame in 0..100 {
            column.add(&[1.0, if frame == 42 { 1000.0 } else { 1.0 }, 1.0], Aggregate::Max);
        }
        column.add(&[f32::NAN; 3], Aggregate::Max);
        column.levels(1, false, Aggregate::Max, &mut max);
        assert_eq!(max, [0, 3000, 0]);
        max.clear();
        column.levels(2, false, Aggregate::Max, &mut max);
        assert_eq!(max, [3000, 0]);
        let mut column = Column::new(3);
        (0..100).for_each(|f| column.add(&[1.0, if f == 42 { 101.0 } else { 1.0 }, 0.0], Aggregate::Mean));
        column.levels(1, false, Aggregate::Mean, &mut mean);
        assert_eq!(mean, [0, 301, -32_767]);
    }

    #[test]
    fn complex_bins_are_put_in_ascending_order_and_nothing_is_none() {
        let mut column = Column::new(4);
        let mut out = Vec::new();
        column.levels(1, true, Aggregate::Max, &mut out);
        assert_eq!(out, [NONE; 4]);
        out.clear();
        column.add(&[1.0, 10.0, 100.0, 1000.0], Aggregate::Max);
        column.levels(1, true, Aggregate::Max, &mut out);
        assert_eq!(out, [2000, 3000, 0, 1000]);
    }

    #[test]
    fn envelopes_leave_nan_out() {
        let mut column = Column::new(1);
        column.extend(&[f32::NAN]);
        assert!(column.low.is_nan());
        column.extend(&[1.0, f32::NAN, -2.0]);
        column.extend(&[0.5; 40]);
        assert_eq!((column.low, column.high), (-2.0, 1.0));
    }
}
