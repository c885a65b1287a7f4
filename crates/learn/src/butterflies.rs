//! A network as its remaining mixes, stage by stage, in the form of a device kernel's tables.

use num_complex::Complex32;
use rlx_compile::{Butterflies, Mix};

use crate::compiled::acting;
use crate::live::live_outputs;
use crate::model::FastLearnedFftModel;
use crate::network::{Butterfly, ButterflyNetwork, Gate};

impl ButterflyNetwork {
    /// Returns the part of the network that the bins marked in `kept` need (of all `n`; bins beyond its end are not
    /// kept).
    pub fn butterflies(&self, kept: &[bool]) -> Butterflies {
        let n = self.n();
        let live = live_outputs(self, kept);
        let mut places: Vec<u32> = (0..n as u32).collect();
        let mut zero = vec![false; n];
        let mut stages = Vec::with_capacity(self.stages());
        for s in 0..self.stages() {
            if let Some(order) = self.order_before(s) {
                places = order.iter().map(|&i| places[i as usize]).collect();
                zero = order.iter().map(|&i| zero[i as usize]).collect();
            }
            let mut mixes = Vec::new();
            for i in 0..n / 2 {
                let act = acting(self, &live, s, i);
                if act.skip {
                    continue;
                }
                let (p, q) = self.points(s, i);
                // A zero stands for memory with unspecified content: nothing may read it.
                let of = |to: Complex32, input: usize| if zero[input] { Complex32::default() } else { to };
                let outputs = [[of(act.w.a, p), of(act.w.b, q)], [of(act.w.c, p), of(act.w.d, q)]];
                let from = match (zero[p], zero[q]) {
                    (true, false) => [places[q]; 2],
                    (false, true) => [places[p]; 2],
                    _ => [places[p], places[q]],
                };
                let mut to = [None; 2];
                for (j, point) in [p, q].into_iter().enumerate() {
                    let there = act.live[j] && outputs[j].iter().any(|z| *z != Complex32::default());
                    to[j] = there.then_some(places[point]);
                    zero[point] = !there;
                }
                if to != [None; 2] {
                    let weights = outputs.map(|[x, y]| [x.re, x.im, y.re, y.im]);
                    mixes.push(Mix { from, to, weights });
                }
            }
            // Neighbouring threads process neighbouring points and write the same outputs of their mixes.
            mixes.sort_by_key(|m| (m.to.map(|t| t.is_none()), m.from));
            stages.push(mixes);
        }
        let bin = |k: usize| (kept.get(k) == Some(&true) && !zero[k]).then_some(places[k]);
        Butterflies { n, stages, bins: (0..n).map(bin).collect(), real: self.is_real() }
    }
}

impl FastLearnedFftModel {
    /// Returns the network with the square roots of the mask's weights above 0 applied to the bins of its last stage,
    /// so that powers are weighted by the mask. For pipelines whose ops can only keep or drop bins.
    pub fn weighted_network(&self) -> ButterflyNetwork {
        let mut network = self.network().clone();
        let (n, last) = (network.n(), network.stages() - 1);
        let root = |k: usize| match self.mask()[k.min(n - k)] {
            0.0 => 1.0,
            weight => weight.sqrt(),
        };
        for i in 0..n / 2 {
            let (p, q) = network.points(last, i);
            let (x, y) = (root(p), root(q));
            let (Some(stage), Some(gates)) = (network.stage(last), network.gates(last)) else { break };
            let w = match gates[i] {
                Gate::Open => stage[i],
                Gate::Reverse => stage[i].adjoint(),
                Gate::Skip => Butterfly::IDENTITY,
                Gate::Closed => continue,
            };
            if (x, y) == (1.0, 1.0) {
                continue;
            }
            let weighted = Butterfly { a: w.a * x, b: w.b * x, c: w.c * y, d: w.d * y };
            if let Some(stage) = network.stage_mut(last) {
                stage[i] = weighted;
            }
            if let Some(gates) = network.gates_mut(last) {
                gates[i] = Gate::Open;
            }
        }
        network
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Random weights, all kinds of gates, one and two products, some bins: compared with the network itself.
    #[test]
    fn what_is_left_answers_as_the_network_does() {
        let mut random = Random::new(11);
        for (n, depth, gated) in [(8, 1, false), (64, 1, true), (32, 2, true), (128, 2, false)] {
            let order = ButterflyNetwork::exact(n).unwrap().order(0).unwrap().to_vec();
            let stages = depth * n.trailing_zeros() as usize;
            let butterfly = |random: &mut Random| {
                Butterfly::from_array(std::array::from_fn(|_| random.normal() as f32 * 0.5))
            };
            let stages: Vec<Vec<Butterfly>> =
                (0..stages).map(|_| (0..n / 2).map(|_| butterfly(&mut random)).collect()).collect();
            let mut network = ButterflyNetwork::new(vec![order; depth], stages, depth == 2).unwrap();
            if gated {
                for s in 0..network.stages() {
                    for gate in network.gates_mut(s).unwrap() {
                        *gate = Gate::from_u8(random.below(16) as u8).unwrap_or(Gate::Open);
                    }
                }
            }
            for keep in [n, n / 4] {
                let kept: Vec<bool> = (0..n).map(|k: usize| k.min(n - k) <= keep).collect();
                let left = network.butterflies(&kept);
                assert!(left.is_sound());
                let mut frame: Vec<Complex32> =
                    (0..n).map(|_| Complex32::new(random.normal() as f32, random.normal() as f32)).collect();
                let points: Vec<[f32; 2]> = frame.iter().map(|z| [z.re, z.im]).collect();
                network.forward(&mut frame).unwrap();
                let strongest = frame.iter().map(|z| z.norm()).fold(0.0, f32::max);
                for (k, ([re, im], want)) in left.forward(&points).into_iter().zip(&frame).enumerate() {
                    let want = if kept[k] { *want } else { Complex32::default() };
                    let error = (Complex32::new(re, im) - want).norm();
                    assert!(error <= 64.0 * f32::EPSILON * strongest, "{n} {depth} {keep}, bin {k}: {error}");
                }
            }
        }
    }

    #[test]
    fn pruned_mixes_are_in_no_stage() {
        let network = ButterflyNetwork::exact(256).unwrap();
        let count = |most: usize| {
            let kept: Vec<bool> = (0..256).map(|k: usize| k.min(256 - k) <= most).collect();
            network.butterflies(&kept).stages.iter().map(Vec::len).sum::<usize>()
        };
        assert_eq!(count(128), 1024);
        assert!(count(16) < count(32) && count(32) < 1024);
        let all = network.butterflies(&[true; 256]);
        assert!(all.stages.iter().flatten().all(|m| m.twiddle().is_some()), "the FFT is twiddles alone");
    }
}
