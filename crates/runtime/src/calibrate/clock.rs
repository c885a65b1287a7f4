//! Timed calls: medians, spread, and interleaved candidates.

use std::time::{Duration, Instant};

/// Times of repeated calls, ns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The minimum.
    pub min: f64,
    /// The 10th percentile.
    pub p10: f64,
    /// The median.
    pub median: f64,
    /// The 90th percentile.
    pub p90: f64,
    /// Number of calls.
    pub calls: usize,
}

/// Returns the spread of these times (ns); `None` if there are none.
pub fn spread(times: &mut [f64]) -> Option<Spread> {
    times.sort_by(f64::total_cmp);
    let last = times.len().checked_sub(1)?;
    let at = |share: f64| times[(share * last as f64).round() as usize];
    Some(Spread { min: times[0], p10: at(0.1), median: at(0.5), p90: at(0.9), calls: times.len() })
}

/// Smallest duration of a turn, in ns; keeps the cost of the clock far below 1 %.
const TURN_NS: u128 = 100_000;
/// Calls shorter than this, in ns, are preceded by an untimed call of the same candidate.
const FOLLOWS_ITS_KIND_NS: u128 = 2_000_000;

/// Returns the number of timed calls of a turn, and whether an untimed call precedes them, for calls of `once` ns.
fn turn(once: u128) -> (u32, bool) {
    ((TURN_NS / once.max(1)).clamp(1, 1000) as u32, once < FOLLOWS_ITS_KIND_NS)
}

/// Times candidates in interleaved turns, so that a disturbance affects all of them: one untimed round, then rounds
/// until `budget` is spent, at least `least` and at most `most` of them. A short call is repeated inside one turn,
/// after an untimed one, so that it is timed as in a stream of batches and not with the caches and sleeping threads
/// of another candidate.
///
/// # Errors
/// The error of a candidate.
pub fn interleaved<E>(
    candidates: &mut [&mut dyn FnMut() -> Result<(), E>],
    budget: Duration,
    least: usize,
    most: usize,
) -> Result<Vec<Spread>, E> {
    let mut turns = Vec::with_capacity(candidates.len());
    for call in candidates.iter_mut() {
        call()?;
        let start = Instant::now();
        call()?;
        turns.push(turn(start.elapsed().as_nanos()));
    }
    let mut times = vec![Vec::new(); candidates.len()];
    let start = Instant::now();
    while times.first().is_some_and(|t| t.len() < most && (t.len() < least || start.elapsed() < budget)) {
        for ((call, times), &(repeats, follows)) in candidates.iter_mut().zip(&mut times).zip(&turns) {
            if follows {
                call()?;
            }
            let start = Instant::now();
            for _ in 0..repeats {
                call()?;
            }
            times.push(start.elapsed().as_nanos() as f64 / f64::from(repeats));
        }
    }
    Ok(times.iter_mut().filter_map(|t| spread(t)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_of_a_known_list() {
        let mut times: Vec<f64> = (0..=10).rev().map(f64::from).collect();
        let s = spread(&mut times).unwrap();
        assert_eq!((s.min, s.p10, s.median, s.p90, s.calls), (0.0, 1.0, 5.0, 9.0, 11));
        assert_eq!(spread(&mut []), None);
    }

    #[test]
    fn short_calls_are_repeated_after_one_of_their_kind() {
        assert_eq!(turn(0), (1000, true));
        assert_eq!(turn(10_000), (10, true));
        assert_eq!(turn(150_000), (1, true));
        assert_eq!(turn(2_000_000), (1, false));
    }

    #[test]
    fn candidates_take_turns_and_errors_stop() {
        let order = std::cell::RefCell::new(Vec::new());
        let nap = || std::thread::sleep(Duration::from_micros(120));
        let mut a = || -> Result<(), String> {
            nap();
            order.borrow_mut().push('a');
            Ok(())
        };
        let mut b = || -> Result<(), String> {
            nap();
            order.borrow_mut().push('b');
            Ok(())
        };
        let spreads = interleaved(&mut [&mut a, &mut b], Duration::ZERO, 3, 9).unwrap();
        assert_eq!(spreads.len(), 2);
        assert!(spreads.iter().all(|s| s.calls == 3 && s.min >= 120_000.0));
        // An untimed round and three timed ones; the number of calls per turn depends on how long they slept.
        let mut turns = order.take();
        turns.dedup();
        assert_eq!(turns, ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b']);
        let mut fails = || Err("no".to_owned());
        assert_eq!(interleaved(&mut [&mut fails], Duration::ZERO, 1, 1).unwrap_err(), "no");
    }
}
