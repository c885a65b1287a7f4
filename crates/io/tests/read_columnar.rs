//! Parquet and Arrow tables: numbers as channels, lists as signals, times, groups; results as such tables.

#[path = "common/columnar.rs"]
mod columnar;
mod common;

use arrow_array::builder::{
    FixedSizeListBuilder, Float32Builder, LargeListBuilder, ListBuilder, ListViewBuilder,
};
use arrow_array::types::Int8Type;
use arrow_array::*;
use columnar::{FORMS, batch, written};
use common::{bits, open_bytes, open_one, read_all, read_whole};
use half::f16;
use rlx_io::read::{Chunk, CsvOptions, OpenOptions, Precision, Source, open_source};
use std::sync::Arc;

const NAN: f64 = f64::NAN;

fn with(csv: CsvOptions) -> OpenOptions {
    OpenOptions { csv, ..Default::default() }
}

fn by(column: &str) -> OpenOptions {
    OpenOptions { rate: Some(100.0), ..with(CsvOptions { by: Some(column.into()), ..Default::default() }) }
}

fn time(column: &str) -> OpenOptions {
    with(CsvOptions { time: Some(column.into()), ..Default::default() })
}

#[test]
fn numbers_of_every_type_are_channels() {
    let decimal =
        Decimal128Array::from(vec![Some(-12_345), None, Some(7)]).with_precision_and_scale(9, 2).unwrap();
    let dictionary = DictionaryArray::<Int8Type>::new(
        Int8Array::from(vec![Some(1), None, Some(0)]),
        Arc::new(Float64Array::from(vec![0.5, -4.0])),
    );
    let columns: Vec<(&str, ArrayRef, Vec<f64>)> = vec![
        ("i8", Arc::new(Int8Array::from(vec![Some(-128), None, Some(3)])), vec![-128.0, NAN, 3.0]),
        ("u16", Arc::new(UInt16Array::from(vec![65535, 0, 1])), vec![65535.0, 0.0, 1.0]),
        (
            "i64",
            Arc::new(Int64Array::from(vec![Some(1 << 40), None, Some(-5)])),
            vec![(1u64 << 40) as f64, NAN, -5.0],
        ),
        ("u64", Arc::new(UInt64Array::from(vec![u64::MAX, 0, 9])), vec![u64::MAX as f64, 0.0, 9.0]),
        (
            "f16",
            Arc::new(Float16Array::from(vec![f16::from_f32(0.5), f16::NAN, f16::INFINITY])),
            vec![0.5, NAN, f64::INFINITY],
        ),
        (
            "f32",
            Arc::new(Float32Array::from(vec![Some(0.1), None, Some(-2.0)])),
            vec![f64::from(0.1f32), NAN, -2.0],
        ),
        ("f64", Arc::new(Float64Array::from(vec![0.1, NAN, 1e300])), vec![0.1, NAN, 1e300]),
        ("flag", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])), vec![1.0, NAN, 0.0]),
        ("price", Arc::new(decimal), vec![-123.45, NAN, 0.07]),
        ("dict", Arc::new(dictionary), vec![-4.0, NAN, 0.5]),
    ];
    let table = batch(columns.iter().map(|(name, array, _)| (*name, Arc::clone(array))).collect());
    let want: Vec<Vec<f64>> = columns.iter().map(|(_, _, values)| values.clone()).collect();
    for form in FORMS {
        let bytes = written(form, std::slice::from_ref(&table));
        let got = read_whole(form, &bytes, &OpenOptions::default());
        assert_eq!(bits(&got), bits(&want), "{form}");
        let reader = open_one(form, &bytes, &OpenOptions::default());
        let info = reader.info();
        assert_eq!(
            (info.frames, info.precision, info.sample_rate),
            (Some(3), Precision::F64, None),
            "{form}"
        );
        assert_eq!(
            info.channels.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(),
            columns.iter().map(|c| c.0).collect::<Vec<_>>()
        );
        // A selection, in its order; by name and by number.
        let csv = CsvOptions { columns: vec!["flag".into(), "2".into()], ..Default::default() };
        let some = read_whole(form, &bytes, &with(csv));
        assert_eq!(bits(&some), bits(&[want[7].clone(), want[1].clone()]), "{form}");
        let csv = CsvOptions { columns: vec!["f32".into()], ..Default::default() };
        assert_eq!(open_one(form, &bytes, &with(csv)).info().precision, Precision::F32);
    }
}

