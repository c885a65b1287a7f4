//! Functions of a row against the definitions.

use super::common::{
    assert_near, batch, block_on, doubles, lists, noise, query, session, singles, table, welch,
};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeListArray, Float64Array, Int16Array, StringArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Int32Type};
use std::sync::Arc;

const F32: f64 = f32::EPSILON as f64;

#[test]
fn spectra_of_ragged_rows_in_every_list_type() {
    block_on(async {
        let ctx = session();
        let rows: Vec<Option<Vec<f64>>> =
            [300, 64, 300, 1000, 64].iter().zip(1..).map(|(len, seed)| Some(noise(seed, *len))).collect();
        let mut with_null = rows.clone();
        with_null[2] = None;
        let narrow: Vec<_> =
            with_null.iter().map(|r| r.as_ref().map(|r| r.iter().map(|v| *v as f32).collect())).collect();
        let wide = doubles(&with_null);
        let large =
            cast(&wide, &DataType::LargeList(Arc::new(Field::new_list_field(DataType::Float64, true))))
                .unwrap();
        table(&ctx, "t", vec![vec![batch(vec![("d", wide), ("s", singles(&narrow)), ("l", large)])]]);
        let got = query(
            &ctx,
            "select welch_psd(d, 100.0, 64) d, welch_psd(s, 100, 64) s, welch_psd(l, 100, 64) l from t",
        )
        .await
        .unwrap();
        for (column, epsilon) in [("d", f64::EPSILON), ("s", F32), ("l", f64::EPSILON)] {
            for (row, (psd, x)) in lists(&got, column).iter().zip(&with_null).enumerate() {
                match (psd, x) {
                    (Some(psd), Some(x)) => {
                        assert_near(psd, &welch(x, 100.0, 64), epsilon, &format!("{column} {row}"))
                    }
                    (None, None) => {}
                    other => panic!("{column} {row}: {other:?}"),
                }
            }
        }
    });
}

#[test]
fn fixed_size_lists_integers_nulls_and_slices() {
    block_on(async {
        let ctx = session();
        let values: Vec<i16> = noise(3, 4 * 128).iter().map(|v| (v * 30_000.0) as i16).collect();
        let item = Arc::new(Field::new_list_field(DataType::Int16, true));
        let list = FixedSizeListArray::new(item, 128, Arc::new(Int16Array::from(values.clone())), None);
        let batch = batch(vec![("x", Arc::new(list) as ArrayRef)]);
        // A slice whose first row is not the array's first.
        table(&ctx, "t", vec![vec![batch.slice(1, 3)]]);
        let got = query(&ctx, "select welch_psd(x, 50.0, 32) p, welch_psd(x, 50.0, 32, named_struct('nan', 'skip-segment')) q from t").await.unwrap();
        for (row, (p, q)) in lists(&got, "p").iter().zip(&lists(&got, "q")).enumerate() {
            let x: Vec<f64> =
                values[(row + 1) * 128..(row + 2) * 128].iter().map(|v| f64::from(*v)).collect();
            assert_near(p.as_ref().unwrap(), &welch(&x, 50.0, 32), F32, "fixed");
            assert_eq!(p, q);
        }
    });
}

#[test]
fn parameters_may_differ_from_row_to_row() {
    block_on(async {
        let ctx = session();
        let rows: Vec<_> = (1..7).map(|seed| Some(noise(seed, 200))).collect();
        let rate: ArrayRef = Arc::new(Float64Array::from(vec![
            Some(10.0),
            Some(20.0),
            None,
            Some(10.0),
            Some(20.0),
            Some(30.0),
        ]));
        table(&ctx, "t", vec![vec![batch(vec![("x", doubles(&rows)), ("rate", Arc::clone(&rate))])]]);
        let got =
            query(&ctx, "select welch_psd(x, rate, 32) p, welch_freqs(rate, 32) f from t").await.unwrap();
        let rate = rate.as_primitive::<Float64Type>().clone();
        for (row, (p, f)) in lists(&got, "p").iter().zip(lists(&got, "f")).enumerate() {
            if rate.is_null(row) {
                assert_eq!((p, &f), (&None, &None));
                continue;
            }
            assert_near(
                p.as_ref().unwrap(),
                &welch(rows[row].as_ref().unwrap(), rate.value(row), 32),
                f64::EPSILON,
                "p",
            );
            assert_eq!(
                f.unwrap(),
                (0..17).map(|k| f64::from(k) * rate.value(row) / 32.0).collect::<Vec<_>>()
            );
        }
    });
}

