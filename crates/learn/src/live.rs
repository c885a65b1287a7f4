//! Which butterflies matter: open, fed by something, and needed by a bin that is kept.

use crate::network::ButterflyNetwork;

/// For each stage which butterflies are alive, given the bins that are kept (of all `n`).
pub(crate) fn live(network: &ButterflyNetwork, kept: &[bool]) -> Vec<Vec<bool>> {
    let n = network.n();
    let stages = network.stages();
    let mut live: Vec<Vec<bool>> =
        (0..stages).map(|s| network.gates(s).unwrap_or_default().to_vec()).collect();
    // Forwards: what a closed gate silences feeds nothing on.
    let mut fed = vec![true; n];
    for (s, stage) in live.iter_mut().enumerate() {
        for (i, alive) in stage.iter_mut().enumerate() {
            let first = ButterflyNetwork::first_point(s, i);
            let second = first + (1 << s);
            *alive &= fed[first] || fed[second];
            (fed[first], fed[second]) = (*alive, *alive);
        }
    }
    // Backwards: what no kept bin needs is not computed.
    let mut needed = kept.to_vec();
    needed.resize(n, false);
    for (s, stage) in live.iter_mut().enumerate().rev() {
        for (i, alive) in stage.iter_mut().enumerate() {
            let first = ButterflyNetwork::first_point(s, i);
            let second = first + (1 << s);
            *alive &= needed[first] || needed[second];
            (needed[first], needed[second]) = (*alive, *alive);
        }
    }
    live
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(live: &[Vec<bool>]) -> usize {
        live.iter().flatten().filter(|&&l| l).count()
    }

    #[test]
    fn a_narrow_band_needs_few_late_butterflies() {
        let network = ButterflyNetwork::exact(16).unwrap();
        assert_eq!(count(&live(&network, &[true; 16])), 32);
        let mut kept = [false; 16];
        kept[3] = true;
        // One bin: a tree of 1 + 2 + 4 + 8 butterflies.
        assert_eq!(count(&live(&network, &kept)), 15);
        assert_eq!(count(&live(&network, &[false; 16])), 0);
    }

    #[test]
    fn closed_gates_kill_what_they_alone_feed() {
        let mut network = ButterflyNetwork::exact(8).unwrap();
        network.gates_mut(0).unwrap().fill(false);
        assert_eq!(count(&live(&network, &[true; 8])), 0);
        let mut network = ButterflyNetwork::exact(8).unwrap();
        network.gates_mut(2).unwrap().fill(false);
        assert_eq!(count(&live(&network, &[true; 8])), 0);
    }
}
