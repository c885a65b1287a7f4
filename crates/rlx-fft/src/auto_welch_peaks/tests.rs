use rlx_dsp::reference::peak::raw_power;
use rlx_dsp::welch::peaks::{RowLayout, WelchParams, WelchPeakParams, WelchPeaksScratch};

use rlx_learn::{Signals, Split, recall_of, significant_recall};

use super::*;
use crate::error::Error;
use crate::welch_peaks_picker::WelchPeaksStrategy as S;

fn tones(len: usize) -> Vec<f32> {
    (0..len)
        .map(|i| (i as f32 * 0.4).sin() + 0.5 * (i as f32 * 1.1).sin() + (i * i % 13) as f32 * 0.01)
        .collect()
}

fn shipped(batch: usize, mode: WelchPeaksPickMode, same_answer: bool) -> AutoWelchPeaks {
    let calibration = CalibrationSource::Shipped;
    let settings = AutoSettings {
        mode,
        same_answer,
        calibration,
        threads: 1,
        device: Some("cpu"),
        ..Default::default()
    };
    AutoWelchPeaks::with_settings(batch, 256, 4, &settings).unwrap()
}

/// Returns the strongest bin of each row by the f64 reference implementation.
fn strongest(samples: &[f32], row_len: usize, welch: &WelchParams) -> Vec<usize> {
    let rows = samples.chunks_exact(row_len).map(|row| {
        let power = raw_power(row, welch);
        (0..power.len()).max_by(|&a, &b| power[a].total_cmp(&power[b])).unwrap()
    });
    rows.collect()
}

#[test]
fn every_strategy_runs_both_layouts() {
    let model = FastLearnedFftModel::exact(256).unwrap();
    let (batch, full_len) = (5, 256 + 7 * 128);
    let full = tones(batch * full_len);
    let fast = WelchParams::new(256, 2).truncate_batch(&full, batch, full_len).unwrap();
    for strategy in S::ALL {
        let mode = WelchPeaksPickMode::Force(strategy);
        let mut auto = AutoWelchPeaks::with_options(batch, 256, 4, Some("cpu"), Some(&model), mode).unwrap();
        assert_eq!(auto.strategy(), strategy);
        let starts = |auto: &AutoWelchPeaks, layout| auto.placed(layout).welch.starts().collect::<Vec<_>>();
        let segments = strategy.segments(2);
        let spread = if segments == 1 { vec![448] } else { vec![224, 672] };
        assert_eq!(starts(&auto, RowLayout::Spread), spread, "{strategy}");
        assert_eq!(starts(&auto, RowLayout::Leading), [0, 128][..segments], "{strategy}");
        let first = |peaks: &[f32]| peaks.chunks_exact(8).map(|row| row[0] as usize).collect::<Vec<_>>();
        let a = auto.welch_peaks_batch(&fast).unwrap();
        assert_eq!(auto.welch_peaks_batch_fast(&fast).unwrap(), a, "{strategy}");
        assert_eq!(first(&a), strongest(&fast, 384, &WelchParams::new(256, segments)), "{strategy}");
        let b = auto.welch_peaks_batch(&full).unwrap();
        let placed = auto.placed(RowLayout::Spread).welch;
        assert_eq!(first(&b), strongest(&full, full_len, &placed), "{strategy}");
        // The segments alone, moved to the front of rows of just their length.
        let moved: Vec<f32> = full
            .chunks_exact(full_len)
            .flat_map(|row| row[placed.lead..][..placed.span()].to_vec())
            .collect();
        let params = WelchPeakParams::new(placed.clone().lead(0), 4);
        let mut alone = vec![0.0; b.len()];
        WelchPeaksScratch::fastest(params, 1).unwrap().peaks_into(&moved, batch, &mut alone).unwrap();
        for (b, alone) in b.chunks_exact(2).zip(alone.chunks_exact(2)) {
            assert!(b[0] == alone[0] && (b[1] / alone[1] - 1.0).abs() < 1e-3, "{strategy}: {b:?} {alone:?}");
        }
    }
}

