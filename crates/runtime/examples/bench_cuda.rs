//! Measures an NVIDIA device and, in the same run, bare copies of the same bytes. Prints one JSON object.
//!
//! usage: cargo run --release -p rlx-fft-runtime --features cuda --example bench_cuda -- [part …]
//! (parts: resident pinned pageable sizes log_mel fft devices; all of them without a name; `profile` launches each transform
//! and log-mel once, for `ncu`)
//!
//! Times are medians of 15 timings; a timing repeats its call until it lasts a millisecond. `resident_graph` replays one
//! recorded run back to back over the same buffers, which fit the L2 cache up to about 20,000 rows; `uncached_us` goes
//! through buffers of 256 MiB together. A part that fails is told as `skipped`, and the others still run.
//!
//! `fft` has cuFFT beside it where the library is found (`RLX_CUFFT=/…/libcufft.so.12`, the loader's path, `CUDA_PATH`);
//! `scripts/peers_cuda.py` measures PyTorch's CUDA graphs of the other parts, to be run in the same session.

use std::time::Instant;

use rlx_compile::builders::{WelchPeaksShape, log_mel, welch_peaks};
use rlx_compile::params::{Layout, Padding, Rows, Sides};
use rlx_compile::passes::FusionPolicy;
use rlx_compile::{Graph, Op};
use rlx_dsp::mel::{LogMelParams, Preset};
use rlx_runtime::calibrate::spread;
use rlx_runtime::cuda::{CudaDevice, CudaGraph, CudaStream};
use rlx_runtime::{Device, Executable, Result, Samples, Session, devices};
use serde_json::{Value, json};

use cufft::Kind;

#[path = "peers/cufft.rs"]
mod cufft;

fn main() -> Result<()> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let runs = |part: &str| wanted.is_empty() || wanted.iter().any(|w| w == part);
    let device = CudaDevice::open(0)?;
    let session = Session::open(&"cuda:0".parse::<Device>()?)?;
    let mut report = json!({
        "schema": 1,
        "command": "bench_cuda",
        "version": env!("CARGO_PKG_VERSION"),
        "device": device.info(),
        "devices": devices().iter().filter(|d| d.id.starts_with("cuda")).count(),
    });
    type Part<'a> = (&'a str, &'a dyn Fn() -> Result<Value>);
    let parts: [Part<'_>; 7] = [
        ("resident", &|| resident(&device, &session)),
        ("pinned", &|| pinned(&device, &session)),
        ("pageable", &|| pageable(&device, &session)),
        ("sizes", &|| sizes(&device, &session)),
        ("log_mel", &|| log_mels(&device, &session)),
        ("fft", &|| ffts(&device, &session)),
        ("devices", &all_devices),
    ];
    if wanted.iter().any(|w| w == "profile") {
        return profile(&device, &session).map(drop);
    }
    for (name, part) in parts.into_iter().filter(|(name, _)| runs(name)) {
        eprintln!("{name} …");
        let key = if name == "devices" { "all_devices" } else { name };
        report[key] = or_skipped(part());
    }
    println!("{report:#}");
    Ok(())
}

/// Median ns of a call that waits by itself.
fn median(mut call: impl FnMut() -> Result<()>) -> Result<f64> {
    call()?;
    let start = Instant::now();
    call()?;
    let repeats = (1_000_000 / start.elapsed().as_nanos().max(1)).clamp(1, 100) as u32;
    let mut times = Vec::new();
    for _ in 0..15 {
        let start = Instant::now();
        for _ in 0..repeats {
            call()?;
        }
        times.push(start.elapsed().as_nanos() as f64 / f64::from(repeats));
    }
    Ok(spread(&mut times).map_or(f64::NAN, |s| s.median))
}

/// The measurement, or the reason why there is none.
fn or_skipped(measured: Result<Value>) -> Value {
    measured.unwrap_or_else(|error| {
        eprintln!("  skipped: {error}");
        json!({"skipped": error.to_string()})
    })
}

