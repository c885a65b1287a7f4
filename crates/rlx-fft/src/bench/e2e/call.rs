//! One backend of one pipeline as a callable: rows in, numbers out.

use num_complex::Complex32;
use rlx_dsp::fft::{ComplexFft, ForwardFft};
use rlx_dsp::mel::MelFilterbank;
use rlx_dsp::peaks::insert::insert_top_k;
use rlx_dsp::welch::peaks::{PeaksEngine, RowLayout, WelchPeakParams, WelchPeaksScratch};
use rlx_learn::{FastLearnedFftModel, bank_params};

use super::denoise::Denoiser;
use super::models::{E2eModels, Maybe};
use super::{Backend, E2eBenchOptions, Pipeline};
use crate::auto_welch_peaks::{AutoSettings, AutoWelchPeaks};
use crate::error::Result;
use crate::welch_peaks_picker::{WelchPeaksPickMode, WelchPeaksStrategy};

/// Floor of the mel energies under the logarithm.
pub(super) const FLOOR: f32 = 1e-10;

type Run<'a> = Box<dyn FnMut(&[f32], &mut [f32]) -> Result<()> + 'a>;
/// Replaces a frame by its bins.
pub(super) type Transform<'a> = Box<dyn FnMut(&mut [Complex32]) -> Result<()> + 'a>;

/// The timed function: `[batch, row]` in, `[batch, width]` out.
pub(super) struct Call<'a> {
    pub(super) width: usize,
    pub(super) device: String,
    pub(super) run: Run<'a>,
}

/// Returns the layout of a pipeline's rows.
pub(super) fn params(pipeline: Pipeline, n_fft: usize, k: usize) -> WelchPeakParams {
    match pipeline.segments() {
        1 => WelchPeakParams::ultra_fast_for_n_fft(n_fft, k),
        2 => WelchPeakParams::fast_for_n_fft(n_fft, k),
        _ => WelchPeakParams::reference_for_n_fft(n_fft, k),
    }
}

/// Returns the call, or the reason why there is none.
pub(super) fn call<'a>(
    options: &E2eBenchOptions,
    models: &'a E2eModels,
    pipeline: Pipeline,
    backend: Backend,
) -> Result<Maybe<Call<'a>>> {
    use Backend as B;
    let compiled = matches!(backend, B::ExactCompiled | B::LearnedCompiled | B::Distilled | B::Ternary);
    if compiled && !options.compiled {
        return Ok(Err("left out by --no-compiled".to_owned()));
    }
    let params = params(pipeline, options.n_fft, options.k);
    if matches!(pipeline, Pipeline::Q8 | Pipeline::Denoise) {
        return Ok(transform(options.n_fft, models, backend)?.map(|t| frames(options, pipeline, t)));
    }
    match (pipeline, backend) {
        (Pipeline::WelchPeaks, B::ExactCompiled | B::Auto) => return picked(options, backend, None),
        (Pipeline::WelchPeaks, _) if compiled => {
            return match model(options.n_fft, models, backend)? {
                Ok(model) => picked(options, backend, Some(&model)),
                Err(reason) => Ok(Err(reason)),
            };
        }
        (_, B::Auto) => return Ok(Err("the picker supports two-segment peaks only".to_owned())),
        _ => {}
    }
    // Powers or peaks, depending on the backend.
    let engine = match backend {
        B::Rustfft => Some(PeaksEngine::Streaming),
        B::ExactCompiled => Some(PeaksEngine::Lanes),
        _ => None,
    };
    let peaks = matches!(pipeline, Pipeline::WelchPeaks | Pipeline::WelchPeaksUltra);
    let batch = options.batch;
    let width = if peaks { 2 * params.k_out() } else { params.welch.n_bins() };
    let run: Run<'a> = if let Some(engine) = engine {
        let mut scratch = WelchPeaksScratch::new(params.clone(), engine, 1)?;
        if peaks {
            Box::new(move |x, out| Ok(scratch.peaks_into(x, batch, out)?))
        } else {
            Box::new(move |x, out| Ok(scratch.psd_into(x, batch, out)?))
        }
    } else if backend == B::Q8 {
        let (model, network) = match &models.q8 {
            Ok(both) => both,
            Err(reason) => return Ok(Err(reason.clone())),
        };
        let (bins, width) = (model.n_bins(), 2 * params.k_out());
        Box::new(move |x, out| {
            let psd = model.welch_psd_batch_q8(network, &params.welch, x, batch)?;
            if peaks {
                let rows = psd.chunks_exact(bins).zip(out.chunks_exact_mut(width));
                rows.for_each(|(psd, out)| insert_top_k(psd, out));
            } else {
                out.copy_from_slice(&psd);
            }
            Ok(())
        })
    } else {
        let model = match model(options.n_fft, models, backend)? {
            Ok(model) => model,
            Err(reason) => return Ok(Err(reason)),
        };
        let row = params.welch.frame_len();
        if compiled {
            let mut tape = match model.compile(&params) {
                Ok(tape) => tape,
                Err(error) => return Ok(Err(error.to_string())),
            };
            if peaks {
                Box::new(move |x, out| Ok(tape.peaks_into(x, batch, row, out)?))
            } else {
                Box::new(move |x, out| Ok(tape.psd_into(x, batch, out)?))
            }
        } else if peaks {
            Box::new(move |x, out| Ok(model.welch_peaks_batch_into(&params, x, batch, row, out)?))
        } else {
            Box::new(move |x, out| {
                out.copy_from_slice(&model.welch_psd_batch(&params.welch, x, batch)?);
                Ok(())
            })
        }
    };
    let call = Call { width, device: "cpu".to_owned(), run };
    Ok(Ok(if pipeline == Pipeline::Mel { mel(options, call)? } else { call }))
}

