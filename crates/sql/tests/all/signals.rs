//! `read_signal` and files as tables.

use super::common::{assert_near, block_on, lists, noise, query, refusal, session, welch};
use datafusion::arrow::array::AsArray;
use std::fmt::Write;

fn csv(path: &std::path::Path, columns: &[Vec<f64>]) {
    let mut text = (0..columns.len()).map(|c| format!("c{c}")).collect::<Vec<_>>().join(",");
    for row in 0..columns[0].len() {
        let cells: Vec<String> = columns.iter().map(|c| c[row].to_string()).collect();
        write!(text, "\n{}", cells.join(",")).unwrap();
    }
    std::fs::write(path, text).unwrap();
}

#[test]
fn recordings_are_tables() {
    block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let x: Vec<Vec<f64>> = (1..4).map(|seed| noise(seed, 500)).collect();
        csv(&dir.path().join("a.csv"), &x[..2]);
        csv(&dir.path().join("b.csv"), &x[2..]);
        let ctx = session();
        let pattern = dir.path().join("*.csv");
        let from = |options: &str| {
            format!("from read_signal('{}', named_struct('rate', 50.0{options}))", pattern.display())
        };
        let sql = format!(
            "select source, channel, welch_agg(samples, rate, 64) p {} group by source, channel order by source, channel",
            from("")
        );
        let got = query(&ctx, &sql).await.unwrap();
        assert_eq!(got.num_rows(), 3);
        for (row, psd) in lists(&got, "p").iter().enumerate() {
            assert_near(psd.as_ref().unwrap(), &welch(&x[row], 50.0, 64), f64::EPSILON, "read_signal");
        }
        let sql = format!(
            "select \"start\", t_start_s, cardinality(samples) n {} where channel = 'c0' and source like '%a.csv' order by \"start\"",
            from(", 'frame', 200")
        );
        let got = query(&ctx, &sql).await.unwrap();
        let text = datafusion::arrow::util::pretty::pretty_format_batches(&[got]).unwrap().to_string();
        assert!(
            text.contains("| 400   | 8.0       | 100 |") && text.contains("| 200   | 4.0       | 200 |"),
            "{text}"
        );
        for (sql, expected) in [
            ("select * from read_signal('/nowhere/*.wav')".to_owned(), "read_signal: pattern: "),
            ("select * from read_signal()".to_owned(), "read_signal: pattern: is missing"),
            (
                format!("select * from read_signal('{}', named_struct('frame', 0))", pattern.display()),
                "read_signal: frame: must be a whole number",
            ),
            (
                format!("select * from read_signal('{}', named_struct('raw', 'x9'))", pattern.display()),
                "read_signal: raw: ",
            ),
        ] {
            let message = refusal(&ctx, &sql).await;
            assert!(message.contains(expected), "{sql}: {message}");
        }
    });
}

#[test]
fn a_pattern_of_files_is_a_table() {
    block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let ctx = session();
        for part in 0..3 {
            let path = dir.path().join(format!("{part}.parquet"));
            let sql = format!(
                "copy (select value + {part} * 100 as v from generate_series(1, 100)) to '{}'",
                path.display()
            );
            query(&ctx, &sql).await.unwrap();
        }
        let got =
            query(&ctx, &format!("select count(*) n, max(v) m from '{}/*.parquet'", dir.path().display()))
                .await
                .unwrap();
        assert_eq!(got.column(0).as_primitive::<datafusion::arrow::datatypes::Int64Type>().value(0), 300);
        assert_eq!(got.column(1).as_primitive::<datafusion::arrow::datatypes::Int64Type>().value(0), 300);
    });
}