/// Several batches of `rows` rows each: a signal, and its row number.
fn many(batches: usize, rows: usize) -> Vec<RecordBatch> {
    (0..batches)
        .map(|b| {
            let x = Float64Array::from_iter_values((0..rows).map(|i| ((b * rows + i) as f64 * 0.7).sin()));
            let n = Int32Array::from_iter_values((0..rows).map(|i| (b * rows + i) as i32));
            batch(vec![("x", Arc::new(x)), ("number", Arc::new(n))])
        })
        .collect()
}

#[test]
fn row_groups_follow_each_other_and_positions_are_found() {
    let table = many(5, 1300);
    for form in FORMS {
        let bytes = written(form, &table);
        let all = read_whole(form, &bytes, &OpenOptions::default());
        assert!(all[1].iter().enumerate().all(|(i, v)| *v == i as f64), "{form}");
        assert_eq!(all[0].len(), 6500);
        let mut reader = open_one(form, &bytes, &OpenOptions::default());
        for at in [0u64, 6499, 1299, 1300, 3000, 6500, 9000, 1] {
            assert!(reader.seek(at).unwrap(), "{form}");
            let rest = read_all(&mut reader, 999);
            assert_eq!(
                bits(&rest.planes),
                bits(&[all[0][at.min(6500) as usize..].to_vec(), all[1][at.min(6500) as usize..].to_vec()])
            );
        }
    }
}

#[test]
fn a_stream_of_arrow_is_read_as_it_arrives() {
    let table = many(3, 100);
    for form in ["a.arrow", "a.arrows", "a.parquet"] {
        let bytes = written(form, &table);
        let stream = Source::from_read("-", std::io::Cursor::new(bytes.clone()));
        let mut all = open_source(stream, &OpenOptions::default()).unwrap();
        let got = read_all(&mut all[0], 64);
        assert!(got.error.is_none() && got.planes[1].len() == 300, "{form}: {:?}", got.error);
        // Times need a second pass.
        let stream = Source::from_read("-", std::io::Cursor::new(bytes));
        let all = open_source(stream, &time("number")).unwrap();
        assert_eq!(all[0].info().sample_rate, Some(1.0), "{form}");
    }
}

#[test]
fn timestamps_give_rate_and_date() {
    let ns = |i: i64| 1_700_000_000_000_000_000 + i * 1_000_000_000 / 256 / 1_000_000 * 1_000_000;
    let rows = 3000;
    let x: ArrayRef = Arc::new(Float32Array::from_iter_values((0..rows).map(|i| i as f32)));
    let stamps: Vec<(&str, ArrayRef)> = vec![
        // 256 Hz in milliseconds, stored as nanoseconds.
        (
            "ts",
            Arc::new(
                TimestampNanosecondArray::from_iter_values((0..rows).map(ns)).with_timezone("Europe/Berlin"),
            ),
        ),
        ("ms", Arc::new(TimestampMillisecondArray::from_iter_values((0..rows).map(|i| ns(i) / 1_000_000)))),
        ("us", Arc::new(DurationMicrosecondArray::from_iter_values((0..rows).map(|i| i * 1_000_000 / 256)))),
        (
            "t",
            Arc::new(Float64Array::from_iter_values(
                (0..rows).map(|i| (i as f64 / 256.0 * 1000.0).round() / 1000.0),
            )),
        ),
        (
            "single",
            Arc::new(Float32Array::from_iter_values(
                (0..rows).map(|i| (i as f32 / 256.0 * 1000.0).round() / 1000.0),
            )),
        ),
        (
            "time_ms",
            Arc::new(Int64Array::from_iter_values((0..rows).map(|i| (i as f64 / 0.256).round() as i64))),
        ),
        ("unix", Arc::new(Int64Array::from_iter_values((0..rows).map(ns)))),
    ];
    for (name, array) in stamps {
        let table = batch(vec![("x", Arc::clone(&x)), (name, array)]);
        for form in FORMS {
            let bytes = written(form, &[table.slice(0, 1000), table.slice(1000, 2000)]);
            let reader = open_one(form, &bytes, &time(name));
            let info = reader.info();
            assert_eq!(info.sample_rate, Some(256.0), "{form} {name}: {:?}", info.notes);
            assert_eq!(info.channels.len(), 1);
            assert_eq!(info.rate_in_hz, !matches!(name, "t" | "single"), "{name}");
            let notes = info.notes.join("; ");
            if name == "ts" && form != "a.arrows" {
                let want = "column 'ts' begins at 2023-11-14 22:13:20 UTC (the time zone is Europe/Berlin)";
                assert!(notes.contains(want), "{form}: {notes}");
            }
            // Without --time the column is left out, because it is a time by its type or by its name.
            let plain = open_one(form, &bytes, &OpenOptions::default());
            let left_out = !matches!(name, "single");
            assert_eq!(plain.info().channels.len(), if left_out { 1 } else { 2 }, "{form} {name}");
        }
    }
}

