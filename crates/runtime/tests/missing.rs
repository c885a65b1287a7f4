//! Missing samples under the policies that leave segments out: every device gives what the CPU gives, and the CPU what the
//! library gives (`routes.rs`).

use rlx_compile::Graph;
use rlx_compile::builders::{WelchPeaksShape, frames_of, log_mel, psd};
use rlx_compile::builders::{spectrogram, welch_peaks};
use rlx_compile::params::{Average, MaxOver, Rows};
use rlx_dsp::mel::{LogMelParams, Preset};
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::welch::PsdParams;
use rlx_runtime::{Device, DeviceInfo, Session, SessionOptions};
use rlx_testkit::{harness::open, tone_in_noise};

rlx_testkit::device_tests! { gpus: gaps_are_left_out_or_bridged_as_on_the_cpu }

const ROWS: usize = 5;
/// Eleven segments of 256 that overlap by half.
const LEN: usize = 1536;

/// A short gap in row 0, a long one in row 1, nothing of row 2, all of rows 3 and 4.
fn samples() -> Vec<f32> {
    let mut x: Vec<f32> = tone_in_noise(11, ROWS * LEN);
    x[700..703].fill(f32::NAN);
    x[LEN + 300..LEN + 340].fill(f32::INFINITY);
    x[2 * LEN..3 * LEN].fill(f32::NAN);
    x
}

fn graphs() -> Vec<(&'static str, Graph)> {
    let rows = Rows::new(ROWS, LEN);
    let mean = PsdParams::new(8e3, 256);
    let whisper = LogMelParams::preset(Preset::Whisper).n_mels(20);
    let of_batch = whisper.clone().max_over(MaxOver::Batch);
    vec![
        ("mean", psd(&mean, rows).unwrap()),
        ("median", psd(&mean.clone().average(Average::Median), rows).unwrap()),
        ("spectrogram", spectrogram(&frames_of(&mean), rows).unwrap()),
        ("log-mel", log_mel(&whisper, rows).unwrap()),
        ("log-mel of the batch", log_mel(&of_batch, rows).unwrap()),
        ("peaks", welch_peaks(&WelchPeaksShape::new(ROWS, 256, 11, 8)).unwrap()),
    ]
}

fn gaps_are_left_out_or_bridged_as_on_the_cpu(device: &DeviceInfo) {
    let mut bad_rows_seen = 0;
    for nan in [NanPolicy::SkipSegment, NanPolicy::Interpolate { max_gap: 5 }] {
        let options = || SessionOptions::default().nan(nan);
        let cpu = Session::with_options(&Device::Cpu, options()).unwrap();
        let session = open(device, options());
        for (what, graph) in graphs() {
            let x = samples();
            let run = |session: &Session| {
                let executable = session.compile(&graph).unwrap();
                executable.run_to_vecs(&[&x]).unwrap().remove(0)
            };
            let want = run(&cpu);
            assert!(want.iter().any(|v| v.is_finite()), "{what} {nan}");
            bad_rows_seen += usize::from(want.iter().any(|v| v.is_nan()));

            let (got, id) = (run(&session), &device.id);
            let mut sums = (0.0, 0.0);
            for (i, (got, want)) in got.iter().zip(&want).enumerate() {
                // Bins of near ties may differ; their powers may not.
                if what == "peaks" && i % 2 == 0 {
                    continue;
                }
                assert_eq!(got.is_nan(), want.is_nan(), "{id} {what} {nan} at {i}: {got} {want}");
                if want.is_finite() {
                    sums.0 += f64::from(got - want).powi(2);
                    sums.1 += f64::from(*want).powi(2);
                }
            }
            let relative = (sums.0 / sums.1).sqrt();
            // A logarithm makes relative errors of small energies absolute ones.
            let bound = 64.0 * f64::from(f32::EPSILON);
            assert!(relative <= bound, "{id} {what} {nan}: {relative:e}");
        }
    }
    assert!(bad_rows_seen > 4, "the missing row shows");
}
