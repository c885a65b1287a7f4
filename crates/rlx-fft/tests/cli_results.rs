//! Names and shapes of results in every format.

mod common;
use common::{Folder, STEREO, data, failure, json, run, stdout, stereo};
use rlx_io::read::{Chunk, OpenOptions, open};

const PULSE: [&str; 2] = ["--rate", "100"];

#[test]
fn peaks_have_the_names_of_version_1() {
    let result = json(&[&["peaks", &data("ppg_100hz.csv"), "-f", "json"][..], &PULSE].concat());
    for name in [
        "schema",
        "tool",
        "source",
        "sample_rate",
        "x_unit",
        "n_fft",
        "hop",
        "window",
        "detrend",
        "average",
        "scaling",
        "unit",
        "segments",
        "channels",
    ] {
        assert!(result.get(name).is_some(), "{name} is missing");
    }
    assert_eq!((result["schema"].as_u64(), result["tool"].as_str()), (Some(1), Some("rlx-fft")));
    assert_eq!((result["n_fft"].as_u64(), result["scaling"].as_str()), (Some(512), Some("spectrum")));
    assert!(result["defaults"].as_array().expect("defaults").contains(&"n_fft".into()));
    let frame = &result["channels"][0]["frames"][0];
    assert_eq!((frame["t_start_s"].as_f64(), frame["t_end_s"].as_f64()), (Some(0.0), Some(24.83)));
    for name in ["rank", "bin", "freq", "power", "level_db", "prominence_db", "width"] {
        assert!(frame["peaks"][0].get(name).is_some(), "{name} is missing");
    }
    let (power, level) = (&frame["peaks"][0]["power"], &frame["peaks"][0]["level_db"]);
    let expected = 10.0 * power.as_f64().expect("a power").log10();
    assert!((level.as_f64().expect("a level") - expected).abs() < 1e-9);
}

#[test]
fn csv_has_the_same_names_as_columns() {
    let text = stdout(&[&["peaks", &data("ppg_100hz.csv"), "-f", "csv", "-k", "3"][..], &PULSE].concat());
    let mut lines = text.lines();
    let heading = "source,channel,t_start_s,t_end_s,rank,bin,freq,power,level_db,prominence_db,width";
    assert_eq!(lines.next(), Some(heading));
    assert_eq!(lines.clone().count(), 3);
    assert!(lines.all(|line| line.split(',').count() == heading.split(',').count()));
    let text =
        stdout(&[&["psd", &data("ppg_100hz.csv"), "-f", "csv", "--confidence", "95"][..], &PULSE].concat());
    assert_eq!(text.lines().next(), Some("source,channel,freq,psd,level_db,psd_lo,psd_hi"));
    assert_eq!(text.lines().count(), 1 + 257);
}

#[test]
fn frames_stream_as_json_lines() {
    let args = ["peaks", &data("ppg_100hz.csv"), "--every", "5s", "-f", "jsonl"];
    let text = stdout(&[&args[..], &PULSE].concat());
    assert_eq!(text.lines().count(), 5);
    for (i, line) in text.lines().enumerate() {
        let frame: serde_json::Value = serde_json::from_str(line).expect("one object per line");
        assert_eq!(frame["channels"][0]["frames"][0]["t_start_s"], 5.0 * i as f64);
    }
}

#[test]
fn several_sources_are_an_array() {
    let (a, b) = (data("ppg_100hz.csv"), data("ecg.npy"));
    let result = json(&["peaks", &a, &b, "--rate", "100", "-f", "json"]);
    assert_eq!(result.as_array().expect("an array").len(), 2);
    assert_eq!(result[1]["source"], b.as_str());
}

#[test]
fn confidence_bands_enclose_the_spectrum() {
    let result =
        json(&[&["psd", &data("ppg_100hz.csv"), "-f", "json", "--confidence", "95"][..], &PULSE].concat());
    let channel = &result["channels"][0];
    let column = |name: &str| -> Vec<f64> {
        channel[name].as_array().expect(name).iter().map(|v| v.as_f64().expect("a number")).collect()
    };
    let (lo, psd, hi) = (column("psd_lo"), column("psd"), column("psd_hi"));
    assert!((0..psd.len()).all(|i| lo[i] < psd[i] && psd[i] < hi[i]));
    assert!(hi[0] / lo[0] > hi[5] / lo[5], "the band is wider at 0 Hz");
}

