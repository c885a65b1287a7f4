//! The commands about devices and the picker, as a user runs them.

mod common;

use common::{Folder, failure, program};
use serde_json::Value;

/// Runs a bench with these variables and an empty cache; standard output, standard error, report.
fn bench(args: &[&str], vars: &[(&str, &str)], folder: &Folder) -> (String, String, Value) {
    let json = folder.path("report.json");
    let mut command = program();
    command
        .args(args)
        .args(["--json", &json])
        .env("RLX_FFT_CACHE", folder.path("cache"))
        .env("RLX_FFT_NO_PROBE", "1");
    command.env_remove("RLX_FFT_PICKER_TRACE").env_remove("RLX_FFT_LEGACY_PICKER").envs(vars.iter().copied());
    let output = command.output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{args:?}: {err}");
    let report = std::fs::read_to_string(json).expect("a report");
    (out, err, serde_json::from_str(&report).expect("JSON"))
}

const WELCH: [&str; 7] = ["bench-welch-peaks", "--n-fft", "128", "--iters", "1", "--train-steps", "0"];

fn welch(batch: &str, more: &[&str], vars: &[(&str, &str)], folder: &Folder) -> (String, String, Value) {
    let k: &[&str] = if more.contains(&"--k") { &[] } else { &["--k", "4"] };
    bench(&[&WELCH[..], &["--batch", batch], k, more].concat(), vars, folder)
}

fn rows(report: &Value) -> Vec<(String, String)> {
    let text = |row: &Value, field: &str| row[field].as_str().expect("text").to_owned();
    let rows = report["rows"].as_array().expect("rows");
    rows.iter().map(|row| (text(row, "path"), text(row, "status"))).collect()
}

#[test]
fn the_trace_names_every_strategy_and_where_its_times_come_from() {
    let folder = Folder::new("trace");
    let (out, silent, _) = welch("16", &["--device", "cpu"], &[], &folder);
    assert!(!silent.contains("predicted"), "{silent}");
    assert!(out.contains("[welch-peaks] picker (auto): batch=16 device=cpu -> "), "{out}");
    let trace = [("RLX_FFT_PICKER_TRACE", "1")];
    let (_, err, report) = welch("16", &["--device", "cpu"], &trace, &folder);
    assert!(err.contains("shipped defaults, run rlx-fft calibrate"), "{err}");
    for label in ["ultra_fast_rustfft", "fast_streaming_rustfft", "rlx_compiled", "learned_compiled"] {
        let line = err.lines().find(|l| l.contains(label) && l.contains("ms predicted"));
        assert!(line.is_some(), "{label}: {err}");
        assert!(report["picker"][0]["predicted_ms"][label].as_f64().expect("a time") > 0.0);
    }

    // A calibration that is not one is named, and not used. Its name is what the program would look for.
    let cache = folder.path("cache/calibration");
    std::fs::create_dir_all(&cache).unwrap();
    let host = rlx_runtime_host();
    std::fs::write(std::path::Path::new(&cache).join(&host), "{ not json").unwrap();
    let (_, err, report) = welch("16", &["--device", "cpu"], &trace, &folder);
    assert!(err.contains("calibration not used") && err.contains(&host), "{err}");
    assert_eq!(report["calibration"], "shipped");
    let mut devices = program();
    let listed = devices.arg("devices").env("RLX_FFT_CACHE", folder.path("cache")).output().unwrap();
    assert!(String::from_utf8_lossy(&listed.stdout).contains("ignored"), "{listed:?}");
}

#[test]
fn devices_are_listed_in_silence_without_a_session_of_a_desktop() {
    let mut devices = program();
    for name in ["XDG_RUNTIME_DIR", "DISPLAY", "WAYLAND_DISPLAY"] {
        devices.env_remove(name);
    }
    let listed = devices.arg("devices").output().unwrap();
    assert!(listed.status.success() && listed.stderr.is_empty(), "{listed:?}");
}

fn rlx_runtime_host() -> String {
    rlx_runtime::devices()[0].host_id().file_name()
}

#[test]
fn the_legacy_picker_has_fixed_thresholds() {
    let folder = Folder::new("legacy");
    let legacy = [("RLX_FFT_LEGACY_PICKER", "1")];
    for (batch, label) in [("256", "ultra_fast_rustfft"), ("257", "fast_streaming_rustfft")] {
        let (out, _, report) = welch(batch, &["--device", "cpu", "--no-compiled"], &legacy, &folder);
        assert!(out.contains(&format!("-> {label}")), "{out}");
        let rows = rows(&report);
        for path in [format!("welch_peaks_picker_{label}"), format!("welch_peaks_picker_fastbuf_{label}")] {
            assert!(rows.contains(&(path.clone(), "ok".to_owned())), "{path}: {rows:?}");
        }
    }
}

