//! Log-mel spectrograms: one kernel from samples to logarithms, and a short one for steps that relate values to one
//! another.

use std::f64::consts::{LN_2, LOG10_2};

use rlx_compile::params::Detrend;
use rlx_dsp::mel::{
    LogMelParams, MaxOver, MelFilterbank, MelLayout, MelLog, MelNormalise, Preemphasis, Reference,
};
use rlx_dsp::stft::Placement;

use super::frames::float;
use super::mixed::{MixedFrames, MixedValue, mixed};
use super::{Blueprint, Define, FrameSpec, Operand, Pass, Passes, SampleType, Table};

/// Returns the kernels for contiguous rows of `len` samples; the result is `[rows, n_mels, frames]` or `[rows,
/// frames, n_mels]`.
///
/// `n_fft`: 400 and the powers of two from 16 to 8192 have their own kernel; other lengths use the kernel of any
/// length (`mixed`, without pre-emphasis of frames). The exponent of magnitudes is 1 or 2.
pub fn log_mel(params: &LogMelParams, len: usize, sample: SampleType) -> Result<Passes, String> {
    params.validate().map_err(|error| error.to_string())?;
    let spec = frames(params)?;
    let mut kernel = match spec.kernel(len, sample) {
        Ok(kernel) => kernel,
        Err(_) => return any_length(params, spec, len, sample),
    };
    // Small blocks leave less of a multiprocessor idle at their barriers; with few frames per block, contiguous
    // writes are short.
    let (rows, block) = kernel.block(if kernel.plan.threads() < 16 { 128 } else { 256 });
    let by_mels = params.layout == MelLayout::FramesByMels;
    let blocks = kernel.frames.div_ceil(rows) as u64;
    let finish = Finish::new(params);

    let number = |name, value: usize| (name, value.to_string());
    kernel.defines.extend([
        number("ROWS", rows),
        number("MIN_BLOCKS", (RESIDENT_THREADS / block).max(1)),
        number("N_MELS", params.n_mels),
    ]);
    kernel.defines.extend(by_mels.then(|| number("FRAMES_BY_MELS", 1)));
    kernel.defines.extend(finish.clamp.is_some().then(|| number("MAXIMA", 1)));
    kernel.defines.extend(logarithm(&params.log)?);
    kernel.defines.extend(magnitude(params)?);
    let twice = if params.power == 1.0 { 0.5 } else { 0.25 };
    kernel.tables.extend(filters(params, twice)?);
    let blueprint = Blueprint {
        family: "log_mel",
        entry: "log_mel",
        source: "log_mel.cu",
        defines: kernel.defines,
        block: block as u32,
        rows_per_block: 1,
        shared_bytes: 0,
        register_ceiling: Blueprint::ceiling(block, (RESIDENT_THREADS / block).max(1)),
        tables: kernel.tables,
    };
    use Operand::{Count, Input, Output, Rows, Scratch, Status, Table as At};
    let (count, len) = (kernel.frames as u64, len as u64);
    let mut operands = vec![Input, Output, if finish.clamp.is_some() { Scratch(0) } else { Output }];
    operands.extend((0..5).map(At));
    operands.extend([Status, Rows, Count(len), Count(len), Count(count)]);
    let output_len = params.n_mels * kernel.frames;
    let mut passes = Passes::one(blueprint, blocks, operands, output_len, Some(len as usize));
    if finish.clamp.is_some() {
        passes.scratch.push(blocks as usize);
    }
    finished(passes, params, finish, blocks, count)
}

