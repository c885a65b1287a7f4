//! Missing samples under the policies that leave segments out: every device gives what the CPU gives, and the CPU what the
//! library gives (`routes.rs`).

mod common;

use common::machine::sessions;
use rlx_compile::Graph;
use rlx_compile::builders::{LogMelSpec, PsdSpec, SpectrogramSpec, WelchPeaksShape, log_mel, psd};
use rlx_compile::builders::{spectrogram, welch_peaks};
use rlx_compile::params::{Average, MaxScope};
use rlx_dsp::nan::NanPolicy;
use rlx_runtime::SessionOptions;

const ROWS: usize = 5;
/// Eleven segments of 256 that overlap by half.
const LEN: usize = 1536;

/// A short gap in row 0, a long one in row 1, nothing of row 2, all of rows 3 and 4.
fn samples() -> Vec<f32> {
    let mut state = 11u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    let mut x: Vec<f32> = (0..ROWS * LEN).map(|i| (i as f32 * 0.3).sin() + next()).collect();
    x[700..703].fill(f32::NAN);
    x[LEN + 300..LEN + 340].fill(f32::INFINITY);
    x[2 * LEN..3 * LEN].fill(f32::NAN);
    x
}

fn graphs() -> Vec<(&'static str, Graph)> {
    let rows = PsdSpec::new(ROWS, LEN, 8e3, 256);
    let columns = SpectrogramSpec::new(rows);
    let whisper = LogMelSpec::whisper(ROWS, LEN, 20);
    let of_batch = LogMelSpec { clamp: Some((8.0, 4.0, 0.25, MaxScope::Batch)), ..whisper };
    vec![
        ("mean", psd(&rows).unwrap()),
        ("median", psd(&PsdSpec { average: Average::Median, ..rows }).unwrap()),
        ("spectrogram", spectrogram(&columns).unwrap()),
        ("log-mel", log_mel(&whisper).unwrap()),
        ("log-mel of the batch", log_mel(&of_batch).unwrap()),
        ("peaks", welch_peaks(&WelchPeaksShape::new(ROWS, 256, 11, 8)).unwrap()),
    ]
}

#[test]
fn gaps_are_left_out_or_bridged_as_on_the_cpu() {
    let mut bad_rows_seen = 0;
    for nan in [NanPolicy::SkipSegment, NanPolicy::Interpolate { max_gap: 5 }] {
        let sessions = sessions(&SessionOptions::default().nan(nan));
        for (what, graph) in graphs() {
            let x = samples();
            let run = |at: usize| {
                let executable = sessions[at].compile(&graph).unwrap();
                executable.run_to_vecs(&[&x]).unwrap().remove(0)
            };
            let want = run(0);
            assert!(want.iter().any(|v| v.is_finite()), "{what} {nan}");
            bad_rows_seen += usize::from(want.iter().any(|v| v.is_nan()));
            for at in 1..sessions.len() {
                let (got, id) = (run(at), &sessions[at].device().id);
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
    }
    assert!(bad_rows_seen > 4, "the missing row shows");
}
