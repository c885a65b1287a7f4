//! Available memory, to reject work that cannot fit.

use crate::flags::Usage;

/// Sizes up to this are never rejected, because estimates are rough.
const SMALL: u64 = 64 << 20;

/// Returns the memory that this process may still allocate, in bytes: the minimum of the machine's free memory, the
/// limit of a container and that of the address space (`ulimit -v`). `None` if the system does not report it.
pub(crate) fn left() -> Option<u64> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let kib = |text: &str, name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib << 10)
    };
    let number = |path: &str| read(path)?.trim().parse::<u64>().ok();
    let machine = read("/proc/meminfo").and_then(|text| kib(&text, "MemAvailable:"));
    let container = number("/sys/fs/cgroup/memory.max")
        .zip(number("/sys/fs/cgroup/memory.current"))
        .map(|(most, now)| most.saturating_sub(now));
    let space = read("/proc/self/limits").and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("Max address space"))?;
        let most = line.split_whitespace().next()?.parse::<u64>().ok()?;
        let taken = kib(&read("/proc/self/status")?, "VmSize:")?;
        Some(most.saturating_sub(taken))
    });
    [machine, container, space].into_iter().flatten().min()
}

/// Returns the reason if `bytes` bytes do not fit.
pub(crate) fn too_much(bytes: u64) -> Option<String> {
    if bytes <= SMALL {
        return None;
    }
    let left = left()?;
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
        if left().is_some() {
            let message = refuse("--n-fft", 1 << 26, u64::MAX).unwrap_err().to_string();
            assert!(
                message.contains("--n-fft: 67108864 takes about") && message.contains("are left"),
                "{message}"
            );
        }
        assert_eq!(size(2_500_000_000), "2.5 GB");
    }
}
