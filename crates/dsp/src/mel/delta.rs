//! Local slopes of features over their frames.

use crate::error::{Error, Result};
use crate::fft::Real;
use crate::params::{Threads, Workers, named};
use crate::rows;

/// Frames beyond the ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DeltaEdges {
    /// The polynomial of the first and the last `width` frames (librosa's default).
    #[default]
    Interp,
    /// The first and the last frame, repeated (Kaldi, torchaudio).
    Nearest,
    /// Frames mirrored about the first and the last one.
    Mirror,
    /// Zeros.
    Constant,
    /// Frames from the other end.
    Wrap,
}

named! { DeltaEdges, "mode",
    Interp = "interp", "the polynomial of the frames at the end";
    Nearest = "nearest" | "replicate", "the frame at the end, repeated";
    Mirror = "mirror", "frames mirrored about the one at the end";
    Constant = "constant", "zeros";
    Wrap = "wrap", "frames from the other end";
}

/// Parameters of deltas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeltaParams {
    /// Frames that a polynomial is fitted to, odd and at least 3.
    pub width: usize,
    /// Derivative and degree of the polynomial: 1 for slopes, 2 for curvatures.
    pub order: usize,
    /// Frames beyond the ends.
    pub edges: DeltaEdges,
}

impl DeltaParams {
    /// Slopes over `width` frames.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self { width, order: 1, edges: DeltaEdges::Interp }
    }

    /// Sets the derivative.
    #[must_use]
    pub fn order(mut self, order: usize) -> Self {
        self.order = order;
        self
    }

    /// Sets the frames beyond the ends.
    #[must_use]
    pub fn edges(mut self, edges: DeltaEdges) -> Self {
        self.edges = edges;
        self
    }

    /// Refuses an even width, one below 3, an order of 0 and one that is not below the width.
    ///
    /// # Errors
    /// [`Error::Argument`] with the parameter's name.
    pub fn validate(&self) -> Result<()> {
        if self.width < 3 || self.width.is_multiple_of(2) {
            return Err(Error::argument("width", format!("must be odd and at least 3, got {}", self.width)));
        }
        if self.order == 0 || self.order >= self.width {
            let reason = format!("must be 1 to {}, less than the width, got {}", self.width - 1, self.order);
            return Err(Error::argument("order", reason));
        }
        Ok(())
    }
}

/// A plan for deltas: the Savitzky–Golay filter whose polynomial has the degree of the derivative.
#[derive(Debug, Clone)]
pub struct Delta {
    params: DeltaParams,
    /// What the frames of a window are multiplied by.
    weights: Vec<f64>,
}

impl Delta {
    /// Plans the filter.
    ///
    /// # Errors
    /// What [`DeltaParams::validate`] refuses.
    pub fn new(params: DeltaParams) -> Result<Self> {
        params.validate()?;
        Ok(Self { weights: weights(params.width, params.order), params })
    }

    /// The parameters of the plan.
    #[must_use]
    pub fn params(&self) -> &DeltaParams {
        &self.params
    }

    /// The deltas of one row of frames.
    ///
    /// # Errors
    /// [`Error::Argument`] for fewer frames than the width under [`DeltaEdges::Interp`].
    pub fn run<T: Real>(&self, x: &[T]) -> Result<Vec<T>> {
        let mut out = vec![T::zero(); x.len()];
        self.run_into(x, &mut out)?;
        Ok(out)
    }

    /// As [`run`](Self::run), into `out`.
    ///
    /// # Errors
    /// As [`run`](Self::run); [`Error::Length`] for an `out` of another length.
    pub fn run_into<T: Real>(&self, x: &[T], out: &mut [T]) -> Result<()> {
        let (width, n) = (self.params.width, x.len());
        if out.len() != n {
            return Err(Error::Length { name: "out", expected: n, got: out.len() });
        }
        if self.params.edges == DeltaEdges::Interp && n < width {
            let reason = format!("{width} is more than the {n} frames, which mode 'interp' needs");
            return Err(Error::argument("width", reason));
        }
        if n == 0 {
            return Ok(());
        }
        let half = width / 2;
        let inner = if n >= width { half..n - half } else { 0..0 };
        for (window, out) in x.windows(width).zip(out[inner.clone()].iter_mut()) {
            let sum: f64 = window.iter().zip(&self.weights).map(|(v, w)| v.widen() * w).sum();
            *out = T::narrow(sum);
        }
        if self.params.edges == DeltaEdges::Interp {
            // The derivative of a polynomial of that degree is the same everywhere.
            let (first, last) = (out[half], out[n - 1 - half]);
            out[..half].fill(first);
            out[n - half..].fill(last);
            return Ok(());
        }
        for i in (0..inner.start).chain(inner.end..n) {
            let at = |j: usize| self.beyond(x, i as isize + j as isize - half as isize);
            let sum: f64 = self.weights.iter().enumerate().map(|(j, w)| at(j) * w).sum();
            out[i] = T::narrow(sum);
        }
        Ok(())
    }

