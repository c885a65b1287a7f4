//! Tables: delimiters, headers, missing values, time columns, and what is wrong with others.

mod common;

use common::{every_prefix, open_bytes, open_one, read_all};
use rlx_io::read::{CsvOptions, OpenOptions, Source, open_source};

fn with(csv: CsvOptions) -> OpenOptions {
    OpenOptions { csv, ..Default::default() }
}

fn columns(names: &[&str]) -> OpenOptions {
    with(CsvOptions { columns: names.iter().map(|n| (*n).to_string()).collect(), ..Default::default() })
}

fn time(name: &str) -> OpenOptions {
    with(CsvOptions { time: Some(name.into()), ..Default::default() })
}

/// Names and values of all signals of a table.
fn table(text: &str, options: &OpenOptions) -> (Vec<String>, Vec<Vec<f64>>) {
    let mut reader = open_one("t.csv", text.as_bytes(), options);
    let names = reader.info().channels.iter().map(|c| c.name.clone()).collect();
    let all = read_all(&mut reader, 3);
    assert!(all.error.is_none(), "{:?}", all.error);
    (names, all.planes)
}

fn shipped(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../../examples/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The message of a table that cannot be opened or read.
fn refusal(text: &str, options: &OpenOptions) -> String {
    match open_bytes("t.csv", text.as_bytes(), options) {
        Err(error) => error.to_string(),
        Ok(mut readers) => read_all(&mut readers[0], 10).error.unwrap().to_string(),
    }
}

#[test]
fn delimiters_and_headers() {
    let expected = (vec!["a".to_string(), "b".to_string()], vec![vec![1.0, 3.5], vec![2.0, 4.0]]);
    for text in [
        "a,b\n1,2\n3.5,4\n",
        "a;b\r\n1;2\r\n3,5;4\r\n",
        "a\tb\n1\t2\n3.5\t4",
        "a|b\n1|2\n3.5|4",
        "  a   b\n 1\t 2  \n3.5     4\n\n",
        "\"a\",\"b\"\n\"1\",\"2\"\n\n# note\n3.5,4\n",
        "\u{feff}a,b\n1,2\n3.5,4\n",
    ] {
        assert_eq!(table(text, &OpenOptions::default()), expected, "{text:?}");
        every_prefix("t.csv", text.as_bytes(), &OpenOptions::default());
    }
    assert_eq!(table("1,2\n3,4\n", &OpenOptions::default()).0, ["col1", "col2"]);
    let names = with(CsvOptions { header: Some(true), ..Default::default() });
    assert_eq!(table("1,2\n3,4\n", &names), (vec!["1".into(), "2".into()], vec![vec![3.0], vec![4.0]]));
}

#[test]
fn missing_values_are_nan() {
    let (_, planes) = table("x\n1\nNA\nNaN\nnull\n-\n2\n", &OpenOptions::default());
    assert_eq!(planes[0].len(), 6);
    assert!(planes[0][1..5].iter().all(|v| v.is_nan()) && planes[0][5] == 2.0);
    let (_, planes) = table("x,y\n1,\n,5\n", &OpenOptions::default());
    assert!(planes[0][1].is_nan() && planes[1][0].is_nan());
}

#[test]
fn columns_by_name_and_number() {
    let text = "t,left,right,note\n0,1,2,x\n1,3,4,y\n";
    let (names, planes) = table(text, &columns(&["right", "2"]));
    assert_eq!((names, planes), (vec!["right".into(), "left".into()], vec![vec![2.0, 4.0], vec![1.0, 3.0]]));
    let reader = open_one("t.csv", text.as_bytes(), &OpenOptions::default());
    assert_eq!(reader.info().channels.len(), 2, "time and text are left out");
    assert_eq!(reader.info().notes.len(), 2);
    assert!(refusal(text, &columns(&["middle"])).contains("no column 'middle', the table has: t, left"));
    assert_eq!(
        open_one("t", b"v [mV]\n1\n2", &OpenOptions::default()).info().channels[0].unit.as_deref(),
        Some("mV")
    );
}

#[test]
fn text_in_a_number_column_has_line_and_column() {
    let text = refusal("a,b\n1,2\n\n# c\n3,oops\n5,6\n7,8\n9,10\n", &OpenOptions::default());
    assert_eq!(text, "t.csv: line 5, column 'b': 'oops' is not a number");
    let text = refusal("a,b\n1,2\n3\n", &OpenOptions::default());
    assert_eq!(text, "t.csv: line 3, column 'b': the row has 1 fields, this column is number 2");
    let mut reader = open_one("t.csv", b"1\n2\n3\n4\nx\n5", &OpenOptions::default());
    let all = read_all(&mut reader, 10);
    assert_eq!(all.planes[0], [1.0, 2.0, 3.0, 4.0], "what came before is delivered");
}

#[test]
fn rate_from_time() {
    let rate = |text: &str| open_one("t.csv", text.as_bytes(), &time("t")).info().sample_rate.unwrap();
    assert_eq!(rate("t,x\n0,1\n0.5,1\n1,1\n"), 2.0);
    assert_eq!(rate("t,x\n1700,1\n1701,1\n1702,1\n"), 1.0);
    let daily = rate("t,x\n2020-02-28,1\n2020-02-29,1\n2020-03-01,1\n");
    assert!((daily * 86_400.0 - 1.0).abs() < 1e-12);
    assert_eq!(
        rate("t,x\n2020-01-01T23:59:59.5Z,1\n2020-01-02T00:00:00.0Z,1\n2020-01-02T00:00:00.5Z,1\n"),
        2.0
    );
    // 256 Hz written in milliseconds: the steps are 3 and 4.
    let rounded: String = (0..5000).map(|i| format!("{:.3},1\n", f64::from(i) / 256.0)).collect();
    assert!((rate(&format!("t,x\n{rounded}")) - 256.0).abs() < 1e-2);
    let epoch: String = (0..3000).map(|i| format!("{:.4},1\n", 1.7e9 + f64::from(i) / 1000.0)).collect();
    assert!((rate(&format!("t,x\n{epoch}")) - 1000.0).abs() < 1e-3);
}

#[test]
fn irregular_time_is_refused_with_its_place() {
    let text = refusal("t,x\n0,1\n1,1\n2,1\n4,1\n5,1\n", &time("t"));
    assert!(
        text.starts_with("t.csv: line 5, column 't': the timestamps are not uniform: this one is 2 "),
        "{text}"
    );
    let mut late: String = (0..2000).map(|i| format!("{i},1\n")).collect();
    late.push_str("1999,1\n");
    assert!(refusal(&format!("t,x\n{late}"), &time("t")).contains("line 2002, column 't'"));
    assert!(
        refusal("t,x\n0,1\nNA,1\n2,1\n", &time("t")).contains("line 3, column 't': 'NA' is not a number")
    );
    assert!(refusal("t,x\n0,1\n", &time("t")).contains("1 timestamps"));
    assert!(refusal("t,x\n5,1\n5,1\n5,1\n", &time("t")).contains("not uniform"));
    // The step is one unit of the last digit: a missing row is no rounding.
    let hole: String =
        (0..200).filter(|i| *i != 150).map(|i| format!("{:.2},1\n", f64::from(i) / 100.0)).collect();
    assert!(refusal(&format!("t,x\n{hole}"), &time("t")).contains("line 152, column 't'"));
}

#[test]
fn shipped_tables() {
    let mut ppg = open_one("ppg.csv", &shipped("ppg_100hz.csv"), &OpenOptions::default());
    assert_eq!(ppg.info().channels.len(), 1);
    let all = read_all(&mut ppg, 4096);
    assert_eq!((all.planes[0].len(), all.planes[0][0]), (2483, 530.0));

    let co2 = shipped("co2.csv");
    let mut reader = open_one("co2.csv", &co2, &time("date"));
    assert_eq!(reader.info().channels[0].name, "co2");
    assert!((reader.info().sample_rate.unwrap() * 7.0 * 86_400.0 - 1.0).abs() < 1e-9);
    let all = read_all(&mut reader, 100);
    assert!(all.error.is_none() && all.planes[0].iter().any(|v| v.is_nan()));
    assert_eq!(open_one("co2.csv", &co2, &OpenOptions::default()).info().channels.len(), 1);

    let sunspots = open_one("s.csv", &shipped("sunspots.csv"), &OpenOptions::default());
    assert_eq!(sunspots.info().channels[0].name, "SUNACTIVITY");
    let sunspots = open_one("s.csv", &shipped("sunspots.csv"), &time("YEAR"));
    assert_eq!(sunspots.info().sample_rate, Some(1.0));
}

#[test]
fn a_stream_can_have_a_time_column() {
    let source = Source::from_read("-", std::io::Cursor::new(b"t,x\n0,1\n0.25,2\n0.5,3\n".to_vec()));
    let mut readers = open_source(source, &time("t")).unwrap();
    assert_eq!(readers[0].info().sample_rate, Some(4.0));
    assert_eq!(read_all(&mut readers[0], 10).planes, [[1.0, 2.0, 3.0]]);
}

#[test]
fn what_is_no_table() {
    assert!(refusal("", &OpenOptions::default()).contains("empty"));
    assert!(refusal("\n\n", &OpenOptions::default()).contains("no rows"));
    assert!(refusal("a,b\nc,d\n", &OpenOptions::default()).contains("no column of numbers"));
    assert!(refusal("1\0\n2\n", &OpenOptions::default()).contains("byte 1: a zero byte"));
    let mut endless = b"x\n1\n2\n\"".to_vec();
    endless.resize(40 << 20, b'a');
    let mut reader = open_one("t.csv", &endless, &OpenOptions::default());
    assert!(read_all(&mut reader, 10).error.unwrap().to_string().contains("unclosed quote"));
}
