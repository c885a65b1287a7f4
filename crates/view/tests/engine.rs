//! The engine against plain computations of the same numbers.

use proptest::prelude::*;
use rlx_dsp::fft::Complex;
use rlx_dsp::scaling::Average;
use rlx_dsp::welch::{PsdParams, welch_with};
use rlx_io::read::{OpenOptions, Source, open_source};
use rlx_view::{Cancel, Engine, EngineOptions, Error, Opener, Recording, Reply, Session};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const RATE: f64 = 8000.0;

/// A recording of raw bytes.
fn recording(bytes: Vec<u8>, raw: &str, channels: usize) -> Recording {
    let options = OpenOptions {
        raw: Some(raw.parse().unwrap()),
        rate: Some(RATE),
        channels: Some(channels),
        ..OpenOptions::default()
    };
    let open: Opener = Arc::new(move || open_source(Source::from_bytes("a.raw", bytes.clone()), &options));
    Recording::open(open).unwrap().remove(0)
}

fn engine(recording: Recording) -> Engine {
    Engine::new(vec![recording], EngineOptions::default())
}

fn ask(engine: &Engine, request: &Value) -> Result<Reply, Error> {
    engine.handle(request.to_string().as_bytes(), &Session::default())
}

/// Two tones, and noise that repeats nowhere.
fn signal(len: usize) -> Vec<f32> {
    let mut state = 1u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    (0..len)
        .map(|i| {
            let t = i as f32 / RATE as f32;
            (std::f32::consts::TAU * 1000.0 * t).sin()
                + 0.1 * (std::f32::consts::TAU * 3012.0 * t).sin()
                + 0.01 * noise()
        })
        .collect()
}

fn bytes(samples: &[f32]) -> Vec<u8> {
    samples.iter().flat_map(|x| x.to_le_bytes()).collect()
}

struct Tile {
    columns: usize,
    rows: usize,
    exact: bool,
    levels: Vec<i16>,
    pairs: Vec<f32>,
}