#[test]
fn cross_spectra_and_coherence_of_two_channels() {
    let folder = Folder::new("cross");
    let file = folder.file("two.raw", stereo(20_000));
    let at_50 = |result: &serde_json::Value, name: &str| {
        let channel = &result["channels"][0];
        let freq = channel["freq"].as_array().expect("freq");
        let bin = freq.iter().position(|f| f.as_f64() == Some(50.0)).expect("a bin at 50 Hz");
        channel[name][bin].as_f64().expect("a number")
    };
    let common = [&["-f", "json", "--n-fft", "500"][..], &STEREO].concat();
    let cross = json(&[&["psd", &file, "--cross", "1:2"][..], &common].concat());
    assert_eq!(cross["channels"][0]["name"], "ch1:ch2");
    // conj(X)·Y of a tone that comes 5 ms later in Y: a phase of −2π·50·0.005.
    assert!((at_50(&cross, "phase_rad") + std::f64::consts::FRAC_PI_2).abs() < 0.02);
    let coherence = json(&[&["coherence", "ch1:2", &file][..], &common].concat());
    assert!(at_50(&coherence, "coherence") > 0.99);
    let (code, message) = failure(&[&["coherence", "1:3", &file][..], &common].concat());
    assert!(code == 1 && message.contains("no channel '3'"), "{message}");
}

#[test]
fn the_matrix_of_all_channels_has_the_cross_spectrum_of_each_pair() {
    let folder = Folder::new("matrix");
    let samples: Vec<u8> = (0..9000u32)
        .flat_map(|i| {
            let t = f64::from(i / 3) / 1000.0;
            let noise = f64::from(i.wrapping_mul(2_654_435_761) >> 16) / 65_536.0 - 0.5;
            (((t * 50.0 - f64::from(i % 3) * 0.2) * std::f64::consts::TAU).sin() + noise).to_le_bytes()
        })
        .collect();
    let file = folder.file("three.raw", samples);
    let common = ["--raw", "f64le", "--channels", "3", "--rate", "1000", "--n-fft", "200", "--band", "20:80"];
    let run = |more: &[&str]| json(&[&["psd", &file, "-f", "json"], more, &common[..]].concat());
    let matrix = run(&["--cross", "all"]);
    assert_eq!(matrix["channel_names"], serde_json::json!(["ch1", "ch2", "ch3"]));
    let numbers = |value: &serde_json::Value| -> Vec<f64> {
        value.as_array().expect("an array").iter().map(|v| v.as_f64().expect("a number")).collect()
    };
    let pairs = matrix["pairs"].as_array().expect("pairs");
    assert_eq!(pairs.len(), 6);
    let powers = run(&[]);
    for pair in pairs {
        let (i, j) = (pair["i"].as_u64().unwrap() as usize, pair["j"].as_u64().unwrap() as usize);
        assert_eq!(pair["name"], format!("ch{}:ch{}", i + 1, j + 1));
        let (re, im) = if i == j {
            let power = numbers(&powers["channels"][i]["psd"]);
            (power.clone(), vec![0.0; power.len()])
        } else {
            let one = run(&["--cross", &format!("{}:{}", i + 1, j + 1)]);
            assert_eq!(one["channels"][0]["freq"], matrix["freq"]);
            (numbers(&one["channels"][0]["re"]), numbers(&one["channels"][0]["im"]))
        };
        let scale = re.iter().chain(&im).fold(0.0, |most: f64, v| most.max(v.abs()));
        let close = |a: &[f64], b: &[f64]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-12 * scale)
        };
        assert!(close(&numbers(&pair["re"]), &re) && close(&numbers(&pair["im"]), &im), "{i} {j}");
    }
    // The array has both halves: [3, 3, bins, 2].
    let out = folder.path("csd.npy");
    stdout(&[&["psd", &file, "--cross", "all", "-q", "-o", &out], &common[..]].concat());
    let bytes = std::fs::read(&out).expect("the array");
    let bins = numbers(&matrix["freq"]).len();
    let head = String::from_utf8_lossy(&bytes[..128]).into_owned();
    assert!(head.contains(&format!("(3, 3, {bins}, 2)")), "{head}");
    let values: Vec<f64> = bytes[bytes.len() - 9 * bins * 16..]
        .chunks_exact(8)
        .map(|b| f64::from_le_bytes(b.try_into().unwrap()))
        .collect();
    let at = |i: usize, j: usize| &values[(i * 3 + j) * bins * 2..][..2 * bins];
    assert!(
        at(0, 2).chunks(2).zip(at(2, 0).chunks(2)).all(|(a, b)| a[0] == b[0] && a[1] == -b[1] && a[1] != 0.0)
    );
    let csv = stdout(&[&["psd", &file, "--cross", "all", "-f", "csv"], &common[..]].concat());
    assert_eq!(csv.lines().count(), 1 + 6 * bins);
    assert!(csv.contains(",ch1:ch3,") && csv.starts_with("source,channel,freq,re,im,magnitude,phase_rad"));
    for (more, said) in [(&["--average", "median"][..], "is the mean"), (&["--plot", "x.svg"], "one pair")] {
        let (code, message) = failure(&[&["psd", &file, "--cross", "all"], more, &common[..]].concat());
        assert!(code == 2 && message.contains(said), "{message}");
    }
    let (code, message) = failure(&[&["psd", &file, "--cross", "every"], &common[..]].concat());
    assert!(code == 2 && message.contains("all means all pairs"), "{message}");
}

