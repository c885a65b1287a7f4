//! The passes keep what a graph means: results before and after, by an interpreter that knows no pass.

mod common;

use common::interpreter::run;
use proptest::prelude::*;
use rlx_compile::passes::FusionPolicy;
use rlx_compile::{BackendCaps, BackendCostModel, DeviceClass, Graph, Op, PassContext, PassList, compile};

/// Rows of seeded noise for the graph's input.
fn rows(graph: &Graph, seed: u64) -> Vec<Vec<f64>> {
    let (batch, len) = graph
        .nodes()
        .iter()
        .find_map(|n| match n.op {
            Op::Input { batch, len, .. } => Some((batch, len)),
            _ => None,
        })
        .unwrap();
    let mut state = seed | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1u32 << 31) - 0.5
    };
    (0..batch).map(|_| (0..len).map(|_| next()).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn results_are_the_same_before_and_after(graph in common::sound_graph(), seed in any::<u64>()) {
        if graph.infer().is_err() {
            return Ok(());
        }
        let input = rows(&graph, seed);
        let before = run(&graph, &input);
        for class in DeviceClass::ALL {
            let caps = BackendCaps::shipped(class);
            // A device whose fused kernel takes any shape, so that the odd ones of this test are fused too.
            let mut wide = caps.clone();
            wide.fused.n_fft = rlx_compile::caps::TransformCaps { min: 1, max: 1 << 20, powers_of_two: false };
            wide.fused.averages = vec![
                rlx_compile::params::Average::Mean,
                rlx_compile::params::Average::Median,
                rlx_compile::params::Average::Max,
                rlx_compile::params::Average::Min,
            ];
            wide.fused.detrends = vec![
                rlx_compile::params::Detrend::None,
                rlx_compile::params::Detrend::Constant,
                rlx_compile::params::Detrend::Linear,
            ];
            wide.fused.zero_padding = true;
            let model = BackendCostModel::shipped(class);
            for caps in [&caps, &wide] {
                let context = PassContext { policy: FusionPolicy::Always, ..PassContext::new(caps, &model) };
                let compiled = compile(&graph, &context, &PassList::standard()).unwrap();
                let after = run(compiled.plan.graph(), &input);
                prop_assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
                for (name, values) in &before {
                    let same = values.iter().zip(&after[name]).all(|(a, b)| (a - b).abs() <= 1e-9 * a.abs().max(1e-9));
                    prop_assert!(
                        same && values.len() == after[name].len(),
                        "{}: {:?} {:?}\n{}", name, values, after[name], compiled.explain()
                    );
                }
            }
        }
    }
}