#[test]
fn an_absent_device_is_skipped_by_every_bench_and_the_cpu_runs() {
    let folder = Folder::new("absent");
    // Direct3D is nowhere but on Windows; Metal nowhere but on a Mac.
    let absent = if cfg!(windows) { "metal" } else { "dx12" };
    let (_, _, report) = welch("8", &["--device", absent], &[], &folder);
    let rows = rows(&report);
    let status = |path: &str| rows.iter().find(|(p, _)| p == path).map(|(_, s)| s.as_str());
    assert_eq!(status(&format!("welch_fast_peaks_rlx_{absent}")), Some("skipped"));
    assert_eq!(status(&format!("welch_fast_peaks_rlx_adaptive_fused_op_{absent}")), Some("skipped"));
    for path in ["welch_full_psd", "welch_fast_peaks_rlx_cpu", "welch_fast_peaks_rlx_adaptive_fused_op_cpu"] {
        assert_eq!(status(path), Some("ok"), "{path}: {rows:?}");
    }
    for row in report["rows"].as_array().unwrap() {
        let skipped = row["status"] == "skipped";
        assert_eq!(row["reason"].is_string(), skipped, "{row}");
        assert_eq!(row["ms"].is_null(), skipped, "{row}");
        assert!(skipped || row["path"] == "welch_full_psd" || row["bins_right"] == 1.0, "{row}");
        assert!(skipped || row["timed"] == "host-to-host-pageable", "{row}");
        let spread = row["path"].as_str().unwrap().starts_with("welch_peaks_picker_")
            && !row["path"].as_str().unwrap().contains("fastbuf");
        assert_eq!(row["layout"], if spread { "spread" } else { "leading" }, "{row}");
        if !skipped && row["path"] != "welch_full_psd" {
            assert!(row["recall_leading"].is_f64() && row["recall_spread"].is_f64(), "{row}");
            assert_eq!(row["recall"], row[if spread { "recall_spread" } else { "recall_leading" }], "{row}");
        }
    }

    let phases = ["bench-fusion-phases", "--batch", "8", "--iters", "1", "--device", absent];
    let (out, _, report) = bench(&phases, &[], &folder);
    let phases = report["phases"].as_array().expect("phases");
    let (ran, skipped): (Vec<_>, Vec<_>) = phases.iter().partition(|phase| phase["status"] == "ok");
    assert!(out.contains("skipped") && ran.len() == 5 && skipped.len() == 5, "{out}");
    assert!(skipped.iter().all(|phase| phase["reason"].is_string()), "{skipped:?}");
    let io = &ran[0]["io"];
    for field in ["launches", "sync_points", "host_out_bytes", "host_readback_bytes", "device_bytes"] {
        assert!(io[field].is_u64(), "{field}: {io}");
    }
    // The five paths, and an output that falls 32 times.
    let out_bytes = |phase: usize| ran[phase]["io"]["host_out_bytes"].as_u64().expect("bytes");
    assert_eq!(out_bytes(0), 32 * out_bytes(2));
    assert!(out.contains("suggested fused_io_compute_scale: "), "{out}");
    assert!(report["schema"] == 1 && report["host"]["cpu"].is_string() && report["calibration"] == "shipped");
    let (out, _, report) =
        bench(&["max-batch", "--n-fft", "64", "--limit", "100", "--device", absent], &[], &folder);
    assert!(out.contains("skipped") && report["rows"][0]["batch"] == 100, "{out}");
    let grid = ["bench-picker", "--n-fft", "64", "--batch", "1,8", "--k", "2", "--device", absent];
    let (_, err, report) = bench(&grid, &[], &folder);
    assert!(err.contains("skipped") && report["cells"] == 2 && report["schema"] == 1, "{err}");
    let (code, message) = failure(&["calibrate", "--device", absent]);
    assert!(code == 1 && message.contains("not available"), "{message}");
}

#[test]
fn every_requested_k_has_its_entry_and_an_absent_device_is_marked_in_every_table() {
    let folder = Folder::new("crossover");
    let absent = if cfg!(windows) { "metal" } else { "dx12" };
    let (out, err, report) = welch("8", &["--k", "32,65,300", "--device", absent], &[], &folder);
    assert!(err.contains("--k above 65"), "{err}");
    let entries = report["k_crossover"].as_array().unwrap();
    let ks: Vec<_> =
        entries.iter().map(|e| (e["asked_k"].as_u64().unwrap(), e["k"].as_u64().unwrap())).collect();
    assert_eq!(ks, [(32, 32), (65, 65), (300, 65)]);
    for entry in entries {
        assert_eq!(entry["picker_device"], "cpu", "{entry}");
        // The fused kernel keeps 64 peaks at most.
        assert_eq!(entry["rlx_device"] == "cpu", entry["k"] == 32, "{entry}");
    }
    let picked: Vec<_> = report["picker"].as_array().unwrap().iter().map(|p| p["k"].clone()).collect();
    assert_eq!(picked, [32, 65]);
    let mark = format!("crossover ({absent}: skipped, no row of it)");
    assert_eq!(out.matches(&mark).count(), 2, "{out}");
    // One k above the bins, requested twice, is a sweep as well.
    let (out, _, report) = welch("8", &["--k", "200,300", "--device", "cpu"], &[], &folder);
    assert_eq!(report["k_crossover"].as_array().unwrap().len(), 2);
    assert!(out.contains("k crossover\n") && out.contains("k 65: all bins"), "{out}");
}