/// Returns the kernel of any length and the launch after it.
fn any_length(
    params: &LogMelParams,
    spec: FrameSpec,
    len: usize,
    sample: SampleType,
) -> Result<Passes, String> {
    if spec.frame_preemphasis != 0.0 {
        return Err(format!("no pre-emphasis of frames of {} points", spec.n_fft));
    }
    let count = spec.framing.checked_count(len).map_err(|error| error.to_string())?;
    let start = spec.framing.offset().checked_add_unsigned(spec.lead).ok_or("its frames overflow")?;
    let frames = MixedFrames {
        n_fft: spec.n_fft,
        len,
        frames: count,
        hop: spec.framing.hop,
        offset: i64::try_from(start).map_err(|error| error.to_string())?,
        padding: spec.framing.padding,
        preemphasis: spec.signal_preemphasis,
        window: spec.window,
        detrend: if spec.remove_dc { Detrend::Constant } else { Detrend::None },
        complex: false,
        bins: spec.n_fft / 2 + 1,
        doubled: false,
        keep: None,
    };
    let finish = Finish::new(params);
    let mut defines = vec![("N_MELS", params.n_mels.to_string())];
    let flag = |name| (name, "1".to_owned());
    defines.extend((params.layout == MelLayout::FramesByMels).then(|| flag("FRAMES_BY_MELS")));
    defines.extend(finish.clamp.is_some().then(|| flag("MAXIMA")));
    defines.extend(logarithm(&params.log)?);
    defines.extend(magnitude(params)?);
    let value = MixedValue::Mel(defines, filters(params, 1.0)?, finish.clamp.is_some());
    let passes = mixed(&frames, sample, &value, 1.0)?;
    let blocks = passes.passes.first().map_or(1, |pass| pass.items);
    finished(passes, params, finish, blocks, count as u64)
}

/// Adds the launch that relates values to one another after the launch that computes them.
fn finished(
    mut passes: Passes,
    params: &LogMelParams,
    finish: Finish,
    blocks: u64,
    count: u64,
) -> Result<Passes, String> {
    let by_mels = params.layout == MelLayout::FramesByMels;
    if let Some(clamp) = finish.clamp {
        passes.passes.push(clamp.pass(passes.output_len as u64, blocks)?);
        passes.whole_batch = clamp.over_batch;
    }
    if let MelNormalise::PerFeature { epsilon } = params.normalise {
        passes.passes.push(standardise(epsilon, params.n_mels, by_mels, count)?);
    }
    Ok(passes)
}

fn magnitude(params: &LogMelParams) -> Result<Option<Define>, String> {
    match params.power {
        2.0 => Ok(None),
        1.0 => Ok(Some(("MAGNITUDE", "1".to_owned()))),
        other => Err(format!("the kernel has no magnitudes to the {other}")),
    }
}

fn frames(params: &LogMelParams) -> Result<FrameSpec, String> {
    let window = params.window.coefficients(params.win_length, params.symmetry);
    let (signal, frame) = match params.preemphasis {
        Preemphasis::None => (0.0, 0.0),
        Preemphasis::Signal(c) => (c, 0.0),
        Preemphasis::Frame(c) => (0.0, c),
    };
    Ok(FrameSpec {
        n_fft: params.n_fft,
        framing: params.framing(),
        window: window.map_err(|error| error.to_string())?,
        lead: match params.placement {
            Placement::Start => 0,
            Placement::Center => (params.n_fft - params.win_length) / 2,
        },
        remove_dc: params.remove_dc,
        signal_preemphasis: signal,
        frame_preemphasis: frame,
    })
}

/// Returns `bands`: first bin and number of weights of each filter, as the bits of integers; and `weights`:
/// `[j][filter]` times `factor`, padded to the longest filter.
fn filters(params: &LogMelParams, factor: f32) -> Result<[Table; 2], String> {
    let bank = MelFilterbank::<f32>::new(&params.filterbank()).map_err(|error| error.to_string())?;
    let longest = bank.rows().map(|(_, row)| row.len()).max().unwrap_or(0);
    let count = longest.checked_mul(params.n_mels).filter(|&count| count < 1 << 24);
    let count = count.ok_or_else(|| format!("{} filters of {longest} weights", params.n_mels))?;
    let (mut bands, mut weights) = (Vec::new(), vec![0.0; count]);
    for (mel, (first, row)) in bank.rows().enumerate() {
        bands.extend([first, row.len()].map(|count| f32::from_bits(count as u32)));
        for (j, &weight) in row.iter().enumerate() {
            weights[j * params.n_mels + mel] = factor * weight;
        }
    }
    Ok([Table { name: "bands", data: bands }, Table { name: "weights", data: weights }])
}

