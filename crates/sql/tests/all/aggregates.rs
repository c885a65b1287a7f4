//! Aggregates in queries against one pass over each group.

use super::common::{
    assert_near, batch, block_on, doubles, lists, noise, query, refusal, samples, session, singles, table,
    welch,
};
use datafusion::arrow::array::{ArrayRef, AsArray, Float32Array, Int64Array, TimestampNanosecondArray};
use datafusion::arrow::datatypes::Int64Type;
use std::sync::Arc;

#[test]
fn rows_of_a_group_share_one_spectrum() {
    block_on(async {
        let ctx = session();
        let signals: Vec<Vec<f64>> = (0..60).map(|seed| noise(seed + 1, 96)).collect();
        let parts = signals.chunks(15).enumerate().map(|(part, rows)| {
            let device: Int64Array = (0..rows.len()).map(|row| ((part * 15 + row) % 7) as i64).collect();
            let wide: Vec<_> = rows.iter().cloned().map(Some).collect();
            let narrow: Vec<_> = rows.iter().map(|r| Some(r.iter().map(|v| *v as f32).collect())).collect();
            vec![batch(vec![
                ("device", Arc::new(device) as ArrayRef),
                ("d", doubles(&wide)),
                ("s", singles(&narrow)),
            ])]
        });
        table(&ctx, "t", parts.collect());
        let sql = "select device, welch_agg(d, 20.0, 32) d, welch_agg(s, 20.0, 32) s, welch_agg(d, 20.0, 32) filter (where device > 3) f
                   from t group by device order by device";
        let got = query(&ctx, sql).await.unwrap();
        assert_eq!(got.column(0).as_primitive::<Int64Type>().values(), &[0, 1, 2, 3, 4, 5, 6]);
        for device in 0..7 {
            let spectra: Vec<Vec<f64>> =
                signals.iter().skip(device).step_by(7).map(|x| welch(x, 20.0, 32)).collect();
            let expected: Vec<f64> =
                (0..17).map(|k| spectra.iter().map(|s| s[k]).sum::<f64>() / spectra.len() as f64).collect();
            assert_near(lists(&got, "d")[device].as_ref().unwrap(), &expected, f64::EPSILON, "f64");
            assert_near(
                lists(&got, "s")[device].as_ref().unwrap(),
                &expected,
                f64::from(f32::EPSILON),
                "f32",
            );
            assert_eq!(lists(&got, "f")[device].is_some(), device > 3);
        }
        // Without groups, and as a window that asks again and again.
        let one = query(&ctx, "select welch_agg(d, 20.0, 32) p from t where device = 0").await.unwrap();
        assert_near(
            lists(&one, "p")[0].as_ref().unwrap(),
            lists(&got, "d")[0].as_ref().unwrap(),
            f64::EPSILON,
            "no group",
        );
        let window =
            query(&ctx, "select welch_agg(d, 20.0, 32) over (order by device) p from t where device < 2")
                .await
                .unwrap();
        assert_near(
            lists(&window, "p")[0].as_ref().unwrap(),
            lists(&got, "d")[0].as_ref().unwrap(),
            f64::EPSILON,
            "window",
        );
        let none = query(&ctx, "select welch_agg(d, 20.0, 32) p from t where device > 99").await.unwrap();
        assert_eq!(lists(&none, "p"), [None]);
    });
}

#[test]
fn samples_in_rows_give_the_spectrum_of_the_signal() {
    block_on(async {
        let ctx = session();
        let x: Vec<Vec<f64>> = (0..5).map(|device| noise(device + 40, 1000)).collect();
        // Sorted by time, devices interleaved, cut into partitions anywhere.
        let rows: Vec<(i64, f64, f64)> = (0..1000)
            .flat_map(|i| (0..5).map(move |d| (i, d)))
            .map(|(i, d)| (d as i64, i as f64 / 50.0, x[d][i]))
            .collect();
        table(&ctx, "t", rows.chunks(733).map(|part| part.chunks(100).map(samples).collect()).collect());
        let got =
            query(&ctx, "select device, psd_agg(v, ts, 50.0, 64) p from t group by device order by device")
                .await
                .unwrap();
        for (device, psd) in lists(&got, "p").iter().enumerate() {
            assert_near(psd.as_ref().unwrap(), &welch(&x[device], 50.0, 64), f64::EPSILON, "psd_agg");
        }
        let all = query(&ctx, "select psd_agg(v, ts, 50.0, 64) p from t where device = 2").await.unwrap();
        assert_near(lists(&all, "p")[0].as_ref().unwrap(), &welch(&x[2], 50.0, 64), f64::EPSILON, "no group");
        let short = query(&ctx, "select psd_agg(v, ts, 50.0, 64) p from t where device = 2 and ts < 1.0")
            .await
            .unwrap();
        assert_eq!(lists(&short, "p"), [None]);
    });
}

