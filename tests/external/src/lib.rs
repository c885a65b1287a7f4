//! The public names of `rlx-fft`, used from outside. `scripts/test_external.sh` compiles and runs it.

#[cfg(test)]
mod specification {
    use rlx_fft::welch_peaks_picker::AutoWelchPeaks as ByModule;
    use rlx_fft::{
        AutoWelchPeaks, FastLearnedFftModel, Result, WelchPeakParams, WelchPeaksPickMode, WelchPeaksStrategy,
        parse_welch_peaks_strategy, pick_welch_peaks_strategy,
    };

    const BATCH: usize = 4;
    const N_FFT: usize = 256;
    const K: usize = 16;

    fn samples(len: usize) -> Vec<f32> {
        (0..len).map(|i| (i as f32 * 0.4).sin()).collect()
    }

    #[test]
    fn the_example_of_the_specification() -> Result<()> {
        let full = WelchPeakParams::reference_for_n_fft(N_FFT, K);
        let samples = samples(BATCH * full.welch.frame_len());
        let mut auto = AutoWelchPeaks::new(BATCH, N_FFT, K, Some("auto"))?;
        let peaks = auto.welch_peaks_batch(&samples)?;
        assert_eq!(peaks.len(), BATCH * K * 2);
        assert!(!auto.strategy_label().is_empty());

        let fast = WelchPeakParams::fast_for_n_fft(N_FFT, K);
        let rows = fast.welch.truncate_batch(&samples, BATCH, full.welch.frame_len())?;
        // Full rows have spread segments, cut ones the leading ones: the strongest bin is the tone's in both.
        let of_cut = auto.welch_peaks_batch_fast(&rows)?;
        assert_eq!((of_cut.len(), of_cut[0]), (peaks.len(), peaks[0]));
        let mut out = vec![0.0; BATCH * K * 2];
        auto.welch_peaks_batch_into(&samples, &mut out)?;
        assert_eq!(out, peaks);
        auto.welch_peaks_batch_fast_into(&rows, &mut out)?;
        assert_eq!(out, of_cut);

        let device = Some("cpu");
        let forced = WelchPeaksStrategy::FastStreaming;
        let mut plan = AutoWelchPeaks::with_strategy(BATCH, N_FFT, K, device, forced)?;
        // Another strategy averages other segments: the strongest bin is the tone's all the same.
        let two_segments = plan.welch_peaks_batch(&samples)?;
        assert_eq!((two_segments.len(), two_segments[0]), (peaks.len(), peaks[0]));
        let mode: WelchPeaksPickMode = parse_welch_peaks_strategy("rlx")?;
        let mut plan = ByModule::with_options(BATCH, N_FFT, K, device, None, mode)?;
        assert_eq!(plan.strategy_label(), "rlx_compiled");
        plan.welch_peaks_batch(&samples)?;
        let model = FastLearnedFftModel::exact(N_FFT)?;
        AutoWelchPeaks::with_learned(BATCH, N_FFT, K, device, Some(&model))?.welch_peaks_batch(&samples)?;
        Ok(())
    }

    #[test]
    fn strategies_by_name() {
        use WelchPeaksPickMode::{Auto, Force};
        use WelchPeaksStrategy::{FastStreaming, LearnedCompiled, RlxCompiled, UltraFast};
        for (mode, names) in [
            (Auto, &["auto"][..]),
            (Force(UltraFast), &["ultra", "ultra-fast", "1seg"]),
            (Force(FastStreaming), &["fast", "streaming", "rustfft", "2seg"]),
            (Force(RlxCompiled), &["rlx", "compiled", "gpu"]),
            (Force(LearnedCompiled), &["learned", "learned_compiled"]),
        ] {
            assert!(names.iter().all(|n| parse_welch_peaks_strategy(n).unwrap() == mode), "{names:?}");
        }
        let strategies = [UltraFast, FastStreaming, RlxCompiled, LearnedCompiled];
        let labels = strategies.map(|s| rlx_fft::welch_peaks_picker::picker_path_label(s, false));
        assert_eq!(
            labels,
            ["ultra_fast_rustfft", "fast_streaming_rustfft", "rlx_compiled", "learned_compiled"]
                .map(|l| format!("welch_peaks_picker_{l}"))
        );
    }