/// Returns the constants of `factor · log2(max(energy, floor) + add) + shift`.
fn logarithm(log: &MelLog) -> Result<Vec<Define>, String> {
    let (floor, add, factor, shift) = match *log {
        MelLog::Linear => return Ok(Vec::new()),
        MelLog::Decibel { amin, reference, .. } => {
            let zero = match reference {
                Reference::Power(power) => 10.0 * amin.max(power).log10(),
                Reference::Max => 0.0,
            };
            (amin, 0.0, 10.0 * LOG10_2, -zero)
        }
        MelLog::Log10 { floor } => (floor, 0.0, LOG10_2, 0.0),
        MelLog::Ln { floor } => (floor, 0.0, LN_2, 0.0),
        MelLog::LnPlus { offset } => (0.0, offset, LN_2, 0.0),
    };
    if (floor + add) as f32 == 0.0 {
        return Err(format!("{} under a logarithm is 0 as f32", floor + add));
    }
    Ok(vec![
        ("LOG_FLOOR", float(floor)?),
        ("LOG_ADD", float(add)?),
        ("LOG_FACTOR", float(factor)?),
        ("LOG_SHIFT", float(shift)?),
    ])
}

/// Steps after the logarithms.
struct Finish {
    clamp: Option<Clamp>,
}

/// `(max(v − z, m − z − range) + shift) / divisor`, z the maximum m or 0.
struct Clamp {
    range: f64,
    shift: f64,
    divisor: f64,
    relative: bool,
    over_batch: bool,
}

impl Finish {
    fn new(params: &LogMelParams) -> Self {
        let (relative, top) = match params.log {
            MelLog::Decibel { reference, top_db, .. } => (reference == Reference::Max, top_db),
            _ => (false, None),
        };
        let (range, shift, divisor) = match params.normalise {
            MelNormalise::Clamp { range, shift, divisor } => (Some(range), shift, divisor),
            MelNormalise::None | MelNormalise::PerFeature { .. } => (None, 0.0, 1.0),
        };
        // The narrower range has the higher lower end.
        let narrower = [range, top].into_iter().flatten().fold(f64::INFINITY, f64::min);
        let clamp = Clamp {
            range: narrower,
            shift,
            divisor,
            relative,
            over_batch: params.max_over == MaxOver::Batch,
        };
        Self { clamp: (relative || range.is_some() || top.is_some()).then_some(clamp) }
    }
}

impl Clamp {
    /// Returns the launch for `count` values and `parts` maxima per item.
    fn pass(&self, count: u64, parts: u64) -> Result<Pass, String> {
        let number = |name, value: usize| (name, value.to_string());
        let mut defines = vec![
            number("CLAMP", 1),
            number("CHUNK", CHUNK),
            number("BLOCK", FINISH_BLOCK),
            ("RANGE", float(self.range)?),
            ("SHIFT", float(self.shift)?),
            ("FACTOR", float(1.0 / self.divisor)?),
        ];
        defines.extend(self.relative.then(|| number("RELATIVE", 1)));
        defines.extend(self.over_batch.then(|| number("OVER_BATCH", 1)));
        use Operand::{Count, Output, Rows, Scratch};
        Ok(Pass {
            blueprint: finish_blueprint(defines),
            items: count.div_ceil(CHUNK as u64),
            operands: vec![Output, Scratch(0), Rows, Count(count), Count(parts)],
        })
    }
}

