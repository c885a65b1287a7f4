//! Times of cross spectra and of powers in each precision on one device: `cargo run --release -p rlx-fft-runtime --features
//! cuda,gpu --example time_estimates -- DEVICE`. 16 segments per row, 32 M samples in all: the device's own clock with
//! everything resident, and host to host, medians of 9; errors are relative to dsp in f64.

use rlx_compile::Graph;
use rlx_compile::builders::{coherence, cross_spectra, csd, from_limbs, limb_psd, psd, to_limbs};
use rlx_compile::params::{CrossValue, LimbArithmetic, Rows};
use rlx_dsp::welch::{PsdParams, Welch};
use rlx_runtime::{Device, Result, Session, Timed};

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() -> Result<()> {
    let device: Device = std::env::args().nth(1).as_deref().unwrap_or("wgpu").parse()?;
    let session = Session::open(&device)?;
    let info = session.device();
    println!("{} {} {}", info.id, info.name, info.driver);
    for n_fft in [256, 1000, 1024, 4096] {
        let params = PsdParams::new(48e3, n_fft);
        let len = params.segments.hop * 15 + n_fft;
        let batch = ((32 << 20) / len).max(8) / 8 * 8;
        let matrix = || -> rlx_compile::Result<Graph> {
            let pairs = (0..64).map(|p| (p / 8, p % 8)).collect();
            cross_spectra(&params, 8, pairs, CrossValue::Spectrum, Rows::new(batch / 8, 8 * len))
        };
        let of_pairs = Rows::new(batch / 2, 2 * len);
        let graphs = [
            ("psd f32", psd(&params, Rows::new(batch, len))?, 1),
            ("psd f32x2", limb_psd(&params, LimbArithmetic::F32x2, batch, len)?, 2),
            ("psd f64", limb_psd(&params, LimbArithmetic::F64, batch, len)?, 2),
            ("csd", csd(&params, of_pairs)?, 1),
            ("coherence", coherence(&params, of_pairs)?, 1),
            ("matrix of 8", matrix()?, 1),
        ];
        let noise = |i: usize| ((i.wrapping_mul(2_654_435_761) >> 7) & 0xffff) as f64 / 65_536.0 - 0.5;
        let exact: Vec<f64> = (0..batch * len).map(|i| noise(i) + (i as f64 * 0.3).sin()).collect();
        let floats: Vec<f32> = exact.iter().map(|v| *v as f32).collect();
        let limbs: Vec<f32> = exact.iter().flat_map(|v| to_limbs(*v)).collect();
        let rows = batch.min(64);
        let want = Welch::<f64>::new(params.clone())?.run_batch(&exact[..rows * len], rows)?.values;
        for (name, graph, width) in graphs {
            let executable = session.compile(&graph)?;
            let host = executable.plan().regions_on(rlx_compile::plan::Place::Host).count();
            let samples = if width == 2 { &limbs } else { &floats };
            let mut out = vec![0.0; executable.outputs()[0].floats];
            let mut time = |timed, runs| {
                let once = |_| executable.time(timed, runs, &[samples], &mut [&mut out]);
                Ok::<_, rlx_runtime::Error>(
                    median((0..11).map(once).collect::<Result<Vec<_>>>()?.split_off(2)) / 1e3,
                )
            };
            if host > 0 {
                println!("n_fft {n_fft:5} {name:12} on the CPU: {:10.1} µs", time(Timed::HostPageable, 1)?);
                continue;
            }
            let pageable = time(Timed::HostPageable, 1)?;
            let resident = if executable.timings().contains(&Timed::Resident) {
                time(Timed::Resident, 3).map_or_else(|e| e.to_string(), |t| format!("{t:10.1} µs"))
            } else {
                "no clock".to_owned()
            };
            let error = name.starts_with("psd").then(|| {
                let got: Vec<f64> = match width {
                    2 => out.chunks_exact(2).map(|p| from_limbs([p[0], p[1]])).collect(),
                    _ => out.iter().map(|v| f64::from(*v)).collect(),
                };
                let sum: f64 = got.iter().zip(&want).map(|(g, w)| (g - w).powi(2)).sum();
                (sum / want.iter().map(|w| w * w).sum::<f64>()).sqrt()
            });
            println!(
                "n_fft {n_fft:5} {name:12} resident {resident}, host to host {pageable:10.1} µs, error {error:?}"
            );
        }
    }
    Ok(())
}