#[test]
fn irregular_and_missing_times_are_refused_with_their_row() {
    let x: ArrayRef = Arc::new(Float32Array::from(vec![0.0; 50]));
    let gap = Int64Array::from_iter_values((0..50).map(|i| if i < 30 { 10 * i } else { 10 * i + 500 }));
    let null = TimestampSecondArray::from_iter((0..50).map(|i| (i != 7).then_some(i)));
    for form in FORMS {
        for (array, row) in [
            (Arc::new(gap.clone()) as ArrayRef, "row 31, column 'ts'"),
            (Arc::new(null.clone()), "row 8, column 'ts'"),
        ] {
            let bytes = written(form, &[batch(vec![("x", Arc::clone(&x)), ("ts", array)])]);
            let error = open_bytes(form, &bytes, &time("ts")).err().unwrap().to_string();
            assert!(error.contains(row), "{form}: {error}");
        }
    }
}

/// Signals of 3, 0 and 2 samples, a null row, and a null sample.
fn lists() -> Vec<(&'static str, ArrayRef)> {
    let rows: [Option<&[Option<f32>]>; 4] =
        [Some(&[Some(1.0), None, Some(3.0)]), Some(&[]), None, Some(&[Some(-1.0), Some(0.5)])];
    let mut small = ListBuilder::new(Float32Builder::new());
    let mut large = LargeListBuilder::new(Float32Builder::new());
    let mut view = ListViewBuilder::new(Float32Builder::new());
    for row in rows {
        let Some(row) = row else {
            small.append_null();
            large.append_null();
            view.append_null();
            continue;
        };
        small.append_value(row.iter().copied());
        large.append_value(row.iter().copied());
        row.iter().for_each(|v| view.values().append_option(*v));
        view.append(true);
    }
    vec![
        ("small", Arc::new(small.finish())),
        ("large", Arc::new(large.finish())),
        ("view", Arc::new(view.finish())),
    ]
}

