//! A cache of replies, bounded by bytes.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// A least-recently-used cache bounded by bytes.
pub(crate) struct Cache<K> {
    state: Mutex<State<K>>,
    limit: usize,
}

struct State<K> {
    entries: HashMap<K, (u64, Arc<Vec<u8>>)>,
    bytes: usize,
    clock: u64,
}

impl<K: Hash + Eq + Clone> Cache<K> {
    pub(crate) fn new(limit: usize) -> Self {
        Self { state: Mutex::new(State { entries: HashMap::new(), bytes: 0, clock: 0 }), limit }
    }

    pub(crate) fn get(&self, key: &K) -> Option<Arc<Vec<u8>>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.clock += 1;
        let now = state.clock;
        state.entries.get_mut(key).map(|(used, value)| {
            *used = now;
            Arc::clone(value)
        })
    }

    pub(crate) fn put(&self, key: K, value: Arc<Vec<u8>>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if value.len() > self.limit / 2 {
            return;
        }
        state.clock += 1;
        let now = state.clock;
        state.bytes += value.len();
        if let Some((_, old)) = state.entries.insert(key, (now, value)) {
            state.bytes -= old.len();
        }
        while state.bytes > self.limit {
            let oldest = state.entries.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| key.clone());
            let Some((_, gone)) = oldest.and_then(|key| state.entries.remove(&key)) else { break };
            state.bytes -= gone.len();
        }
    }

    #[cfg(test)]
    fn bytes(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_bounded_and_the_least_used_goes_first() {
        let cache = Cache::new(100);
        for key in 0..3 {
            cache.put(key, Arc::new(vec![0; 40]));
            cache.get(&0);
        }
        assert!(cache.get(&0).is_some() && cache.get(&1).is_none() && cache.get(&2).is_some());
        cache.put(2, Arc::new(vec![0; 10]));
        assert_eq!(cache.bytes(), 50);
        cache.put(9, Arc::new(vec![0; 60]));
        assert_eq!(cache.bytes(), 50, "too large to be kept");
    }
}
