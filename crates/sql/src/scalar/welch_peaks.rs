//! `welch_peaks`: the strongest peaks of the spectrum of each row.

use super::call::{Call, Scalar, by_precision};
use super::peak::{Peak, peaks_array, peaks_type};
use super::welch_psd::{N_FFT, RATE, SAMPLES, spectra};
use crate::answers::Answers;
use crate::batches::Batch;
use crate::describe::{Argument, Descriptor, Kind};
use crate::error;
use crate::options::{OptionName, Options, count};
use crate::plans::with_plan;
use crate::rows::Number;
use datafusion::arrow::array::ArrayRef;
use datafusion::common::Result;
use rlx_dsp::detrend::Detrend;
use rlx_dsp::peaks::{
    Bounds, LocalPeakParams, find_peaks, peak_prominences, peak_widths, subbin, top_k_bins,
};
use rlx_dsp::scaling::{Average, Scaling};
use rlx_dsp::welch::PsdParams;
use rlx_dsp::welch::peaks::{WelchParams, WelchPeakParams, WelchPeaksScratch};
use rlx_dsp::window::Window;

const OPTIONS: &[OptionName] = &[
    OptionName::Mode,
    OptionName::Window,
    OptionName::Segment,
    OptionName::Hop,
    OptionName::Detrend,
    OptionName::Scaling,
    OptionName::Average,
    OptionName::Prominence,
    OptionName::Nan,
    OptionName::Short,
];

pub(crate) const WELCH_PEAKS: Scalar = Scalar {
    descriptor: Descriptor {
        name: "welch_peaks",
        what: "Returns the k strongest peaks of each row's spectrum by Welch's method, strongest first: a list of \
               `rank, bin, freq, power, level_db, prominence_db, width`. By default the power is raw (`|X|²`, one-sided, \
               mean over the segments, no detrending), so that single-precision rows go through the fused kernels; \
               `detrend` and `scaling` give the units of `welch_psd`. Mode `bins` takes the largest bins, neighbours or not; \
               their prominence and width are null. Mode `local` takes local maxima, refines their frequency between \
               the bins, and gives prominence in dB and width in the unit of rate.",
        arguments: &[
            SAMPLES,
            RATE,
            N_FFT,
            Argument { name: "k", kind: Kind::Count, what: "Peaks wanted, at least 1." },
            Argument { name: "options", kind: Kind::Options(OPTIONS), what: "A constant struct." },
        ],
        example: "select device, welch_peaks(array_agg(v order by ts), 1000.0, 1024, 5) from 'data/*.parquet' group by device",
    },
    returns: |_| peaks_type(),
    run: |call| by_precision!(call, run),
};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    Bins,
    Local,
}

fn run<T: Number>(call: &Call<'_>) -> Result<ArrayRef> {
    let options = call.options()?;
    let mode = options.choice(OptionName::Mode, &[("bins", Mode::Bins), ("local", Mode::Local)])?;
    let mut answers = Answers::<Peak>::new(call.rows);
    let mut powers = Vec::<T>::new();
    call.each_batch::<T>(&["rate", "n_fft", "k"], |numbers, batch| {
        let params = options.psd(numbers[0], numbers[1], Detrend::None, Scaling::Raw)?;
        let k = count(numbers[2]).map_err(|reason| error::run("welch_peaks", "k", reason))?;
        if mode == Mode::Bins
            && let Some(data) = T::singles(batch.data)
            && is_fused(&params, batch.row_len)
        {
            return fused(call, &params, k, data, batch, &mut answers);
        }
        powers.clear();
        let Some(bins) = spectra(call, &options, params.clone(), batch, &mut powers)? else { return Ok(()) };
        for (index, psd) in powers.chunks_exact(bins).enumerate() {
            let start = answers.values().len();
            match mode {
                Mode::Bins => largest(call, psd, &params, k, batch, answers.values())?,
                Mode::Local => local(call, psd, &params, k, &options, batch, answers.values())?,
            }
            let end = answers.values().len();
            answers.put(batch.row(index), start..end, 1);
        }
        Ok(())
    })?;
    peaks_array(answers)
}

/// Returns whether the fused kernels support the parameters.
fn is_fused(params: &PsdParams, row_len: usize) -> bool {
    params.segments.detrend == Detrend::None
        && params.average == Average::Mean
        && params.segments.segment_len == params.segments.n_fft
        && params.segment_count(row_len) > 0
}

