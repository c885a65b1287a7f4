//! Tables as instruments, loggers and spreadsheets write them.

mod common;

use common::{Everything, open_bytes, open_one, read_all};
use rlx_io::read::{CsvOptions, OpenOptions, Source, open_source, time_unit};
use std::io::Read;

fn time(name: &str) -> CsvOptions {
    CsvOptions { time: Some(name.into()), ..Default::default() }
}

fn open(text: &[u8], csv: CsvOptions) -> common::Reader {
    open_one("t.csv", text, &OpenOptions { csv, ..Default::default() })
}

fn read(text: &[u8], csv: CsvOptions) -> (Vec<String>, Everything, Vec<String>) {
    let mut reader = open(text, csv);
    let names = reader.info().channels.iter().map(|c| c.name.clone()).collect();
    let all = read_all(&mut reader, 100);
    assert!(all.error.is_none(), "{:?}", all.error);
    (names, all, reader.info().notes.clone())
}

fn refusal(text: &[u8], csv: CsvOptions) -> String {
    match open_bytes("t.csv", text, &OpenOptions { csv, ..Default::default() }) {
        Err(error) => error.to_string(),
        Ok(mut readers) => read_all(&mut readers[0], 10).error.expect("an error").to_string(),
    }
}

/// 500 rows at 100 per second: the time and a value.
fn body() -> String {
    (0..500).map(|i| format!("{:.2},{:.5}\n", f64::from(i) / 100.0, (f64::from(i) * 0.3).sin())).collect()
}

fn value(i: usize) -> f64 {
    format!("{:.5}", (i as f64 * 0.3).sin()).parse().unwrap()
}

#[test]
fn preambles_units_and_declarations() {
    let body = body();
    let german = body.replace(',', ";").replace('.', ",");
    for (text, name, unit) in [
        (
            format!(
                "%OpenBCI Raw EXG Data\n%Number of channels = 1\n%Sample Rate = 100 Hz\nTime, EXG Channel 0\n{}",
                body.replace(',', ", ")
            ),
            "EXG Channel 0",
            None,
        ),
        (
            format!("Device,ADP3450\nSerial,SN:1\n\nTime (s),Channel 1 (V)\n{body}"),
            "Channel 1 (V)",
            Some("V"),
        ),
        (format!("Time,Acc X\ns,m/s2\n{body}"), "Acc X", Some("m/s2")),
        (
            format!("Time,Channel A\r\n(s),(mV)\r\n\r\n{}", body.replace('\n', "\r\n")),
            "Channel A",
            Some("mV"),
        ),
        (format!("sep=,\nt,acc\n{body}"), "acc", None),
        (format!("\"sep=;\"\nt;acc\n{german}"), "acc", None),
        (format!("Zeit [s];a [g]\n{german}"), "a [g]", Some("g")),
        (
            format!(
                "Logger 7\nStart: 2020-01-01 10:00\nnote with, a comma\nt\tacc\n{}",
                body.replace(',', "\t")
            ),
            "acc",
            None,
        ),
        (format!("# comment\n# another, one\ntime,\"x, y\"\n{body}"), "x, y", None),
    ] {
        for stream in [false, true] {
            let source = if stream {
                Source::from_read("-", std::io::Cursor::new(text.clone().into_bytes()))
            } else {
                Source::from_bytes("t.csv", text.clone())
            };
            let mut readers = open_source(source, &OpenOptions::default()).unwrap();
            let info = readers[0].info().clone();
            assert_eq!(
                info.channels.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(),
                [name],
                "{:?}",
                info.notes
            );
            assert_eq!(info.channels[0].unit.as_deref(), unit);
            let all = read_all(&mut readers[0], 64);
            assert!(all.error.is_none(), "{:?}", all.error);
            assert_eq!(all.planes[0].len(), 500);
            assert!(all.planes[0].iter().enumerate().all(|(i, v)| *v == value(i)));
        }
    }
    let openbci = open(b"%Sample Rate = 250 Hz\nt, x\n0, 1\n1, 2\n2, 3\n", CsvOptions::default());
    assert_eq!((openbci.info().sample_rate, openbci.info().rate_in_hz), (Some(250.0), true));
}

