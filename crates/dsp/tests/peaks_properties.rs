//! Property tests of the peak finders against reference implementations.

use proptest::prelude::*;
use rlx_dsp::params::Threads;
use rlx_dsp::peaks::{
    Bounds, LocalPeakParams, Peak, find_peaks, find_peaks_axis, find_peaks_rows, find_peaks_rows_on,
    top_k_axis, top_k_bins, top_k_packed, top_k_rows,
};
use rlx_dsp::reference::find_peaks as twin;

/// Curves with ties, flat tops, infinities and NaN.
fn curve() -> impl Strategy<Value = Vec<f64>> {
    let smooth = prop::collection::vec(-1.0..1.0_f64, 0..80);
    let steps = prop::collection::vec((-2..3_i32).prop_map(f64::from), 0..80);
    let odd = prop_oneof![8 => -2.0..2.0_f64, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY), 1 => Just(-0.0)];
    prop_oneof![smooth, steps, prop::collection::vec(odd, 0..60)]
}

fn bounds(low: f64, high: f64) -> impl Strategy<Value = Option<Bounds>> {
    let ends = (prop::option::of(low..high), prop::option::of(low..high));
    prop::option::of(ends.prop_map(|(a, b)| match (a, b) {
        (Some(a), Some(b)) => Bounds::between(a.min(b), a.max(b)),
        ends => Bounds::from(ends),
    }))
}

fn conditions() -> impl Strategy<Value = LocalPeakParams> {
    (
        bounds(1.0, 4.0),
        bounds(-2.0, 2.0),
        bounds(0.0, 2.0),
        prop::option::of(1.0..12.0_f64),
        bounds(0.0, 3.0),
        prop::option::of(2..30_usize),
        bounds(0.0, 6.0),
        0.0..1.5_f64,
    )
        .prop_map(|(plateau_size, height, threshold, distance, prominence, wlen, width, rel_height)| {
            LocalPeakParams::default()
                .plateau_size(plateau_size)
                .height(height)
                .threshold(threshold)
                .distance(distance)
                .prominence(prominence)
                .wlen(wlen)
                .width(width)
                .rel_height(rel_height)
        })
}

fn same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9
}

proptest! {
    #[test]
    fn local_peaks_equal_the_twin(x in curve(), params in conditions()) {
        let found = find_peaks(&x, &params).expect("valid parameters");
        let wanted = twin::find_peaks(&x, &params);
        prop_assert_eq!(&found.positions, &wanted.iter().map(|p| p.position).collect::<Vec<_>>());
        for (i, want) in wanted.iter().enumerate() {
            if let Some(p) = &found.plateaus {
                prop_assert_eq!((p.left_edges[i], p.right_edges[i]), want.edges);
            }
            if let Some(t) = &found.thresholds {
                prop_assert!(same(t.left[i], want.thresholds.0) && same(t.right[i], want.thresholds.1));
            }
            if let Some(p) = &found.prominences {
                prop_assert!(same(p.values[i], want.prominence));
                prop_assert_eq!((p.left_bases[i], p.right_bases[i]), want.bases);
            }
            if let Some(w) = &found.widths {
                prop_assert!(same(w.heights[i], want.width_height));
                prop_assert!(same(w.left_ips[i], want.crossings.0), "{} {}", w.left_ips[i], want.crossings.0);
                prop_assert!(same(w.right_ips[i], want.crossings.1));
                prop_assert!(same(w.values[i], want.width()));
            }
        }
    }

    #[test]
    fn rows_and_axes_equal_single_rows(
        data in prop::collection::vec(-4..5_i32, 3 * 4 * 5),
        params in conditions(),
    ) {
        let x: Vec<f32> = data.iter().map(|&v| v as f32).collect();
        let shape = [3, 4, 5];
        for (axis, &len) in shape.iter().enumerate() {
            let inner: usize = shape[axis + 1..].iter().product();
            let mut lanes: Vec<Vec<f32>> = Vec::new();
            for flat in 0..x.len() {
                // The first element of each lane, met in C order.
                if (flat / inner).is_multiple_of(len) {
                    lanes.push((0..len).map(|i| x[flat + i * inner]).collect());
                }
            }
            let batch = find_peaks_axis(&x, &shape, axis, &params).expect("valid");
            prop_assert_eq!(batch.rows(), lanes.len());
            let rows = find_peaks_rows(&lanes.concat(), len, &params).expect("valid");
            prop_assert_eq!(&rows, &batch);
            let top = top_k_axis(&x, &shape, axis, 3).expect("valid");
            for (r, lane) in lanes.iter().enumerate() {
                prop_assert_eq!(batch.row(r), Some(find_peaks(lane, &params).expect("valid")));
                prop_assert_eq!(&top[r * 3..][..3], &top_k_bins(lane, 3).expect("valid")[..]);
            }
        }
    }

    #[test]
    fn top_k_is_a_sorted_prefix(
        row in prop::collection::vec(prop_oneof![4 => -3..4_i32, 1 => Just(i32::MAX)], 1..400),
        k in 1..500_usize,
    ) {
        // i32::MAX stands for NaN: it must rank last and keep its order of bins.
        let power: Vec<f32> = row.iter().map(|&v| if v == i32::MAX { f32::NAN } else { v as f32 }).collect();
        let mut order: Vec<usize> = (0..row.len()).collect();
        order.sort_by_key(|&i| if row[i] == i32::MAX { i64::MAX } else { -i64::from(row[i]) });
        order.truncate(k);
        let bins: Vec<usize> = top_k_bins(&power, k).expect("k > 0").iter().map(|p| p.bin).collect();
        prop_assert_eq!(&bins, &order);
        let two = [power.clone(), power.clone()].concat();
        let rows = top_k_rows(&two, power.len(), k).expect("k > 0");
        let packed = top_k_packed(&two, power.len(), k).expect("k > 0");
        prop_assert_eq!(rows.len(), 2 * order.len());
        prop_assert_eq!(packed.len(), 4 * order.len());
        for (pair, (peak, want)) in packed.chunks_exact(2).zip(rows.iter().zip(order.iter().chain(&order))) {
            prop_assert_eq!((peak.bin, pair[0]), (*want, *want as f32));
            prop_assert_eq!(pair[1].to_bits(), power[*want].to_bits());
        }
    }
}

#[test]
fn ties_go_to_the_lower_bin() {
    let top = top_k_bins(&[1.0_f32, 3.0, 3.0, 2.0, 3.0], 2).expect("k > 0");
    assert_eq!(top, [Peak { bin: 1, power: 3.0 }, Peak { bin: 2, power: 3.0 }]);
}

#[test]
fn rows_do_not_depend_on_the_threads() {
    let params = LocalPeakParams::new().height(Bounds::at_least(0.0)).distance(4.0).width(Bounds::ANY);
    for (rows, len) in [(100, 2000), (3, 40_000), (1, 100_000), (70_000, 2)] {
        let mut seed = 1_u32;
        let x: Vec<f64> = (0..rows * len)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                f64::from(seed >> 16) - 32_768.0
            })
            .collect();
        let one = find_peaks_rows(&x, len, &params).expect("valid");
        assert_eq!(one.rows(), rows);
        for threads in [Threads::Count(2), Threads::Count(5), Threads::Pool] {
            assert_eq!(find_peaks_rows_on(&x, len, &params, threads).expect("valid"), one, "{rows} {len}");
        }
    }
}