#[test]
fn peaks_of_tones_in_both_modes_and_precisions() {
    block_on(async {
        let ctx = session();
        let tone = |f: f64, a: f64| move |i: usize| a * (std::f64::consts::TAU * f * i as f64 / 128.0).sin();
        let x: Vec<f64> = (0..384).map(|i| tone(10.0, 1.0)(i) + tone(30.25, 0.5)(i)).collect();
        let narrow = x.iter().map(|v| *v as f32).collect();
        table(
            &ctx,
            "t",
            vec![vec![batch(vec![("d", doubles(&[Some(x)])), ("s", singles(&[Some(narrow)]))])]],
        );
        let sql = "select unnest(welch_peaks(COL, 128.0, 256, 3 OPT)) p from t";
        for column in ["d", "s"] {
            let got = query(&ctx, &sql.replace("COL", column).replace("OPT", "")).await.unwrap();
            let peaks = got.column(0).as_struct();
            let bins = peaks.column_by_name("bin").unwrap().as_primitive::<Int32Type>();
            assert_eq!(bins.values()[0], 20, "{column}");
            assert!(peaks.column_by_name("width").unwrap().is_null(0));
            let options = ", named_struct('mode', 'local', 'scaling', 'spectrum', 'detrend', 'constant')";
            let got = query(&ctx, &sql.replace("COL", column).replace("OPT", options)).await.unwrap();
            let peaks = got.column(0).as_struct();
            let number =
                |name: &str| peaks.column_by_name(name).unwrap().as_primitive::<Float64Type>().clone();
            let (freq, power, width) = (number("freq"), number("power"), number("width"));
            assert!((freq.value(0) - 10.0).abs() < 1e-3 && (freq.value(1) - 30.25).abs() < 0.02, "{freq:?}");
            // The power of a sine of amplitude 1 is 1/2.
            assert!((power.value(0) - 0.5).abs() < 1e-3 && width.value(0) > 0.5 && width.value(0) < 1.5);
            assert!(number("prominence_db").value(0) > 20.0);
            assert!((number("level_db").value(0) - 10.0 * power.value(0).log10()).abs() < 1e-12);
        }
    });
}

#[test]
fn fused_peaks_are_the_largest_bins_of_the_spectrum() {
    block_on(async {
        let ctx = session();
        let rows: Vec<Option<Vec<f32>>> =
            (1..40).map(|seed| Some(noise(seed, 384).iter().map(|v| *v as f32).collect())).collect();
        table(&ctx, "t", vec![vec![batch(vec![("x", singles(&rows))])]]);
        let got = query(&ctx, "select welch_peaks(x, 1.0, 256, 5) p, welch_psd(x, 1.0, 256, named_struct('scaling', 'raw', 'detrend', 'none')) s from t").await.unwrap();
        let peaks = got.column_by_name("p").unwrap().as_list::<i32>();
        for (row, psd) in lists(&got, "s").into_iter().enumerate() {
            let psd = psd.unwrap();
            let peaks = peaks.value(row);
            let peaks = peaks.as_struct();
            let bins = peaks.column_by_name("bin").unwrap().as_primitive::<Int32Type>();
            let power = peaks.column_by_name("power").unwrap().as_primitive::<Float64Type>();
            let mut sorted = psd.clone();
            sorted.sort_by(|a, b| b.total_cmp(a));
            for k in 0..5 {
                assert!((power.value(k) - sorted[k]).abs() <= 1e-5 * sorted[k], "row {row} rank {k}");
                assert!((power.value(k) - psd[bins.value(k) as usize]).abs() <= 1e-5 * sorted[k]);
            }
        }
    });
}

