//! Log-mel against the plain twin, over altered presets; batches against single items.

mod mel_support;

use mel_support::lcg;
use proptest::prelude::*;
use rlx_dsp::mel::{
    LogMel, LogMelParams, MaxOver, MelFilterbank, MelLayout, MelLog, MelNorm, MelNormalise, MelScale,
    Preemphasis, Preset, Reference, TriangleDomain, log_mel_with,
};
use rlx_dsp::reference::mel as twin;
use rlx_dsp::stft::{Padding, Placement};

fn one_of<T: Clone + std::fmt::Debug + 'static>(values: &[T]) -> impl Strategy<Value = T> + use<T> {
    prop::sample::select(values.to_vec())
}

/// Presets shrunk to short transforms, with every stage exchanged at random.
fn params() -> impl Strategy<Value = LogMelParams> {
    let log = [
        MelLog::Linear,
        MelLog::Decibel { amin: 1e-5, reference: Reference::Max, top_db: Some(12.0) },
        MelLog::Decibel { amin: 1e-10, reference: Reference::Power(0.3), top_db: None },
        MelLog::Log10 { floor: 1e-3 },
        MelLog::Ln { floor: 1e-7 },
        MelLog::LnPlus { offset: 1e-4 },
    ];
    let normalise = [
        MelNormalise::None,
        MelNormalise::Clamp { range: 1.0, shift: 4.0, divisor: 4.0 },
        MelNormalise::PerFeature { epsilon: 1e-2 },
    ];
    let emphasis = [Preemphasis::None, Preemphasis::Signal(0.97), Preemphasis::Frame(0.9)];
    let padding = [Padding::None, Padding::Constant, Padding::Reflect, Padding::Mirror];
    let first = (one_of(&Preset::ALL), 8..40_usize, 0..24_usize, 1..30_usize, 1..20_usize, 0.0..900.0_f64);
    let second =
        (one_of(&log), one_of(&normalise), one_of(&emphasis), one_of(&padding), one_of(&[1.0, 2.0, 0.7]));
    let third = (
        one_of(&[MelScale::Slaney, MelScale::Htk, MelScale::Kaldi]),
        one_of(&[MelNorm::None, MelNorm::Slaney]),
        one_of(&[TriangleDomain::Hertz, TriangleDomain::Mel]),
        one_of(&[Placement::Start, Placement::Center]),
        any::<(bool, bool)>(),
        one_of(&[None, Some(3000.0)]),
    );
    (first, second, third).prop_map(|(first, second, third)| {
        let (preset, win_length, extra, hop, n_mels, f_min) = first;
        let (log, normalise, preemphasis, padding, power) = second;
        let (scale, norm, domain, placement, (drop_last_frame, remove_dc), f_max) = third;
        LogMelParams::preset(preset)
            .preemphasis(preemphasis)
            .padding(padding)
            .drop_last_frame(drop_last_frame)
            .remove_dc(remove_dc)
            .win_length(win_length)
            .n_fft(win_length + extra)
            .placement(placement)
            .hop(hop)
            .power(power)
            .n_mels(n_mels)
            .f_min(f_min)
            .f_max(f_max)
            .scale(scale)
            .norm(norm)
            .domain(domain)
            .log(log)
            .normalise(normalise)
    })
}