#[test]
fn each_row_of_a_list_column_is_a_signal() {
    for (name, array) in lists() {
        let id: ArrayRef = Arc::new(Int32Array::from(vec![7, 8, 9, 10]));
        let table = batch(vec![("id", id), (name, array)]);
        for form in FORMS {
            if name == "view" && form.ends_with("parquet") {
                continue;
            }
            let bytes = written(form, &[table.slice(0, 3), table.slice(3, 1)]);
            let options = OpenOptions { rate: Some(10.0), ..Default::default() };
            let mut readers = open_bytes(form, &bytes, &options).unwrap();
            let parts: Vec<_> = readers.iter().map(|r| r.info().part.clone().unwrap()).collect();
            assert_eq!(parts, ["row 1", "row 2", "row 3", "row 4"], "{form} {name}");
            assert!(
                readers
                    .iter()
                    .all(|r| r.info().sample_rate == Some(10.0) && r.info().precision == Precision::F32)
            );
            assert_eq!(
                readers.iter().map(|r| r.info().frames).collect::<Vec<_>>(),
                [Some(3), Some(0), Some(0), Some(2)]
            );
            assert!(
                readers[2].info().notes.iter().any(|n| n == "the row is null"),
                "{:?}",
                readers[2].info().notes
            );
            assert!(
                readers[0].info().notes.iter().any(|n| n.contains("column 'id'")),
                "{:?}",
                readers[0].info().notes
            );
            assert!(readers[3].info().notes.is_empty());
            let got: Vec<_> = readers.iter_mut().map(|r| read_all(r, 2).planes.remove(0)).collect();
            let want = [vec![1.0, NAN, 3.0], vec![], vec![], vec![-1.0, 0.5]];
            assert_eq!(bits(&got), bits(&want), "{form} {name}");
            // One at a time, whatever has been read of the one before.
            let mut reader = open_bytes(form, &bytes, &options).unwrap().remove(3);
            assert!(reader.following().unwrap().is_none());
            assert!(reader.seek(1).unwrap());
            assert_eq!(read_all(&mut reader, 5).planes[0], [0.5]);
        }
    }
}

#[test]
fn lists_of_one_row_are_channels_and_need_equal_lengths() {
    let mut fixed = FixedSizeListBuilder::new(Float32Builder::new(), 3);
    let mut free = ListBuilder::new(Float32Builder::new());
    for row in 0..3 {
        for i in 0..3 {
            fixed.values().append_value((10 * row + i) as f32);
        }
        fixed.append(true);
        free.append_value((0..if row == 1 { 2 } else { 3 }).map(|i| Some(i as f32)));
    }
    let table = batch(vec![("x", Arc::new(fixed.finish())), ("y", Arc::new(free.finish()))]);
    for form in FORMS {
        let bytes = written(form, std::slice::from_ref(&table));
        let mut readers = open_bytes(form, &bytes, &OpenOptions::default()).unwrap();
        assert_eq!(readers.len(), 3, "{form}");
        let all: Vec<_> = readers.iter_mut().map(|r| read_all(r, 100)).collect();
        assert_eq!(all[0].planes, [vec![0.0, 1.0, 2.0], vec![0.0, 1.0, 2.0]]);
        assert_eq!(all[2].planes, [vec![20.0, 21.0, 22.0], vec![0.0, 1.0, 2.0]]);
        let error = all[1].error.as_ref().unwrap().to_string();
        assert!(error.contains("row 2, column 'y': 2 samples") && error.contains("3 samples"), "{error}");
    }
}

#[test]
fn groups_are_signals_whether_sorted_or_mixed() {
    let rows = 5000;
    let sample = |group: usize, i: usize| ((group * 31 + i) as f64 * 0.37).sin();
    // Three groups, of which the middle one has half as many rows.
    let mut plan: Vec<(usize, usize)> = Vec::new();
    for (group, count) in [(0, rows), (1, rows / 2), (2, rows)] {
        plan.extend((0..count).map(|i| (group, i)));
    }
    let mut mixed = plan.clone();
    mixed.sort_by_key(|(group, i)| (*i, 2 - *group));
    let names = ["a", "b=1", "c"];
    for (order, sorted) in [(&plan, true), (&mixed, false)] {
        let x = Float64Array::from_iter_values(order.iter().map(|(g, i)| sample(*g, *i)));
        let ts = Int64Array::from_iter_values(order.iter().map(|(g, i)| (*i as i64) * [10, 20, 50][*g]));
        let text: ArrayRef = Arc::new(StringArray::from_iter_values(order.iter().map(|(g, _)| names[*g])));
        let dictionary: DictionaryArray<Int8Type> = order.iter().map(|(g, _)| names[*g]).collect();
        let number: ArrayRef = Arc::new(UInt64Array::from_iter_values(order.iter().map(|(g, _)| *g as u64)));
        for (device, shown) in
            [(text, names), (Arc::new(dictionary) as ArrayRef, names), (number, ["0", "1", "2"])]
        {
            let table = batch(vec![
                ("device", device),
                ("t_ms", Arc::new(ts.clone()) as ArrayRef),
                ("x", Arc::new(x.clone())),
            ]);
            let parts = [table.slice(0, 3000), table.slice(3000, table.num_rows() - 3000)];
            for form in FORMS {
                let bytes = written(form, &parts);
                let csv =
                    CsvOptions { by: Some("device".into()), time: Some("t_ms".into()), ..Default::default() };
                let mut readers = open_bytes(form, &bytes, &with(csv)).unwrap();
                let mut labels: Vec<_> = readers.iter().map(|r| r.info().part.clone().unwrap()).collect();
                if !sorted {
                    // In the order in which they appear.
                    labels.reverse();
                    readers.reverse();
                }
                assert_eq!(labels, shown.map(|n| format!("device={n}")), "{form}");
                assert_eq!(
                    readers.iter().map(|r| r.info().sample_rate.unwrap()).collect::<Vec<_>>(),
                    [100.0, 50.0, 20.0]
                );
                for (group, reader) in readers.iter_mut().enumerate() {
                    let count = if group == 1 { rows / 2 } else { rows };
                    assert_eq!(reader.info().frames, Some(count as u64));
                    let want: Vec<f64> = (0..count).map(|i| sample(group, i)).collect();
                    assert_eq!(read_all(reader, 700).planes, std::slice::from_ref(&want), "{form} {group}");
                    for at in [count - 1, 0, 1234] {
                        assert!(reader.seek(at as u64).unwrap());
                        assert_eq!(read_all(reader, 700).planes[0], want[at..], "{form} {group} {at}");
                    }
                }
            }
        }
    }
}