#[test]
fn timestamps_in_nanoseconds_keep_a_high_rate() {
    block_on(async {
        let ctx = session();
        let x = noise(8, 6000);
        // 44.1 kHz in whole nanoseconds, decades after 1970, shuffled; the grid's first segment starts at sample 0.
        let rate = 44_100.0;
        let start = 1_700_000_000_i64;
        let mut order: Vec<usize> = (0..x.len()).collect();
        order.sort_by_key(|i| (i * 7919) % 6007);
        let stamp = |i: usize| start * 1_000_000_000 + (i as f64 / rate * 1e9).round() as i64;
        let ts: ArrayRef =
            Arc::new(TimestampNanosecondArray::from_iter_values(order.iter().map(|i| stamp(*i))));
        let v: ArrayRef = Arc::new(Float32Array::from_iter_values(order.iter().map(|i| x[*i] as f32)));
        let rows = batch(vec![("ts", ts), ("v", v)]);
        table(&ctx, "t", vec![vec![rows.slice(0, 2500)], vec![rows.slice(2500, 3500)]]);
        let got = query(&ctx, &format!("select psd_agg(v, ts, {rate}, 128) p from t")).await.unwrap();
        let first = start * 44_100;
        let skip = ((-first).rem_euclid(64)) as usize;
        let expected = welch(&x[skip..], rate, 128);
        assert_near(lists(&got, "p")[0].as_ref().unwrap(), &expected, f64::from(f32::EPSILON), "nanoseconds");
    });
}

#[test]
fn what_is_wrong_is_said() {
    block_on(async {
        let ctx = session();
        let good: Vec<(i64, f64, f64)> = (0..200).map(|i| (0, f64::from(i), f64::from(i % 5))).collect();
        let mut twice = good.clone();
        twice.push((0, 100.0, 77.0));
        let mut missing = good.clone();
        missing[150].2 = f64::NAN;
        table(&ctx, "good", vec![vec![samples(&good)]]);
        table(&ctx, "twice", vec![vec![samples(&twice)]]);
        table(&ctx, "missing", vec![vec![samples(&missing)]]);
        for (sql, expected) in [
            (
                "select psd_agg(v, ts, 1.0, 256) from twice",
                "psd_agg: ts: two rows have values 0 and 77 for the sample 100",
            ),
            (
                "select psd_agg(v, ts, 1.0, 16) from missing",
                "psd_agg: value: row 150 of the record batch is NaN",
            ),
            (
                "select psd_agg(v, ts, 1.0, 16, named_struct('nan', 'interpolate')) from good",
                "psd_agg: nan: interpolate needs",
            ),
            ("select psd_agg(v, ts, ts, 16) from good", "psd_agg: rate: must be a constant"),
            (
                "select psd_agg(v, ts, -1.0, 16) from good",
                "psd_agg: rate: must be finite and positive, got -1",
            ),
            ("select psd_agg(v, ts, 1e300, 16) from good", "psd_agg: ts: time · rate reaches"),
            (
                "select psd_agg(v, ts, 1.0, 16, named_struct('hop', 17)) from good",
                "psd_agg: hop: 17 is more than a segment of 16",
            ),
            ("select psd_agg('a', ts, 1.0, 16) from good", "psd_agg: value: must be a number, got Utf8"),
            (
                "select welch_agg(make_array(v), 1.0, 16) from good",
                "welch_agg: samples: row 0 of the record batch: signal of 1 samples",
            ),
            (
                "select welch_agg(make_array(v, v, v), ts + 1, 2) from good",
                "welch_agg: rate: a group has rows of 1 and of 2",
            ),
            (
                "select welch_agg(make_array(v, v), 1.0, 2, named_struct('average', 'max')) from good",
                "welch_agg: options: unknown option 'average'",
            ),
        ] {
            let message = refusal(&ctx, sql).await;
            assert!(message.contains(expected), "{sql}: {message}");
        }
        // Left out instead, a gap is a gap.
        let got =
            query(&ctx, "select psd_agg(v, ts, 1.0, 16, named_struct('nan', 'skip-segment')) p from missing")
                .await
                .unwrap();
        assert!(lists(&got, "p")[0].as_ref().unwrap().iter().all(|p| p.is_finite()));
    });
}
