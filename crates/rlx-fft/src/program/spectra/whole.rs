//! One estimate over a whole recording, in memory that does not grow with it.

use super::beyond::Magnitudes;
use crate::signal::{Blocks, InputSample, Signal, Step, explain};
use anyhow::Result;
use rayon::prelude::*;
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::scaling::Average;
use rlx_dsp::welch::{
    CrossMatrix, CrossMatrixAccumulator, CrossSpectrum, CsdAccumulator, Psd, PsdParams, Welch,
    WelchAccumulator, WelchStream,
};

/// Largest memory of the spectra of a median, over all channels, in bytes.
const MEDIAN_BYTES: u64 = 1 << 29;

/// Averages every selected channel.
pub(crate) fn accumulate<S: InputSample>(
    blocks: &mut Blocks<S>,
    signal: &Signal,
    params: PsdParams,
) -> Result<Vec<Psd<S::Real>>> {
    let channels = signal.channels.len();
    // The memory limit of a median applies to one accumulator. An estimate that skips most samples does not gain from
    // parallel chunks.
    if channels == 1
        && params.segments.hop <= 4 * params.segments.segment_len
        && WelchStream::<S>::supports(&params)
        && params.average != Average::Median
    {
        return long(blocks, signal, params);
    }
    let row = 8 * (params.n_bins::<S>() * channels) as u64;
    let limit = if params.average == Average::Median { MEDIAN_BYTES / row.max(1) } else { u64::MAX };
    let mut accumulators = (0..channels)
        .map(|_| WelchAccumulator::<S>::with_stored_segments(params.clone(), limit))
        .collect::<rlx_dsp::Result<Vec<_>>>()?;
    let mut magnitudes = Magnitudes::new(channels, params.nan == NanPolicy::Propagate);
    each_block(blocks, &mut magnitudes, |block| match block {
        None => Ok(accumulators.iter_mut().try_for_each(WelchAccumulator::push_gap)?),
        Some(block) => each_in_parallel(&mut accumulators, block)
            .map_err(|(channel, error)| explain(error, signal, channel, 0)),
    })?;
    accumulators
        .into_iter()
        .enumerate()
        .map(|(channel, a)| {
            let psd = a.finish().map_err(|error| explain(error, signal, channel, 0))?;
            magnitudes.check(channel, &psd.values)?;
            Ok(psd)
        })
        .collect()
}

/// Returns the average of one channel, computed on all threads.
fn long<S: InputSample>(
    blocks: &mut Blocks<S>,
    signal: &Signal,
    params: PsdParams,
) -> Result<Vec<Psd<S::Real>>> {
    let explained = |error| explain(error, signal, 0, 0);
    let mut long = Welch::<S>::new(params.clone())?.stream()?;
    let mut magnitudes = Magnitudes::new(1, params.nan == NanPolicy::Propagate);
    each_block(blocks, &mut magnitudes, |block| match block {
        None => long.push_gap().map_err(explained),
        Some(block) => long.push(&block[0]).map_err(explained),
    })?;
    let psd = long.finish().map_err(explained)?;
    magnitudes.check(0, &psd.values)?;
    Ok(vec![psd])
}

/// Calls `each` with every block of a recording, and with `None` for each pause; `magnitudes` sees the blocks first.
fn each_block<S: InputSample>(
    blocks: &mut Blocks<S>,
    magnitudes: &mut Magnitudes,
    mut each: impl FnMut(Option<&[Vec<S>]>) -> Result<()>,
) -> Result<()> {
    loop {
        match blocks.next()? {
            Step::End => return Ok(()),
            Step::Gap => each(None)?,
            Step::Data => {
                magnitudes.see(blocks.channels());
                each(Some(blocks.channels()))?;
            }
        }
    }
}

fn each_in_parallel<S: InputSample>(
    accumulators: &mut [WelchAccumulator<S>],
    blocks: &[Vec<S>],
) -> Result<(), (usize, rlx_dsp::Error)> {
    accumulators
        .par_iter_mut()
        .zip(blocks)
        .enumerate()
        .try_for_each(|(channel, (accumulator, block))| accumulator.push(block).map_err(|e| (channel, e)))
}

/// Averages the cross spectrum of the two selected channels; also returns which of them are constant.
pub(super) fn accumulate_pair<S: InputSample>(
    blocks: &mut Blocks<S>,
    signal: &Signal,
    params: PsdParams,
) -> Result<(CrossSpectrum<S::Real>, Vec<bool>)> {
    let mut accumulator = CsdAccumulator::<S>::new(params.clone())?;
    let mut magnitudes = Magnitudes::new(2, params.nan == NanPolicy::Propagate);
    each_block(blocks, &mut magnitudes, |block| {
        match block {
            None => accumulator.push_gap(),
            Some(block) => {
                accumulator.push(&block[0], &block[1]).map_err(|error| explain(error, signal, 0, 0))?;
            }
        }
        Ok(())
    })?;
    let found = accumulator.finish().map_err(|error| explain(error, signal, 0, 0))?;
    magnitudes.check(0, &found.pxx)?;
    magnitudes.check(1, &found.pyy)?;
    let dead =
        [&found.pxx, &found.pyy].iter().enumerate().map(|(i, p)| magnitudes.is_dead(i, p, &params)).collect();
    Ok((found, dead))
}

/// Averages the cross spectra of all pairs of the selected channels.
pub(crate) fn accumulate_matrix<S: InputSample>(
    blocks: &mut Blocks<S>,
    signal: &Signal,
    params: PsdParams,
) -> Result<CrossMatrix<S::Real>> {
    let channels = signal.channels.len();
    let mut accumulator = CrossMatrixAccumulator::<S>::new(channels, params.clone())?;
    let mut magnitudes = Magnitudes::new(channels, params.nan == NanPolicy::Propagate);
    each_block(blocks, &mut magnitudes, |block| {
        let Some(block) = block else {
            accumulator.push_gap();
            return Ok(());
        };
        let block: Vec<&[S]> = block.iter().map(Vec::as_slice).collect();
        accumulator.push(&block).map_err(|error| match error {
            // The row is the channel.
            rlx_dsp::Error::NonFinite { row, index, value } => {
                let error = rlx_dsp::Error::NonFinite { row: 0, index, value };
                explain(error, signal, row, 0)
            }
            other => explain(other, signal, 0, 0),
        })
    })?;
    let found = accumulator.finish().map_err(|error| explain(error, signal, 0, 0))?;
    let bins = found.frequencies.len();
    for channel in 0..channels {
        magnitudes.check(channel, &found.re[channel * (channels + 1) * bins..][..bins])?;
    }
    Ok(found)
}