/// Log-mel energies of a call's powers.
fn mel<'a>(options: &E2eBenchOptions, powers: Call<'a>) -> Result<Call<'a>> {
    let bank = MelFilterbank::<f32>::new(&bank_params(options.n_fft, options.n_mels))?;
    let mut psd = vec![0.0; options.batch * powers.width];
    let mut run = powers.run;
    let logs: Run<'a> = Box::new(move |x, out| {
        run(x, &mut psd)?;
        bank.apply(&psd, out)?;
        out.iter_mut().for_each(|v| *v = v.max(FLOOR).ln());
        Ok(())
    });
    Ok(Call { width: options.n_mels, run: logs, ..powers })
}

/// Peaks through the picker: its choice, or the compiled plan (that of the model, if there is one).
fn picked<'a>(
    options: &E2eBenchOptions,
    backend: Backend,
    learned: Option<&FastLearnedFftModel>,
) -> Result<Maybe<Call<'a>>> {
    let mode = match (backend, learned) {
        (Backend::Auto, _) => WelchPeaksPickMode::Auto,
        (_, None) => WelchPeaksPickMode::Force(WelchPeaksStrategy::RlxCompiled),
        (_, Some(_)) => WelchPeaksPickMode::Force(WelchPeaksStrategy::LearnedCompiled),
    };
    let settings = AutoSettings {
        device: Some(&options.device),
        learned,
        mode,
        layout: RowLayout::Leading,
        ..AutoSettings::default()
    };
    let mut auto = match AutoWelchPeaks::with_settings(options.batch, options.n_fft, options.k, &settings) {
        Ok(auto) => auto,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let device = auto.device().id.clone();
    let width = auto.output_len() / options.batch;
    Ok(Ok(Call { width, device, run: Box::new(move |x, out| auto.welch_peaks_batch_fast_into(x, out)) }))
}

/// Returns the model that an eager or compiled backend runs.
fn model(n_fft: usize, models: &E2eModels, backend: Backend) -> Result<Maybe<FastLearnedFftModel>> {
    Ok(match backend {
        Backend::ButterflyEager => Ok(FastLearnedFftModel::exact(n_fft)?),
        Backend::Learned => models.learned.clone(),
        Backend::LearnedHard | Backend::LearnedCompiled => models.hard.clone(),
        Backend::Distilled => models.distilled.clone(),
        Backend::Ternary => models.ternary.clone(),
        _ => Err("has no model".to_owned()),
    })
}

/// Returns a frame's complex bins by a backend.
fn transform<'a>(n_fft: usize, models: &'a E2eModels, backend: Backend) -> Result<Maybe<Transform<'a>>> {
    Ok(match backend {
        Backend::Rustfft => {
            let mut fft = ComplexFft::<f32>::new(n_fft)?;
            let mut bins = vec![Complex32::default(); n_fft];
            Ok(Box::new(move |frame| {
                fft.forward(frame, &mut bins)?;
                frame.copy_from_slice(&bins);
                Ok(())
            }))
        }
        Backend::ExactCompiled | Backend::LearnedCompiled => {
            Err("compiled transforms return powers, not complex bins".to_owned())
        }
        Backend::Auto => Err("the picker supports two-segment peaks only".to_owned()),
        Backend::Q8 => match &models.q8 {
            Ok((_, network)) => Ok(Box::new(move |frame| Ok(network.forward(frame)?))),
            Err(reason) => Err(reason.clone()),
        },
        _ => model(n_fft, models, backend)?
            .map(|model| -> Transform<'a> { Box::new(move |frame| Ok(model.forward(frame)?)) }),
    })
}

/// Returns the pipelines that need complex bins.
fn frames<'a>(options: &E2eBenchOptions, pipeline: Pipeline, mut transform: Transform<'a>) -> Call<'a> {
    let n = options.n_fft;
    let row = params(pipeline, n, 1).welch.frame_len();
    let device = "cpu".to_owned();
    if pipeline == Pipeline::Denoise {
        let mut denoiser = Denoiser::new(n, transform);
        let run: Run<'a> = Box::new(move |x, out| {
            x.chunks_exact(row).zip(out.chunks_exact_mut(row)).try_for_each(|(x, out)| denoiser.row(x, out))
        });
        return Call { width: row, device, run };
    }
    let mut frame = vec![Complex32::default(); n];
    let run: Run<'a> = Box::new(move |x, out| {
        for (x, out) in x.chunks_exact(n).zip(out.chunks_exact_mut(2 * n)) {
            frame.iter_mut().zip(x).for_each(|(z, &x)| *z = Complex32::new(x, 0.0));
            transform(&mut frame)?;
            out.as_chunks_mut::<2>().0.iter_mut().zip(&frame).for_each(|(o, z)| *o = [z.re, z.im]);
        }
        Ok(())
    });
    Call { width: 2 * n, device, run }
}
