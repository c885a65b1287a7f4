//! Averaged powers with more than single precision on every device, compared with the library in f64.

use rlx_compile::DeviceClass;
use rlx_compile::builders::{from_limbs, limb_psd, to_limbs};
use rlx_compile::params::{Average, Detrend, LimbArithmetic, Scaling, Window};
use rlx_compile::plan::Place;
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::welch::{PsdParams, Welch};
use rlx_runtime::{DeviceInfo, SessionOptions};
use rlx_testkit::{Noise, harness::open, relative_l2};

rlx_testkit::device_tests! { every: powers_have_thirteen_digits, what_has_no_kernel_runs_in_f64, missing_samples }

/// Tones of very different size in noise, in f64.
fn signal(seed: u64, len: usize, offset: f64) -> Vec<f64> {
    let mut noise = Noise::new(seed);
    let tone = |i: usize, f: f64| (i as f64 * f).sin();
    (0..len).map(|i| tone(i, 0.3) + 1e-5 * tone(i, 1.1) + 1e-3 * noise.uniform() + offset).collect()
}

fn limbs(x: &[f64]) -> Vec<f32> {
    x.iter().flat_map(|v| to_limbs(*v)).collect()
}

fn numbers(limbs: &[f32]) -> Vec<f64> {
    limbs.chunks_exact(2).map(|l| from_limbs([l[0], l[1]])).collect()
}

fn powers_have_thirteen_digits(device: &DeviceInfo) {
    let session = open(device, SessionOptions::default());
    let long = std::env::var_os("RLX_TEST_FULL").is_some() || device.class == DeviceClass::Cuda;
    for (index, n_fft) in [16, 30, 64, 77, 100, 256, 400, 1000, 1024, 4096, 16_384].into_iter().enumerate() {
        if n_fft > 4096 && !long {
            continue;
        }
        for arithmetic in [LimbArithmetic::F32x2, LimbArithmetic::F64] {
            let detrend = [Detrend::None, Detrend::Constant, Detrend::Linear][index % 3];
            let segment_len = if index % 4 == 1 { n_fft - n_fft / 5 } else { n_fft };
            let params = PsdParams::new(48e3, segment_len)
                .n_fft(n_fft)
                .detrend(detrend)
                .window([Window::Hann, Window::BlackmanHarris][index % 2].clone())
                .scaling([Scaling::Density, Scaling::Spectrum, Scaling::Raw][index % 3]);
            let segments = [1, 2, 5, 300][if n_fft > 400 { index % 3 } else { index % 4 }];
            let (rows, len) = (2, segment_len + (segments - 1) * params.segments.hop + 1);
            let x = signal(index as u64, rows * len, if detrend == Detrend::None { 0.0 } else { 3.0 });
            let what = format!("{} {} {params:?} {rows} x {len}", device.id, arithmetic.name());
            let graph = limb_psd(&params, arithmetic, rows, len).unwrap();
            let executable = session.compile(&graph).unwrap();
            let shaders = matches!(device.class, DeviceClass::Wgpu | DeviceClass::Metal);
            let there = device.class != DeviceClass::Cpu && !(shaders && arithmetic == LimbArithmetic::F64);
            let plan = executable.plan();
            assert!(!there || plan.regions_on(Place::Host).next().is_none(), "{what}\n{}", plan.explain());
            let got = numbers(&executable.run_to_vecs(&[&limbs(&x)]).unwrap().remove(0));
            let want = Welch::<f64>::new(params).unwrap().run_batch(&x, rows).unwrap().values;
            let (error, bound) = (relative_l2(got, &want), 1e-13 * ((n_fft as f64).log2() / 12.0).max(0.5));
            println!("{} {} {n_fft}: {error:e}", device.id, arithmetic.name());
            assert!(error <= bound, "{what}: {error:e} > {bound:e}");
        }
    }
}

fn what_has_no_kernel_runs_in_f64(device: &DeviceInfo) {
    let session = open(device, SessionOptions::default());
    for (params, reason) in [
        (PsdParams::new(8e3, 64).average(Average::Median), "median"),
        (PsdParams::new(8e3, 2 * 131), "262 points"),
    ] {
        let len = 1500;
        let graph = limb_psd(&params, LimbArithmetic::F32x2, 1, len).unwrap();
        let executable = session.compile(&graph).unwrap();
        let plan = executable.plan();
        if device.class != DeviceClass::Cpu {
            let refused =
                plan.regions().iter().find(|r| r.place == Place::Host).and_then(|r| r.reason.clone());
            assert!(refused.is_some_and(|text| text.contains(reason)), "{}", plan.explain());
        }
        let x = signal(9, len, 0.0);
        let got = numbers(&executable.run_to_vecs(&[&limbs(&x)]).unwrap().remove(0));
        let want = Welch::<f64>::new(params).unwrap().run(&x).unwrap().values;
        assert!(relative_l2(got, &want) < 1e-13);
    }
}

fn missing_samples(device: &DeviceInfo) {
    let (params, len) = (PsdParams::new(8e3, 64), 640);
    let mut x = signal(2, 2 * len, 0.0);
    x[len + 70] = f64::NAN;
    let graph = limb_psd(&params, LimbArithmetic::F32x2, 2, len).unwrap();
    let run = |nan| {
        open(device, SessionOptions::default().nan(nan)).compile(&graph).unwrap().run_to_vecs(&[&limbs(&x)])
    };
    let error = run(NanPolicy::Error).unwrap_err().to_string();
    assert!(error.contains("row 1"), "{}: {error}", device.id);
    let spread = numbers(&run(NanPolicy::Propagate).unwrap().remove(0));
    let (first, second) = spread.split_at(33);
    assert!(first.iter().all(|v| v.is_finite()) && second.iter().all(|v| v.is_nan()), "{}", device.id);
    let skipped = numbers(&run(NanPolicy::SkipSegment).unwrap().remove(0));
    let plan = Welch::<f64>::new(params.nan(NanPolicy::SkipSegment)).unwrap();
    assert!(
        relative_l2(skipped[33..].to_vec(), &plan.run(&x[len..]).unwrap().values) < 1e-13,
        "{}",
        device.id
    );
}