/// Median ns of a replay among many, the graphs in turn.
fn replays(stream: &CudaStream, graphs: &[CudaGraph]) -> Result<f64> {
    in_turn(stream, graphs, |graph| stream.launch(graph))
}

/// Median ns of a queued call among many, over the items in turn.
fn in_turn<T>(stream: &CudaStream, items: &[T], mut queue: impl FnMut(&T) -> Result<()>) -> Result<f64> {
    let mut turn = items.iter().cycle();
    let mut many = |count: usize| -> Result<f64> {
        let start = Instant::now();
        for item in turn.by_ref().take(count) {
            queue(item)?;
        }
        stream.wait()?;
        Ok(start.elapsed().as_nanos() as f64 / count as f64)
    };
    many(items.len().max(3))?;
    let count = (2_000_000.0 / many(10)?).clamp(5.0, 1000.0) as usize;
    let mut times = (0..15).map(|_| many(count)).collect::<Result<Vec<f64>>>()?;
    Ok(spread(&mut times).map_or(f64::NAN, |s| s.median))
}

/// A tone in noise; it repeats itself after 2²⁰ − 3 samples, which no row length divides.
fn noise(len: usize) -> Vec<f32> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let period: Vec<f32> = (0..(1 << 20) - 3)
        .map(|i| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            200.0 * (i as f32 * 0.71).sin() + (state >> 40) as f32 / (1 << 16) as f32 - 128.0
        })
        .collect();
    let mut values = Vec::with_capacity(len);
    while values.len() < len {
        values.extend_from_slice(&period[..period.len().min(len - values.len())]);
    }
    values
}

fn fused(session: &Session, shape: &WelchPeaksShape) -> Result<Executable> {
    session.compile_with(&welch_peaks(shape)?, FusionPolicy::Always)
}

/// Bytes of the samples and of the peaks.
fn bytes(shape: &WelchPeaksShape) -> Result<(usize, usize)> {
    Ok((4 * shape.batch * shape.frame_len()?, 8 * shape.batch * shape.k.min(shape.bins())))
}

fn graph_ns(device: &CudaDevice, session: &Session, shape: &WelchPeaksShape, x: &[f32]) -> Result<f64> {
    graphs_ns(device, &fused(session, shape)?, x, 1)
}

/// Median ns of a recorded run, going through so many buffers.
fn graphs_ns(device: &CudaDevice, executable: &Executable, x: &[f32], buffers: usize) -> Result<f64> {
    let stream = device.stream()?;
    let width = executable.outputs().first().map_or(0, |o| o.floats);
    let graphs = (0..buffers.max(1))
        .map(|_| {
            let (input, output) = (device.upload(x)?, device.buffer::<f32>(width)?);
            stream.record(executable, &[&input], &[&output])
        })
        .collect::<Result<Vec<_>>>()?;
    replays(&stream, &graphs)
}

fn resident(device: &CudaDevice, session: &Session) -> Result<Value> {
    let stream = device.stream()?;
    let empty = replays(&stream, &[stream.record_nothing()?])?;
    let (from, to) = (device.buffer::<f32>(1 << 28)?, device.buffer::<f32>(1 << 28)?);
    from.fill(0x3f80_0001)?;
    let copy = median(|| {
        stream.copy(&from, &to)?;
        stream.wait()
    })?;
    drop((from, to));
    let mut rows = Vec::new();
    for batch in [32, 1024, 8192, 65_536, 524_288] {
        let shape = WelchPeaksShape::new(batch, 256, 2, 16);
        let (samples, peaks) = bytes(&shape)?;
        eprintln!("  batch {batch}");
        let (executable, x) = (fused(session, &shape)?, noise(samples / 4));
        let ns = graphs_ns(device, &executable, &x, 1)?;
        let uncached = match batch {
            ..=65_536 => json!(graphs_ns(device, &executable, &x, (256usize << 20).div_ceil(samples))? / 1e3),
            // No cache holds it.
            _ => json!(ns / 1e3),
        };
        rows.push(json!({
            "n_fft": 256, "segments": 2, "k": 16, "batch": batch, "timed": "device-resident-graph",
            "uncached_us": uncached,
            "us": ns / 1e3, "rows_per_s": batch as f64 / ns * 1e9, "gb_per_s": (samples + peaks) as f64 / ns,
        }));
    }
    Ok(
        json!({"empty_graph_us": empty / 1e3, "copy_gb_per_s": 2.0 * 4.0 * f64::from(1 << 28) / copy, "rows": rows}),
    )
}

