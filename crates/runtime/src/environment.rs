//! Environment variables that more than one module reads.

/// Name of the variable that limits the memory of batches.
pub const MEMORY_BUDGET: &str = "RLX_FFT_MEMORY_BUDGET";

/// Returns whether a variable says yes: it is set, and is none of `0`, `false`, `off`, `no` and the empty text.
pub fn flag(name: &str) -> bool {
    std::env::var(name).is_ok_and(|v| !matches!(v.trim(), "" | "0" | "false" | "off" | "no"))
}

/// Returns the memory budget in bytes that `RLX_FFT_MEMORY_BUDGET` sets (`8G`, `512MiB`, `1000000`); `None` if the
/// variable is unset or empty.
///
/// # Errors
/// A value that is not a size; the reason contains the value.
pub fn memory_budget() -> Result<Option<u64>, String> {
    match std::env::var_os(MEMORY_BUDGET) {
        None => Ok(None),
        Some(text) if text.is_empty() => Ok(None),
        Some(text) => {
            let text = text.to_string_lossy();
            let wrong = || format!("'{}' is not a size such as 8G, 512MiB or 1000000", text.escape_debug());
            bytes(&text).map(Some).ok_or_else(wrong)
        }
    }
}

/// Reads a size: a number above 0 with an optional prefix of 1000 (`k`, `M`, `G`, `T`) or 1024 (`Ki`, `Mi`, `Gi`,
/// `Ti`), and an optional `B`.
fn bytes(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 8] = [
        ("ki", 1 << 10),
        ("mi", 1 << 20),
        ("gi", 1 << 30),
        ("ti", 1 << 40),
        ("k", 1000),
        ("m", 1_000_000),
        ("g", 1_000_000_000),
        ("t", 1_000_000_000_000),
    ];
    let lower = text.trim().to_ascii_lowercase();
    let number = lower.strip_suffix('b').unwrap_or(&lower);
    let unit = UNITS.iter().find_map(|(unit, factor)| Some((number.strip_suffix(unit)?, *factor)));
    let (digits, factor) = unit.unwrap_or((number, 1));
    let value: f64 = digits.trim().parse().ok()?;
    let bytes = value * factor as f64;
    (bytes >= 1.0 && bytes < u64::MAX as f64).then_some(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_of_every_form() {
        for (text, expected) in [
            ("1000000", 1_000_000),
            ("8G", 8_000_000_000),
            ("8 GB", 8_000_000_000),
            ("512MiB", 512 << 20),
            ("1.5k", 1500),
            ("2ti", 2 << 40),
        ] {
            assert_eq!(bytes(text), Some(expected), "{text}");
        }
        for text in ["", "G", "-1", "0", "nan", "inf", "8X", "1e400", "0.1"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }
}
