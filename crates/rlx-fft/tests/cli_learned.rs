//! Learned transforms as a user learns, keeps and judges them.

mod common;

use common::{Folder, failure, json, npy_f32, run, stdout};

/// An NPY of `[rows, cols]`; `descr`: `<f8`, `<c8`.
fn matrix(descr: &str, rows: usize, cols: usize, data: &[u8]) -> Vec<u8> {
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({rows}, {cols}), }}");
    while (10 + text.len() + 1) % 64 != 0 {
        text.push(' ');
    }
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(data);
    bytes
}

fn doubles(rows: usize, cols: usize, f: impl Fn(usize, usize) -> f64) -> Vec<u8> {
    let f = &f;
    let values = (0..rows).flat_map(|i| (0..cols).map(move |j| f(i, j)));
    matrix("<f8", rows, cols, &values.flat_map(f64::to_le_bytes).collect::<Vec<u8>>())
}

/// DCT-II, orthonormal, from the textbook.
fn dct(n: usize, k: usize, j: usize) -> f64 {
    let edge = if k == 0 { 0.5f64.sqrt() } else { 1.0 };
    edge * (2.0 / n as f64).sqrt() * (std::f64::consts::PI / n as f64 * (j as f64 + 0.5) * k as f64).cos()
}

fn harmonics(len: usize, step: f64, noise: f64) -> Vec<f64> {
    let mut source = rlx_testkit::Noise::new((step * 1e6) as u64);
    let tone = |i: usize| (1..6).map(|h| (step * (h * i) as f64).sin() / h as f64).sum::<f64>();
    (0..len).map(|i| tone(i) + noise * source.uniform()).collect()
}

#[test]
fn a_real_matrix_of_the_users_is_learned_by_its_entries() {
    let folder = Folder::new("learned-real");
    let file = folder.file("dct.npy", doubles(32, 32, |k, j| dct(32, k, j)));
    for command in ["fit", "train"] {
        let report = json(&[command, "--matrix", &file, "--json", "-"]);
        let record = &report["record"];
        assert_eq!((&record["shown"], &record["order"]), (&"real-parts".into(), &"cosine".into()));
        assert!(record["rel_l2"].as_f64().unwrap() < 3e-7, "{report}");
    }
    // By name too, and on other terms only where they are asked for.
    let report = json(&["fit", "--transform", "dct2", "--n-fft", "32", "--json", "-"]);
    assert_eq!(report["record"]["shown"], "real-parts");
    let told = json(&["fit", "--transform", "dct2", "--n-fft", "32", "--complex-target", "--json", "-"]);
    assert_eq!(told["record"]["shown"], "complex-matrix");
}

#[test]
fn pairs_honour_what_was_asked_for() {
    let folder = Folder::new("learned-pairs");
    let (n, pairs) = (16, 24);
    let mut source = rlx_testkit::Noise::new(5);
    let filter: Vec<f64> = (0..n).map(|_| source.uniform() - 0.5).collect();
    let x: Vec<f64> = (0..pairs * n).map(|_| source.uniform() - 0.5).collect();
    let y = |p: usize, i: usize| (0..n).map(|j| filter[(n + i - j) % n] * x[p * n + j]).sum::<f64>();
    let inputs = folder.file("x.npy", doubles(pairs, n, |p, i| x[p * n + i]));
    let outputs = folder.file("y.npy", doubles(pairs, n, y));
    let given = ["fit", "--inputs", &inputs, "--outputs", &outputs];
    let report = json(&[&given[..], &["--depth", "2", "--json", "-"]].concat());
    assert_eq!((&report["exact"], &report["record"]["shown"]), (&true.into(), &"pairs".into()));
    assert_eq!(json(&[&given[..], &["--json", "-"]].concat())["exact"], false);
    for (more, flag) in [(["--n-fft", "32"], "--n-fft"), (["--transform", "dct2"], "--transform")] {
        let (code, message) = failure(&[&given[..], &more].concat());
        assert!(code == 2 && message.contains(flag), "{code} {message}");
    }
}

