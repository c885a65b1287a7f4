//! Every plan is immutable: threads that share one, and clones of it, give the bits of serial runs.

use std::fmt::Debug;
use std::thread;

use rlx_dsp::fft::Complex;
use rlx_dsp::mel::{LogMel, LogMelParams, Preset};
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::params::Average;
use rlx_dsp::stft::{Spectrogram, SpectrogramParams};
use rlx_dsp::welch::peaks::{PeaksEngine, WelchPeakParams, WelchPeaks};
use rlx_dsp::welch::{Csd, PsdParams, Welch};
use rlx_testkit::tone_in_noise;

/// Threads that share a plan, and runs of each.
const THREADS: usize = 2;
const RUNS: usize = 5;

/// Runs `work` of the plan serially, then in threads that share the plan or own a clone of it.
fn check<P, R>(name: &str, plan: &P, work: impl Fn(&P, usize) -> R + Sync)
where
    P: Clone + Send + Sync,
    R: PartialEq + Debug + Send + Sync,
{
    let serial: Vec<R> = (0..RUNS).map(|i| work(plan, i)).collect();
    let (serial, work) = (&serial, &work);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                (0..RUNS).for_each(|i| assert_eq!(work(plan, i), serial[i], "{name} {thread} {i}"))
            });
            let own = plan.clone();
            scope.spawn(move || {
                (0..RUNS).for_each(|i| assert_eq!(work(&own, i), serial[i], "{name} clone {i}"))
            });
        }
    });
}

#[test]
fn plans_of_every_estimate() {
    let signals: Vec<Vec<f32>> = (0..RUNS).map(|i| tone_in_noise(i as u64 + 1, 20_000)).collect();
    let wide: Vec<Vec<f64>> = signals.iter().map(|x| x.iter().map(|v| f64::from(*v)).collect()).collect();
    for (segment_len, average) in
        [(256, Average::Mean), (256, Average::Median), (400, Average::Max), (251, Average::Mean)]
    {
        let params = PsdParams::new(8e3, segment_len).average(average).nan(NanPolicy::SkipSegment);
        let name = format!("Welch {segment_len} {average}");
        check(&name, &Welch::<f32>::new(params.clone()).unwrap(), |plan, i| plan.run(&signals[i]));
        check(&name, &Welch::<f64>::new(params.clone()).unwrap(), |plan, i| plan.run_batch(&wide[i], 20));
        let pairs = |i: usize| -> Vec<Complex<f32>> {
            signals[i].chunks_exact(2).map(|pair| Complex::new(pair[0], pair[1])).collect()
        };
        check(&name, &Welch::<Complex<f32>>::new(params.clone()).unwrap(), |plan, i| plan.run(&pairs(i)));
        if matches!(average, Average::Mean | Average::Median) {
            let csd = Csd::<f32>::new(params).unwrap();
            check("Csd", &csd, |plan, i| plan.run(&signals[i], &signals[(i + 1) % RUNS]));
        }
    }
    for n_fft in [256, 251] {
        let plan = Spectrogram::<f32>::new(SpectrogramParams::librosa(8e3, n_fft, 64)).unwrap();
        check("Spectrogram", &plan, |plan, i| plan.run(&signals[i]));
    }
    for preset in Preset::ALL {
        let plan = LogMel::<f32>::new(LogMelParams::preset(preset)).unwrap();
        check("LogMel", &plan, |plan, i| plan.run(&signals[i]));
        let plan = LogMel::<f64>::new(LogMelParams::preset(preset)).unwrap().with_threads(2).unwrap();
        check("LogMel", &plan, |plan, i| plan.run(&wide[i]));
    }
    for engine in [PeaksEngine::Streaming, PeaksEngine::StoredPsd, PeaksEngine::Lanes] {
        let params = WelchPeakParams::fast_for_n_fft(256, 8);
        let rows = 20_000 / params.welch.frame_len();
        let len = rows * params.welch.frame_len();
        let plan = WelchPeaks::with_engine(params, engine, 1).unwrap();
        check("WelchPeaks", &plan, |plan, i| plan.run_batch(&signals[i][..len], rows));
    }
}

#[test]
fn scratch_of_the_caller_gives_the_same_bits() {
    let x = tone_in_noise(3, 9000);
    let welch = Welch::<f32>::new(PsdParams::new(1.0, 128)).unwrap();
    let (mut scratch, mut out) = (welch.scratch(), vec![0.0; welch.n_bins()]);
    let coverage = welch.run_into(&x, &mut scratch, &mut out).unwrap();
    let whole = welch.run(&x).unwrap();
    assert_eq!((coverage, &out), (whole.coverage, &whole.values));
    let mel = LogMel::<f32>::new(LogMelParams::preset(Preset::Kaldi)).unwrap();
    let whole = mel.run(&x).unwrap();
    let mut out = vec![0.0; whole.values.len()];
    mel.run_into(&x, &mut mel.scratch(), &mut out).unwrap();
    assert_eq!(out, whole.values);
    assert_eq!((whole.times.len(), whole.freqs.len()), (whole.n_frames, whole.n_mels));
    assert!(
        welch
            .run_into(&x, &mut Welch::<f32>::new(welch.params().clone()).unwrap().scratch(), &mut out)
            .is_err()
    );
}