#[test]
fn lists_of_a_group_are_separated_by_pauses() {
    for order in [[0, 0, 1, 1, 1], [0, 1, 0, 1, 1]] {
        let mut lists = ListBuilder::new(Float32Builder::new());
        for (row, group) in order.iter().enumerate() {
            if row == 4 {
                lists.append_null();
            } else {
                lists.append_value((0..=row).map(|i| Some((100 * group + 10 * row + i) as f32)));
            }
        }
        let device: ArrayRef = Arc::new(StringArray::from_iter_values(order.iter().map(|g| format!("d{g}"))));
        let table = batch(vec![("v", Arc::new(lists.finish()) as ArrayRef), ("device", device)]);
        for form in FORMS {
            let bytes = written(form, &[table.slice(0, 2), table.slice(2, 3)]);
            let mut readers = open_bytes(form, &bytes, &by("device")).unwrap();
            assert_eq!(readers.len(), 2, "{form}");
            for (group, reader) in readers.iter_mut().enumerate() {
                let rows: Vec<usize> = (0..4).filter(|row| order[*row] == group).collect();
                let got = read_all(reader, 2);
                let want: Vec<f64> = rows
                    .iter()
                    .flat_map(|row| (0..=*row).map(move |i| (100 * group + 10 * row + i) as f64))
                    .collect();
                assert_eq!(got.planes[0], want, "{form} {order:?}");
                assert_eq!(got.gaps, [rows[0] + 1], "{form} {order:?}");
                let nulls = reader.info().notes.iter().any(|n| n.starts_with("1 rows of the group are null"));
                assert_eq!(nulls, group == 1, "{:?}", reader.info().notes);
                assert!(!reader.seek(0).unwrap());
            }
        }
    }
}

#[test]
fn a_group_with_uneven_times_does_not_spoil_the_others() {
    let device = StringArray::from_iter_values((0..90).map(|i| ["a", "b", "c"][i / 30]));
    let ts = Int64Array::from_iter_values(
        (0..90i64).map(|i| if i / 30 == 1 && i > 40 { 10 * i + 5 } else { 10 * i }),
    );
    let x = Float64Array::from_iter_values((0..90).map(f64::from));
    let table = batch(vec![("device", Arc::new(device)), ("t_ms", Arc::new(ts)), ("x", Arc::new(x))]);
    let csv = CsvOptions { by: Some("device".into()), time: Some("t_ms".into()), ..Default::default() };
    let dir = tempfile::tempdir().unwrap();
    for form in FORMS {
        let path = dir.path().join(form);
        std::fs::write(&path, written(form, std::slice::from_ref(&table))).unwrap();
        let mut first = rlx_io::read::open_leading(&path, &with(csv.clone())).unwrap().remove(0);
        let error = first.following().err().unwrap().to_string();
        assert!(error.contains("device=b: row 42, column 't_ms'"), "{error}");
        let mut third = first.following().unwrap().unwrap();
        assert_eq!(third.info().part.as_deref(), Some("device=c"));
        assert_eq!(read_all(&mut third, 100).planes[0].len(), 30);
        assert!(third.following().unwrap().is_none());
    }
}

