//! Environment variables that say yes or no.

/// Returns whether a variable says yes: it is set, and is none of `0`, `false`, `off`, `no` and the empty text.
pub fn flag(name: &str) -> bool {
    std::env::var(name).is_ok_and(|v| !matches!(v.trim(), "" | "0" | "false" | "off" | "no"))
}