#[test]
fn fewer_pairs_than_points_are_enough_for_a_training() {
    let folder = Folder::new("learned-few");
    let (n, pairs) = (32, 20);
    let mut source = rlx_testkit::Noise::new(6);
    let x: Vec<f64> = (0..pairs * n).map(|_| source.uniform() - 0.5).collect();
    let mut y = Vec::new();
    for p in 0..pairs {
        for k in 0..n {
            let (mut re, mut im) = (0.0, 0.0);
            for j in 0..n {
                let angle = std::f64::consts::TAU * (j * k % n) as f64 / n as f64;
                (re, im) = (re + x[p * n + j] * angle.cos(), im - x[p * n + j] * angle.sin());
            }
            y.extend([re, im].into_iter().flat_map(f64::to_le_bytes));
        }
    }
    let inputs = folder.file("x.npy", doubles(pairs, n, |p, i| x[p * n + i]));
    let outputs = folder.file("y.npy", matrix("<c16", pairs, n, &y));
    let given = ["--inputs", &inputs, "--outputs", &outputs, "--json", "-"];
    let report = json(&[&["train", "--batch", "6"][..], &given].concat());
    assert_eq!((&report["learned"], &report["record"]["shown"]), (&1.into(), &"pairs".into()));
    assert!(report["runs"][0]["held_out"].as_f64().unwrap() < 1e-6, "{report}");
    assert_eq!(report["record"]["order"], "bit-reversal");
    let (code, message) = failure(&[&["fit"][..], &given].concat());
    assert!(code == 1 && message.contains("by gradient does with fewer"), "{code} {message}");
}

#[test]
fn models_are_judged_by_what_they_stand_for() {
    let folder = Folder::new("learned-judged");
    let out = folder.path("models");
    stdout(&[
        "train",
        "--transform",
        "convolution",
        "--n-fft",
        "16",
        "--seed",
        "3",
        "--seeds",
        "2",
        "--out",
        &out,
    ]);
    let models = [3, 4].map(|seed| format!("{out}/convolution-16-seed{seed}.safetensors"));
    let report = json(&["eval", &models[0], &models[1], "--json", "-"]);
    for model in report["models"].as_array().unwrap() {
        assert!(model["rel_l2"].as_f64().unwrap() < 1e-5, "{model}");
        assert_eq!(model["record"]["target_seed"], 3);
    }
    let own = folder.file("own.npy", doubles(8, 8, |k, j| dct(8, k, j)));
    let model = folder.path("own.safetensors");
    stdout(&["fit", "--matrix", &own, "--out", &model]);
    let blind = run(&["eval", &model, "--json", "-"]);
    assert!(String::from_utf8_lossy(&blind.stderr).contains("give --matrix"), "{blind:?}");
    let blind: serde_json::Value = serde_json::from_slice(&blind.stdout).unwrap();
    assert!(blind["models"][0]["rel_l2"].is_null());
    let seen = json(&["eval", &model, "--matrix", &own, "--json", "-"]);
    assert!(seen["models"][0]["rel_l2"].as_f64().unwrap() < 1e-6, "{seen}");
    assert!(stdout(&["eval", &model, "--matrix", &own]).contains("closed form"), "how it was made is shown");
}

#[test]
fn the_same_seed_gives_the_same_file() {
    let folder = Folder::new("learned-bytes");
    let make = |name: &str| {
        let dir = folder.path(name);
        stdout(&["train", "--n-fft", "16", "--seed", "7", "--out", &dir]);
        std::fs::read(format!("{dir}/dft-16-seed7.safetensors")).unwrap()
    };
    assert_eq!(make("a"), make("b"));
}

#[test]
fn what_was_not_learned_ends_with_1() {
    let folder = Folder::new("learned-lost");
    let noise: Vec<f64> = harmonics(256, 0.7, 3.0);
    let file = folder.file("noise.npy", doubles(16, 16, |i, j| noise[16 * i + j]));
    for args in [
        &["train", "--n-fft", "16", "--steps", "5", "--polish", "2"][..],
        &["train", "--n-fft", "16", "--permutation", "reverse"],
        &["train", "--matrix", &file],
    ] {
        let (code, message) = failure(args);
        assert!(code == 1 && message.contains("not learned to"), "{args:?}: {code} {message}");
    }
}