#[test]
fn bands_add_up_to_the_variance() {
    block_on(async {
        let ctx = session();
        let x = noise(5, 4096);
        table(&ctx, "t", vec![vec![batch(vec![("x", doubles(&[Some(x.clone())]))])]]);
        let sql = "select band_power(x, 100.0, 0, 20) + band_power(x, 100.0, 20.1, 50) total,
                   band_power(x, 100.0, 0, 50, named_struct('n_fft', 4096, 'window', 'rectangular')) whole from t";
        let got = query(&ctx, sql).await.unwrap();
        let value = |name: &str| got.column_by_name(name).unwrap().as_primitive::<Float64Type>().value(0);
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        let variance = x.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / x.len() as f64;
        // Parseval for one rectangular segment; an estimate for many Hann segments.
        assert!((value("whole") - variance).abs() < 1e-12 * variance, "{} {variance}", value("whole"));
        assert!((value("total") / variance - 1.0).abs() < 0.05, "{} {variance}", value("total"));
    });
}

#[test]
fn spectrograms_and_mels_have_the_librarys_numbers() {
    block_on(async {
        let ctx = session();
        let x = noise(6, 3000);
        table(&ctx, "t", vec![vec![batch(vec![("x", doubles(&[Some(x.clone()), None]))])]]);
        let got = query(
            &ctx,
            "select spectrogram(x, 1000.0, 256, named_struct('hop', 100)) s, log_mel(x, 'kaldi') m from t",
        )
        .await
        .unwrap();
        let matrix = |name: &str| {
            let rows = got.column_by_name(name).unwrap().as_list::<i32>();
            assert!(rows.is_null(1));
            let rows = rows.value(0);
            let rows = rows.as_list::<i32>();
            let values = rows.values().as_primitive::<Float64Type>().values().to_vec();
            (rows.len(), rows.value_length(0) as usize, values)
        };
        use rlx_dsp::stft::{Spectrogram, SpectrogramParams};
        let params = SpectrogramParams::scipy(1000.0, 256).hop(100);
        let expected = Spectrogram::<f64>::new(params).unwrap().run(&x).unwrap();
        let (frames, bins, values) = matrix("s");
        assert_eq!((frames, bins), (expected.n_frames, expected.n_bins));
        assert_eq!(values, expected.values);
        use rlx_dsp::mel::{LogMel, LogMelParams, Preset};
        let expected = LogMel::<f64>::new(LogMelParams::preset(Preset::Kaldi)).unwrap().run(&x).unwrap();
        let (frames, mels, values) = matrix("m");
        assert_eq!((frames, mels), (expected.n_frames, expected.n_mels));
        assert_eq!(values, expected.values);
    });
}

#[test]
fn local_maxima_are_scipys() {
    block_on(async {
        let ctx = session();
        // scipy.signal.find_peaks([0, 2, 1, 3, 0, 1, 0], prominence=1): positions 1, 3, 5; prominences 1, 3, 1.
        let got = query(
            &ctx,
            "select unnest(find_peaks(make_array(0, 2, 1, 3, 0, 1, 0), named_struct('prominence', 1.0))) p",
        )
        .await
        .unwrap();
        let peaks = got.column(0).as_struct();
        let column = |name: &str| {
            let column = cast(peaks.column_by_name(name).unwrap(), &DataType::Float64).unwrap();
            column.as_primitive::<Float64Type>().values().to_vec()
        };
        assert_eq!(column("position"), [1.0, 3.0, 5.0]);
        assert_eq!(column("value"), [2.0, 3.0, 1.0]);
        assert_eq!(column("prominence"), [1.0, 3.0, 1.0]);
    });
}

#[test]
fn an_array_agg_is_a_signal() {
    block_on(async {
        let ctx = session();
        let names: ArrayRef =
            Arc::new(StringArray::from_iter_values((0..400).map(|i| if i % 2 == 0 { "a" } else { "b" })));
        let ts: ArrayRef = Arc::new(Float64Array::from_iter_values((0..400).rev().map(f64::from)));
        let v: ArrayRef = Arc::new(Float64Array::from(noise(9, 400)));
        table(&ctx, "t", vec![vec![batch(vec![("device", names), ("ts", ts), ("v", v)])]]);
        let got = query(&ctx, "select device, welch_psd(array_agg(v order by ts), 1.0, 64) p from t group by device order by device").await.unwrap();
        let x = noise(9, 400);
        for (start, psd) in lists(&got, "p").iter().enumerate() {
            let own: Vec<f64> = x.iter().skip(start).step_by(2).rev().copied().collect();
            assert_near(psd.as_ref().unwrap(), &welch(&own, 1.0, 64), f64::EPSILON, "array_agg");
        }
    });
}
