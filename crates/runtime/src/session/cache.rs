//! The cache of compiled plans of a session, bounded by number and memory.

use rlx_compile::Plan;
use rlx_compile::plan::PlanKey;

use super::executable::Executable;

/// Largest number of cached plans.
const MAX_PLANS: usize = 64;
/// Largest total size of the values of cached plans, in bytes. The last plan is kept regardless of its size.
const MAX_BYTES: u64 = 1 << 30;

/// Evicts the least recently used plan. Executables held by a caller stay usable.
pub(super) struct Cache {
    /// Entries, most recently used last.
    entries: Vec<(Executable, u64)>,
    max_plans: usize,
    max_bytes: u64,
}

impl Default for Cache {
    fn default() -> Self {
        Self { entries: Vec::new(), max_plans: MAX_PLANS, max_bytes: MAX_BYTES }
    }
}

impl Cache {
    /// Returns the executable of an equal plan.
    pub(super) fn get(&mut self, key: PlanKey, plan: &Plan) -> Option<Executable> {
        // Equal hashes do not imply equal plans, so plans are compared as well.
        let at = self.entries.iter().position(|(e, _)| e.key() == key && e.plan() == plan)?;
        let entry = self.entries.remove(at);
        let found = entry.0.clone();
        self.entries.push(entry);
        Some(found)
    }

    pub(super) fn put(&mut self, executable: Executable) {
        let bytes = value_bytes(executable.plan());
        self.entries.push((executable, bytes));
        while self.entries.len() > self.max_plans.max(1)
            || (self.entries.len() > 1 && self.bytes() > self.max_bytes)
        {
            self.entries.remove(0);
        }
    }

    fn bytes(&self) -> u64 {
        self.entries.iter().fold(0, |sum, (_, bytes)| sum.saturating_add(*bytes))
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }
}

/// Returns the bytes of all values of a plan: an upper bound of the memory of its program.
fn value_bytes(plan: &Plan) -> u64 {
    plan.types().iter().fold(0, |sum: u64, ty| sum.saturating_add(ty.floats().saturating_mul(4)))
}

#[cfg(test)]
mod tests {
    use rlx_compile::builders::{WelchPeaksShape, welch_peaks};

    use super::*;
    use crate::device::Device;
    use crate::session::Session;

    fn executables(batches: impl IntoIterator<Item = usize>) -> Vec<Executable> {
        let session = Session::open(&Device::Cpu).unwrap();
        let graph = |batch| welch_peaks(&WelchPeaksShape::new(batch, 64, 2, 4)).unwrap();
        batches.into_iter().map(|batch| session.compile(&graph(batch)).unwrap()).collect()
    }

    fn has(cache: &mut Cache, executable: &Executable) -> bool {
        cache.get(executable.key(), executable.plan()).is_some_and(|e| e.same_program(executable))
    }

    #[test]
    fn the_plan_that_was_used_least_recently_goes_first() {
        let all = executables(1..=4);
        let mut cache = Cache { max_plans: 3, ..Cache::default() };
        all[..3].iter().for_each(|e| cache.put(e.clone()));
        assert!(has(&mut cache, &all[0]), "used again");
        cache.put(all[3].clone());
        assert_eq!(cache.len(), 3);
        assert!(!has(&mut cache, &all[1]));
        assert!([0, 2, 3].iter().all(|&i| has(&mut cache, &all[i])));
    }

    #[test]
    fn memory_bounds_it_too_and_the_last_plan_stays() {
        let all = executables([10, 20, 3000]);
        let bytes = |i: usize| value_bytes(all[i].plan());
        let mut cache = Cache { max_bytes: bytes(0) + bytes(1), ..Cache::default() };
        cache.put(all[0].clone());
        cache.put(all[1].clone());
        assert_eq!(cache.len(), 2);
        cache.put(all[2].clone());
        assert!(cache.len() == 1 && has(&mut cache, &all[2]), "too large, and the last one");
        cache.put(all[0].clone());
        assert!(cache.len() == 1 && has(&mut cache, &all[0]));
    }
}