#[test]
fn half_a_million_bins_are_selected_in_seconds() {
    let folder = Folder::new("many-bins");
    let args = ["bench-welch-peaks", "--n-fft", "262144", "--batch", "1", "--k", "150000", "--iters", "1"];
    let more = ["--train-steps", "0", "--device", "cpu", "--no-ultra-fast", "--no-compiled"];
    let (_, _, report) = bench(&[&args[..], &more].concat(), &[], &folder);
    let rows = report["rows"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["k"] == 131_073));
    assert!(
        rows.iter().filter(|row| row["recall"].is_number()).all(|row| row["bins_right"] == 1.0),
        "{rows:?}"
    );
}

#[test]
fn an_unknown_device_lists_those_that_there_are() {
    for command in ["bench-welch-peaks", "bench-fusion-phases", "max-batch", "bench-picker", "calibrate"] {
        let (code, message) = failure(&[command, "--device", "abacus"]);
        assert!(code == 2 && message.contains("--device") && message.contains("cpu"), "{command}: {message}");
    }
}

#[test]
fn bench_e2e_trains_measures_and_says_what_it_left_out() {
    let folder = Folder::new("bench-e2e");
    let args =
        ["bench-e2e", "--n-fft", "64", "--batch", "8", "--peak-k", "4", "--n-mels", "10", "--iters", "1"];
    let more = ["--train-first", "--steps", "10", "--no-hard-gates", "--device", "cpu"];
    let (out, _, report) = bench(&[&args[..], &more].concat(), &[], &folder);
    assert_eq!((report["schema"].as_u64(), rows(&report).len()), (Some(1), 60));
    let status = |path: &str| rows(&report).into_iter().find(|r| r.0 == path).map(|r| r.1);
    assert_eq!(status("welch_peaks/learned").as_deref(), Some("ok"));
    assert_eq!(status("welch_peaks/learned_hard").as_deref(), Some("skipped"));
    assert!(
        out.contains("skipped: left out by --no-hard-gates") && out.contains("give --distill-first"),
        "{out}"
    );
}

#[test]
fn a_report_on_standard_output_is_alone_there() {
    let folder = Folder::new("dash");
    for args in [
        &["fit", "--n-fft", "16"][..],
        &["train", "--n-fft", "16"],
        &["bench-fusion-phases", "--batch", "8", "--iters", "1", "--device", "cpu"],
        &["max-batch", "--n-fft", "64", "--limit", "8", "--device", "cpu"],
    ] {
        let mut command = program();
        command
            .current_dir(folder.path(""))
            .env("RLX_FFT_CACHE", folder.path("cache"))
            .env("RLX_FFT_NO_PROBE", "1");
        let output = command.args(args).args(["--json", "-"]).output().expect("the program starts");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).expect("nothing but JSON");
        assert!(!output.stderr.is_empty(), "{args:?}: the table is on standard error");
        assert!(!folder.names().contains(&"-".to_owned()), "{args:?}: a file named '-'");
    }
}

#[test]
fn the_first_use_on_a_machine_probes_it_once() {
    let folder = Folder::new("probe");
    let run = |vars: &[(&str, &str)]| {
        let mut command = program();
        command.args(["bench-picker", "--n-fft", "64", "--batch", "1", "--k", "2", "--device", "cpu"]);
        command.args(["--json", "-"]).env("RLX_FFT_CACHE", folder.path("cache")).envs(vars.iter().copied());
        let output = command.output().expect("the program starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")["calibration"].clone()
    };
    let records = || std::fs::read_dir(folder.path("cache/probe")).map_or(0, |dir| dir.count());
    assert_eq!((run(&[("RLX_FFT_NO_PROBE", "1")]), records()), ("shipped".into(), 0));
    assert_eq!((run(&[]), records()), ("probed".into(), 1));
    let kept = std::fs::read_dir(folder.path("cache/probe")).unwrap().next().unwrap().unwrap().path();
    let first = std::fs::read(&kept).unwrap();
    assert_eq!((run(&[]), std::fs::read(&kept).unwrap()), ("probed".into(), first));

    // A cache that cannot be written is no reason to stop.
    std::fs::write(folder.path("file"), b"a file").unwrap();
    assert_eq!(run(&[("RLX_FFT_CACHE", &folder.path("file"))]), "shipped");
}
