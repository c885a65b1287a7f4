//! The program `rlx-fft-sql`.

use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rlx-fft-sql")).args(args).output().unwrap()
}

fn stdout(args: &[&str]) -> String {
    let output = run(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Returns two devices with a tone each, as Parquet.
fn tones(dir: &Path) -> String {
    let path = dir.join("tones.parquet");
    let sql = format!(
        "copy (select value % 2 as device, value / 2 as i, cast(value / 2 as double) / 100.0 as ts,
                sin(2 * pi() * (10 + 5 * (value % 2)) * (value / 2) / 100.0) as v
         from generate_series(0, 3999)) to '{}'",
        path.display()
    );
    stdout(&[&sql]);
    path.display().to_string()
}

#[test]
fn every_format_has_the_same_rows() {
    let dir = tempfile::tempdir().unwrap();
    let path = tones(dir.path());
    let sql = format!(
        "select device, welch_peaks(array_agg(v order by ts), 100.0, 200, 1)[1]['freq'] f, welch_freqs(100.0, 4) l
         from '{path}' group by device order by device"
    );
    let table = stdout(&[&sql]);
    assert!(
        table.contains("| 0      | 10.0 | [0.0, 25.0, 50.0] |") && table.contains("| 1      | 15.0 |"),
        "{table}"
    );
    let json: serde_json::Value = serde_json::from_str(&stdout(&[&sql, "-f", "json"])).unwrap();
    assert_eq!(json[1]["f"], 15.0);
    assert_eq!(json[0]["l"][2], 50.0);
    let lines = stdout(&[&sql, "-f", "jsonl"]);
    assert_eq!(lines.lines().count(), 2);
    assert_eq!(
        stdout(&[&sql, "-f", "csv"]),
        "device,f,l\n0,10.0,\"[0.0, 25.0, 50.0]\"\n1,15.0,\"[0.0, 25.0, 50.0]\"\n"
    );
    for name in ["out.parquet", "out.arrow", "out.csv", "out.jsonl"] {
        let out = dir.path().join(name);
        let output = run(&[&sql, "-o", out.to_str().unwrap()]);
        assert!(output.status.success());
        assert!(String::from_utf8_lossy(&output.stderr).ends_with("2 rows\n"));
        if name != "out.jsonl" {
            let again = stdout(&[&format!("select f from '{}' order by f", out.display()), "-f", "csv"]);
            assert_eq!(again, "f\n10.0\n15.0\n", "{name}");
        }
    }
    let file = fs::File::open(dir.path().join("out.parquet")).unwrap();
    let rows = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().metadata().file_metadata().num_rows();
    assert_eq!(rows, 2);
    // A result without rows is still a document.
    let none = format!("select device from '{path}' where device = 7");
    assert_eq!(stdout(&[&none, "-f", "csv"]), "device\n");
    assert_eq!(stdout(&[&none, "-f", "json"]).trim(), "[]");
}

#[test]
fn plans_statements_and_the_reference() {
    let dir = tempfile::tempdir().unwrap();
    let path = tones(dir.path());
    let plan = stdout(&[
        &format!("select device, psd_agg(v, ts, 100.0, 64) from '{path}' group by device"),
        "--plan",
    ]);
    assert!(plan.contains("psd_agg") && plan.contains("AggregateExec: mode=Partial"), "{plan}");
    let sql = format!("create view t as select * from '{path}'; select count(*) n from t");
    assert_eq!(stdout(&[&sql, "-f", "csv"]), "n\n4000\n");
    assert!(stdout(&["--functions"]).contains("### `psd_agg(value, ts, rate, n_fft [, options])`"));
    assert!(stdout(&["--help"]).contains("--cluster"));
}

#[test]
fn failures_leave_no_file_and_say_why() {
    let dir = tempfile::tempdir().unwrap();
    let path = tones(dir.path());
    let out = dir.path().join("out.parquet");
    for (args, code, expected) in [
        (vec!["selec 1".to_owned()], 1, "Expected: an SQL statement"),
        (
            vec![format!("select welch_psd(array_agg(v), 100.0, 100000) from '{path}'")],
            1,
            "welch_psd: samples: row 0 of the record batch: signal of 4000 samples",
        ),
        (vec!["select * from 'nowhere.parquet'".to_owned()], 1, "nowhere.parquet"),
        (vec![], 2, "SQL"),
        (
            vec!["select 1".to_owned(), "-f".to_owned(), "xls".to_owned()],
            2,
            "known: table, json, jsonl, csv, parquet, arrow",
        ),
        (
            vec!["select 1".to_owned(), "--cluster".to_owned(), "127.0.0.1:1".to_owned()],
            1,
            "--cluster 127.0.0.1:1: ",
        ),
    ] {
        let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
        args.extend(["-o", out.to_str().unwrap()]);
        let output = run(&args);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {error}");
        assert!(error.contains(expected) && !error.contains("panicked"), "{args:?}: {error}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "{args:?} left a file");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out.csv");
    // More rows than anybody waits for.
    let sql = "select a.value, b.value from generate_series(1, 1000000) a, generate_series(1, 1000000) b";
    let mut child = Command::new(env!("CARGO_BIN_EXE_rlx-fft-sql"))
        .args([sql, "-o", out.to_str().unwrap(), "--quiet"])
        .spawn()
        .unwrap();
    while fs::read_dir(dir.path()).unwrap().count() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "the query ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}
