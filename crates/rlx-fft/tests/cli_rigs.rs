//! `bench-sweep` and `compare-rigs`, as a user runs them.

mod common;

use common::{Folder, failure, json, program, stdout};
use serde_json::{Value, json as value};

const SMALL: [&str; 9] = ["bench-sweep", "--n-fft", "64,128", "--batch", "1,40", "--k", "4", "--iters", "2"];

fn sweep(more: &[&str], folder: &Folder) -> (Option<i32>, String, String) {
    let mut command = program();
    command.args(SMALL).args(more).env("RLX_FFT_CACHE", folder.path("cache")).env("RLX_FFT_NO_PROBE", "1");
    let output = command.env_remove("RLX_MKL").output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_sweep_has_a_table_a_picture_and_reports() {
    let folder = Folder::new("sweep");
    let absent = if cfg!(windows) { "metal" } else { "dx12" };
    let devices = format!("cpu,{absent}");
    let paths = ["s.svg", "s.json", "s.html"].map(|name| folder.path(name));
    let outputs = ["--plot", &paths[0], "--json", &paths[1], "--html", &paths[2]];
    let (code, out, err) = sweep(&[&["--devices", &devices][..], &outputs].concat(), &folder);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("welch_fast_peaks_rlx_cpu: times as fast as welch_fast_peaks_rustfft"), "{out}");
    assert!(out.contains(&format!("welch_fast_peaks_rlx_{absent}: skipped: ")), "{out}");

    let report: Value = serde_json::from_str(&std::fs::read_to_string(&paths[1]).unwrap()).unwrap();
    assert_eq!((&report["schema"], &report["tool"]), (&value!(1), &value!("rlx-fft")));
    assert_eq!(report["relative_to"], "welch_fast_peaks_rustfft");
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2 * 2 * 5);
    for row in rows {
        let ran = row["status"] == "ok";
        assert_eq!(row["ms"].is_number() && row["relative"].is_number(), ran, "{row}");
        assert_eq!(row["reason"].is_string(), !ran, "{row}");
        assert!(!ran || row["bins_right"] == 1.0, "{row}");
        let reference = rows.iter().find(|r| {
            r["path"] == report["relative_to"] && r["n_fft"] == row["n_fft"] && r["batch"] == row["batch"]
        });
        let ms = |row: &Value| row["ms"].as_f64().unwrap();
        let expected = ms(reference.unwrap()) / if ran { ms(row) } else { continue };
        assert!((row["relative"].as_f64().unwrap() / expected - 1.0).abs() < 1e-9, "{row}");
    }
    let svg = std::fs::read_to_string(&paths[0]).unwrap();
    assert!(svg.contains("welch_fast_peaks_rlx_cpu") && svg.contains("1.00×"), "{svg}");
    assert!(!svg.contains(&format!("welch_fast_peaks_rlx_{absent}")), "a panel without a number");
    assert!(std::fs::read_to_string(&paths[2]).unwrap().contains("\"relative_to\""));
}

#[test]
fn what_a_sweep_is_relative_to_must_be_one_of_its_rows() {
    let folder = Folder::new("sweep-reference");
    let (code, _, err) = sweep(&["--relative-to", "cuda"], &folder);
    assert!(code == Some(2) && err.contains("--relative-to") && err.contains("rlx_cpu"), "{err}");
    let (code, out, _) = sweep(&["--relative-to", "cpu"], &folder);
    assert!(code == Some(0) && out.contains("times as fast as welch_fast_peaks_rlx_cpu"), "{out}");
    // A reference that cannot run is reported after the rows of the others.
    let missing = [("RLX_MKL", folder.path("none.so"))];
    let mut command = program();
    command.args(SMALL).args(["--relative-to", "mkl"]).envs(missing);
    let output = command.env("RLX_FFT_CACHE", folder.path("cache")).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert!(err.contains("--relative-to mkl") && out.contains("welch_fast_peaks_rustfft: ms"), "{out} {err}");
    for (args, flag) in [
        (["--devices", "abacus"], "--devices"),
        (["--devices", "auto"], "--devices"),
        (["--plot", "x.bmp"], "--plot"),
        (["--batch", "3-9"], "--batch"),
        (["--n-fft", "1"], "--n-fft"),
        (["--k", "0"], "--k"),
        (["--iters", "0"], "--iters"),
        (["--threads", "nan"], "--threads"),
    ] {
        let (code, message) = failure(&["bench-sweep", args[0], args[1]]);
        assert!(
            code == 2 && message.contains(flag) && message.contains("Usage: rlx-fft bench-sweep"),
            "{message}"
        );
    }
}

