//! Live input: frames are printed while it lasts, and nothing that is not a file is opened without being named.
#![cfg(unix)]

mod common;
use common::{Folder, data, program, run};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::symlink;
use std::process::{Child, Command, Stdio};

fn live(args: &[&str]) -> Child {
    program()
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts")
}

/// Bytes of complex samples as `rtl_sdr` writes them: a tone at an eighth of the rate.
fn iq_u8(samples: usize) -> Vec<u8> {
    let tone = |n: usize| {
        let (sin, cos) = (std::f64::consts::TAU * n as f64 / 8.0).sin_cos();
        [(127.5 + 100.0 * cos) as u8, (127.5 + 100.0 * sin) as u8]
    };
    (0..samples).flat_map(tone).collect()
}

#[test]
fn an_endless_stream_prints_frames_while_it_runs() {
    for format in [&["-f", "table"][..], &["-f", "jsonl"], &["-f", "csv"], &[]] {
        let mut args = vec!["peaks", "-", "--raw", "iq-u8", "--rate", "64000", "-k", "1"];
        args.extend(format);
        let mut child = live(&args);
        let mut input = child.stdin.take().expect("a pipe");
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        // Two seconds and a bit; the stream stays open.
        input.write_all(&iq_u8(140_000)).expect("samples");
        input.flush().expect("samples");
        let mut frames = 0;
        while frames < 2 {
            let mut line = String::new();
            assert!(output.read_line(&mut line).expect("a line") > 0, "{format:?}: it ended");
            frames += usize::from(line.contains("8000") && !line.starts_with('#'));
        }
        drop(input);
        assert!(child.wait().expect("it ends").success());
    }
}

#[test]
fn a_short_stream_is_what_the_file_is() {
    let folder = Folder::new("short");
    let bytes = iq_u8(20_000);
    let file = folder.file("x.raw", &bytes);
    let args = |input| ["peaks", input, "--raw", "iq-u8", "--rate", "64000", "-f", "csv", "-q"];
    let whole = run(&args(file.as_str())).stdout;
    let mut child = live(&args("-"));
    child.stdin.take().expect("a pipe").write_all(&bytes).expect("samples");
    let piped = child.wait_with_output().expect("it ends").stdout;
    let strip = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text").replace(&file, "-");
    assert_eq!(strip(piped), strip(whole));
}

#[test]
fn every_all_asks_for_one_estimate() {
    let mut child =
        live(&["peaks", "-", "--raw", "iq-u8", "--rate", "64000", "--every", "all", "-f", "json"]);
    child.stdin.take().expect("a pipe").write_all(&iq_u8(200_000)).expect("samples");
    let text = child.wait_with_output().expect("it ends").stdout;
    let result: serde_json::Value = serde_json::from_slice(&text).expect("one result");
    let frames = result["channels"][0]["frames"].as_array().expect("frames");
    assert_eq!((frames.len(), frames[0]["t_end_s"].as_f64()), (1, Some(3.125)));
}

#[test]
fn less_than_a_segment_is_an_error_with_frames_too() {
    let folder = Folder::new("less");
    let file = folder.file("x.raw", iq_u8(100));
    let out = folder.path("out.csv");
    for more in
        [&[][..], &["--every", "1s"], &["--every", "1s", "-f", "csv"], &["--every", "1s", "-f", "json"]]
    {
        let mut args =
            vec!["peaks", &file, "--raw", "iq-u8", "--rate", "64000", "--n-fft", "256", "-o", &out];
        args.extend(more);
        let output = run(&args);
        assert_eq!(output.status.code(), Some(1), "{more:?}");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(message.contains("256") && message.contains("--n-fft"), "{message}");
    }
    assert_eq!(folder.names(), ["x.raw"]);
}

#[test]
fn pipes_in_directories_and_loops_of_links_are_passed_by() {
    let folder = Folder::new("passed");
    let at = |name: &str| folder.path(name);
    let pulse = std::fs::read(data("ppg_100hz.csv")).expect("the pulse");
    std::fs::create_dir_all(at("d/sub")).expect("a folder");
    folder.file("d/a.csv", &pulse);
    folder.file("d/sub/b.csv", &pulse);
    for fifo in ["d/x.wav", "d/sub/y.csv"] {
        assert!(Command::new("mkfifo").arg(at(fifo)).status().expect("mkfifo").success());
    }
    for link in ["d/self", "d/sub/up", "d/sub/more"] {
        symlink(at("d"), at(link)).expect("a link");
    }
    for input in [at("d"), at("d/**/*.csv"), at("d/**/*"), at("*/**/*.csv"), at("d/**")] {
        let output = run(&["info", &input, "-f", "csv"]);
        let text = String::from_utf8(output.stdout).expect("text");
        let sources: Vec<&str> = text.lines().skip(1).filter_map(|l| l.split(',').next()).collect();
        assert_eq!(sources.len(), 2, "{input}: {text}");
        assert!(sources[0].ends_with("d/a.csv") && sources[1].ends_with("d/sub/b.csv"), "{input}: {text}");
    }
}
