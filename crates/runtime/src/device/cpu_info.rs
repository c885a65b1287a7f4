//! Name, memory and instruction set of the processor.

use rlx_compile::DeviceClass;
use rlx_dsp::lanes::Isa;
use std::sync::OnceLock;

use super::DeviceInfo;
use crate::environment::memory_budget;

/// Returns the CPU of this machine. Read once, because neither the name nor the memory changes.
pub(crate) fn cpu_info() -> DeviceInfo {
    static FOUND: OnceLock<(String, usize, Option<u64>)> = OnceLock::new();
    let (name, threads, memory_bytes) = FOUND.get_or_init(|| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        (processor_name(), threads, memory_bytes())
    });
    // `RLX_ISA` may name an unsupported instruction set; opening the session reports that.
    let isa = Isa::detect().map_or_else(|_| "unknown".to_owned(), |isa| isa.name().to_owned());
    DeviceInfo {
        id: "cpu".to_owned(),
        class: DeviceClass::Cpu,
        name: name.clone(),
        driver: String::new(),
        isa,
        threads: *threads,
        memory_bytes: *memory_bytes,
        software: false,
        limits: std::collections::BTreeMap::new(),
    }
}

fn processor_name() -> String {
    let from_proc = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let field = |key: &str| {
            let line = text.lines().find(|l| l.split(':').next().is_some_and(|k| k.trim() == key))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let name = field("model name")?;
        // Hypervisors report the same name for many processors; family and model distinguish them.
        match (field("cpu family"), field("model")) {
            (Some(family), Some(model)) => Some(format!("{name} (family {family} model {model})")),
            _ => Some(name),
        }
    });
    from_proc
        .or_else(|| std::env::var("PROCESSOR_IDENTIFIER").ok())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| format!("{} {}", std::env::consts::OS, std::env::consts::ARCH))
}

/// Returns a line of `/proc/meminfo`, in bytes.
fn meminfo(key: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|l| l.split(':').next() == Some(key))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    kib.checked_mul(1024)
}

/// Returns the memory available to a process: that of the machine, or a smaller limit of a control group.
fn memory_bytes() -> Option<u64> {
    let total = meminfo("MemTotal");
    let limit = group_file("memory.max");
    total.into_iter().chain(limit).min()
}

/// Returns the memory that this process may still allocate, in bytes: the minimum of the machine's free memory, the
/// limit of a container, that of the address space (`ulimit -v`), as far as the system reports them (Linux), and of
/// the budget that `RLX_FFT_MEMORY_BUDGET` sets. A budget that is not a size is ignored here;
/// [`memory_budget`](crate::environment::memory_budget) reports it.
pub fn available_memory() -> Option<u64> {
    let free = meminfo("MemAvailable");
    let group =
        group_file("memory.max").map(|limit| limit.saturating_sub(group_file("memory.current").unwrap_or(0)));
    let budget = memory_budget().ok().flatten();
    [free, group, address_space(), budget].into_iter().flatten().min()
}

/// Returns what is left of the limit of the address space, if there is one.
fn address_space() -> Option<u64> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    let most: u64 = line.split_whitespace().next()?.parse().ok()?;
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let taken = status.lines().find_map(|line| line.strip_prefix("VmSize:"))?;
    let taken: u64 = taken.trim().trim_end_matches(" kB").parse().ok()?;
    Some(most.saturating_sub(taken << 10))
}

fn group_file(name: &str) -> Option<u64> {
    std::fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok()?.trim().parse().ok()
}
