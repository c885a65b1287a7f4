//! `psd_agg`: any partitioning, any order and any order of merging give the spectrum of the definition.

use super::common::{assert_near, noise, welch};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float32Array, Float64Array};
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Schema};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, EmitTo, GroupsAccumulator};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{col, lit};
use proptest::prelude::*;
use std::sync::Arc;

const N_FFT: i64 = 16;
const HOP: i64 = 8;

fn psd_agg() -> AggregateUDF {
    rlx_sql::aggregate_functions().into_iter().find(|f| f.name() == "psd_agg").unwrap()
}

/// The arguments that the planner passes to the function.
fn with_args<R>(value: &DataType, make: impl FnOnce(AccumulatorArgs<'_>) -> R) -> R {
    let schema =
        Schema::new(vec![Field::new("v", value.clone(), true), Field::new("ts", DataType::Float64, true)]);
    let exprs: Vec<Arc<dyn PhysicalExpr>> =
        vec![col("v", &schema).unwrap(), col("ts", &schema).unwrap(), lit(1.0), lit(N_FFT)];
    let fields: Vec<_> = exprs.iter().map(|e| e.return_field(&schema).unwrap()).collect();
    make(AccumulatorArgs {
        return_field: Arc::new(Field::new("psd", DataType::new_list(DataType::Float64, true), true)),
        schema: &schema,
        ignore_nulls: false,
        order_bys: &[],
        is_reversed: false,
        name: "psd",
        is_distinct: false,
        exprs: &exprs,
        expr_fields: &fields,
    })
}

fn accumulator(value: &DataType) -> Box<dyn Accumulator> {
    with_args(value, |args| psd_agg().accumulator(args).unwrap())
}

fn groups(value: &DataType) -> Box<dyn GroupsAccumulator> {
    with_args(value, |args| psd_agg().create_groups_accumulator(args).unwrap())
}

/// Returns the columns of rows.
fn columns(rows: &[(i64, f64)], value: &DataType) -> Vec<ArrayRef> {
    let v: ArrayRef = match value {
        DataType::Float32 => Arc::new(Float32Array::from_iter_values(rows.iter().map(|r| r.1 as f32))),
        _ => Arc::new(Float64Array::from_iter_values(rows.iter().map(|r| r.1))),
    };
    // Off the grid by less than half a step.
    let ts = rows.iter().map(|r| r.0 as f64 + 0.3 * (r.1 - r.1.floor() - 0.5));
    vec![v, Arc::new(Float64Array::from_iter_values(ts))]
}

/// Returns the mean over the segments of the absolute grid of which every sample is there.
fn expected(rows: &[(i64, f64)]) -> Option<Vec<f64>> {
    let known: std::collections::BTreeMap<i64, f64> = rows.iter().copied().collect();
    let (first, last) = (*known.keys().next()?, *known.keys().last()?);
    let segments: Vec<Vec<f64>> = (first.div_euclid(HOP)..=last.div_euclid(HOP))
        .filter_map(|s| (s * HOP..s * HOP + N_FFT).map(|i| known.get(&i).copied()).collect())
        .map(|x: Vec<f64>| welch(&x, 1.0, N_FFT as usize))
        .collect();
    let mean = |k: usize| segments.iter().map(|s| s[k]).sum::<f64>() / segments.len() as f64;
    (!segments.is_empty()).then(|| (0..segments[0].len()).map(mean).collect())
}

fn spectrum(list: &ArrayRef, row: usize) -> Option<Vec<f64>> {
    let list = list.as_list::<i32>();
    list.is_valid(row).then(|| list.value(row).as_primitive::<Float64Type>().values().to_vec())
}

fn check(got: Option<Vec<f64>>, expected: Option<Vec<f64>>, value: &DataType) {
    let epsilon = if *value == DataType::Float32 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    match (got, expected) {
        (Some(got), Some(expected)) => assert_near(&got, &expected, epsilon, "merged"),
        (None, None) => {}
        (got, expected) => panic!("{got:?} {expected:?}"),
    }
}

/// Runs of samples between gaps, from a start that may be negative.
fn signal() -> impl Strategy<Value = Vec<(i64, f64)>> {
    (-100_i64..100, prop::collection::vec((1_usize..120, 0_i64..20), 1..6), any::<u64>()).prop_map(
        |(start, runs, seed)| {
            let mut at = start;
            let mut rows = Vec::new();
            let values = noise(seed, runs.iter().map(|r| r.0).sum());
            for (len, gap) in runs {
                for _ in 0..len {
                    rows.push((at, values[rows.len()]));
                    at += 1;
                }
                at += gap;
            }
            rows
        },
    )
}

/// How rows are cut, ordered and merged.
#[derive(Debug, Clone)]
struct Way {
    parts: usize,
    /// Rows stay in order inside a partition, and neighbours stay together.
    sorted: bool,
    duplicates: usize,
    batch: usize,
    seed: u64,
    value: DataType,
}

fn way() -> impl Strategy<Value = Way> {
    let value = prop_oneof![Just(DataType::Float64), Just(DataType::Float32)];
    (1_usize..7, any::<bool>(), 0_usize..8, 1_usize..70, any::<u64>(), value).prop_map(
        |(parts, sorted, duplicates, batch, seed, value)| Way {
            parts,
            sorted,
            duplicates,
            batch,
            seed,
            value,
        },
    )
}

/// Returns the rows of each partition.
fn cut(rows: &[(i64, f64)], way: &Way) -> Vec<Vec<(i64, f64)>> {
    let random = noise(way.seed, 2 * rows.len() + way.duplicates);
    let at = |i: usize, n: usize| ((random[i] + 1.0) / 2.0 * n as f64) as usize % n.max(1);
    let mut parts = vec![Vec::new(); way.parts];
    for (i, row) in rows.iter().enumerate() {
        let part = if way.sorted { i * way.parts / rows.len() } else { at(i, way.parts) };
        parts[part].push(*row);
    }
    // The same rows again, somewhere: one in a while, so that no segment is whole twice.
    for i in 0..way.duplicates.min(rows.len() / N_FFT as usize) {
        let row = rows[i * N_FFT as usize];
        parts[at(2 * rows.len() + i, way.parts)].push(row);
    }
    if !way.sorted {
        for part in &mut parts {
            let keys: Vec<f64> = noise(way.seed ^ 1, part.len());
            let mut order: Vec<usize> = (0..part.len()).collect();
            order.sort_by(|a, b| keys[*a].total_cmp(&keys[*b]));
            *part = order.into_iter().map(|i| part[i]).collect();
        }
    }
    parts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn partitions_merge_to_one_pass(rows in signal(), way in way()) {
        let mut states: Vec<Box<dyn Accumulator>> = cut(&rows, &way).iter().map(|part| {
            let mut taken = accumulator(&way.value);
            for batch in part.chunks(way.batch) {
                taken.update_batch(&columns(batch, &way.value)).unwrap();
            }
            taken
        }).collect();
        // Merge two at a time, in an order that the seed chooses, through their states.
        let mut turn = way.seed as usize;
        while states.len() > 1 {
            let mut a = states.swap_remove(turn % states.len());
            let mut b = states.swap_remove((turn / 7) % states.len());
            let arrays: Vec<ArrayRef> = b.state().unwrap().iter().map(|s| s.to_array_of_size(1).unwrap()).collect();
            a.merge_batch(&arrays).unwrap();
            states.push(a);
            turn = turn.rotate_right(3).wrapping_add(1);
        }
        let result = states[0].evaluate().unwrap().to_array_of_size(1).unwrap();
        check(spectrum(&result, 0), expected(&rows), &way.value);
    }

    #[test]
    fn groups_agree_with_single_ones(signals in prop::collection::vec(signal(), 1..5), way in way()) {
        // Rows of all groups mixed; part of them go through rows that became states without being aggregated.
        let mut mixed: Vec<(usize, (i64, f64))> = signals.iter().enumerate().flat_map(|(g, rows)| rows.iter().map(move |r| (g, *r))).collect();
        let keys = noise(way.seed, mixed.len());
        let mut order: Vec<usize> = (0..mixed.len()).collect();
        if way.sorted { order.sort_by_key(|i| mixed[*i].1.0) } else { order.sort_by(|a, b| keys[*a].total_cmp(&keys[*b])) }
        mixed = order.into_iter().map(|i| mixed[i]).collect();
        let (direct, converted) = mixed.split_at(mixed.len() / 2);
        let (mut first, mut last) = (groups(&way.value), groups(&way.value));
        let total = signals.len();
        for batch in direct.chunks(way.batch) {
            let of: Vec<usize> = batch.iter().map(|r| r.0).collect();
            let rows: Vec<_> = batch.iter().map(|r| r.1).collect();
            first.update_batch(&columns(&rows, &way.value), &of, None, total).unwrap();
        }
        for batch in converted.chunks(way.batch) {
            let of: Vec<usize> = batch.iter().map(|r| r.0).collect();
            let rows: Vec<_> = batch.iter().map(|r| r.1).collect();
            let state = first.convert_to_state(&columns(&rows, &way.value), None).unwrap();
            last.merge_batch(&state, &of, total).unwrap();
        }
        // Groups leave in two portions.
        let all: Vec<usize> = (0..total).collect();
        let cut = way.parts.min(total);
        if direct.is_empty() {
            first.update_batch(&columns(&[], &way.value), &[], None, total).unwrap();
        }
        let head = first.state(EmitTo::First(cut)).unwrap();
        let rest = first.state(EmitTo::All).unwrap();
        last.merge_batch(&head, &all[..cut], total).unwrap();
        last.merge_batch(&rest, &all[cut..], total).unwrap();
        let result = last.evaluate(EmitTo::All).unwrap();
        for (group, rows) in signals.iter().enumerate() {
            check(spectrum(&result, group), expected(rows), &way.value);
        }
    }
}

/// A state is as large for a long signal as for a short one.
#[test]
fn states_do_not_grow_with_the_signal() {
    let bytes = |len: usize, batch: usize| {
        let mut taken = accumulator(&DataType::Float64);
        let rows: Vec<(i64, f64)> =
            noise(1, len).into_iter().enumerate().map(|(i, v)| (i as i64 + 3, v)).collect();
        for part in rows.chunks(batch) {
            taken.update_batch(&columns(part, &DataType::Float64)).unwrap();
        }
        let state: usize = taken
            .state()
            .unwrap()
            .iter()
            .map(|s| s.to_array_of_size(1).unwrap().get_array_memory_size())
            .sum();
        (taken.size(), state)
    };
    for batch in [100, 8192] {
        let (short, long) = (bytes(20_000, batch), bytes(400_000, batch));
        assert!(long.1 <= short.1 + 2 * N_FFT as usize * 8, "{short:?} {long:?}");
        assert!(long.0 <= short.0 + 1024, "{short:?} {long:?}");
    }
}

/// The same long stretch in two partitions cannot be told from new samples any more, so it is refused.
#[test]
fn whole_segments_that_come_twice_are_refused() {
    let rows: Vec<(i64, f64)> = noise(2, 200).into_iter().enumerate().map(|(i, v)| (i as i64, v)).collect();
    let part = |rows: &[(i64, f64)]| {
        let mut taken = accumulator(&DataType::Float64);
        taken.update_batch(&columns(rows, &DataType::Float64)).unwrap();
        taken
    };
    let (mut a, mut b) = (part(&rows[..150]), part(&rows[50..]));
    let state: Vec<ArrayRef> = b.state().unwrap().iter().map(|s| s.to_array_of_size(1).unwrap()).collect();
    // A merge that is refused by the state, or by the answer, at the latest.
    let refused = a.merge_batch(&state).and_then(|()| a.evaluate()).unwrap_err().strip_backtrace();
    assert!(refused.contains("psd_agg: ts: the samples 50 … 149"), "{refused}");
}

/// States come from other processes.
#[test]
fn damaged_states_are_refused() {
    let fields = psd_agg().state_fields(StateFieldsArgs {
        name: "p",
        input_fields: &[Arc::new(Field::new("v", DataType::Float64, true))],
        return_field: Arc::new(Field::new("p", DataType::new_list(DataType::Float64, true), true)),
        ordering_fields: &[],
        is_distinct: false,
    });
    assert_eq!(fields.unwrap().len(), 6);
    use datafusion::common::ScalarValue;
    let mut good = accumulator(&DataType::Float64);
    let rows: Vec<(i64, f64)> =
        noise(3, 100).into_iter().enumerate().map(|(i, v)| (i as i64 + 5, v)).collect();
    good.update_batch(&columns(&rows, &DataType::Float64)).unwrap();
    let state = good.state().unwrap();
    let list = |values: &[i64]| {
        let values: Vec<ScalarValue> = values.iter().map(|v| ScalarValue::from(*v)).collect();
        ScalarValue::List(ScalarValue::new_list(&values, &DataType::Int64, true))
    };
    for runs in [
        &[0, -1, 5, 4][..],
        &[0, 100, i64::MAX, i64::MAX],
        &[5, 105, 1, i64::MAX - 1],
        &[0, i64::MAX, 1, 2],
        &[5, 105, -400, 3],
    ] {
        let mut damaged = state.clone();
        damaged[2] = list(runs);
        let arrays: Vec<ArrayRef> = damaged.iter().map(|s| s.to_array_of_size(1).unwrap()).collect();
        let mut taken = accumulator(&DataType::Float64);
        assert!(taken.merge_batch(&arrays).is_err(), "{runs:?}");
    }
}