fn pinned(device: &CudaDevice, session: &Session) -> Result<Value> {
    let mut rows = Vec::new();
    for batch in [32, 1024, 8192, 65_536, 524_288] {
        let shape = WelchPeaksShape::new(batch, 256, 2, 16);
        let (samples, peaks) = bytes(&shape)?;
        let executable = fused(session, &shape)?;
        let mut x = device.pinned::<f32>(samples / 4)?;
        x.copy_from_slice(&noise(samples / 4));
        let mut y = device.pinned::<f32>(peaks / 4)?;
        let ours = median(|| executable.run(&[&x], &mut [&mut y]))?;
        let mut integers = device.pinned::<i16>(samples / 4)?;
        integers.iter_mut().zip(&*x).for_each(|(i, x)| *i = *x as i16);
        let of_integers = median(|| executable.run_samples(&[Samples::I16(&integers)], &mut [&mut y]))?;
        let stream = device.stream()?;
        let (input, output) = (device.buffer::<f32>(samples / 4)?, device.buffer::<f32>(peaks / 4)?);
        let copies = median(|| {
            // SAFETY: both buffers outlive the wait.
            unsafe {
                stream.upload(&x, &input)?;
                stream.download(&output, &mut y)?;
            }
            stream.wait()
        })?;
        rows.push(json!({
            "batch": batch, "timed": "host-to-host-pinned", "us": ours / 1e3, "copies_us": copies / 1e3,
            "of_copies": ours / copies, "i16_us": of_integers / 1e3, "i16_of_f32": of_integers / ours,
            "gb_per_s": (samples + peaks) as f64 / ours,
        }));
    }
    Ok(rows.into())
}

fn pageable(device: &CudaDevice, session: &Session) -> Result<Value> {
    let mut rows = Vec::new();
    for batch in [32, 1024, 8192, 65_536, 524_288] {
        let shape = WelchPeaksShape::new(batch, 256, 2, 16);
        let (samples, peaks) = bytes(&shape)?;
        let executable = fused(session, &shape)?;
        let x = noise(samples / 4);
        let mut y = vec![0.0f32; peaks / 4];
        let ours = median(|| executable.run(&[&x], &mut [&mut y]))?;
        let stream = device.stream()?;
        let (input, output) = (device.buffer::<f32>(samples / 4)?, device.buffer::<f32>(peaks / 4)?);
        stream.run(&executable, &[&input], &[&output])?;
        stream.wait()?;
        let plain = median(|| {
            // SAFETY: both buffers outlive the wait.
            unsafe {
                stream.upload(&x, &input)?;
                stream.run(&executable, &[&input], &[&output])?;
                stream.download(&output, &mut y)?;
            }
            stream.wait()
        })?;
        rows.push(json!({
            "batch": batch, "timed": "host-to-host-pageable", "us": ours / 1e3, "plain_us": plain / 1e3,
            "speedup_vs_plain": plain / ours, "gb_per_s": (samples + peaks) as f64 / ours,
        }));
    }
    Ok(rows.into())
}