#[test]
fn columns_that_are_not_read_are_named_with_a_hint() {
    let text: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    let when: ArrayRef = Arc::new(TimestampSecondArray::from(vec![1, 2]));
    let inner: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
    let nested: ArrayRef = Arc::new(StructArray::from(vec![(
        Arc::new(arrow_schema::Field::new("v", arrow_schema::DataType::Float64, true)),
        Arc::clone(&inner),
    )]));
    let table = batch(vec![("name", text), ("at", when), ("pose", nested)]);
    for form in FORMS {
        let bytes = written(form, std::slice::from_ref(&table));
        let error = |csv| open_bytes(form, &bytes, &with(csv)).err().unwrap().to_string();
        assert!(error(CsvOptions::default()).contains("column 'name' has text"), "{form}");
        for (column, hint) in
            [("pose", "is a structure (write its fields"), ("at", "--time takes the rate"), ("name", "--by")]
        {
            let csv = CsvOptions { columns: vec![column.into()], ..Default::default() };
            assert!(error(csv).contains(hint), "{form} {column}");
        }
        let csv = CsvOptions { columns: vec!["nope".into()], ..Default::default() };
        assert!(error(csv).contains("no column 'nope', the table has: name, at, pose"), "{form}");
        let csv = CsvOptions { by: Some("pose".into()), columns: vec!["1".into()], ..Default::default() };
        assert!(error(csv).contains("column 'name'"), "{form}");
    }
    // Groups are for columnar tables.
    let error = open_bytes("a.csv", b"a,b\n1,2\n", &by("a")).err().unwrap().to_string();
    assert!(error.starts_with("by: ") && error.contains("a.csv is csv"), "{error}");
}

#[test]
fn units_come_from_metadata_and_names() {
    let field = arrow_schema::Field::new("acc", arrow_schema::DataType::Float32, true)
        .with_metadata([("unit".to_owned(), "m/s²".to_owned())].into());
    let other = arrow_schema::Field::new("Lead II [mV]", arrow_schema::DataType::Float32, true);
    let values: ArrayRef = Arc::new(Float32Array::from(vec![1.0]));
    let schema = Arc::new(arrow_schema::Schema::new(vec![field, other]));
    let table = RecordBatch::try_new(schema, vec![Arc::clone(&values), values]).unwrap();
    for form in FORMS {
        let reader = open_one(form, &written(form, std::slice::from_ref(&table)), &OpenOptions::default());
        let units: Vec<_> = reader.info().channels.iter().map(|c| c.unit.clone().unwrap()).collect();
        assert_eq!(units, ["m/s²", "mV"], "{form}");
    }
}

#[test]
fn tables_without_rows_are_empty_signals() {
    let table = many(1, 10)[0].slice(0, 0);
    let mut lists = ListBuilder::new(Float32Builder::new());
    lists.append_value([Some(1.0)]);
    let lists = batch(vec![("v", Arc::new(lists.finish()))]).slice(0, 0);
    for form in FORMS {
        let bytes = written(form, std::slice::from_ref(&table));
        let mut reader = open_one(form, &bytes, &OpenOptions::default());
        assert_eq!(reader.info().frames, Some(0), "{form}");
        let mut planes = vec![Vec::new(); 2];
        assert_eq!(reader.read_f64(&mut planes, 10).unwrap(), Chunk::End);
        let bytes = written(form, std::slice::from_ref(&lists));
        let error = open_bytes(form, &bytes, &OpenOptions::default()).err().unwrap().to_string();
        assert!(error.contains("no rows"), "{form}: {error}");
    }
}