    fn beyond<T: Real>(&self, x: &[T], at: isize) -> f64 {
        let n = x.len() as isize;
        let at = match self.params.edges {
            DeltaEdges::Interp | DeltaEdges::Nearest => at.clamp(0, n - 1),
            DeltaEdges::Constant if !(0..n).contains(&at) => return 0.0,
            DeltaEdges::Constant => at,
            DeltaEdges::Wrap => at.rem_euclid(n),
            DeltaEdges::Mirror if n == 1 => 0,
            DeltaEdges::Mirror => {
                let at = at.rem_euclid(2 * (n - 1));
                at.min(2 * (n - 1) - at)
            }
        };
        x[at as usize].widen()
    }

    /// The deltas of every row of `x`, `[rows, row_len]`.
    ///
    /// # Errors
    /// As [`run`](Self::run); [`Error::Argument`] for a `row_len` that does not divide the length of `x`, and for threads
    /// that do not start.
    pub fn run_batch<T: Real>(&self, x: &[T], row_len: usize, threads: impl Into<Threads>) -> Result<Vec<T>> {
        let mut out = vec![T::zero(); x.len()];
        let workers = Workers::start(threads.into())?;
        rows::for_each(
            &workers,
            (x, row_len),
            (&mut out, row_len),
            || (),
            |(), _, x, out| self.run_into(x, out),
        )?;
        Ok(out)
    }
}

/// Weights of the derivative of the polynomial of degree `order` through `width` frames: `order! · p/⟨p, p⟩` with the
/// polynomial `p` of that degree that is orthogonal to all lower ones over the frames.
fn weights(width: usize, order: usize) -> Vec<f64> {
    let half = (width / 2) as f64;
    let x: Vec<f64> = (0..width).map(|i| i as f64 - half).collect();
    let (mut before, mut p) = (vec![0.0; width], vec![1.0; width]);
    let mut before_square = 1.0;
    let mut factorial = 1.0;
    for degree in 1..=order {
        // Three terms, as the frames lie symmetrically: p₊ = x·p − (⟨p, p⟩/⟨p₋, p₋⟩)·p₋.
        let square: f64 = p.iter().map(|v| v * v).sum();
        let ratio = if degree == 1 { 0.0 } else { square / before_square };
        let next: Vec<f64> = (0..width).map(|i| x[i] * p[i] - ratio * before[i]).collect();
        (before, p, before_square) = (p, next, square);
        factorial *= degree as f64;
    }
    let square: f64 = p.iter().map(|v| v * v).sum();
    p.iter().map(|v| factorial * v / square).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_of_polynomials_are_exact_at_the_edges_too() {
        let line: Vec<f64> = (0..20).map(|i| 3.0 * f64::from(i) - 1.0).collect();
        let parabola: Vec<f64> = (0..20).map(|i| f64::from(i * i) * 0.5).collect();
        let slopes = Delta::new(DeltaParams::new(9)).unwrap().run(&line).unwrap();
        assert!(slopes.iter().all(|v| (v - 3.0).abs() < 1e-13), "{slopes:?}");
        let bends = Delta::new(DeltaParams::new(7).order(2)).unwrap().run(&parabola).unwrap();
        assert!(bends.iter().all(|v| (v - 1.0).abs() < 1e-12), "{bends:?}");
    }

    #[test]
    fn weights_of_scipy() {
        // scipy.signal.savgol_coeffs(5, k, deriv=k, use="dot")
        let near = |got: Vec<f64>, expected: &[f64]| {
            assert!(got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-14), "{got:?}");
        };
        near(weights(5, 1), &[-0.2, -0.1, 0.0, 0.1, 0.2]);
        near(weights(5, 2), &[2.0 / 7.0, -1.0 / 7.0, -2.0 / 7.0, -1.0 / 7.0, 2.0 / 7.0]);
        near(weights(5, 3), &[-0.5, 1.0, 0.0, -1.0, 0.5]);
    }

    #[test]
    fn every_edge_by_its_extension() {
        let x = [1.0, 4.0, 9.0, 16.0_f32];
        for (edges, first) in [
            // Σ weights(5, 1) · [x₋₂, x₋₁, 1, 4, 9]
            (DeltaEdges::Nearest, 0.1 * (4.0 - 1.0) + 0.2 * (9.0 - 1.0)),
            (DeltaEdges::Mirror, 0.0),
            (DeltaEdges::Constant, 0.1 * 4.0 + 0.2 * 9.0),
            (DeltaEdges::Wrap, 0.1 * (4.0 - 16.0) + 0.2 * (9.0 - 9.0)),
        ] {
            let out = Delta::new(DeltaParams::new(5).edges(edges)).unwrap().run(&x).unwrap();
            assert!((f64::from(out[0]) - first).abs() < 1e-6, "{edges}: {out:?}");
        }
        assert!(Delta::new(DeltaParams::new(5)).unwrap().run(&x).is_err());
        for params in [
            DeltaParams::new(4),
            DeltaParams::new(1),
            DeltaParams::new(5).order(0),
            DeltaParams::new(5).order(5),
        ] {
            assert!(Delta::new(params).is_err());
        }
        let plan = Delta::new(DeltaParams::new(3).edges(DeltaEdges::Nearest)).unwrap();
        assert_eq!(plan.run_batch(&x, 2, 1).unwrap()[..2], plan.run(&x[..2]).unwrap());
    }
}