fn sizes(device: &CudaDevice, session: &Session) -> Result<Value> {
    let mut rows = Vec::new();
    for n in [64, 128, 256, 512, 1024, 2048, 4096] {
        for (segments, k) in [(8, 1), (8, 64)] {
            let frame = WelchPeaksShape::new(1, n, segments, k).frame_len()?;
            let shape = WelchPeaksShape::new((128usize << 20).div_ceil(4 * frame), n, segments, k);
            let (samples, peaks) = bytes(&shape)?;
            let ns = graph_ns(device, session, &shape, &noise(samples / 4))?;
            rows.push(json!({
                "n_fft": n, "segments": segments, "k": k, "batch": shape.batch, "timed": "device-resident-graph",
                "us": ns / 1e3, "rows_per_s": shape.batch as f64 / ns * 1e9,
                "gb_per_s": (samples + peaks) as f64 / ns,
            }));
        }
    }
    Ok(rows.into())
}

/// Whisper's 80 bands of 30 s.
fn log_mels(device: &CudaDevice, session: &Session) -> Result<Value> {
    let mut rows = Vec::new();
    for items in [1, 128] {
        eprintln!("  {items} × 30 s");
        let measure = || -> Result<Value> {
            let executable = session
                .compile(&log_mel(&LogMelParams::preset(Preset::Whisper), Rows::new(items, 480_000))?)?;
            let ns = graphs_ns(device, &executable, &noise(items * 480_000), 1)?;
            Ok(json!({"us": ns / 1e3, "audio_s_per_s": 30.0 * items as f64 / ns * 1e9}))
        };
        let mut row = or_skipped(measure());
        row["items"] = items.into();
        row["timed"] = "device-resident-graph".into();
        rows.push(row);
    }
    Ok(rows.into())
}

/// Values of a row before and after a transform.
fn floats(kind: Kind, n: usize) -> (usize, usize) {
    match kind {
        Kind::R2C => (n, n + 2),
        Kind::C2C => (2 * n, 2 * n),
        Kind::C2R => (n + 2, n),
    }
}

fn transforms(kind: Kind, n: usize, batch: usize) -> Result<Graph> {
    let complex = kind != Kind::R2C;
    let len = floats(kind, n).0 / if complex { 2 } else { 1 };
    let mut graph = Graph::new();
    let input = graph.push(Op::Input { batch, len, complex }, &[])?;
    let frames = Op::Segment { len: n, hop: n, pad: Padding::None, drop_last: 0 };
    let ops = match kind {
        Kind::C2R => vec![Op::InverseFft { n_fft: n, real: true }],
        _ => vec![frames, Op::Fft { n_fft: n, sides: Sides::Auto, layout: Layout::Interleaved, keep: None }],
    };
    graph.chain(input, ops.into_iter().chain([Op::output("result")]))?;
    Ok(graph)
}

/// One launch of each transform and of log-mel, for a profiler; nothing is timed.
fn profile(device: &CudaDevice, session: &Session) -> Result<Value> {
    let stream = device.stream()?;
    let once = |graph: &Graph, x: &[f32]| -> Result<()> {
        let executable = session.compile(graph)?;
        let width = executable.outputs().first().map_or(0, |o| o.floats);
        let (input, output) = (device.upload(x)?, device.buffer::<f32>(width)?);
        stream.run(&executable, &[&input], &[&output])?;
        stream.wait()
    };
    for n in [256, 1024, 4096] {
        for kind in [Kind::R2C, Kind::C2C, Kind::C2R] {
            let width = floats(kind, n).0;
            let batch = (32 << 20) / width;
            once(&transforms(kind, n, batch)?, &noise(batch * width))?;
        }
    }
    once(&log_mel(&LogMelParams::preset(Preset::Whisper), Rows::new(128, 480_000))?, &noise(128 * 480_000))?;
    Ok(Value::Null)
}

