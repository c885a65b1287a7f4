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
        assert_eq!(auto.welch_peaks_batch_fast(&rows)?, peaks);
        let mut out = vec![0.0; BATCH * K * 2];
        auto.welch_peaks_batch_into(&samples, &mut out)?;
        auto.welch_peaks_batch_fast_into(&rows, &mut out)?;
        assert_eq!(out, peaks);

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

    #[cfg(feature = "dev")]
    #[test]
    fn benches_have_the_names_of_the_specification() {
        use rlx_fft::bench_fusion_phases::{FusionPhasesOptions, bench_fusion_phases};
        let options = FusionPhasesOptions { batches: vec![8], iters: 1, ..Default::default() };
        assert_eq!(bench_fusion_phases(&options).unwrap().phases.len(), 5);
        let _ = rlx_fft::bench_welch_peaks::batch_crossover(&[]);
        let _ = rlx_fft::report::Status::Ok;
    }
}