#[test]
fn lines_before_the_table_are_counted() {
    let (_, _, notes) =
        read(format!("Device,1\nSerial,2\nt,x\n{}", body()).as_bytes(), CsvOptions::default());
    assert!(
        notes.iter().any(|n| n.contains("2 lines before the table were skipped, the first: 'Device,1'")),
        "{notes:?}"
    );
    let skip = CsvOptions { skip_rows: 3, ..Default::default() };
    let (names, all, _) = read(b"a\nb,c,d\n\"e\nx\n1\n2\n", skip);
    assert_eq!((names, all.planes), (vec!["x".to_string()], vec![vec![1.0, 2.0]]));
    let comment = CsvOptions { comment: Some("//".into()), ..Default::default() };
    let (_, all, notes) = read(b"// c\nx\n1\n// c\n2\n", comment);
    assert_eq!(all.planes, [[1.0, 2.0]]);
    assert!(notes.iter().any(|n| n.contains("1 comment lines between")), "{notes:?}");
}

#[test]
fn spreadsheet_errors_are_missing_values_and_no_row_is_lost() {
    let mut text = String::from("a,b\n");
    for i in 0..300 {
        text += &match i % 10 {
            0 => "#N/A,1\n".to_owned(),
            5 => "3,#DIV/0!\n".to_owned(),
            7 => "\"#NUM!\",2\n".to_owned(),
            _ => format!("{i},2\n"),
        };
    }
    let (_, all, notes) = read(text.as_bytes(), CsvOptions::default());
    assert_eq!((all.planes[0].len(), notes.len()), (300, 0), "{notes:?}");
    let missing = |plane: &[f64]| plane.iter().filter(|v| v.is_nan()).count();
    assert_eq!((missing(&all.planes[0]), missing(&all.planes[1])), (60, 30));
    for delimiter in [";", "\t", " "] {
        let text = text.replace(',', delimiter);
        let (_, all, _) = read(text.as_bytes(), CsvOptions::default());
        assert_eq!((all.planes[0].len(), missing(&all.planes[0])), (300, 60), "{delimiter:?}");
    }
    let (_, all, notes) = read(b"x\n1\n# a remark\n2\n", CsvOptions::default());
    assert_eq!(all.planes[0].len(), 2);
    assert!(notes[0].contains("1 comment lines"), "{notes:?}");
}

#[test]
fn first_lines_of_any_length_keep_their_columns() {
    for count in [7000usize, 30_000] {
        let row = (0..count).map(|i| format!("{}.125", 1000 + i)).collect::<Vec<_>>().join(",") + "\n";
        let names = (0..count).map(|i| format!("column number {i}")).collect::<Vec<_>>().join(",") + "\n";
        for text in [row.repeat(3), format!("{names}{}", row.repeat(3))] {
            let mut reader = open(text.as_bytes(), CsvOptions::default());
            assert_eq!(reader.info().channels.len(), count);
            let all = read_all(&mut reader, 10);
            assert_eq!((all.planes.len(), all.planes[count - 1][0]), (count, 1000.125 + (count - 1) as f64));
        }
    }
    let endless = vec![b'1'; 17 << 20];
    assert!(refusal(&endless, CsvOptions::default()).contains("the first line has more than 16777216 bytes"));
}

#[test]
fn utf_16_in_both_orders() {
    let text = "Zeit [s];Stärke [µV]\r\n0;1,5\r\n0,01;2,5\r\n0,02;3,5\r\n";
    let utf16 = |big: bool, mark: bool| -> Vec<u8> {
        let units: Vec<u16> = if mark { vec![0xfeff] } else { Vec::new() };
        let bytes = |u: u16| if big { u.to_be_bytes() } else { u.to_le_bytes() };
        units.into_iter().chain(text.encode_utf16()).flat_map(bytes).collect()
    };
    for (big, mark) in [(false, true), (true, true), (false, false), (true, false)] {
        for csv in [CsvOptions::default(), time("Zeit [s]")] {
            let with_time = csv.time.is_some();
            let mut reader = open(&utf16(big, mark), csv);
            assert_eq!(reader.info().channels[0].name, "Stärke [µV]");
            assert_eq!(reader.info().channels[0].unit.as_deref(), Some("µV"));
            assert_eq!(reader.info().sample_rate, with_time.then_some(100.0));
            assert_eq!(read_all(&mut reader, 2).planes, [[1.5, 2.5, 3.5]]);
        }
    }
}

