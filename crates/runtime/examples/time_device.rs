//! Times of Welch peaks on one device, of the fused op where the device claims it: `cargo run --release -p rlx-fft-runtime --features gpu --example
//! time_device -- DEVICE [N_FFT [SEGMENTS [K [THREADS]]]]`. One line a batch: the device's own clock with everything resident,
//! and host to host, medians of 15.

use rlx_compile::builders::{PEAKS, WelchPeaksShape, welch_peaks};
use rlx_compile::{Graph, Op, Plan};
use rlx_runtime::{Device, Executable, Result, Session, SessionOptions, Timed};

fn fused(session: &Session, shape: &WelchPeaksShape) -> Result<Executable> {
    if !session.caps().has_fused(&shape.spec()) {
        return session.compile(&welch_peaks(shape)?);
    }
    let mut graph = Graph::new();
    let input = Op::Input { batch: shape.batch, len: shape.frame_len()?, complex: false };
    let x = graph.push(input, &[])?;
    graph.chain(x, [Op::WelchPeaks(shape.spec()), Op::output(PEAKS)])?;
    session.compile_plan(Plan::new(graph, session.caps())?)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let device: Device = words.next().as_deref().unwrap_or("wgpu").parse()?;
    let mut number = |default: usize| words.next().and_then(|w| w.parse().ok()).unwrap_or(default);
    let (n_fft, segments, k, threads) = (number(256), number(2), number(16), number(1));
    let session = Session::with_options(&device, SessionOptions::default().threads(threads))?;
    let info = session.device();
    println!(
        "{} {} {}; n_fft {n_fft}, segments {segments}, k {k}, threads {threads}",
        info.id, info.name, info.driver
    );
    for batch in [1, 32, 1024, 8192, 65_536] {
        let shape = WelchPeaksShape::new(batch, n_fft, segments, k);
        let executable = fused(&session, &shape)?;
        let noise = |i: usize| ((i.wrapping_mul(2_654_435_761) >> 7) & 0xffff) as f32 / 65_536.0 - 0.5;
        let samples: Vec<f32> = (0..executable.inputs()[0]).map(noise).collect();
        let mut peaks = vec![0.0; executable.outputs()[0].floats];
        let mut time = |timed, runs| {
            let once = |_| executable.time(timed, runs, &[&samples], &mut [&mut peaks]);
            Ok::<_, rlx_runtime::Error>(
                median((0..18).map(once).collect::<Result<Vec<_>>>()?.split_off(3)) / 1e3,
            )
        };
        let host = time(Timed::HostPageable, 1)?;
        let resident = if executable.timings().contains(&Timed::Resident) {
            format!("{:10.1} µs", time(Timed::Resident, 10)?)
        } else {
            "no clock".to_owned()
        };
        println!("batch {batch:6}: device-resident {resident}, host to host {host:10.1} µs");
    }
    Ok(())
}