fn fused<T: Number>(
    call: &Call<'_>,
    params: &PsdParams,
    k: usize,
    data: &[f32],
    batch: &Batch<'_, T>,
    answers: &mut Answers<Peak>,
) -> Result<()> {
    let welch = WelchParams::new(params.segments.n_fft, params.segment_count(batch.row_len))
        .hop(params.segments.hop)
        .window(params.segments.window.clone());
    let peaks = WelchPeakParams::new(welch, k).nan(params.nan);
    let width = 2 * peaks.k_out();
    let mut packed = vec![0.0; width * batch.count()];
    with_plan(
        peaks.clone(),
        || WelchPeaksScratch::fastest(peaks, 1),
        |plan| plan.peaks_of_rows_into(data, batch.count(), batch.row_len, &mut packed),
    )
    .and_then(|done| done)
    .map_err(|error| call.numeric(error, batch))?;
    let weights = params.segments.weights().map_err(|error| call.numeric(error, batch))?;
    let (factor, step) = (
        params.scaling.factor(&weights, params.sample_rate),
        params.sample_rate / params.segments.n_fft as f64,
    );
    for (index, row) in packed.chunks_exact(width).enumerate() {
        let start = answers.values().len();
        answers.values().extend(
            row.chunks_exact(2)
                .zip(1..)
                .map(|(pair, rank)| mere_bin(rank, pair[0] as usize, step, f64::from(pair[1]) * factor)),
        );
        answers.put(batch.row(index), start..start + width / 2, 1);
    }
    Ok(())
}

/// Creates an entry for a bin that is not known to be a local maximum.
fn mere_bin(rank: i32, bin: usize, step: f64, power: f64) -> Peak {
    Peak { rank, bin: bin as i32, freq: bin as f64 * step, power, prominence_db: f64::NAN, width: f64::NAN }
}

fn largest<T: Number>(
    call: &Call<'_>,
    psd: &[T],
    params: &PsdParams,
    k: usize,
    batch: &Batch<'_, T>,
    out: &mut Vec<Peak>,
) -> Result<()> {
    let step = params.sample_rate / params.segments.n_fft as f64;
    let top = top_k_bins(psd, k.min(psd.len())).map_err(|error| call.numeric(error, batch))?;
    out.extend(top.iter().zip(1..).map(|(peak, rank)| mere_bin(rank, peak.bin, step, psd[peak.bin].widen())));
    Ok(())
}

/// Local maxima of the level in dB; widths are measured on the power, at half the height.
fn local<T: Number>(
    call: &Call<'_>,
    psd: &[T],
    params: &PsdParams,
    k: usize,
    options: &Options,
    batch: &Batch<'_, T>,
    out: &mut Vec<Peak>,
) -> Result<()> {
    let power: Vec<f64> = psd.iter().map(|p| p.widen()).collect();
    let level: Vec<f64> = power.iter().map(|p| 10.0 * p.log10()).collect();
    let least = options.number(OptionName::Prominence)?.unwrap_or(3.0);
    let conditions = LocalPeakParams::default().prominence(Bounds::at_least(least));
    let step = params.sample_rate / params.segments.n_fft as f64;
    let hann = params.segments.window == Window::Hann && params.segments.segment_len == params.segments.n_fft;
    let found = || {
        let found = find_peaks(&level, &conditions)?;
        let linear = peak_prominences(&power, &found.positions, None)?;
        let widths = peak_widths(&power, &found.positions, 0.5, &linear)?;
        Ok((found, widths))
    };
    let (found, widths) = found().map_err(|error| call.numeric(error, batch))?;
    let rises = found.prominences.map(|p| p.values).unwrap_or_default();
    let mut order: Vec<usize> = (0..found.positions.len()).collect();
    order.sort_by(|a, b| power[found.positions[*b]].total_cmp(&power[found.positions[*a]]).then(a.cmp(b)));
    order.truncate(k);
    out.extend(order.iter().zip(1..).map(|(at, rank)| {
        let bin = found.positions[*at];
        let refined = if hann { subbin::hann(&power, bin) } else { subbin::parabolic(&power, bin) };
        Peak {
            rank,
            bin: bin as i32,
            freq: refined.map_or(bin as f64, |sub| sub.bin) * step,
            power: power[bin],
            prominence_db: rises[*at],
            width: widths.values[*at] * step,
        }
    }));
    Ok(())
}
