//! Wrong arguments: the function, the argument and the row are named.

use super::common::{batch, block_on, doubles, noise, query, refusal, session, singles, table};
use datafusion::arrow::array::{Array, ArrayRef, Int64Array};
use std::sync::Arc;

#[test]
fn messages_name_function_argument_and_row() {
    block_on(async {
        let ctx = session();
        let mut rows: Vec<Option<Vec<f64>>> = (1..6).map(|seed| Some(noise(seed, 100))).collect();
        rows[3].as_mut().unwrap()[7] = f64::INFINITY;
        rows[4].as_mut().unwrap().truncate(10);
        let narrow: Vec<Option<Vec<f32>>> =
            rows.iter().map(|r| r.as_ref().map(|r| r.iter().map(|v| *v as f32).collect())).collect();
        let id: ArrayRef = Arc::new(Int64Array::from_iter_values(0..5));
        table(&ctx, "t", vec![vec![batch(vec![("id", id), ("x", doubles(&rows)), ("s", singles(&narrow))])]]);
        for (sql, expected) in [
            ("welch_psd(x, 1.0, 64)", "welch_psd: samples: row 3 of the record batch: sample 7 is inf"),
            (
                "welch_peaks(s, 1.0, 64, 3)",
                "welch_peaks: samples: row 3 of the record batch: sample 7 is inf",
            ),
            ("spectrogram(s, 1.0, 64)", "spectrogram: samples: row 3 of the record batch: sample 7 is inf"),
            (
                "welch_psd(x, 1.0, 64, named_struct('nan', 'skip-segment'))",
                "welch_psd: samples: row 4 of the record batch: signal of 10 samples",
            ),
            ("welch_psd(x, 0, 64)", "welch_psd: rate: must be finite and positive, got 0"),
            ("welch_psd(x, 1.0, 1)", "welch_psd: n_fft: must be at least 2, got 1"),
            ("welch_psd(x, 1.0, -4)", "welch_psd: n_fft: must be a whole number of at least 1, got -4"),
            ("welch_psd(x, 1.0, 2.5)", "welch_psd: n_fft: must be a whole number, got Float64"),
            ("welch_psd(id, 1.0, 64)", "welch_psd: samples: must be a list of numbers, got Int64"),
            (
                "welch_psd(x, 1.0)",
                "welch_psd: expected welch_psd(samples, rate, n_fft [, options]), got 2 arguments",
            ),
            (
                "welch_psd(x, 1.0, 64, named_struct('windw', 'hann'))",
                "welch_psd: options: unknown option 'windw', known: window, segment",
            ),
            ("welch_psd(x, 1.0, 64, named_struct('window', 'hnan'))", "welch_psd: window: "),
            (
                "welch_psd(x, 1.0, 64, named_struct('segment', 65))",
                "welch_psd: n_fft: 64 is less than segment_len 65",
            ),
            ("welch_psd(x, 1.0, 64, named_struct('hop', 'a'))", "welch_psd: hop: must be a number, got 'a'"),
            ("welch_psd(x, 1.0, 64, 'hann')", "welch_psd: options: must be a struct such as"),
            (
                "welch_psd(x, 1.0, n_fft => 64, widow => 1)",
                "Unknown parameter name 'widow'. Valid parameters are: [samples, rate, n_fft, options]",
            ),
            ("welch_peaks(x, 1.0, 64, 0)", "welch_peaks: k: must be a whole number of at least 1, got 0"),
            (
                "welch_peaks(x, 1.0, 64, 1, named_struct('mode', 'most'))",
                "welch_peaks: mode: 'most' is none of bins, local",
            ),
            ("band_power(x, 1.0, 0.4, 0.2)", "band_power: hi: no bin lies between lo 0.4 and hi 0.2"),
            ("band_power(x, 1.0, 0.6, 0.9)", "band_power: hi: no bin lies between lo 0.6 and hi 0.9"),
            ("log_mel(x, 'wisper')", "log_mel: preset: "),
            (
                "find_peaks(x, named_struct('distance', 0.5))",
                "find_peaks: distance: must be 1 or more, got 0.5",
            ),
        ] {
            let message = refusal(&ctx, &format!("select {sql} from t")).await;
            assert!(message.contains(expected), "{sql}: {message}");
        }
    });
}

#[test]
fn names_nulls_and_short_rows() {
    block_on(async {
        let ctx = session();
        table(&ctx, "t", vec![vec![batch(vec![("x", doubles(&[Some(noise(1, 100)), Some(vec![]), None]))])]]);
        let sql = "select welch_psd(x, rate => 1.0, n_fft => 64, options => named_struct('short', 'null')) a,
                   welch_psd(x, 1.0, 64, {short: 'null', window: NULL}) b, welch_psd(x, NULL, 64) c,
                   welch_peaks(x, 1.0, 64, 3, named_struct('short', 'null')) d,
                   spectrogram(x, 1.0, 64, named_struct('short', 'null')) e,
                   log_mel(x, 'whisper', named_struct('short', 'null')) f from t";
        let got = query(&ctx, sql).await.unwrap();
        for column in 0..5 {
            let valid: Vec<bool> = (0..3).map(|row| got.column(column).is_valid(row)).collect();
            let expected = if column == 2 { [false; 3] } else { [true, false, false] };
            assert_eq!(valid, expected, "column {column}");
        }
        assert_eq!(got.column(0).as_ref(), got.column(1).as_ref());
        let none = query(&ctx, "select welch_psd(x, 1.0, 64), welch_peaks(x, 1.0, 64, 3) from t where 1 = 0")
            .await
            .unwrap();
        assert_eq!(none.num_rows(), 0);
    });
}
