//! Properties of every graph: no panic, round trips, passes keep types and move no more.

mod common;

use proptest::prelude::*;
use rlx_compile::cost::predict_plan;
use rlx_compile::params::OutputRole;
use rlx_compile::passes::FusionPolicy;
use rlx_compile::{
    BackendCaps, BackendCostModel, DeviceClass, Graph, Op, PassContext, PassList, Plan, compile, graph_io,
};

/// Names and types of the results.
fn results(graph: &Graph) -> Vec<(String, Vec<usize>)> {
    let types = graph.infer().unwrap();
    let mut results: Vec<_> = graph
        .iter()
        .filter_map(|(id, node)| match &node.op {
            Op::Output { name, role: OutputRole::Result } => Some((name.clone(), types[id.0].dims.clone())),
            _ => None,
        })
        .collect();
    results.sort();
    results
}

fn check_everywhere(graph: &Graph) {
    for class in DeviceClass::ALL {
        for policy in [FusionPolicy::Auto, FusionPolicy::Always, FusionPolicy::Never] {
            let (caps, model) = (BackendCaps::shipped(class), BackendCostModel::shipped(class));
            let context = PassContext { policy, ..PassContext::new(&caps, &model) };
            let compiled = compile(graph, &context, &PassList::standard()).unwrap();
            let plan = &compiled.plan;
            assert_eq!(results(plan.graph()), results(graph));
            let before = graph_io(graph, &caps).unwrap();
            // What a device does not do is finished on the host, or taken apart so that the rest stays on the device:
            // such a plan reads back what the fused graph would not.
            let fused = |g: &Graph| g.iter().filter(|(_, node)| matches!(node.op, Op::WelchPeaks(_))).count();
            if plan.splits().is_empty() && fused(plan.graph()) >= fused(graph) {
                assert!(
                    plan.io().host_readback_bytes <= before.host_readback_bytes,
                    "{}",
                    compiled.explain()
                );
            }
            assert!(predict_plan(plan, &model).total_ns() >= 0.0);
            let back: Plan = serde_json::from_str(&serde_json::to_string(plan).unwrap()).unwrap();
            assert_eq!((&back, back.key()), (plan, plan.key()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_and_text_round_trip(graph in common::any_graph()) {
        let json = serde_json::to_string(&graph).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Graph>(&json).unwrap(), &graph);
        let text = graph.to_string();
        let back: Graph = text.parse().map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
        prop_assert_eq!(&back, &graph);
        prop_assert!(graph.to_dot().starts_with("digraph"));
    }

    #[test]
    fn any_graph_infers_or_says_why(graph in common::any_graph()) {
        match graph.infer() {
            Ok(types) => {
                prop_assert_eq!(types.len(), graph.nodes().len());
                prop_assert!(types.iter().all(|t| t.checked_bytes().is_some()));
                if graph.outputs().next().is_some() {
                    check_everywhere(&graph);
                }
            }
            Err(e) => prop_assert!(e.to_string().starts_with('%'), "{}", e),
        }
    }

    #[test]
    fn sound_graphs_compile_on_every_device(graph in common::sound_graph()) {
        if graph.infer().is_ok() {
            check_everywhere(&graph);
        }
    }

    #[test]
    fn damaged_text_is_refused_without_a_panic(
        graph in common::any_graph(),
        cut in any::<prop::sample::Index>(),
        junk in "[%(),={}\\[\\]\" a-z0-9\\n]{0,6}",
    ) {
        let text = graph.to_string();
        let at = (0..=cut.index(text.len() + 1)).rev().find(|&i| text.is_char_boundary(i)).unwrap();
        let _ = format!("{}{junk}{}", &text[..at], &text[at..]).parse::<Graph>();
        let json = serde_json::to_string(&graph).unwrap();
        let at = (0..=cut.index(json.len() + 1)).rev().find(|&i| json.is_char_boundary(i)).unwrap();
        let _ = serde_json::from_str::<Graph>(&format!("{}{junk}{}", &json[..at], &json[at..]));
        let _ = serde_json::from_str::<Plan>(&json[..at]);
    }

    #[test]
    fn any_text_parses_or_says_where(text in "\\PC*") {
        let _ = text.parse::<Graph>();
    }
}

#[test]
fn a_very_long_graph_is_only_long() {
    let mut graph = Graph::new();
    let x = graph.push(Op::Input { batch: 1, len: 64, complex: false }, &[]).unwrap();
    let segment = Op::Segment { len: 8, hop: 8, pad: Default::default(), drop_last: 0 };
    let detrend = Op::Detrend { kind: rlx_compile::params::Detrend::Constant };
    let ops = std::iter::once(segment).chain(std::iter::repeat_n(detrend, 20_000));
    graph.chain(x, ops.chain([Op::output("frames")])).unwrap();
    check_everywhere(&graph);
}