#[test]
fn npy_and_npz_are_read_back() {
    let folder = Folder::new("npy");
    for (extension, arrays) in [("npy", 1), ("npz", 2)] {
        let out = folder.path(&format!("psd.{extension}"));
        stdout(&["psd", &data("ppg_100hz.csv"), "--rate", "100", "-q", "-o", &out]);
        let options = OpenOptions { rate: Some(1.0), ..OpenOptions::default() };
        let mut readers = open(&out, &options).expect("our own file");
        assert!(readers.len() >= arrays, "{extension}");
        let mut planes = vec![Vec::new()];
        assert_eq!(
            readers[0].read_f64(&mut planes, 10_000).expect("numbers"),
            Chunk::Data(257),
            "{extension}"
        );
        assert!(planes[0].iter().all(|v| *v > 0.0));
    }
}

#[test]
fn spectrograms_and_mel_have_their_shapes() {
    let folder = Folder::new("images");
    let file = folder.file("two.raw", stereo(8000));
    let spectrogram = json(
        &[&["spectrogram", &file, "-f", "json", "--n-fft", "256", "--hop", "128"][..], &STEREO].concat(),
    );
    let channel = &spectrogram["channels"][1];
    let frames = (8000 - 256) / 128 + 1;
    assert_eq!(channel["t_s"].as_array().expect("times").len(), frames);
    assert_eq!(channel["power"].as_array().expect("rows").len(), frames);
    assert_eq!(channel["power"][0].as_array().expect("bins").len(), 129);
    assert_eq!(channel["t_s"][0], 0.128);
    let flags = ["--raw", "f32le", "--rate", "16000", "-f", "json"];
    let mel = json(&[&["mel", &file][..], &flags].concat());
    assert_eq!((mel["preset"].as_str(), mel["n_mels"].as_u64()), (Some("whisper"), Some(80)));
    assert_eq!(mel["channels"][0]["mel"][0].as_array().expect("frames").len(), 100);
}

#[test]
fn pictures_are_drawn() {
    let folder = Folder::new("plots");
    let (png, svg) = (folder.path("a.png"), folder.path("b.svg"));
    let pulse = data("ppg_100hz.csv");
    stdout(&["peaks", &pulse, "--rate", "100", "--plot", &png]);
    stdout(&["spectrogram", &pulse, "--rate", "100", "-q", "-o", &folder.path("s.npy"), "--plot", &svg]);
    assert_eq!(&std::fs::read(&png).expect("a picture")[1..4], b"PNG");
    let svg = std::fs::read_to_string(&svg).expect("a picture");
    assert!(svg.contains("frequency [Hz]") && svg.contains("time [s]"));
}

#[test]
fn complex_signals_have_negative_frequencies() {
    let folder = Folder::new("iq");
    let tone = |i: u32| (std::f64::consts::TAU * -100.0 * f64::from(i) / 1000.0).sin_cos();
    let bytes: Vec<u8> =
        (0..8000).map(tone).flat_map(|(im, re)| [re as f32, im as f32]).flat_map(f32::to_le_bytes).collect();
    let file = folder.file("tone.iq", bytes);
    let flags = ["--raw", "iq-f32le", "--rate", "1000", "-f", "json"];
    let result =
        json(&[&["peaks", &file, "-k", "1", "--n-fft", "250", "--band=-200:0"][..], &flags].concat());
    let peak = &result["channels"][0]["frames"][0]["peaks"][0];
    assert!((peak["freq"].as_f64().expect("a frequency") + 100.0).abs() < 1e-3, "{peak}");
    assert_eq!(peak["bin"], 225);
    let psd = json(&[&["psd", &file, "--n-fft", "250"][..], &flags].concat());
    let freq = psd["channels"][0]["freq"].as_array().expect("freq");
    assert_eq!((freq.len(), freq[0].as_f64(), freq[249].as_f64()), (250, Some(-500.0), Some(496.0)));
}

#[test]
fn a_part_of_a_recording() {
    let pulse = data("ppg_100hz.csv");
    let args = ["peaks", &pulse, "--rate", "100", "--start", "2s", "--duration", "12s", "-f", "json"];
    let frame = &json(&args)["channels"][0]["frames"][0];
    assert_eq!((frame["t_start_s"].as_f64(), frame["t_end_s"].as_f64()), (Some(2.0), Some(14.0)));
}

#[test]
fn help_completions_and_manual() {
    assert!(stdout(&["--help"]).contains("spectrogram"));
    for shell in ["bash", "zsh", "fish"] {
        assert!(stdout(&["completions", shell]).contains("rlx-fft"));
    }
    assert!(stdout(&["man"]).contains(".TH rlx-fft 1"));
    assert!(stdout(&["man", "peaks"]).contains("prominence"));
    assert!(run(&["--version"]).status.success());
}