#[test]
fn each_layout_hears_the_tones_of_its_samples() {
    // One tone in each quarter of the row.
    const TONES: [f32; 4] = [0.3, 0.9, 1.5, 2.1];
    let row: Vec<f32> = (0..1152).map(|i| (i as f32 * TONES[i / 288]).sin()).collect();
    let tone = |bin: f32| TONES.map(|step| (step / std::f32::consts::TAU * 256.0 - bin).abs() <= 1.0);
    let heard = |strategy, k, buffer: &[f32]| -> [bool; 4] {
        let mut auto = AutoWelchPeaks::with_strategy(1, 256, k, Some("cpu"), strategy).unwrap();
        let peaks = auto.welch_peaks_batch(buffer).unwrap();
        let each: Vec<[bool; 4]> = peaks.chunks_exact(2).map(|p| tone(p[0])).collect();
        std::array::from_fn(|i| each.iter().any(|heard| heard[i]))
    };
    for strategy in [S::FastStreaming, S::RlxCompiled] {
        // Samples 224 to 479 and 672 to 927.
        assert_eq!(heard(strategy, 2, &row), [false, true, true, false], "{strategy}");
        assert_eq!(heard(strategy, 1, &row[..384]), [true, false, false, false], "{strategy}");
    }
    // Samples 448 to 703.
    assert_eq!(heard(S::UltraFast, 2, &row), [false, true, true, false]);
    assert_eq!(heard(S::UltraFast, 1, &row[..384]), [true, false, false, false]);
}

/// Signals of the training's generator, which change within a row.
#[test]
fn spread_segments_find_more_of_the_peaks_of_all_eight() {
    let (batch, full_len, bins) = (2048, 1152, 129);
    let full = Signals::Generated(1).rows(Split::Test, 0, batch, full_len);
    let fast = WelchParams::new(256, 2).truncate_batch(&full, batch, full_len).unwrap();
    for k in [8, 16] {
        let reference = WelchPeakParams::reference_for_n_fft(256, k);
        let mut scratch = WelchPeaksScratch::fastest(reference, 1).unwrap();
        let (mut truth, mut teacher) = (vec![0.0; batch * 2 * k], vec![0.0; batch * bins]);
        scratch.peaks_into(&full, batch, &mut truth).unwrap();
        scratch.psd_into(&full, batch, &mut teacher).unwrap();
        for strategy in [S::RlxCompiled, S::UltraFast] {
            let mut auto = AutoWelchPeaks::with_strategy(batch, 256, k, Some("cpu"), strategy).unwrap();
            let [leading, spread] = [&fast, &full].map(|x| {
                let peaks = auto.welch_peaks_batch(x).unwrap();
                let significant = significant_recall(&peaks, &teacher, bins, k, k).unwrap();
                [recall_of(&peaks, &truth, k), significant]
            });
            println!(
                "k {k}, {strategy}: leading {leading:.4?}, spread {spread:.4?} (all bins, significant ones)"
            );
            assert!(spread[0] > leading[0] && spread[1] > leading[1], "k {k}, {strategy}");
        }
    }
}

#[test]
fn full_rows_of_any_length_are_spread_over() {
    let mode = WelchPeaksPickMode::Force(S::RlxCompiled);
    for row_len in [384, 385, 1000, 5000] {
        let settings =
            AutoSettings { device: Some("cpu"), mode, row_len: Some(row_len), ..AutoSettings::default() };
        let mut auto = AutoWelchPeaks::with_settings(3, 256, 4, &settings).unwrap();
        assert_eq!(auto.layout_lens(), (3 * 384, 3 * row_len));
        let x = tones(3 * row_len);
        let peaks = auto.welch_peaks_batch(&x).unwrap();
        let first: Vec<usize> = peaks.chunks_exact(8).map(|row| row[0] as usize).collect();
        assert_eq!(first, strongest(&x, row_len, &auto.placed(RowLayout::Spread).welch), "{row_len}");
    }
    let settings = AutoSettings { row_len: Some(383), ..AutoSettings::default() };
    let error = AutoWelchPeaks::with_settings(3, 256, 4, &settings).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("row_len") && error.contains("384"), "{error}");
}

