//! A signal beyond its ends.

use crate::fft::Sample;
use crate::params::named;

/// What lies beyond the ends of a signal, as `numpy.pad` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Extension {
    /// Zeros.
    #[default]
    Zeros,
    /// The first and the last sample, repeated.
    Edge,
    /// The signal mirrored about its first and last sample, again and again.
    Even,
    /// The signal turned by half a turn about its first and last sample, again and again: slopes go on.
    Odd,
}

named! { Extension, "padding",
    Zeros = "zeros", "zeros";
    Edge = "edge", "the first and the last sample";
    Even = "even", "mirrored about the ends";
    Odd = "odd", "turned about the ends";
}

impl Extension {
    /// Sample `at` of `x` extended; `x` is not empty.
    fn sample<S: Sample>(self, x: &[S], at: isize) -> S {
        if let Ok(at) = usize::try_from(at)
            && let Some(value) = x.get(at)
        {
            return *value;
        }
        let last = x.len() - 1;
        let edge = if at < 0 { x[0] } else { x[last] };
        match self {
            Self::Zeros => S::default(),
            Self::Edge => edge,
            Self::Even | Self::Odd if last == 0 => edge,
            Self::Even | Self::Odd => {
                let period = 2 * last;
                let (turns, at) = (at.div_euclid(period as isize), at.rem_euclid(period as isize) as usize);
                let mirrored = x[if at <= last { at } else { period - at }].parts();
                if self == Self::Even {
                    return S::from_parts(mirrored.0, mirrored.1);
                }
                let (first, end) = (x[0].parts(), x[last].parts());
                let part = |value: f64, first: f64, end: f64| {
                    let value = if at <= last { value } else { 2.0 * end - value };
                    value + 2.0 * turns as f64 * (end - first)
                };
                S::from_parts(part(mirrored.0, first.0, end.0), part(mirrored.1, first.1, end.1))
            }
        }
    }

    /// The samples of `x` extended from `start` on, as many as `out` holds.
    pub(super) fn copy<S: Sample>(self, x: &[S], start: isize, out: &mut [S]) {
        let len = out.len() as isize;
        let inside = start.max(0)..(start + len).min(x.len() as isize);
        if inside.is_empty() {
            for (i, out) in out.iter_mut().enumerate() {
                *out = self.sample(x, start + i as isize);
            }
            return;
        }
        let (head, tail) = ((inside.start - start) as usize, (inside.end - start) as usize);
        out[head..tail].copy_from_slice(&x[inside.start as usize..inside.end as usize]);
        for i in (0..head).chain(tail..out.len()) {
            out[i] = self.sample(x, start + i as isize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_numpy_pad() {
        let x = [1.0, 2.0, 4.0];
        for (extension, expected) in [
            (Extension::Zeros, [0., 0., 0., 0., 0., 1., 2., 4., 0., 0., 0., 0., 0.]),
            (Extension::Edge, [1., 1., 1., 1., 1., 1., 2., 4., 4., 4., 4., 4., 4.]),
            (Extension::Even, [2., 1., 2., 4., 2., 1., 2., 4., 2., 1., 2., 4., 2.]),
            (Extension::Odd, [-6., -5., -4., -2., 0., 1., 2., 4., 6., 7., 8., 10., 12.]),
        ] {
            let mut out = [0.0; 13];
            extension.copy(&x, -5, &mut out);
            assert_eq!(out, expected, "{extension}");
        }
        let mut out = [0.0; 2];
        Extension::Odd.copy(&[3.0], 7, &mut out);
        assert_eq!(out, [3.0, 3.0]);
    }
}