/// Spectra of one source.
fn spectra(source: &str, bins: usize) -> rlx_io::write::results::PsdResult {
    use rlx_io::write::results::{ChannelPsd, Header, PsdResult, SCHEMA};
    let header = Header {
        schema: SCHEMA,
        tool: "test".into(),
        version: "1".into(),
        command: "psd".into(),
        source: source.into(),
        sample_rate: 100.0,
        x_unit: "Hz".into(),
        n_fft: 64,
        bin_width: 0.0,
        hop: 32,
        window: "hann".into(),
        detrend: "constant".into(),
        average: "mean".into(),
        scaling: "density".into(),
        unit: "V²/Hz".into(),
        segments: 3,
        defaults: Vec::new(),
        notes: Vec::new(),
    };
    let freq: Vec<f64> = (0..bins).map(|i| i as f64).collect();
    let psd = freq.iter().map(|f| if *f == 1.0 { NAN } else { f * 0.5 }).collect();
    let channel = ChannelPsd { name: "é".into(), segments: 3, freq, psd, psd_lo: None, psd_hi: None };
    PsdResult { header, confidence: None, channels: vec![channel] }
}

#[test]
fn results_are_typed_columns_with_units_and_parameters() {
    use arrow_array::cast::AsArray;
    use arrow_array::types::Float64Type;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use rlx_io::write::{Format, ResultWriter, WriterOptions};
    // More rows than a batch has, in two results.
    let sizes = [20_000, 5];
    for format in [Format::Parquet, Format::Arrow] {
        let options = WriterOptions { format, colour: false, csv_safe: false, target: "test".into() };
        let mut writer = ResultWriter::new(Vec::new(), options);
        for (source, bins) in ["a.wav", "b.wav"].iter().zip(sizes) {
            writer.write(&spectra(source, bins)).unwrap();
        }
        let bytes = writer.finish().unwrap();
        let batches: Vec<RecordBatch> = match format {
            Format::Arrow => {
                let reader =
                    arrow_ipc::reader::FileReader::try_new(std::io::Cursor::new(&bytes), None).unwrap();
                reader.map(Result::unwrap).collect()
            }
            _ => {
                let mut file = tempfile::tempfile().unwrap();
                std::io::Write::write_all(&mut file, &bytes).unwrap();
                let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
                assert!(builder.schema().metadata().contains_key("rlx_fft"));
                builder.build().unwrap().map(Result::unwrap).collect()
            }
        };
        let schema = batches[0].schema();
        let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(names, ["source", "channel", "freq", "psd", "level_db"]);
        assert_eq!(schema.field(3).metadata()["unit"], "V²/Hz");
        if format == Format::Arrow {
            let header: serde_json::Value = serde_json::from_str(&schema.metadata()["rlx_fft"]).unwrap();
            assert_eq!((&header["n_fft"], &header["window"]), (&64.into(), &"hann".into()));
        }
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        assert_eq!(rows, sizes[0] + sizes[1]);
        let first = &batches[0];
        let psd = first.column(3).as_primitive::<Float64Type>();
        assert!(psd.is_null(1) && psd.value(2) == 1.0);
        assert_eq!(first.column(1).as_string::<i32>().value(0), "é");
        let last = &batches[batches.len() - 1];
        assert_eq!(last.column(0).as_string::<i32>().value(last.num_rows() - 1), "b.wav");
        // They are read as any other table: the sources are groups.
        let name = format!("psd.{format}");
        let groups = open_bytes(&name, &bytes, &by("source")).unwrap();
        assert_eq!(groups.iter().map(|g| g.info().frames.unwrap() as usize).collect::<Vec<_>>(), sizes);
        // A result with other columns does not fit.
        let options = WriterOptions { format, colour: false, csv_safe: false, target: "test".into() };
        let mut writer = ResultWriter::new(Vec::new(), options);
        writer.write(&spectra("a.wav", 5)).unwrap();
        let mut other = spectra("b.wav", 5);
        other.confidence = Some(95.0);
        let error = writer.write(&other).unwrap_err().to_string();
        assert!(error.contains("7 columns after one of 5"), "{error}");
    }
}
