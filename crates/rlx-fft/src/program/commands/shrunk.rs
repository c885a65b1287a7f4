//! A long image, reduced to a visible size.

/// Largest number of values of an image, over all channels.
const BUDGET: usize = 1 << 23;

/// Columns of levels. If there are too many, neighbours are merged and keep the strongest values.
#[derive(Debug)]
pub(super) struct Shrunk {
    most: usize,
    /// Number of columns that are merged into one.
    group: u64,
    /// Number of columns merged into the last one so far.
    in_last: u64,
    levels: Vec<Vec<f32>>,
    first: f64,
    last: f64,
    count: u64,
}

impl Shrunk {
    /// Creates an image for columns of `values` values, including all channels.
    pub(super) fn new(values: usize) -> Self {
        let most = (BUDGET / values.max(1)).clamp(512, 4096) & !1;
        Self { most, group: 1, in_last: 0, levels: Vec::new(), first: 0.0, last: 0.0, count: 0 }
    }

    /// Adds the column centred at `t`.
    pub(super) fn push(&mut self, t: f64, levels: impl Iterator<Item = f32>) {
        if self.count == 0 {
            self.first = t;
        }
        (self.last, self.count) = (t, self.count + 1);
        match self.levels.last_mut().filter(|_| self.in_last < self.group) {
            Some(last) => {
                last.iter_mut().zip(levels).for_each(|(a, b)| *a = stronger(*a, b));
                self.in_last += 1;
            }
            None => {
                if self.levels.len() >= self.most {
                    self.halve();
                }
                self.levels.push(levels.collect());
                self.in_last = 1;
            }
        }
    }

    fn halve(&mut self) {
        let mut halved = Vec::with_capacity(self.levels.len().div_ceil(2));
        let mut all = std::mem::take(&mut self.levels).into_iter();
        while let Some(mut first) = all.next() {
            if let Some(second) = all.next() {
                first.iter_mut().zip(second).for_each(|(a, b)| *a = stronger(*a, b));
            }
            halved.push(first);
        }
        self.levels = halved;
        self.group *= 2;
    }

    /// Returns the range of the time axis, with half a column at both ends.
    pub(super) fn ends(&self) -> (f64, f64) {
        let step = if self.count > 1 { (self.last - self.first) / (self.count - 1) as f64 } else { 1.0 };
        let start = self.first - step / 2.0;
        (start, start + step * (self.levels.len() as u64 * self.group) as f64)
    }

    /// Returns the columns.
    pub(super) fn into_levels(self) -> Vec<Vec<f64>> {
        self.levels.into_iter().map(|column| column.into_iter().map(f64::from).collect()).collect()
    }
}

/// Returns the larger one; NaN is ignored.
fn stronger(a: f32, b: f32) -> f32 {
    if a.is_nan() || b > a { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_stays_and_the_axis_is_kept() {
        let mut shrunk = Shrunk::new(1 << 20);
        assert_eq!(shrunk.most, 512);
        for i in 0..5000 {
            let level = if i == 3333 { 7.0 } else { f32::NAN };
            shrunk.push(f64::from(i), [level, 1.0].into_iter());
        }
        let (start, end) = shrunk.ends();
        assert_eq!(start, -0.5);
        let levels = shrunk.into_levels();
        assert!((257..=512).contains(&levels.len()));
        let step = (end - start) / levels.len() as f64;
        assert!((end - 4999.5).abs() <= step);
        let at = levels.iter().position(|column| column[0] == 7.0).unwrap();
        assert!((start + at as f64 * step..start + (at + 1) as f64 * step).contains(&3333.0));
        assert!(levels.iter().all(|column| column[1] == 1.0));
    }

    #[test]
    fn short_pictures_are_whole() {
        let mut shrunk = Shrunk::new(10);
        (0..100).for_each(|i| shrunk.push(0.5 * f64::from(i), [i as f32].into_iter()));
        assert_eq!(shrunk.ends(), (-0.25, 49.75));
        let levels = shrunk.into_levels();
        assert!(levels.iter().enumerate().all(|(i, column)| column == &[i as f64]));
    }
}