fn rig(schema: u64, device: &str, times: &[(&str, f64)], most: u64) -> String {
    let row = |(path, ms): &(&str, f64)| {
        value!({"path": path, "status": "ok", "n_fft": 256, "batch": 32, "k": 16, "ms": ms,
                "ms_min": ms * 0.99, "ms_p90": ms * 1.01, "timed": "host-to-host-pageable"})
    };
    let rows: Vec<Value> = times.iter().map(row).collect();
    value!({
        "schema": schema, "tool": "rlx-fft", "command": "bench-rlx-fft-welch-peaks", "device": device,
        "bench_welch_peaks": {"host": {"cpu": "a cpu", "isa": "avx2"}, "rows": rows},
        "bench_picker": {"rows": [{"n_fft": 128, "batch": 4, "k": 1, "strategies": [
            {"strategy": "ultra_fast_rustfft", "ms": 1.0, "ms_p10": 0.5, "ms_p90": 2.0}]}]},
        "max_batch": {"rows": [{"device": format!("{device}:0"), "n_fft": 128, "format": "f32", "memory": "host",
                                "batch": most}]},
    })
    .to_string()
}

#[test]
fn two_rigs_are_compared_row_by_row() {
    let folder = Folder::new("rigs");
    let a = folder.file(
        "a.json",
        rig(
            1,
            "cuda",
            &[("full", 4.0), ("fast", 1.0), ("same", 1.0), ("welch_rlx_cuda", 2.0), ("gone", 1.0)],
            100,
        ),
    );
    let b = folder.file(
        "b.json",
        rig(1, "wgpu", &[("full", 2.0), ("fast", 1.5), ("same", 1.02), ("welch_rlx_wgpu", 8.0)], 200),
    );
    let report = json(&["compare-rigs", &a, &b, "--format", "json"]);
    let row = |name: &str| {
        report["rows"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["name"] == name)
            .unwrap_or_else(|| panic!("{name}"))
    };
    for (name, ratio, verdict) in [
        ("full", 2.0, "faster"),
        ("fast", 1.0 / 1.5, "slower"),
        ("same", 1.0 / 1.02, "same"),
        // Each rig's own device.
        ("welch_rlx_DEVICE", 0.25, "slower"),
        ("ultra_fast_rustfft", 1.0, "same"),
        // More rows are better.
        ("DEVICE f32 host", 2.0, "faster"),
    ] {
        assert!((row(name)["ratio"].as_f64().unwrap() - ratio).abs() < 1e-12, "{name}: {}", row(name));
        assert_eq!(row(name)["verdict"], verdict, "{name}");
    }
    assert_eq!((&row("gone")["verdict"], &row("gone")["ratio"]), (&value!("only_a"), &Value::Null));
    let bench = |name: &str| {
        let benches = report["benches"].as_array().unwrap();
        benches.iter().find(|bench| bench["bench"] == name).unwrap().clone()
    };
    let welch = bench("bench-welch-peaks");
    let counts =
        ["compared", "faster", "slower", "same", "unmatched"].map(|name| welch[name].as_u64().unwrap());
    assert_eq!(counts, [4, 1, 2, 1, 1]);
    let mean = (2.0f64 / 1.5 / 1.02 * 0.25).powf(0.25);
    assert!((welch["mean_ratio"].as_f64().unwrap() - mean).abs() < 1e-12);

    let text = stdout(&["compare-rigs", &a, &b]);
    let [slower, faster] = ["slower", "faster"].map(|word| text.rfind(word).unwrap());
    assert!(slower < faster && !text.contains("only in A") && text.contains("a cpu, avx2"), "{text}");
    assert!(stdout(&["compare-rigs", &a, &b, "--all"]).contains("only in A"));
    let markdown = stdout(&["compare-rigs", &a, &b, "-f", "markdown"]);
    assert!(markdown.contains("| bench | row |") && markdown.contains("| slower |"), "{markdown}");
    // Within a wide threshold nothing changed.
    let none = stdout(&["compare-rigs", &a, &b, "--threshold", "1"]);
    assert!(!none.contains("faster\n") || none.contains("slower"), "{none}");
    assert!(stdout(&["compare-rigs", &a, &a]).contains("nothing became faster or slower"));
}