    #[test]
    fn the_picker_and_its_gate() {
        use rlx_fft::graph::{BackendCaps, BackendCostModel, DeviceClass};
        use rlx_fft::welch_peaks_compile::{CompiledRlxWelchPeaksExec, rlx_welch_peaks_exec_kind};
        use rlx_fft::welch_peaks_cost::{
            WelchPeaksShape, fused_welch_peaks_auto_viable, welch_peaks_fusion_gate_breakdown,
            welch_peaks_io_fusion_gate,
        };
        use rlx_fft::welch_peaks_picker::{PickRequest, StrategyModels};

        let shape = WelchPeaksShape::new(1024, N_FFT, 2, K);
        let (caps, model) =
            (BackendCaps::shipped(DeviceClass::Metal), BackendCostModel::shipped(DeviceClass::Metal));
        let gate = welch_peaks_fusion_gate_breakdown(&shape, &caps, &model).unwrap();
        assert!(gate.should_fuse && gate.should_fuse_io && gate.score_ns > gate.min_gain_ns);
        assert!(gate.readback_saved_bytes > 0);
        assert!(welch_peaks_io_fusion_gate(&shape, &caps, &model));
        let _: Option<rlx_fft::IoFusionGate> = None;
        assert!(fused_welch_peaks_auto_viable(&shape, &caps, &model));
        assert_eq!(rlx_welch_peaks_exec_kind(&shape, &caps, &model).label(), "fused_op");
        CompiledRlxWelchPeaksExec::compile_adaptive(BATCH, N_FFT, K, Some("cpu")).unwrap();
        let request = PickRequest {
            shape,
            threads: 1,
            gpu: false,
            same_answer: true,
            rlx_viable: true,
            learned: None,
            legacy: false,
        };
        let picked = pick_welch_peaks_strategy(&StrategyModels::cpu(None), &request);
        assert!(!picked.label().is_empty());
    }

    #[test]
    fn a_learned_model_has_k_at_the_call() {
        let model = FastLearnedFftModel::exact(N_FFT).unwrap();
        for k in [1, K] {
            let params = WelchPeakParams::fast_for_n_fft(N_FFT, k);
            let peaks = model.welch_peaks_batch(&params, &samples(params.welch.frame_len()), 1);
            assert_eq!(peaks.unwrap().len(), 2 * k);
        }
    }
}

#[cfg(test)]
mod facade {
    use rlx_fft::prelude::*;

    #[test]
    fn the_largest_batch_is_known_without_a_run() -> rlx_fft::Result<()> {
        use rlx_fft::{BatchRequest, MemorySource, SampleType, auto_max_fft_batch, clamp_batch};
        let request =
            BatchRequest::new(256).k(16).segments(2).sample(SampleType::F32).memory(MemorySource::Host);
        let limit = auto_max_fft_batch(&request.memory_bytes(1 << 20), Some("cpu"))?;
        assert_eq!((limit.rows, limit.bound), ((1 << 19) / (4 * 384 + 8 * 16), "memory"));
        assert_eq!(clamp_batch(5, &request, Some("cpu"))?, 5);
        Ok(())
    }

    #[test]
    fn every_part_is_reachable() {
        let _: Result<Device, rlx_fft::device::Error> = "cuda:1".parse::<rlx_fft::device::Device>();
        let _ = rlx_fft::graph::Graph::new();
        let _ = rlx_fft::learn::FastLearnedFftModel::exact(64).unwrap();
        let _ = rlx_fft::io::read::OpenOptions::default();
        let psd = PsdParams::new(1000.0, 256);
        assert!(Welch::<f64>::new(psd).is_ok());
        let params = WelchPeakParams::fast_for_n_fft(256, 4);
        assert_eq!(params.welch.n_segments, 2);
        assert!(!rlx_fft::environment::legacy_picker() || cfg!(unix));
    }

    /// A tone of 125 Hz and a weaker one of 250 Hz, 2 s at 1 kHz.
    fn tones() -> Vec<f64> {
        let tone = |i: usize, hz: f64| (std::f64::consts::TAU * hz * i as f64 / 1000.0).sin();
        (0..2000).map(|i| tone(i, 125.0) + 0.25 * tone(i, 250.0)).collect()
    }

    #[test]
    fn a_spectrum_is_one_call() {
        let x = tones();
        let narrow: Vec<f32> = x.iter().map(|&v| v as f32).collect();
        for (psd, epsilon) in [
            (welch(&x, 1000.0).unwrap(), f64::EPSILON),
            (periodogram(&x, 1000.0).unwrap(), f64::EPSILON),
            (psd_of(&narrow), f64::from(f32::EPSILON)),
        ] {
            assert_eq!(psd.freqs.len(), psd.values.len());
            let strongest: Vec<f64> = psd.peaks(2).iter().map(|peak| peak.freq).collect();
            assert!(
                (strongest[0] - 125.0).abs() < 1.0 && (strongest[1] - 250.0).abs() < 1.0,
                "{strongest:?}"
            );
            assert_eq!(psd.peak_freq(), strongest.first().copied());
            // Parseval: a sine of amplitude a has the power a²/2.
            let power = psd.values.iter().sum::<f64>() * (psd.freqs[1] - psd.freqs[0]);
            assert!((power - 0.53125).abs() < 0.02 + epsilon, "{power}");
        }
        assert!(welch(&x, 0.0).is_err() && welch::<f64>(&[], 1000.0).is_err());
    }