#[test]
fn frames_by_the_picker_are_those_of_the_library() {
    let folder = Folder::new("packed");
    let mut samples: Vec<f32> = (0..3000)
        .map(|i| (i as f32 * 0.31).sin() + 0.4 * (i as f32 * 1.3).cos() + (i % 7) as f32 * 0.05)
        .collect();
    // A frame with a missing sample (in its second segment) is the library's in any case.
    samples[1280] = f32::NAN;
    let bytes: Vec<u8> = samples.iter().flat_map(|v| v.to_le_bytes()).collect();
    let file = folder.file("x.f32", bytes);
    let peaks = |average: &str| {
        json(&[
            "peaks",
            &file,
            "--raw",
            "f32le",
            "--rate",
            "1000",
            "--every",
            "0.1s",
            "--n-fft",
            "64",
            "--mode",
            "bins",
            "--strategy",
            "fast",
            "--detrend",
            "none",
            "--nan",
            "skip-segment",
            "--average",
            average,
            "--k",
            "5",
            "-f",
            "json",
        ])
    };
    // Of two segments the median is the mean, and nothing but the library has it.
    let (picked, library) = (peaks("mean"), peaks("median"));
    assert!(picked["notes"].to_string().contains(" on cpu"), "{}", picked["notes"]);
    assert!(!library["notes"].to_string().contains(" on cpu"), "{}", library["notes"]);
    let frames =
        |result: &serde_json::Value| result["channels"][0]["frames"].as_array().expect("frames").clone();
    let (picked, library) = (frames(&picked), frames(&library));
    assert_eq!((picked.len(), library.len()), (30, 30));
    for (picked, library) in picked.iter().zip(&library) {
        assert_eq!(picked["t_start_s"], library["t_start_s"]);
        let strongest = library["peaks"][0]["power"].as_f64().expect("a power");
        for (p, l) in picked["peaks"].as_array().unwrap().iter().zip(library["peaks"].as_array().unwrap()) {
            assert_eq!((&p["bin"], &p["rank"], &p["freq"]), (&l["bin"], &l["rank"], &l["freq"]));
            let (p, l) = (p["power"].as_f64().unwrap(), l["power"].as_f64().unwrap());
            assert!((p - l).abs() <= 64.0 * f64::from(f32::EPSILON) * strongest, "{p} {l}");
        }
    }
}

#[test]
fn few_segments_are_spread_over_each_frame_and_the_caption_tells_where() {
    let folder = Folder::new("spread");
    // In each quarter of a frame another tone; the last, shorter frame has one.
    const TONES: [f32; 4] = [0.3, 0.9, 1.5, 2.1];
    let full = (0..3 * 1152).map(|i| (i as f32 * TONES[i % 1152 / 288]).sin());
    let samples = full.chain((0..700).map(|i| (i as f32 * 0.5).sin()));
    let file = folder.file("x.f32", samples.flat_map(f32::to_le_bytes).collect::<Vec<u8>>());
    let bin = |tone: f32| (256.0 * f64::from(tone) / std::f64::consts::TAU).round() as u64;
    for (strategy, text, hop) in [
        ("fast", "2 segments of each frame, from samples 224 and 672 on (spread layout)", 448),
        ("ultra", "one segment of each frame, from sample 448 on (spread layout)", 128),
    ] {
        // By the picker or the library; local peaks are the library's.
        for how in [["--detrend", "none", "--mode", "bins"], ["--detrend", "constant", "--mode", "local"]] {
            let common = ["--raw", "f32le", "--rate", "1152", "--every", "1s", "--n-fft", "256", "--k", "2"];
            let args = [&["peaks", &file, "--strategy", strategy, "-f", "json"], &common[..], &how].concat();
            let result = json(&args);
            assert!(result["notes"].to_string().contains(text), "{}", result["notes"]);
            assert_eq!(result["hop"], hop, "{strategy}");
            let frames = result["channels"][0]["frames"].as_array().expect("frames");
            assert_eq!(frames.len(), 4);
            for (at, frame) in frames.iter().enumerate() {
                let peaks = frame["peaks"].as_array().expect("peaks");
                let mut bins: Vec<u64> = peaks.iter().map(|p| p["bin"].as_u64().expect("a bin")).collect();
                bins.sort_unstable();
                let near = |tone: f32| bins.iter().any(|b| b.abs_diff(bin(tone)) <= 1);
                match at {
                    3 => assert!(near(0.5), "{strategy}: {bins:?}"),
                    _ => assert!(near(0.9) && near(1.5) && bins.len() == 2, "{strategy}: {bins:?}"),
                }
            }
        }
    }
}
