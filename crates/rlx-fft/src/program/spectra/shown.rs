//! Rounds numbers for results.

use rlx_dsp::fft::Real;

/// Returns the double with the shortest decimal text of this number: 0.1 for the `f32` 0.1, not 0.10000000149011612.
pub(crate) fn shown<T: Real>(value: T) -> f64 {
    if T::EPSILON < 1e-12 {
        return value.widen();
    }
    format!("{value}").parse().unwrap_or_else(|_| value.widen())
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn floats_keep_their_short_text() {
        assert_eq!(shown(0.1_f32), 0.1);
        assert_eq!(shown(1.0e-30_f32), 1e-30);
        assert_eq!(shown(0.1_f64), 0.1);
        assert!(shown(f32::NAN).is_nan());
    }
}