/// Batches of transforms of 128 MiB of input, interleaved spectra, and cuFFT on the same buffers. Both go through their two
/// pairs of buffers in turn, so that neither finds its input in the cache.
fn ffts(device: &CudaDevice, session: &Session) -> Result<Value> {
    let library = cufft::CuFft::load();
    if let Err(error) = &library {
        eprintln!("  {error}");
    }
    let mut rows = Vec::new();
    for n in [256, 512, 1024, 2048, 4096, 16_384, 65_536] {
        for (name, kind) in [("r2c", Kind::R2C), ("c2c", Kind::C2C), ("c2r", Kind::C2R)] {
            eprintln!("  {name} {n}");
            let (floats, written) = floats(kind, n);
            let batch = (32 << 20) / floats;
            let measure = || -> Result<Value> {
                let x = noise(batch * floats);
                let ns = graphs_ns(device, &session.compile(&transforms(kind, n, batch)?)?, &x, 2)?;
                let moved = 4 * batch * (floats + written);
                let mut row = json!({"us": ns / 1e3, "gb_per_s": moved as f64 / ns});
                if let Ok(library) = &library {
                    let stream = device.stream()?;
                    let plan = library.plan(kind, n, batch, &stream)?;
                    let buffers = (0..2)
                        .map(|_| Ok((device.upload(&x)?, device.buffer::<f32>(batch * written)?)))
                        .collect::<Result<Vec<_>>>()?;
                    let peer = in_turn(&stream, &buffers, |(from, to)| {
                        // SAFETY: the buffers hold `batch` rows of each.
                        unsafe { plan.run(from, to) }
                    })?;
                    row["cufft_us"] = json!(peer / 1e3);
                    row["of_cufft"] = json!(ns / peer);
                }
                Ok(row)
            };
            let mut row = or_skipped(measure());
            row["kind"] = name.into();
            row["n_fft"] = n.into();
            row["batch"] = batch.into();
            row["timed"] = "device-resident-graph".into();
            rows.push(row);
        }
    }
    Ok(rows.into())
}

/// Every device of the host on one batch, against bare copies of its shares to all of them at once.
fn all_devices() -> Result<Value> {
    let count = devices().iter().filter(|d| d.id.starts_with("cuda")).count();
    let all = Session::open(&"cuda:all".parse::<Device>()?)?;
    let opened = (0..count).map(CudaDevice::open).collect::<Result<Vec<_>>>()?;
    let mut rows = Vec::new();
    for batch in [65_536, 524_288] {
        let shape = WelchPeaksShape::new(batch, 256, 2, 16);
        let (samples, peaks) = bytes(&shape)?;
        let executable = fused(&all, &shape)?;
        let mut x = opened[0].pinned::<f32>(samples / 4)?;
        x.copy_from_slice(&noise(samples / 4));
        let mut y = opened[0].pinned::<f32>(peaks / 4)?;
        let ours = median(|| executable.run(&[&x], &mut [&mut y]))?;
        let (share, out_share) = (samples / 4 / count, peaks / 4 / count);
        let lanes = opened
            .iter()
            .map(|d| Ok((d.stream()?, d.buffer::<f32>(share)?, d.buffer::<f32>(out_share)?)))
            .collect::<Result<Vec<_>>>()?;
        let copies = median(|| {
            let parts = x.chunks_exact(share).zip(y.chunks_exact_mut(out_share));
            for ((stream, input, output), (x, y)) in lanes.iter().zip(parts) {
                // SAFETY: all buffers outlive the waits below.
                unsafe {
                    stream.upload(x, input)?;
                    stream.download(output, y)?;
                }
            }
            lanes.iter().try_for_each(|(stream, ..)| stream.wait())
        })?;
        rows.push(json!({
            "batch": batch, "devices": count, "timed": "host-to-host-pinned", "us": ours / 1e3,
            "copies_us": copies / 1e3, "copies_of_ours": copies / ours, "gb_per_s": (samples + peaks) as f64 / ours,
        }));
    }
    Ok(rows.into())
}