#[test]
fn wrong_lengths_give_expected_and_got() {
    let mut auto = AutoWelchPeaks::new(2, 256, 4, None).unwrap();
    let message = |e: Error| e.to_string();
    let (full, fast) = (2 * 1152, 2 * 384);
    assert_eq!(auto.layout_lens(), (fast, full));
    let mut out = [0.0; 16];
    assert_eq!(
        message(auto.welch_peaks_batch(&vec![0.0; full + 1]).unwrap_err()),
        "samples: expected 2304 values, got 2305"
    );
    assert_eq!(
        message(auto.welch_peaks_batch_fast(&vec![0.0; full]).unwrap_err()),
        "samples: expected 768 values, got 2304"
    );
    assert_eq!(
        message(auto.welch_peaks_batch_into(&vec![0.0; full], &mut out[1..]).unwrap_err()),
        "out: expected 16 values, got 15"
    );
}

#[test]
fn bad_requests_are_errors_and_an_empty_batch_is_empty() {
    assert!(AutoWelchPeaks::new(2, 1, 4, None).is_err());
    assert!(AutoWelchPeaks::new(2, 256, 0, None).is_err());
    assert!(AutoWelchPeaks::new(usize::MAX, 256, 4, None).is_err());
    let absent = AutoWelchPeaks::new(2, 256, 4, Some("dx12")).map(|_| ()).unwrap_err().to_string();
    assert!(absent.contains("this machine has cpu"), "{absent}");
    assert!(AutoWelchPeaks::with_strategy(2, 256, 4, None, S::LearnedCompiled).is_err());
    let model = FastLearnedFftModel::exact(128).unwrap();
    assert!(AutoWelchPeaks::with_learned(2, 256, 4, None, Some(&model)).is_err());
    for strategy in &S::ALL[..3] {
        let mut empty = AutoWelchPeaks::with_strategy(0, 256, 4, None, *strategy).unwrap();
        assert!(empty.welch_peaks_batch(&[]).unwrap().is_empty());
    }
}

#[test]
fn the_choice_follows_the_candidates() {
    let auto = WelchPeaksPickMode::Auto;
    assert_eq!(shipped(65_536 / 64, auto, true).strategy(), S::RlxCompiled);
    assert_eq!(shipped(1, auto, true).strategy(), S::FastStreaming);
    assert_ne!(shipped(1, auto, true).pick_for_batch(4096), S::FastStreaming);
    let trace = shipped(300, auto, false).trace();
    assert!(!trace.candidates.contains(&"ultra_fast_rustfft"), "batch 300 is above its limit");
    assert_eq!(trace.predicted_ms.len(), 4);
    assert_eq!(trace.calibration, "shipped");
    // An exact model is not sparse: it is never picked by itself.
    let model = FastLearnedFftModel::exact(256).unwrap();
    let settings = AutoSettings { learned: Some(&model), threads: 1, ..Default::default() };
    let picked = AutoWelchPeaks::with_settings(4096, 256, 4, &settings).unwrap();
    assert_ne!(picked.strategy(), S::LearnedCompiled);
}

#[test]
fn odd_sizes_run_by_every_strategy_without_a_kernel() {
    for strategy in &S::ALL[..3] {
        let mut auto = AutoWelchPeaks::with_strategy(3, 250, 4, None, *strategy).unwrap();
        assert_eq!(auto.welch_peaks_batch(&tones(3 * 375)).unwrap().len(), 24);
    }
}

#[test]
fn the_trace_says_where_it_comes_from() {
    let auto = shipped(64, WelchPeaksPickMode::Force(S::FastStreaming), false);
    assert_eq!(
        auto.picker_line(),
        "[welch-peaks] picker (forced): batch=64 device=cpu -> fast_streaming_rustfft"
    );
    let lines = auto.trace_lines(&["x.json: corrupt".to_owned()]);
    assert!(lines[0].contains("shipped defaults, run rlx-fft calibrate"), "{}", lines[0]);
    assert!(lines[0].contains("spread segments"), "{}", lines[0]);
    assert!(lines[1].contains("x.json: corrupt") && lines.len() == 6);
    let json = serde_json::to_value(auto.trace()).unwrap();
    assert_eq!(json["strategy"], "fast_streaming_rustfft");
    assert!(json["predicted_ms"]["rlx_compiled"].as_f64().unwrap() > 0.0);
}