fn tile(reply: Reply) -> Tile {
    let Reply::Tile(bytes) = reply else { panic!("no tile") };
    let word = |at: usize| u32::from_le_bytes(bytes[4 * at..4 * at + 4].try_into().unwrap());
    let (columns, rows) = (word(0) as usize, word(1) as usize);
    let end = 24 + 2 * columns * rows;
    let levels = bytes[24..end].chunks(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
    let pairs: Vec<f32> = bytes[end..].chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    assert_eq!(pairs.len(), 2 * columns);
    Tile { columns, rows, exact: word(2) == 1, levels, pairs }
}

fn tile_query(frames: u64, index: u64, aggregate: &str, exact: bool) -> Value {
    json!({"method": "tile", "recording": 0, "channel": 0, "n_fft": 128, "hop": 64, "frames": frames,
           "index": index, "aggregate": aggregate, "exact": exact})
}

#[test]
fn exact_tiles_are_the_averages_of_their_columns() {
    let x = signal(100_000);
    let engine = engine(recording(bytes(&x), "f32le", 1));
    for (aggregate, average) in [("max", Average::Max), ("mean", Average::Mean)] {
        for (frames, index) in [(1, 0), (1, 3), (4, 1), (64, 0)] {
            let tile = tile(ask(&engine, &tile_query(frames, index, aggregate, true)).unwrap());
            assert!(tile.exact && tile.rows == 65);
            let params = PsdParams::new(RATE, 128).hop(64).average(average);
            for column in [0, 1, tile.columns / 2, tile.columns - 2] {
                let start = (index as usize * 256 + column) * frames as usize * 64;
                let end = (start + (frames as usize - 1) * 64 + 128).min(x.len());
                let part: Vec<f64> = x[start..end].iter().map(|x| f64::from(*x)).collect();
                let expected = welch_with(&part, &params).unwrap().values;
                for (row, power) in expected.iter().enumerate() {
                    let found = f64::from(tile.levels[column * 65 + row]) / 100.0;
                    let level = 10.0 * power.log10();
                    // Rounded to 0.01 dB; the transform's error matters far below the strongest bin only.
                    let floor = 10.0 * (expected.iter().cloned().fold(0.0, f64::max) * 1e-12).log10();
                    assert!(
                        (found - level).abs() < 0.02 || level < floor,
                        "{aggregate} {frames} {column} {row}: {found} {level}"
                    );
                }
                let span = &x[start..(start + frames as usize * 64).min(x.len())];
                let low = span.iter().copied().fold(f32::INFINITY, f32::min);
                let high = span.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                assert_eq!(tile.pairs[2 * column..2 * column + 2], [low, high]);
            }
        }
    }
}

#[test]
fn a_first_picture_has_the_same_shape_and_lies_below_the_maximum() {
    let x = signal(1 << 23);
    let engine = engine(recording(bytes(&x), "f32le", 1));
    let first = tile(ask(&engine, &tile_query(512, 0, "max", false)).unwrap());
    let exact = tile(ask(&engine, &tile_query(512, 0, "max", true)).unwrap());
    assert!(!first.exact && exact.exact);
    assert_eq!((first.columns, first.rows), (exact.columns, exact.rows));
    assert!(first.levels.iter().zip(&exact.levels).all(|(a, b)| a <= &(b + 1)));
    // The tones are the same in both.
    assert!((first.levels[16] - exact.levels[16]).abs() < 20);
    let again = tile(ask(&engine, &tile_query(512, 0, "max", false)).unwrap());
    assert!(again.exact, "the exact tile is at hand");
}

#[test]
fn missing_samples_leave_holes_and_nothing_else() {
    let mut x = signal(20_000);
    x[5000] = f32::NAN;
    let engine = engine(recording(bytes(&x), "f32le", 1));
    let tile = tile(ask(&engine, &tile_query(1, 0, "max", true)).unwrap());
    let holes: Vec<usize> = (0..tile.columns).filter(|c| tile.levels[c * 65] == i16::MIN).collect();
    assert_eq!(holes, [77, 78]);
}

#[test]
fn complex_tiles_begin_at_the_lowest_frequency() {
    let x: Vec<f32> = (0..30_000)
        .flat_map(|i| {
            let (sin, cos) = (std::f32::consts::TAU * -1000.0 * i as f32 / RATE as f32).sin_cos();
            [cos, sin]
        })
        .collect();
    let engine = engine(recording(bytes(&x), "iq-f32le", 1));
    let tile = tile(ask(&engine, &tile_query(2, 0, "max", true)).unwrap());
    assert_eq!(tile.rows, 128);
    let strongest = (0..128).max_by_key(|row| tile.levels[10 * 128 + row]).unwrap();
    assert_eq!(strongest, 64 - 16, "−1 kHz is 16 bins below the middle");
    let Reply::Psd(psd) = ask(
        &engine,
        &json!({"method": "psd", "recording": 0, "channels": [0], "start": 0,
        "count": 30_000, "n_fft": 128, "hop": 64}),
    )
    .unwrap() else {
        panic!()
    };
    let complex: Vec<Complex<f32>> = x.chunks(2).map(|p| Complex::new(p[0], p[1])).collect();
    let expected = welch_with(&complex, &PsdParams::new(RATE, 128).hop(64)).unwrap();
    assert_eq!(psd.channels[0].freq[0], -4000.0);
    let at = psd.channels[0].freq.iter().position(|f| *f == -1000.0).unwrap();
    assert!((psd.channels[0].psd[at] / f64::from(expected.values[112]) - 1.0).abs() < 1e-5);
}

#[test]
fn selections_are_the_spectra_of_their_samples() {
    let x = signal(60_000);
    let engine = engine(recording(bytes(&x), "f32le", 1));
    let base = json!({"recording": 0, "channels": [0], "start": 1000, "count": 40_000, "band": [500.0, 3500.0],
        "n_fft": 1000, "hop": 500, "window": "hann", "scaling": "spectrum"});
    let with = |method: &str| {
        let mut query = base.clone();
        query["method"] = method.into();
        ask(&engine, &query).unwrap()
    };
    let Reply::Psd(psd) = with("psd") else { panic!() };
    let part: Vec<f64> = x[1000..41_000].iter().map(|x| f64::from(*x)).collect();
    let params = PsdParams::new(RATE, 1000).scaling("spectrum".parse().unwrap());
    let expected = welch_with(&part, &params).unwrap();
    assert_eq!(psd.channels[0].segments, 79);
    for (freq, power) in psd.channels[0].freq.iter().zip(&psd.channels[0].psd) {
        let at = expected.freqs.iter().position(|f| f == freq).unwrap();
        assert!((500.0..=3500.0).contains(freq));
        assert!((power - expected.values[at]).abs() < 1e-5 * expected.values[at] + 1e-12, "{freq}");
    }
    let Reply::Peaks(peaks) = with("peaks") else { panic!() };
    let peaks = &peaks.channels[0].frames[0].peaks;
    assert!((peaks[0].freq - 1000.0).abs() < 0.01 && (peaks[1].freq - 3012.0).abs() < 0.1, "{peaks:?}");
    assert!((peaks[0].level_db + 3.01).abs() < 0.05);
    let Reply::Measure(measures) = with("measure") else { panic!() };
    // A sine of amplitude 1 has the power 1/2, one of 0.1 has 0.005.
    assert!((measures[0].power - 0.505).abs() < 0.003, "{measures:?}");
    assert!(measures[0].snr_db.unwrap() > 30.0);
    let Reply::Command(line) = ask(&engine, &{
        let mut query = base.clone();
        query["method"] = "command".into();
        query["what"] = "psd".into();
        query["format"] = "csv".into();
        query
    })
    .unwrap() else {
        panic!()
    };
    assert!(line.starts_with("rlx-fft psd a.raw --start 0.125s --duration 5s --n-fft 1000"), "{line}");
    assert!(line.contains("--band=500:3500"), "{line}");
}

#[test]
fn commands_of_recordings_that_pause_name_times_of_the_recording() {
    let folder =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pauses-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("a.sigmf-meta");
    // 1000 samples, half a second of nothing, 1000 samples; 100 per second.
    let meta = json!({
        "global": {"core:datatype": "rf32_le", "core:sample_rate": 100, "core:version": "1.0.0"},
        "captures": [{"core:sample_start": 0, "core:global_index": 0}, {"core:sample_start": 1000, "core:global_index": 1050}],
        "annotations": [],
    });
    std::fs::write(&path, meta.to_string()).unwrap();
    std::fs::write(folder.join("a.sigmf-data"), bytes(&signal(2000))).unwrap();
    let open: Opener = Arc::new(move || rlx_io::read::open(&path, &OpenOptions::default()));
    let engine = engine(Recording::open(open).unwrap().remove(0));
    for (start, count, words) in [
        (0, 1000, "--duration 10s"),
        (500, 500, "--start 5s --duration 5s"),
        (1000, 200, "--start 10.5s --duration 2s"),
        (900, 200, "--start 9s --duration 2.5s"),
        (1500, 500, "--start 15.5s --n-fft"),
    ] {
        let query = json!({"method": "command", "what": "psd", "format": "csv", "recording": 0, "channels": [0],
            "start": start, "count": count, "n_fft": 128, "hop": 64});
        let Reply::Command(line) = ask(&engine, &query).unwrap() else { panic!() };
        assert!(line.contains(words), "{start} {count}: {line}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn envelopes_are_the_extremes_of_their_columns() {
    let x = signal(50_000);
    let engine = engine(recording(bytes(&x), "f32le", 2));
    let query = json!({"method": "envelope", "recording": 0, "channels": [1, 0], "start": 100, "samples": 300,
        "columns": 90, "exact": true});
    let Reply::Envelope(bytes) = ask(&engine, &query).unwrap() else { panic!() };
    let values: Vec<f32> = bytes[16..].chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    assert_eq!(values.len(), 2 * 2 * 90);
    for (i, channel) in [1, 0].into_iter().enumerate() {
        let own: Vec<f32> = x.iter().skip(channel).step_by(2).copied().collect();
        for column in 0..90 {
            let found = &values[2 * (i * 90 + column)..][..2];
            let (from, to) = (100 + 300 * column, (400 + 300 * column).min(25_000));
            if from >= 25_000 {
                assert!(found[0].is_nan());
                continue;
            }
            let low = own[from..to].iter().copied().fold(f32::INFINITY, f32::min);
            let high = own[from..to].iter().copied().fold(f32::NEG_INFINITY, f32::max);
            assert_eq!(found, [low, high], "{channel} {column}");
        }
    }
}

#[test]
fn a_format_without_positions_gives_the_same() {
    let x: Vec<f32> = signal(20_000).iter().map(|x| (x * 1000.0).round()).collect();
    let text: String = x.iter().map(|x| format!("{x}\n")).collect();
    let options = OpenOptions { rate: Some(RATE), ..OpenOptions::default() };
    let open: Opener =
        Arc::new(move || open_source(Source::from_bytes("a.csv", text.clone().into_bytes()), &options));
    let table = engine(Recording::open(open).unwrap().remove(0));
    let raw = engine(recording(bytes(&x), "f32le", 1));
    for query in [tile_query(1, 1, "max", true), tile_query(16, 0, "mean", true)] {
        let (a, b) = (tile(ask(&table, &query).unwrap()), tile(ask(&raw, &query).unwrap()));
        assert_eq!((a.levels, a.pairs), (b.levels, b.pairs));
    }
}

#[test]
fn a_growing_recording_is_seen_to_grow() {
    let x = signal(40_000);
    let there = Arc::new(Mutex::new(10_000));
    let (samples, len) = (bytes(&x), Arc::clone(&there));
    let options =
        OpenOptions { raw: Some("f32le".parse().unwrap()), rate: Some(RATE), ..OpenOptions::default() };
    let open: Opener = Arc::new(move || {
        open_source(Source::from_bytes("a.raw", samples[..4 * *len.lock().unwrap()].to_vec()), &options)
    });
    let engine = engine(Recording::open(open).unwrap().remove(0));
    let before = tile(ask(&engine, &tile_query(1, 0, "max", true)).unwrap());
    assert!(!engine.refresh().unwrap());
    *there.lock().unwrap() = 40_000;
    assert!(engine.refresh().unwrap());
    assert_eq!(engine.info()[0].frames, 40_000);
    let after = tile(ask(&engine, &tile_query(1, 0, "max", true)).unwrap());
    assert_eq!((before.columns, after.columns), (157, 256));
    assert_eq!(before.levels[..100 * 65], after.levels[..100 * 65]);
}

#[test]
fn work_of_an_older_view_is_given_up() {
    let engine = engine(recording(bytes(&signal(100_000)), "f32le", 1));
    let session = Session::default();
    let at = |view: u64, index: u64| {
        let mut query = tile_query(1, index, "max", true);
        query["view"] = view.into();
        engine.handle(query.to_string().as_bytes(), &session)
    };
    assert!(at(5, 0).is_ok());
    assert!(matches!(at(4, 1), Err(Error::Cancelled)));
    assert!(at(6, 1).is_ok());
    assert!(!Cancel::new().is_cancelled());
}

#[test]
fn annotations_are_kept_beside_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.raw");
    std::fs::write(&path, bytes(&signal(1000))).unwrap();
    let options =
        OpenOptions { raw: Some("f32le".parse().unwrap()), rate: Some(RATE), ..OpenOptions::default() };
    let own = path.clone();
    let open: Opener = Arc::new(move || rlx_io::read::open(&own, &options));
    let recordings = || Recording::open(Arc::clone(&open)).unwrap();
    let query = |start: u64| json!({"method": "annotate", "recording": 0, "start": start, "count": 10, "band": [1.0, 2.0], "label": "x\"y"});
    assert!(ask(&Engine::new(recordings(), EngineOptions::default()), &query(1)).is_err(), "not allowed");
    let options = EngineOptions { may_write: true, ..EngineOptions::default() };
    let engine = Engine::new(recordings(), options);
    for start in [500, 100, 900] {
        assert!(matches!(ask(&engine, &query(start)).unwrap(), Reply::Annotated(_)));
    }
    assert!(ask(&engine, &query(995)).is_err(), "beyond the end");
    let text = std::fs::read(dir.path().join("a.raw.sigmf-meta")).unwrap();
    let meta: Value = serde_json::from_slice(&text).unwrap();
    let starts: Vec<_> = meta["annotations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["core:sample_start"].as_u64().unwrap())
        .collect();
    assert_eq!(starts, [100, 500, 900]);
    assert_eq!(meta["global"]["core:dataset"], "a.raw");
}

#[test]
fn the_fuzzers_corpus_is_answered_or_refused() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/view_request");
    // A published crate has no corpus.
    let Ok(files) = std::fs::read_dir(corpus) else { return };
    for file in files {
        rlx_view::fuzz::drive(&std::fs::read(file.unwrap().path()).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn no_request_makes_it_panic(
        method in prop::sample::select(vec!["info", "tile", "envelope", "psd", "peaks", "measure", "export", "command", "samples", "annotate"]),
        numbers in prop::collection::vec(prop::sample::select(vec![0u64, 1, 2, 3, 64, 257, 1000, 1 << 16, 1 << 20, 1 << 36, u64::MAX / 2, u64::MAX]), 9),
        band in prop::collection::vec(prop::sample::select(vec![-1e308, -5.0, 0.0, 100.0, 499.0, 1e308]), 2),
        exact in any::<bool>(),
    ) {
        let n = &numbers;
        let request = json!({"method": method, "recording": n[0] % 3, "channel": n[1], "channels": [n[1], n[2]], "n_fft": n[3],
            "hop": n[4], "frames": n[5], "index": n[6], "fold": n[7], "start": n[6], "samples": n[5], "columns": n[8],
            "count": n[8], "k": n[2], "band": band, "exact": exact, "what": "spectrogram", "format": "csv", "label": "x"});
        rlx_view::fuzz::drive(request.to_string().as_bytes());
    }
}