#[test]
fn a_matrix_in_single_precision_is_exact_to_its_precision() {
    let folder = Folder::new("learned-single");
    let n = 64;
    let mut data = Vec::new();
    for i in 0..n * n {
        let angle = -std::f64::consts::TAU * ((i / n) * (i % n) % n) as f64 / n as f64;
        data.extend((angle.cos() as f32).to_le_bytes());
        data.extend((angle.sin() as f32).to_le_bytes());
    }
    let file = folder.file("dft.npy", matrix("<c8", n, n, &data));
    let report = json(&["fit", "--matrix", &file, "--json", "-"]);
    assert_eq!(report["exact"], true, "{report}");
}

#[test]
fn folders_of_recordings_may_hold_other_files() {
    let folder = Folder::new("learned-data");
    std::fs::create_dir_all(folder.path("below/deeper")).unwrap();
    folder.file("README.md", "# No table\nA line of text.\n");
    folder.file("below/deeper/tone.npy", npy_f32(harmonics(8000, 0.31, 0.1)));
    let args = ["--n-fft", "32", "--batch", "4", "--steps", "4", "--peak-k", "4", "--no-q8"];
    let data = folder.path("");
    let output = run(&[&["train-e2e", "--data", &data][..], &args].concat());
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{message}");
    assert!(message.contains("1 of 2 files") && message.contains("README.md"), "{message}");
    // A checkpoint belongs to its data.
    let state = folder.path("below/state");
    let keep = ["--checkpoint", &state, "--checkpoint-every", "2"];
    assert!(run(&[&["train-e2e", "--data", &data][..], &args, &keep].concat()).status.success());
    let (code, message) = failure(&[&["train-e2e"][..], &args, &keep].concat());
    assert!(code == 1 && message.contains("on other data"), "{code} {message}");

    let noisy = Folder::new("learned-noise");
    noisy.file("noise.npy", npy_f32(harmonics(20_000, 1e-9, 1.0)));
    let (code, message) = failure(&[&["train-e2e", "--data", &noisy.path("")][..], &args].concat());
    assert!(code == 1 && message.contains("significant peak"), "{code} {message}");
}

#[test]
fn a_model_without_a_path_is_not_written() {
    let folder = Folder::new("learned-dead");
    let (teacher, out) = (folder.path("teacher.safetensors"), folder.path("out.safetensors"));
    stdout(&["fit", "--n-fft", "32", "--out", &teacher]);
    let args = [
        "train-distill",
        "--teacher",
        &teacher,
        "--steps",
        "4",
        "--batch",
        "4",
        "--peak-k",
        "4",
        "--out",
        &out,
    ];
    let (code, message) = failure(&[&args[..], &["--target-gates", "0"]].concat());
    assert!(code == 1 && message.contains("no path") && message.contains("not written"), "{code} {message}");
    assert!(!folder.names().contains(&"out.safetensors".to_owned()));
    let (code, message) = failure(&[&args[..], &["--n-fft", "64"]].concat());
    assert!(code == 2 && message.contains("the teacher has 32"), "{code} {message}");
}

#[test]
fn wrong_arguments_name_their_own_flag() {
    for (args, flag) in [
        (&["train-e2e", "--k", "500"][..], "--peak-k"),
        (&["train-e2e", "--steps", "0"], "--steps"),
        (&["train", "--target-error", "nan"], "--target-error"),
        (&["train", "--depth", "2"], "--depth"),
        (&["train", "--transform", "matrix"], "--transform"),
        (&["fit", "--complex-target"], "--complex-target"),
        (&["train", "--n-fft", "48"], "--n-fft"),
    ] {
        let (code, message) = failure(args);
        assert!(code == 2 && message.contains(flag), "{args:?}: {code} {message}");
    }
}
