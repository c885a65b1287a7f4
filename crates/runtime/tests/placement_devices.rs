//! Sizes of which some have kernels and others do not: on every device the library's numbers, and a plan that says what ran
//! where and why.

use rlx_compile::builders::psd;
use rlx_compile::params::Rows;
use rlx_compile::plan::Place;
use rlx_dsp::detrend::Detrend;
use rlx_dsp::scaling::{Average, Sides};
use rlx_dsp::welch::{PsdParams, Welch};
use rlx_runtime::{DeviceInfo, SessionOptions};
use rlx_testkit::{assert_close, harness::open, tone_in_noise};

rlx_testkit::device_tests! { every: sizes_with_and_without_kernels_are_the_librarys }

fn sizes_with_and_without_kernels_are_the_librarys(device: &DeviceInfo) {
    let session = open(device, SessionOptions::default());
    for n_fft in [100, 255, 300, 384, 400, 1000, 4096, 8192, 16_384] {
        for (detrend, average) in [
            (Detrend::Constant, Average::Mean),
            (Detrend::Linear, Average::Mean),
            (Detrend::Constant, Average::Median),
        ] {
            let params = PsdParams::new(8e3, n_fft).detrend(detrend).average(average);
            let (rows, len) = (2, 5 * n_fft + 7);
            let x = tone_in_noise(n_fft as u64, rows * len);
            let executable = session.compile(&psd(&params, Rows::new(rows, len)).unwrap()).unwrap();
            let plan = executable.plan();
            let what = format!("{} {n_fft} {detrend} {average}", device.id);
            let got = executable.run_to_vecs(&[&x]).unwrap().remove(0);
            let wide: Vec<f64> = x.iter().map(|v| f64::from(*v)).collect();
            let one_sided = params.clone().sides(Sides::One);
            let want = Welch::<f64>::new(one_sided).unwrap().run_batch(&wide, rows).unwrap().values;
            assert_close(&got, &want, n_fft, &what);
            for placed in plan.regions().iter().filter(|r| r.place == Place::Host) {
                assert!(placed.reason.is_some(), "{what}\n{}", plan.explain());
            }
            assert_eq!(plan.splits().is_empty(), plan.regions_on(Place::Host).next().is_none(), "{what}");
        }
    }
}
