//! Available memory, to reject work that cannot fit.

use crate::flags::Usage;
use rlx_fft::device::device::available_memory;

/// Sizes up to this are never rejected, because estimates are rough.
const SMALL: u64 = 64 << 20;

/// Returns the reason if `bytes` bytes do not fit.
pub(crate) fn too_much(bytes: u64) -> Option<String> {
    if bytes <= SMALL {
        return None;
    }
    let left = available_memory()?;
    (bytes > left).then(|| format!("takes about {}, and {} of memory are left", size(bytes), size(left)))
}

/// Rejects an argument that needs more memory than available.
pub(crate) fn refuse(flag: &str, value: impl std::fmt::Display, bytes: u64) -> Result<(), Usage> {
    match too_much(bytes) {
        Some(why) => Err(Usage::new(flag, format!("{value} {why}"))),
        None => Ok(()),
    }
}

/// Returns a number of bytes as readable text.
pub(crate) fn size(bytes: u64) -> String {
    match bytes as f64 {
        b if b >= 1e9 => format!("{:.1} GB", b / 1e9),
        b if b >= 1e6 => format!("{:.0} MB", b / 1e6),
        b => format!("{:.0} kB", b / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_fit_is_refused_and_says_so() {
        assert_eq!(too_much(SMALL), None);
        if available_memory().is_some() {
            let message = refuse("--n-fft", 1 << 26, u64::MAX).unwrap_err().to_string();
            assert!(
                message.contains("--n-fft: 67108864 takes about") && message.contains("are left"),
                "{message}"
            );
        }
        assert_eq!(size(2_500_000_000), "2.5 GB");
    }
}