proptest! {
    #[test]
    fn equals_the_twin(p in params(), seed in 0..1000_u64, len in 100..220_usize) {
        let x = lcg(seed, len);
        let plan = LogMel::<f64>::new(p.clone()).expect("valid");
        let out = plan.run(&x).expect("long enough");
        let want = twin::log_mel(&x, &p);
        prop_assert_eq!((out.n_frames, out.n_mels), (want.len(), p.n_mels));
        prop_assert_eq!(plan.n_frames(len), want.len());
        for (f, frame) in want.iter().enumerate() {
            for (m, w) in frame.iter().enumerate() {
                let g = out.get(m, f).expect("inside");
                prop_assert!((g - w).abs() <= 1e-8 * (1.0 + w.abs()), "mel {} frame {}: {} {}", m, f, g, w);
            }
        }
        prop_assert_eq!(out.get(p.n_mels, 0), None);
        prop_assert_eq!(out.get(0, out.n_frames), None);
    }

    #[test]
    fn sparse_rows_equal_the_dense_twin(p in params()) {
        let bank = MelFilterbank::<f64>::new(&p.filterbank()).expect("valid");
        let want = twin::filterbank(&p.filterbank());
        prop_assert_eq!(bank.to_dense().len(), p.n_mels * bank.n_bins());
        for (got, want) in bank.to_dense().iter().zip(want.iter().flatten()) {
            prop_assert!((got - want).abs() < 1e-9, "{} {}", got, want);
        }
        for (m, row) in want.iter().enumerate() {
            // A bin on an edge may round to either side of it.
            let inside = row.iter().filter(|w| **w > 1e-9).count();
            prop_assert!(bank.row(m).1.len() >= inside);
            prop_assert_eq!(bank.empty_filters().contains(&m), bank.row(m).1.is_empty());
        }
    }

    #[test]
    fn a_batch_over_items_equals_single_items(p in params(), seed in 0..1000_u64) {
        let items: Vec<Vec<f32>> = [130, 100, 170]
            .iter()
            .map(|&n| lcg(seed, n).iter().map(|&v| v as f32).collect())
            .collect();
        let refs: Vec<&[f32]> = items.iter().map(Vec::as_slice).collect();
        let batch = LogMel::<f32>::new(p.clone()).expect("valid").run_items(&refs).expect("long enough");
        for (item, out) in items.iter().zip(&batch) {
            prop_assert_eq!(&log_mel_with(item, &p).expect("valid"), out);
        }
    }
}

#[test]
fn the_maximum_over_the_batch_reaches_every_item() {
    let mut p = LogMelParams::preset(Preset::Whisper).max_over(MaxOver::Batch);
    let loud: Vec<f32> = lcg(1, 1600).iter().map(|&v| 100.0 * v as f32).collect();
    let soft: Vec<f32> = loud.iter().map(|v| v * 1e-5).collect();
    let both = LogMel::<f32>::new(p.clone()).expect("valid").run_items(&[&loud, &soft]).expect("valid");
    p.max_over = MaxOver::Item;
    let apart = LogMel::<f32>::new(p).expect("valid").run_batch(&[loud, soft].concat(), 2).expect("valid");
    assert_eq!(both[0], apart[0]);
    // 100 dB down is under the batch's floor of 80 dB: flat at (max − 8 + 4) / 4.
    let top = apart[0].values.iter().fold(f32::MIN, |a, &v| a.max(v));
    assert!(both[1].values.iter().all(|v| (v - (top - 2.0)).abs() < 1e-6));
    assert!(apart[1].values.iter().any(|v| (v - apart[1].values[0]).abs() > 1e-2));
}

#[test]
fn layouts_hold_the_same_values() {
    let x: Vec<f32> = lcg(2, 9000).iter().map(|&v| v as f32).collect();
    let p = LogMelParams::preset(Preset::Whisper);
    let mels = log_mel_with(&x, &p).expect("valid");
    let frames = log_mel_with(&x, &p.clone().layout(MelLayout::FramesByMels)).expect("valid");
    assert_eq!((mels.n_mels, mels.n_frames), (80, 56));
    for m in 0..80 {
        for f in 0..56 {
            assert_eq!(mels.values[m * 56 + f], frames.values[f * 80 + m]);
            assert_eq!(mels.get(m, f), frames.get(m, f));
        }
    }
}

#[test]
fn threads_do_not_change_the_numbers() {
    let x: Vec<f32> = lcg(5, 16_000 * 9).iter().map(|v| *v as f32).collect();
    for preset in [Preset::Whisper, Preset::Kaldi] {
        let run = |threads: usize| {
            let plan =
                LogMel::<f32>::new(LogMelParams::preset(preset)).and_then(|plan| plan.with_threads(threads));
            plan.and_then(|plan| plan.run(&x)).expect("a long signal").values
        };
        let alone = run(1);
        assert_eq!(run(3), alone, "{preset}");
        assert_eq!(run(0), alone, "{preset}");
    }
    let wide: Vec<f64> = lcg(6, 16_000 * 9);
    let run = |threads: usize| {
        let plan = LogMel::<f64>::new(LogMelParams::preset(Preset::Whisper))
            .and_then(|plan| plan.with_threads(threads));
        plan.and_then(|plan| plan.run(&wide)).expect("a long signal").values
    };
    assert_eq!(run(2), run(1));
}