#[test]
fn commas_in_fields() {
    let (_, all, _) = read(b"a,b\n\"1,5\",\"2,25\"\n\"3,5\",\"-4,125\"\n", CsvOptions::default());
    assert_eq!(all.planes, [[1.5, 3.5], [2.25, -4.125]]);
    let (_, all, _) = read(b"a,b\n\"1,234.5\",1\n\"2,345.5\",2\n", CsvOptions::default());
    assert_eq!(all.planes[0], [1234.5, 2345.5]);
    // 1.234 or 1234: never a number that is a thousand times wrong.
    let unclear = b"a,b\n\"1,234\",1\n\"2,345\",2\n";
    let (names, _, notes) = read(unclear, CsvOptions::default());
    assert!(names == ["b"] && notes.iter().any(|n| n.contains("column 'a'")), "{notes:?}");
    let named = CsvOptions { columns: vec!["a".into()], ..Default::default() };
    assert!(refusal(unclear, named.clone()).contains("--decimal"));
    for (sign, values) in [(b',', [1.234, 2.345]), (b'.', [1234.0, 2345.0])] {
        let (_, all, _) = read(unclear, CsvOptions { decimal: Some(sign), ..named.clone() });
        assert_eq!(all.planes[0], values);
    }
}

#[test]
fn a_column_of_times_is_never_a_signal_by_default() {
    let rows: String = (0..20).map(|i| format!("{},{},{}\n", i * 10, i, i % 7)).collect();
    for (header, left) in [
        ("t,Sample Index,x\n", vec!["x"]),
        ("Elapsed Time,a,x\n", vec!["a", "x"]),
        ("timestamp_ms,a,x\n", vec!["a", "x"]),
        ("Temps (s),a,x\n", vec!["a", "x"]),
        ("", vec!["col2", "col3"]),
    ] {
        let (names, _, _) = read(format!("{header}{rows}").as_bytes(), CsvOptions::default());
        assert_eq!(names, left, "{header}");
    }
    let only = "time\n0\n1\n2\n3\n";
    assert!(refusal(only.as_bytes(), CsvOptions::default()).contains("'time', which looks like a time axis"));
    let named = CsvOptions { columns: vec!["time".into()], ..Default::default() };
    assert_eq!(read(only.as_bytes(), named).1.planes[0].len(), 4);
    // A counter that begins again, as OpenBCI writes.
    let rows: String = (0..600).map(|i| format!("{},{}\n", i % 256, i % 7)).collect();
    assert_eq!(read(format!("Sample Index,x\n{rows}").as_bytes(), CsvOptions::default()).0, ["x"]);
}

/// The rate of a column, and whether it is known to be in Hz.
fn rate(name: &str, stamps: impl Iterator<Item = String>, csv: CsvOptions) -> (f64, bool) {
    let rows: String = stamps.map(|stamp| format!("{stamp};1\n")).collect();
    let text = format!("{name};x\n{rows}");
    let mut reader = open(text.as_bytes(), CsvOptions { time: Some("1".into()), ..csv });
    let info = reader.info().clone();
    assert!(read_all(&mut reader, 1000).error.is_none());
    (info.sample_rate.unwrap(), info.rate_in_hz)
}

#[test]
fn units_of_columns_of_times() {
    let at = |step: f64| (0..300).map(move |i| format!("{}", (f64::from(i) * step * 1e6).round() / 1e6));
    for (name, step) in [
        ("time [ms]", 10.0),
        ("Time (s)", 0.01),
        ("t_us", 10_000.0),
        ("t [µs]", 10_000.0),
        ("timestamp_ns", 1e7),
        ("time/ms", 10.0),
        ("Zeit, min", 0.01 / 60.0),
    ] {
        let (found, hz) = rate(name, at(step), CsvOptions::default());
        assert!(
            (found - 100.0).abs() < if name.ends_with("min") { 0.01 } else { 1e-9 } && hz,
            "{name}: {found}"
        );
    }
    let ms = CsvOptions { time_unit: time_unit("ms"), ..Default::default() };
    assert_eq!(rate("time", at(10.0), ms), (100.0, true));
    let unclear = open(
        format!("time;x\n{}", at(10.0).map(|t| format!("{t};1\n")).collect::<String>()).as_bytes(),
        time("time"),
    );
    assert_eq!((unclear.info().sample_rate, unclear.info().rate_in_hz), (Some(0.1), false));
    assert!(unclear.info().notes.iter().any(|n| n.contains("--time-unit")), "{:?}", unclear.info().notes);
    // A row of units.
    let rows: String = at(10.0).map(|t| format!("{t},1\n")).collect();
    let reader = open(format!("Time,x\nms,V\n{rows}").as_bytes(), time("Time"));
    assert_eq!(reader.info().sample_rate, Some(100.0));
}

