//! Every log-mel preset as a graph on every device, against the preset by its definition in f64.

use rlx_compile::builders::log_mel;
use rlx_compile::params::Rows;
use rlx_dsp::mel::{LogMelParams, Preset};
use rlx_dsp::reference;
use rlx_runtime::{DeviceInfo, SessionOptions};
use rlx_testkit::{harness::open, noise};

rlx_testkit::device_tests! { every: graphs_give_what_the_presets_define }

/// A sweep, a tone and noise.
fn speech(len: usize) -> Vec<f32> {
    let noise = noise(7, len).into_iter().enumerate();
    noise
        .map(|(i, noise)| {
            let t = i as f32 / 16e3;
            0.3 * (900.0 * t + 4000.0 * t * t).sin() + 0.2 * (2765.0 * t).sin() + 0.025 * noise + 0.01
        })
        .collect()
}

fn graphs_give_what_the_presets_define(device: &DeviceInfo) {
    let len = 8000;
    let x = speech(2 * len);
    let session = &open(device, SessionOptions::default());
    for preset in Preset::ALL {
        let params = LogMelParams::preset(preset);
        let mut want = Vec::new();
        for item in x.chunks_exact(len) {
            let wide: Vec<f64> = item.iter().map(|v| f64::from(*v)).collect();
            want.extend(reference::mel::log_mel(&wide, &params).concat());
        }
        let norm: f64 = want.iter().map(|w| w * w).sum();
        // A logarithm turns relative errors of weak bands into absolute ones, which a normalisation scales up again.
        let bound = 32.0 * f64::from(f32::EPSILON) * (params.n_fft as f64).log2();

        let executable = session.compile(&log_mel(&params, Rows::new(2, len)).unwrap()).unwrap();
        let got = executable.run_to_vecs(&[&x]).unwrap().remove(0);
        assert_eq!(got.len(), want.len(), "{preset}");
        let error: f64 = got.iter().zip(&want).map(|(g, w)| (f64::from(*g) - w).powi(2)).sum();
        let relative = (error / norm).sqrt();
        assert!(relative <= bound, "{} {preset}: {relative:e} > {bound:e}", session.device().id);
    }
}