    fn psd_of(x: &[f32]) -> Psd<f64> {
        let Psd { freqs, values, coverage, .. } = welch(x, 1000.0).unwrap();
        let values = values.into_iter().map(f64::from).collect();
        let mut psd = welch(&tones(), 1000.0).unwrap();
        (psd.freqs, psd.values, psd.coverage) = (freqs, values, coverage);
        psd
    }

    #[test]
    fn one_call_is_a_plan_with_the_default_parameters() {
        let x = tones();
        let psd = welch(&x, 1000.0).unwrap();
        let params = PsdParams::new(1000.0, 256);
        let plan = Welch::<f64>::new(params.clone()).unwrap();
        assert_eq!(welch_with(&x, &params).unwrap().values, psd.values);
        assert_eq!(plan.run(&x).unwrap().values, psd.values);
    }

    #[test]
    fn pairs_of_signals_are_one_call() {
        let x = tones();
        let y: Vec<f64> = x.iter().map(|v| 2.0 * v).collect();
        let (cross, psd) = (csd(&x, &y, 1000.0).unwrap(), welch(&x, 1000.0).unwrap());
        let strongest = psd.values.iter().copied().fold(0.0, f64::max);
        for (bin, power) in psd.values.iter().enumerate() {
            let difference = (cross.re[bin] - 2.0 * power).abs().max(cross.im[bin].abs());
            assert!(difference <= 1e-12 * strongest, "{bin}: {difference}");
        }
        let same = csd_with(&x, &y, &PsdParams::new(1000.0, 256)).unwrap();
        assert_eq!((same.re, same.im), (cross.re, cross.im));
        let found = coherence(&x, &y, 1000.0).unwrap();
        let strong = psd.values.iter().zip(&found.values).filter(|(power, _)| **power > 1e-3 * strongest);
        assert!(strong.clone().count() > 1 && strong.clone().all(|(_, c)| (c - 1.0).abs() < 1e-9));
        let with = coherence_with(&x, &y, &PsdParams::new(1000.0, 256)).unwrap();
        assert_eq!(with.values, found.values);
        assert!(csd(&x, &y[1..], 1000.0).is_err());
    }

    #[test]
    fn spectrograms_and_features_are_one_call() {
        let x = tones();
        let out = spectrogram(&x, 1000.0, 256).unwrap();
        assert_eq!((out.freqs.len(), out.times.len()), (out.n_bins, out.n_frames));
        for frame in out.values.chunks_exact(out.n_bins) {
            let best = (0..out.n_bins).max_by(|&a, &b| frame[a].total_cmp(&frame[b])).unwrap();
            assert!((out.freqs[best] - 125.0).abs() < 4.0);
        }
        let with = spectrogram_with(&x, &SpectrogramParams::scipy(1000.0, 256)).unwrap();
        assert_eq!(with.values, out.values);
        let mel = log_mel(&x, Preset::Librosa).unwrap();
        assert_eq!(mel.values.len(), mel.n_mels * mel.n_frames);
        assert_eq!((mel.freqs.len(), mel.times.len()), (mel.n_mels, mel.n_frames));
        let with = log_mel_with(&x, &LogMelParams::preset(Preset::Librosa)).unwrap();
        assert_eq!(with.values, mel.values);
        let narrow: Vec<f32> = x.iter().map(|&v| v as f32).collect();
        assert_eq!(log_mel(&narrow, Preset::Librosa).unwrap().n_frames, mel.n_frames);
    }

    #[cfg(feature = "dev")]
    #[test]
    fn benches_have_the_names_of_the_specification() {
        use rlx_fft::bench_fusion_phases::{FusionPhasesOptions, bench_fusion_phases};
        let options = FusionPhasesOptions { batches: vec![8], iters: 1, ..Default::default() };
        assert_eq!(bench_fusion_phases(&options).unwrap().phases.len(), 5);
        let _ = rlx_fft::bench_welch_peaks::batch_crossover(&[]);
        let _ = rlx_fft::report::Status::Ok;
        let _ =
            |options: &rlx_fft::bench_sweep::SweepOptions| rlx_fft::bench_sweep::bench_sweep(options, |_| ());
        let _ = rlx_fft::max_batch::max_batch;
    }
}