#[test]
fn epochs_are_told_by_their_size() {
    for (scale, name) in [(1.0, "s"), (1e3, "ms"), (1e6, "µs"), (1e9, "ns")] {
        let base = 1_700_000_000i128 * scale as i128;
        let stamps = (0..300).map(|i| {
            if scale == 1.0 {
                format!("{}.{:02}", 1_700_000_000 + i / 100, i % 100)
            } else {
                format!("{}", base + i128::from(i) * (scale as i128) / 100)
            }
        });
        let (found, hz) = rate("timestamp", stamps, CsvOptions::default());
        assert!((found - 100.0).abs() < 1e-6 && hz, "{name}: {found}");
    }
}

#[test]
fn rates_come_from_all_timestamps() {
    let written =
        |rate: f64, digits: usize| (0..3000).map(move |i| format!("{:.digits$}", f64::from(i) / rate));
    for (hz, digits) in [(256.0, 3), (128.0, 3), (512.0, 4), (44_100.0, 6), (250.0, 3), (1000.0, 3)] {
        let (found, _) = rate("time (s)", written(hz, digits), CsvOptions::default());
        assert!((found - hz).abs() < 1e-9 * hz, "{hz}: {found}");
    }
    let whole = (0..3000).map(|i| format!("{}", (f64::from(i) / 256.0 * 1000.0).round()));
    assert_eq!(rate("time [ms]", whole, CsvOptions::default()).0, 256.0);
    let text: String = written(256.0, 3).map(|t| format!("{t};1\n")).collect();
    let reader = open(format!("t [s];x\n{text}").as_bytes(), time("t [s]"));
    assert!(reader.info().notes.iter().any(|n| n.contains("rms")), "{:?}", reader.info().notes);
    // A missing row is no rounding.
    let hole: String =
        written(256.0, 3).enumerate().filter(|(i, _)| *i != 1500).map(|(_, t)| format!("{t};1\n")).collect();
    assert!(refusal(format!("t [s];x\n{hole}").as_bytes(), time("t [s]")).contains("not uniform"));
}

#[test]
fn dates_of_all_kinds() {
    let at = |i: u32| (i / 3600, i / 60 % 60, i % 60);
    type Write = fn(u32, u32, u32) -> String;
    let ways: [Write; 10] = [
        |h, m, s| format!("01/01/2020 {h:02}:{m:02}:{s:02}"),
        |h, m, s| format!("13.05.2020 {h:02}:{m:02}:{s:02}"),
        |h, m, s| format!("2020-01-01T{h:02}:{m:02}:{s:02}+02:00"),
        |h, m, s| {
            format!("1/2/2020 {}:{m:02}:{s:02} {}", (h + 11) % 12 + 1, if h < 12 { "AM" } else { "PM" })
        },
        |h, m, s| format!("{h:02}:{m:02}:{s:02}"),
        |h, m, s| format!("1. März 2020 {h:02}:{m:02}:{s:02}"),
        |h, m, s| format!("1 févr. 2020 {h:02}:{m:02}:{s:02}"),
        |h, m, s| format!("Mar 5, 2020 {h:02}:{m:02}:{s:02}"),
        |h, m, s| format!("20200101T{h:02}{m:02}{s:02}Z"),
        |h, m, s| format!("2020/01/01 {h:02}:{m:02}:{s:02}.000"),
    ];
    for (index, way) in ways.into_iter().enumerate() {
        // From before noon to after it, a row every 60 s.
        let stamps = (600..800).map(|i| at(i * 60)).map(|(h, m, s)| way(h, m, s));
        let (found, hz) = rate("date", stamps, CsvOptions::default());
        assert!((found - 1.0 / 60.0).abs() < 1e-12 && hz, "{index}: {found}");
    }
    // A clock goes over midnight.
    let stamps =
        (1430..1450).map(|i| (i % 1440) * 60).map(at).map(|(h, m, s)| format!("{h:02}:{m:02}:{s:02}"));
    assert!((rate("Uhrzeit", stamps, CsvOptions::default()).0 - 1.0 / 60.0).abs() < 1e-12);
}