#[test]
fn a_sweep_can_be_compared_with_another() {
    let folder = Folder::new("rigs-sweep");
    let path = folder.path("s.json");
    assert_eq!(sweep(&["--json", &path], &folder).0, Some(0));
    let report = json(&["compare-rigs", &path, &path, "-f", "json"]);
    let bench = &report["benches"][0];
    assert!(bench["bench"] == "bench-sweep" && bench["mean_ratio"] == 1.0, "{bench}");
}

#[test]
fn what_cannot_be_compared_is_refused_with_a_reason() {
    let folder = Folder::new("rigs-refused");
    let good = folder.file("good.json", rig(1, "cuda", &[("a", 1.0)], 1));
    for (name, content, reason) in [
        ("other.json", rig(2, "cuda", &[("a", 1.0)], 1), "schemas differ"),
        ("text.json", "no json".to_owned(), "not JSON"),
        ("foreign.json", "{\"tool\": \"x\", \"schema\": 1}".to_owned(), "\"tool\""),
        ("none.json", "{\"tool\": \"rlx-fft\"}".to_owned(), "\"schema\""),
        ("empty.json", "{\"tool\": \"rlx-fft\", \"schema\": 1}".to_owned(), "no measured row"),
        ("list.json", "[1, 2]".to_owned(), "\"tool\""),
    ] {
        let other = folder.file(name, content);
        let (code, message) = failure(&["compare-rigs", &good, &other]);
        assert!(code == 1 && message.contains(reason) && message.contains(name), "{name}: {code} {message}");
    }
    let newer = folder.file("newer.json", rig(9, "cuda", &[("a", 1.0)], 1));
    let (code, message) = failure(&["compare-rigs", &newer, &newer]);
    assert!(code == 1 && message.contains("schema 9 is unknown"), "{message}");
    let (code, message) = failure(&["compare-rigs", &good, &folder.path("missing.json")]);
    assert!(code == 1 && message.contains("missing.json"), "{message}");
    let before = std::fs::read(&good).unwrap();
    let (code, message) = failure(&["compare-rigs", &good, &good, "-o", &good]);
    assert!(code == 2 && message.contains("--output"), "{message}");
    assert_eq!(std::fs::read(&good).unwrap(), before);
    for args in [["--threshold", "nan"], ["--threshold", "-1"], ["--format", "xml"]] {
        let (code, message) = failure(&["compare-rigs", &good, &good, args[0], args[1]]);
        assert!(code == 2 && message.contains(args[0]), "{message}");
    }
}

#[test]
fn the_memory_budget_bounds_batches_and_must_be_a_size() {
    let run = |budget: &str, args: &[&str]| {
        let mut command = program();
        let output = command.args(args).env("RLX_FFT_MEMORY_BUDGET", budget).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let search = ["max-batch", "--n-fft", "128", "--sample", "f32,i16,f64", "--json", "-"];
    let (code, out, err) = run("1MiB", &search);
    assert_eq!(code, Some(0), "{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let (len, width) = (192, 32);
    for (row, bytes) in report["rows"].as_array().unwrap().iter().zip([4, 2 + 4, 8 + 4]) {
        assert_eq!(row["batch"], (1u64 << 19) / (bytes * len + 4 * width), "{row}");
        assert_eq!((&row["bound"], row["ms"].is_number()), (&value!("memory"), true), "{row}");
    }
    for wrong in ["lots", "-1", "nan", "8X"] {
        let (code, _, err) = run(wrong, &["devices"]);
        assert!(code == Some(2) && err.contains("RLX_FFT_MEMORY_BUDGET") && err.contains(wrong), "{err}");
    }
    // Other work is refused by it as by the memory itself.
    let (code, _, err) = run("100MB", &["bench-welch-peaks", "--batch", "65536", "--n-fft", "1024"]);
    assert!(code == Some(2) && err.contains("--batch") && err.contains("100 MB"), "{err}");
    for (args, flag) in [
        (["--sample", "i32"], "--sample"),
        (["--sample", ""], "--sample"),
        (["--memory", "disk"], "--memory"),
        (["--memory", "pinned"], "--memory"),
    ] {
        let (code, message) = failure(&["max-batch", args[0], args[1]]);
        assert!(code == 2 && message.contains(flag), "{message}");
    }
}
