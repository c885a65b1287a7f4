//! Rounds numbers for display.

/// Formats a number with five significant digits, with an exponent only instead of many zeros. `step` is the distance
/// between values to distinguish (such as a bin width): digits are shown down to a hundredth of it.
pub fn rounded(value: f64, step: Option<f64>) -> String {
    let size = value.abs();
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let plain = (1e-3..1e6).contains(&size);
    // At most 8 decimals follow: size ≥ 1e-3.
    let own = if plain { (4 - size.log10().floor() as i32).max(0) } else { 0 };
    let fine = step.filter(|step| step.is_finite() && *step > 0.0);
    match fine.map(|step| (2 - step.log10().floor() as i32).max(0)) {
        // A double has at most 17 significant digits.
        Some(wanted) if (plain || size >= 1e6) && size < 1e15 => {
            let most = (15 - size.log10().floor() as i32).clamp(0, 15);
            let decimals = if plain { wanted.max(own) } else { wanted };
            let decimals = usize::try_from(decimals.min(most)).unwrap_or(0);
            let text = format!("{value:.decimals$}");
            if plain || !text.contains('.') {
                text
            } else {
                // Large numbers are shown without trailing zeros.
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
        }
        _ if plain => format!("{value:.*}", usize::try_from(own).unwrap_or(0)),
        _ => format!("{value:.4e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::rounded;

    #[test]
    fn five_digits_whatever_the_size() {
        for (value, text) in [
            (0.977_123_4, "0.97712"),
            (12_345.678, "12346"),
            (1.234_567e-9, "1.2346e-9"),
            (4.339_13e8, "4.3391e8"),
            (0.0, "0"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(rounded(value, None), text);
        }
    }

    #[test]
    fn neighbouring_bins_are_told_apart() {
        for (value, step, text) in [
            (433_913_000.0, 5000.0, "433913000"),
            (433_913_012.345_6, 1.0, "433913012.35"),
            (2.4e9 + 0.25, 0.5, "2400000000.25"),
            (0.981_06, 0.195, "0.98106"),
            (440.0, 0.001, "440.00000"),
            (1000.0, 1e-9, "1000.00000000000"),
            (1e300, 1.0, "1.0000e300"),
            (1e-9, 1e-12, "1.0000e-9"),
        ] {
            assert_eq!(rounded(value, Some(step)), text, "{value} {step}");
        }
        for k in 0..2000 {
            let at = |k: i32| rounded(433.9e6 + f64::from(k) * 4.7, Some(4.7));
            assert_ne!(at(k), at(k + 1));
        }
    }
}