fn standardise(epsilon: f64, n_mels: usize, by_mels: bool, frames: u64) -> Result<Pass, String> {
    let number = |name, value: usize| (name, value.to_string());
    let mut defines = vec![
        number("STANDARDISE", 1),
        number("BLOCK", FINISH_BLOCK),
        number("N_MELS", n_mels),
        ("EPSILON", float(epsilon)?),
    ];
    defines.extend(by_mels.then(|| number("FRAMES_BY_MELS", 1)));
    Ok(Pass {
        blueprint: finish_blueprint(defines),
        items: n_mels as u64,
        operands: vec![Operand::Output, Operand::Count(frames)],
    })
}

fn finish_blueprint(defines: Vec<Define>) -> Blueprint {
    Blueprint {
        family: "log_mel_finish",
        entry: "log_mel_finish",
        source: "log_mel_finish.cu",
        defines,
        block: FINISH_BLOCK as u32,
        rows_per_block: 1,
        shared_bytes: 0,
        register_ceiling: 64,
        tables: Vec::new(),
    }
}

/// Threads and values of a block of the second kernel.
const FINISH_BLOCK: usize = 256;
const CHUNK: usize = 4096;

/// Resident threads per multiprocessor that occupancy is planned for.
const RESIDENT_THREADS: usize = 768;

#[cfg(test)]
mod tests {
    use super::*;
    use rlx_dsp::mel::{LogMel, Preset};

    #[test]
    fn every_preset_has_kernels_for_the_library_s_frames() {
        for preset in Preset::ALL {
            let params = LogMelParams::preset(preset);
            let plan = LogMel::<f32>::new(params.clone()).expect("valid");
            for len in [0, 1, 199, 200, 201, 400, 1024, 16_000, 480_000] {
                let frames = plan.n_frames(len);
                let refused = params.framing().checked_count(len).is_err();
                match log_mel(&params, len, SampleType::F32) {
                    Ok(passes) => {
                        assert_eq!(passes.output_len, frames * params.n_mels, "{preset} {len}");
                        let first = &passes.passes[0];
                        let rows = first.items as usize;
                        assert!(rows > 0 && first.blueprint.block.is_multiple_of(32));
                    }
                    Err(_) => assert!(refused, "{preset} {len}"),
                }
            }
        }
    }

    #[test]
    fn the_narrower_of_two_ranges_counts_and_only_those_who_need_it_pay_for_a_second_pass() {
        let passes = |p: &LogMelParams| log_mel(p, 16_000, SampleType::I16).expect("passes");
        let launches = |preset| passes(&LogMelParams::preset(preset)).passes.len();
        let counts = Preset::ALL.map(launches);
        // librosa, whisper, kaldi, torchaudio, nemo
        assert_eq!(counts, [2, 2, 1, 1, 2]);
        let log = MelLog::Decibel { amin: 1e-10, reference: Reference::Max, top_db: Some(60.0) };
        let both = LogMelParams::preset(Preset::Whisper).log(log).max_over(MaxOver::Batch);
        let passes = passes(&both);
        assert!(passes.whole_batch);
        let defines = &passes.passes[1].blueprint.defines;
        assert!(defines.contains(&("RANGE", "(8.0f)".to_owned())), "{defines:?}");
        assert!(defines.contains(&("RELATIVE", "1".to_owned())));
    }

    #[test]
    fn logarithms_of_nothing_are_refused() {
        let whisper = LogMelParams::preset(Preset::Whisper);
        let tiny = whisper.clone().log(MelLog::Ln { floor: 1e-60 });
        assert!(log_mel(&tiny, 16_000, SampleType::F32).is_err());
        assert!(log_mel(&whisper.clone().power(1.5), 16_000, SampleType::F32).is_err());
        let kaldi = LogMelParams::preset(Preset::Kaldi).n_fft(500);
        assert!(log_mel(&kaldi, 16_000, SampleType::F32).is_err());
    }
}