#[test]
fn day_and_month_are_told_by_the_data_or_asked_for() {
    let daily = |days: std::ops::Range<u32>| days.map(|d| format!("{d:02}/03/2020"));
    let (found, _) = rate("date", daily(1..32), CsvOptions::default());
    assert!((found * 86_400.0 - 1.0).abs() < 1e-9, "{found}");
    let american = (1..32).map(|d| format!("03/{d:02}/2020"));
    assert!((rate("date", american, CsvOptions::default()).0 * 86_400.0 - 1.0).abs() < 1e-9);
    // Twelve days of one month, or the first to twelfth month's same day: only one is uniform.
    assert!((rate("date", daily(1..13), CsvOptions::default()).0 * 86_400.0 - 1.0).abs() < 1e-9);
    // Two rows tell nothing.
    let two = b"date;x\n01/02/2020;1\n02/02/2020;1\n";
    assert!(
        refusal(two, time("date")).contains("--date-format dmy or mdy"),
        "{}",
        refusal(two, time("date"))
    );
    let asked = CsvOptions { date_format: Some("dmy".parse().unwrap()), ..time("date") };
    let reader = open(two, asked);
    assert!((reader.info().sample_rate.unwrap() * 86_400.0 - 1.0).abs() < 1e-9);
    let pattern = CsvOptions { date_format: Some("%d|%m|%y %H.%M".parse().unwrap()), ..time("date") };
    let reader = open(b"date;x\n01|02|20 10.00;1\n01|02|20 10.01;1\n01|02|20 10.02;1\n", pattern);
    assert!((reader.info().sample_rate.unwrap() * 60.0 - 1.0).abs() < 1e-12);
}

/// Gives its pieces one read at a time.
struct Pieces(std::vec::IntoIter<Vec<u8>>);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let piece = self.0.next().unwrap_or_default();
        buffer[..piece.len()].copy_from_slice(&piece);
        Ok(piece.len())
    }
}

#[test]
fn rows_of_a_stream_leave_as_they_come() {
    let pieces: Vec<Vec<u8>> = (0..50).map(|i| format!("{i},{}\n", i * 2).into_bytes()).collect();
    let stream = Pieces([b"n,x\n".to_vec()].into_iter().chain(pieces).collect::<Vec<_>>().into_iter());
    let mut readers = open_source(Source::from_read("-", stream), &OpenOptions::default()).unwrap();
    let mut planes = vec![Vec::new(); readers[0].info().planes()];
    let mut sizes = Vec::new();
    while let rlx_io::read::Chunk::Data(frames) = readers[0].read_f64(&mut planes, 1000).unwrap() {
        sizes.push(frames);
    }
    assert_eq!(sizes.iter().sum::<usize>(), 50);
    assert!(sizes[0] <= 8 && sizes[1..].iter().all(|size| *size == 1), "{sizes:?}");
}

#[test]
fn compressed_tables() {
    use std::io::Write;
    let text = format!("t,x\n{}", body());
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    let gz = encoder.finish().unwrap();
    for name in ["t.csv.gz", "-", "t.gz"] {
        let mut reader = open_one(name, &gz, &OpenOptions::default());
        let all = read_all(&mut reader, 99);
        assert_eq!((all.planes[0].len(), all.planes[0][7]), (500, value(7)));
    }
    let rated = open_one("t.csv.gz", &gz, &OpenOptions { csv: time("t"), ..Default::default() });
    assert_eq!(rated.info().sample_rate, Some(100.0));
    let mut cut = open_one("t.csv.gz", &gz[..gz.len() / 2], &OpenOptions::default());
    let all = read_all(&mut cut, 99);
    assert!(
        matches!(all.error, Some(rlx_io::Error::Truncated { .. })) && !all.planes[0].is_empty(),
        "{:?}",
        all.error
    );
    let mut damaged = gz.clone();
    let end = damaged.len() - 6;
    damaged[end] ^= 1;
    let mut reader = open_one("t.csv.gz", &damaged, &OpenOptions::default());
    assert!(read_all(&mut reader, 99).error.is_some());
    let raw = OpenOptions { raw: Some("u8".parse().unwrap()), ..Default::default() };
    let mut reader = open_one("t.raw.gz", &gz, &raw);
    assert_eq!(read_all(&mut reader, 99).planes[0].len(), text.len());
    let mut reader = open_one("t.raw", &gz, &raw);
    assert_eq!(read_all(&mut reader, 99).planes[0].len(), gz.len());
}

#[test]
fn two_channels_as_one_complex_signal() {
    let iq = OpenOptions { iq: true, ..Default::default() };
    let mut reader = open_one("a.csv", b"i,q\n1,2\n3,4\n", &iq);
    assert!(reader.info().complex);
    assert_eq!((reader.info().channels.len(), reader.info().planes()), (1, 2));
    assert_eq!(read_all(&mut reader, 10).planes, [[1.0, 3.0], [2.0, 4.0]]);
    let error = open_bytes("a.csv", b"a,b,c\n1,2,3\n3,4,9\n", &iq).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("has 3"), "{error}");
}
