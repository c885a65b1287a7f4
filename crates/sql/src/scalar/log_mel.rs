//! `log_mel`: log-mel features of each row.

use super::call::{Call, Scalar, by_precision, sample_type};
use super::welch_psd::SAMPLES;
use crate::answers::Answers;
use crate::describe::{Argument, Descriptor, Kind};
use crate::error;
use crate::options::OptionName;
use crate::plans::with_plan;
use crate::rows::Number;
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use rlx_dsp::mel::{LogMel, LogMelParams, MelLayout, Preset};
use rlx_dsp::nan::NanPolicy;

const OPTIONS: &[OptionName] = &[OptionName::Mels, OptionName::Nan, OptionName::Short];

pub(crate) const LOG_MEL: Scalar = Scalar {
    descriptor: Descriptor {
        name: "log_mel",
        what: "Returns log-mel features of each row as the named system computes them, in its layout: a list of mel bands \
               of frames (librosa, whisper, torchaudio, nemo) or of frames of mel bands (kaldi). The samples are at the \
               system's own rate: 22,050 Hz for librosa, 16,000 Hz for the others.",
        arguments: &[
            SAMPLES,
            Argument {
                name: "preset",
                kind: Kind::Text,
                what: "librosa, whisper, kaldi, torchaudio or nemo.",
            },
            Argument { name: "options", kind: Kind::Options(OPTIONS), what: "A constant struct." },
        ],
        example: "select clip, log_mel(samples, 'whisper') from 'speech.parquet'",
    },
    returns: |types| DataType::new_list(DataType::new_list(sample_type(&types[0]), true), true),
    run: |call| by_precision!(call, run),
};

fn run<T: Number>(call: &Call<'_>) -> Result<ArrayRef> {
    let options = call.options()?;
    let preset: Preset = call.text("preset")?.parse().map_err(|error: rlx_dsp::Error| {
        let reason = match error {
            rlx_dsp::Error::Argument { reason, .. } => reason,
            other => other.to_string(),
        };
        error::run("log_mel", "preset", reason)
    })?;
    let mut params = LogMelParams::preset(preset);
    if let Some(mels) = options.count(OptionName::Mels)? {
        params.n_mels = mels;
    }
    params.nan = options.parsed::<NanPolicy>(OptionName::Nan)?.unwrap_or_default();
    let mut answers = Answers::<T>::new(call.rows);
    call.each_batch::<T>(&[], |_, batch| {
        let build = || LogMel::<T>::new(params.clone());
        let short = options.short_is_null()?;
        let outcome = with_plan(params.clone(), build, |plan| {
            if short && plan.n_frames(batch.row_len) == 0 {
                return Ok(());
            }
            // An empty row has no slices; its error is reported here.
            for index in 0..batch.count() {
                let row = &batch.data[index * batch.row_len..(index + 1) * batch.row_len];
                let mel = plan.run(row).map_err(|error| (index, error))?;
                let start = answers.values().len();
                answers.values().extend_from_slice(&mel.values);
                let inner = match mel.layout {
                    MelLayout::MelsByFrames => mel.n_frames,
                    MelLayout::FramesByMels => mel.n_mels,
                };
                answers.put(batch.row(index), start..start + mel.values.len(), inner);
            }
            Ok(())
        });
        match outcome {
            Ok(Ok(())) => Ok(()),
            Ok(Err((row, error))) => Err(error::numeric("log_mel", "samples", error, |_| batch.row(row))),
            Err(error) => Err(call.numeric::<T>(error, batch)),
        }
    })?;
    answers.into_matrices()
}
