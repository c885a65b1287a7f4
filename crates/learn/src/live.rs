//! Points that matter after each stage: those with an input that is not zero that a kept bin needs.

use crate::network::{ButterflyNetwork, Gate};

/// Returns, for each stage and butterfly, whether its first and its second output are computed.
///
/// A skipped butterfly passes its inputs on and never counts as computed.
pub(crate) fn live_outputs(network: &ButterflyNetwork, kept: &[bool]) -> Vec<Vec<[bool; 2]>> {
    let n = network.n();
    let stages = network.stages();
    let gate = |s: usize, i: usize| network.gates(s).map_or(Gate::Open, |g| g[i]);
    let mut live = vec![vec![[true; 2]; n / 2]; stages];
    // Forwards: outputs of a closed gate are zero and feed nothing. A butterfly whose outputs are not zero needs one
    // input.
    let mut fed = vec![true; n];
    for s in 0..stages {
        if let Some(order) = network.order_before(s) {
            fed = order.iter().map(|&i| fed[i as usize]).collect();
        }
        for i in 0..n / 2 {
            let (p, q) = network.points(s, i);
            match gate(s, i) {
                Gate::Skip => {}
                Gate::Closed => (fed[p], fed[q]) = (false, false),
                Gate::Open | Gate::Reverse => {
                    let any = fed[p] || fed[q];
                    (fed[p], fed[q]) = (any, any);
                }
            }
            live[s][i] = [fed[p], fed[q]];
        }
    }
    // Backwards: points that no kept bin needs are not computed.
    let mut needed = kept.to_vec();
    needed.resize(n, false);
    for s in (0..stages).rev() {
        for i in 0..n / 2 {
            let (p, q) = network.points(s, i);
            let out = &mut live[s][i];
            *out = [out[0] && needed[p], out[1] && needed[q]];
            if gate(s, i) == Gate::Skip {
                (needed[p], needed[q]) = (out[0], out[1]);
                *out = [false; 2];
            } else {
                let any = out[0] || out[1];
                (needed[p], needed[q]) = (any, any);
            }
        }
        if let Some(order) = network.order_before(s) {
            let mut before = vec![false; n];
            order.iter().zip(&needed).for_each(|(&i, &need)| before[i as usize] |= need);
            needed = before;
        }
    }
    live
}

/// Returns, for each stage, which butterflies are live, given the bins that are kept (of all `n`).
pub(crate) fn live(network: &ButterflyNetwork, kept: &[bool]) -> Vec<Vec<bool>> {
    let outputs = live_outputs(network, kept);
    outputs.into_iter().map(|stage| stage.into_iter().map(|[a, b]| a || b).collect()).collect()
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
        // One bin: a tree of 1 + 2 + 4 + 8 butterflies, one output of each needed.
        assert_eq!(count(&live(&network, &kept)), 15);
        let outputs = live_outputs(&network, &kept);
        assert_eq!(outputs.iter().flatten().flatten().filter(|&&l| l).count(), 15);
        assert_eq!(count(&live(&network, &[false; 16])), 0);
    }

    #[test]
    fn the_lowest_bins_and_their_mirrors_leave_what_counting_says() {
        // Of 2048 outputs of stages at n = 256, the lowest quarter, eighth and sixteenth of the bins.
        for (part, share) in [(4, 0.85), (8, 0.74), (16, 0.63)] {
            let network = ButterflyNetwork::exact(256).unwrap();
            let kept: Vec<bool> = (0..256).map(|k: usize| k.min(256 - k) <= 128 / part).collect();
            let outputs = live_outputs(&network, &kept);
            let alive = outputs.iter().flatten().flatten().filter(|&&l| l).count() as f64 / 2048.0;
            assert!((alive - share).abs() < 0.01, "{part}: {alive}");
        }
    }

    #[test]
    fn closed_gates_kill_what_they_alone_feed() {
        for stage in [0, 2] {
            let mut network = ButterflyNetwork::exact(8).unwrap();
            network.gates_mut(stage).unwrap().fill(Gate::Closed);
            assert_eq!(count(&live(&network, &[true; 8])), 0);
        }
        let mut network = ButterflyNetwork::exact(8).unwrap();
        network.gates_mut(1).unwrap().fill(Gate::Skip);
        assert_eq!(count(&live(&network, &[true; 8])), 8);
    }
}
