//! Spectrograms and log-mel spectrograms of whole signals.
//!
//! A [`FramesKernel`] is one launch for the frames and, where a maximum or a deviation has to be known first, a second
//! pass over its result. Arguments, in order:
//!
//! `frames`, grid `items · tiles(count)`:
//!
//! | argument | type | what |
//! |---|---|---|
//! | samples | `const T*` | item `i` starts at `samples + i·stride` |
//! | out | `float*` | `[items, values, count]`, or `[items, count, values]` where `frames_first` |
//! | window, factors, halves, bands, weights | `const float4*`, the last `const float*` | the tables, in this order |
//! | status | `u64*` | as for Welch peaks, `item·len + index` |
//! | maxima | `u32*` | an element an item (`Batch`: one), cleared; may be null where `second` is no `Finish` |
//! | len, stride | `u64` | samples of an item; from one to the next |
//! | count, tiles | `u32` | frames of an item; `tiles(count)` |
//! | floor, offset, factor | `f32` | `scalars` |
//!
//! `clear`, grid `items / 256` rounded up: maxima `u32*`, items `u32`.
//!
//! `finish`, grid `items · blocks`, `blocks = size / 1024` rounded up: x `float*`, maxima, size `u64` (values of an
//! item), blocks `u32`, range, shift, scale `f32`.
//!
//! `standardise`, grid `items · values`: x `float*`, count `u32`, epsilon `f32`.

use rlx_dsp::detrend::Detrend;
use rlx_dsp::mel::{
    LogMelParams, MaxOver, MelFilterbank, MelLayout, MelLog, MelNormalise, Preemphasis, Reference,
};
use rlx_dsp::scaling::Scaling;
use rlx_dsp::stft::{Padding, Placement, SpectrogramParams, SpectrogramScaling};
use rlx_dsp::window::{Symmetry, Window};

use super::{Blueprint, Define, FftPlan, SampleType, Table, tables};

/// What follows the frames.
#[derive(Debug, Clone, PartialEq)]
pub enum Second {
    /// Nothing.
    None,
    /// `clear` before, `finish` after them.
    Finish {
        /// Sets the maxima back.
        clear: Box<Blueprint>,
        /// Brings the values to the maximum.
        finish: Box<Blueprint>,
        /// range, shift, scale.
        scalars: [f32; 3],
        /// One maximum for all items.
        batch: bool,
    },
    /// Each band of each item by its mean and deviation.
    Standardise {
        /// The kernel.
        kernel: Box<Blueprint>,
        /// Added to the deviation.
        epsilon: f32,
    },
}

/// The kernels of a spectrogram or log-mel transform.
#[derive(Debug, Clone, PartialEq)]
pub struct FramesKernel {
    /// The frames.
    pub frames: Blueprint,
    /// floor, offset, factor.
    pub scalars: [f32; 3],
    /// What follows.
    pub second: Second,
    /// Bands or bins.
    pub values: usize,
    /// Whether a frame's values are contiguous.
    pub frames_first: bool,
    tile: usize,
    framing: Framing,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Framing {
    frame_len: usize,
    hop: usize,
    padding: Padding,
    drop_last: bool,
}

impl Framing {
    /// Position of frame 0 in the signal.
    fn offset(&self) -> i64 {
        let half = (self.frame_len / 2) as i64;
        match self.padding {
            Padding::None => 0,
            Padding::Constant | Padding::Reflect => -half,
            Padding::Mirror => (self.hop / 2) as i64 - half,
        }
    }
}

impl FramesKernel {
    /// Frames of an item of `len` samples; 0 where it is too short for one, or for its reflection.
    pub fn count(&self, len: usize) -> usize {
        let Framing { frame_len, hop, padding, drop_last } = self.framing;
        let half = frame_len / 2;
        let count = match padding {
            Padding::None if len < frame_len => 0,
            Padding::None => 1 + (len - frame_len) / hop,
            Padding::Reflect if len <= half => 0,
            _ if len == 0 => 0,
            Padding::Constant | Padding::Reflect => 1 + (len + 2 * half - frame_len) / hop,
            Padding::Mirror => (len + hop / 2) / hop,
        };
        count.saturating_sub(usize::from(drop_last))
    }

    /// Blocks an item.
    pub fn tiles(&self, count: usize) -> usize {
        count.div_ceil(self.tile)
    }
}

/// What a frame goes through before the filters.
struct FrameSpec {
    window: Window,
    symmetry: Symmetry,
    win_length: usize,
    n_fft: usize,
    placement: Placement,
    mean_off: bool,
    emphasis: Option<Define>,
    framing: Framing,
    values: usize,
    frames_first: bool,
}

/// The kernels of a log-mel transform, or why there are none.
pub fn log_mel(params: &LogMelParams, sample: SampleType) -> Result<FramesKernel, String> {
    params.validate().map_err(|error| error.to_string())?;
    let bank = MelFilterbank::<f32>::new(&params.filterbank()).map_err(|error| error.to_string())?;
    let emphasis = match params.preemphasis {
        Preemphasis::None => None,
        Preemphasis::Signal(c) => Some(("EMPHASIS_SIGNAL", format!("{c:?}"))),
        Preemphasis::Frame(c) => Some(("EMPHASIS_FRAME", format!("{c:?}"))),
    };
    let spec = FrameSpec {
        window: params.window,
        symmetry: params.symmetry,
        win_length: params.win_length,
        n_fft: params.n_fft,
        placement: params.placement,
        mean_off: params.remove_dc,
        emphasis,
        framing: Framing {
            frame_len: frame_len(params.placement, params.win_length, params.n_fft),
            hop: params.hop,
            padding: params.padding,
            drop_last: params.drop_last_frame,
        },
        values: params.n_mels,
        frames_first: params.layout == MelLayout::FramesByMels,
    };
    let mut defines = vec![("MEL", "1".to_owned())];
    match params.power {
        2.0 => {}
        1.0 => defines.push(("MAGNITUDE", "1".to_owned())),
        power => return Err(format!("the kernel has no power {power}")),
    }
    let (floor, offset, base) = match params.log {
        MelLog::Linear => (0.0, 0.0, None),
        MelLog::Decibel { amin, .. } => (amin, 0.0, Some(10.0 * std::f64::consts::LOG10_2)),
        MelLog::Log10 { floor } => (floor, 0.0, Some(std::f64::consts::LOG10_2)),
        MelLog::Ln { floor } => (floor, 0.0, Some(std::f64::consts::LN_2)),
        MelLog::LnPlus { offset } => (0.0, offset, Some(std::f64::consts::LN_2)),
    };
    if base.is_some() {
        if !((floor + offset) as f32).is_normal() {
            return Err(format!("the kernel's logarithm has no floor {}", floor + offset));
        }
        defines.push(("LOGARITHM", "1".to_owned()));
    }
    let batch = params.max_over == MaxOver::Batch;
    let maximum = if batch { "MAXIMUM_BATCH" } else { "MAXIMUM_ITEM" };
    let second = match second(params)? {
        Plan::Nothing => Second::None,
        Plan::Standardise(epsilon) => {
            if spec.frames_first {
                return Err("the kernel standardises bands whose frames are contiguous".to_owned());
            }
            Second::Standardise { kernel: Box::new(pass("standardise", "STANDARDISE", vec![])), epsilon }
        }
        Plan::Finish { relative, scalars } => {
            defines.push((maximum, "1".to_owned()));
            let mut finish = vec![(maximum, "1".to_owned())];
            if relative {
                finish.push(("RELATIVE", "1".to_owned()));
            }
            let (clear, finish) = (pass("clear", "CLEAR", vec![]), pass("finish", "FINISH", finish));
            Second::Finish { clear: Box::new(clear), finish: Box::new(finish), scalars, batch }
        }
    };
    let (mut bands, mut weights) = (Vec::new(), Vec::new());
    for (first, row) in bank.rows() {
        // Whole numbers below 2²⁴ are exact.
        bands.extend([first as f32, row.len() as f32, weights.len() as f32, 0.0]);
        weights.extend_from_slice(row);
    }
    // An address to read from even where every filter is empty.
    weights.push(0.0);
    let scalars = [floor as f32, offset as f32, base.unwrap_or(1.0) as f32];
    build(&spec, sample, defines, [bands, weights], scalars, second)
}

/// The kernel of a spectrogram, `[items, count, bins]`, or why there is none.
pub fn spectrogram(params: &SpectrogramParams, sample: SampleType) -> Result<FramesKernel, String> {
    let mean_off = match params.detrend {
        Detrend::None => false,
        Detrend::Constant => true,
        Detrend::Linear => return Err("the kernel subtracts no line".to_owned()),
    };
    let weights =
        params.window.coefficients(params.win_length, params.symmetry).map_err(|e| e.to_string())?;
    let (scaling, define) = match params.scaling {
        SpectrogramScaling::Density => (Scaling::Density, Some("DOUBLED")),
        SpectrogramScaling::Spectrum => (Scaling::Spectrum, Some("DOUBLED")),
        SpectrogramScaling::Raw => (Scaling::Raw, Some("DOUBLED")),
        SpectrogramScaling::Power => (Scaling::Raw, None),
        SpectrogramScaling::Magnitude => (Scaling::Raw, Some("MAGNITUDE")),
    };
    let spec = FrameSpec {
        window: params.window,
        symmetry: params.symmetry,
        win_length: params.win_length,
        n_fft: params.n_fft,
        placement: params.placement,
        mean_off,
        emphasis: None,
        framing: Framing {
            frame_len: frame_len(params.placement, params.win_length, params.n_fft),
            hop: params.hop,
            padding: params.padding,
            drop_last: false,
        },
        values: params.n_fft / 2 + 1,
        frames_first: true,
    };
    let factor = scaling.factor(&weights, params.sample_rate) as f32;
    let defines = define.into_iter().map(|name| (name, "1".to_owned())).collect();
    build(&spec, sample, defines, [vec![0.0; 4], vec![0.0]], [0.0, 0.0, factor], Second::None)
}

fn frame_len(placement: Placement, win_length: usize, n_fft: usize) -> usize {
    match placement {
        Placement::Start => win_length,
        Placement::Center => n_fft,
    }
}

enum Plan {
    Nothing,
    Finish { relative: bool, scalars: [f32; 3] },
    Standardise(f32),
}

/// One pass for the logarithm's reference and range or the normalisation, of which presets have at most one.
fn second(params: &LogMelParams) -> Result<Plan, String> {
    let finish = |relative, range: f64, shift: f64, scale: f64| Plan::Finish {
        relative,
        scalars: [range as f32, shift as f32, scale as f32],
    };
    let related = match params.log {
        MelLog::Decibel { amin, reference: Reference::Power(power), top_db } => {
            let shift = -10.0 * amin.max(power).log10();
            let range = top_db.unwrap_or(f64::INFINITY);
            (shift != 0.0 || top_db.is_some()).then(|| finish(false, range, shift, 1.0))
        }
        MelLog::Decibel { reference: Reference::Max, top_db, .. } => {
            Some(finish(true, top_db.unwrap_or(f64::INFINITY), 0.0, 1.0))
        }
        _ => None,
    };
    match (related, params.normalise) {
        (related, MelNormalise::None) => Ok(related.unwrap_or(Plan::Nothing)),
        (None, MelNormalise::Clamp { range, shift, divisor }) => {
            Ok(finish(false, range, shift, 1.0 / divisor))
        }
        (None, MelNormalise::PerFeature { epsilon }) => Ok(Plan::Standardise(epsilon as f32)),
        (Some(_), normalise) => Err(format!("the kernel has no {normalise:?} after decibels")),
    }
}

const SECOND_BLOCK: u32 = 256;

fn pass(entry: &'static str, kind: &'static str, mut defines: Vec<Define>) -> Blueprint {
    defines.extend([(kind, "1".to_owned()), ("BLOCK", SECOND_BLOCK.to_string())]);
    Blueprint {
        family: "mel_finish",
        entry,
        source: "mel_finish.cu",
        defines,
        block: SECOND_BLOCK,
        rows_per_block: 1,
        shared_bytes: 0,
        register_ceiling: 64,
        tables: vec![],
    }
}

/// Shared memory of a block: two or more of them fit a multiprocessor of any architecture.
const SHARED_LIMIT: usize = 56 << 10;

fn build(
    spec: &FrameSpec,
    sample: SampleType,
    mut defines: Vec<Define>,
    [bands, weights]: [Vec<f32>; 2],
    scalars: [f32; 3],
    second: Second,
) -> Result<FramesKernel, String> {
    let FrameSpec { n_fft, win_length, framing, values, .. } = *spec;
    let plan = FftPlan::new(n_fft / 2)
        .filter(|_| n_fft % 2 == 0 && (256..=2048).contains(&n_fft))
        .ok_or_else(|| format!("n_fft {n_fft} is neither 400 nor a power of two from 256 to 2048"))?;
    let lead = match spec.placement {
        Placement::Start => 0,
        Placement::Center => n_fft.saturating_sub(win_length) / 2,
    };
    let threads = plan.threads();
    let buffer = plan.n + 2 * (plan.n / plan.radices[0]) + 14;
    let shared = |frames: usize, rounds: usize| {
        let span = (frames - 1).saturating_mul(framing.hop).saturating_add(n_fft);
        let floats = 2 * frames * buffer + values * (frames * rounds | 1) + 2 * frames;
        span.saturating_add(floats).saturating_mul(4)
    };
    let fits = |&(frames, rounds): &(usize, usize)| {
        let block = threads * frames;
        block % 32 == 0 && block <= 256 && threads % rounds == 0 && shared(frames, rounds) <= SHARED_LIMIT
    };
    let choices = [(16, 1), (8, 2), (8, 1), (4, 2), (4, 1), (2, 1), (1, 1)];
    let (frames, rounds) = choices
        .into_iter()
        .find(fits)
        .ok_or_else(|| format!("frames of {n_fft} every {} with {values} values", framing.hop))?;
    let weights_of_window =
        spec.window.coefficients(win_length, spec.symmetry).map_err(|error| error.to_string())?;
    let mut padded = vec![0.0; lead];
    padded.extend(weights_of_window);
    let block = threads * frames;
    // Measured: five blocks of the 400-point transform, whose registers allow it.
    let resident = if plan.points == 20 { 800 } else { 640 };
    let blocks = (resident / block).max(1);
    defines.extend(plan.defines());
    defines.push(sample.define());
    defines.extend(
        [
            ("HOP", framing.hop),
            ("WIN", win_length),
            ("LEAD", lead),
            ("FRAMES", frames),
            ("ROUNDS", rounds),
            ("VALUES", values),
            ("MIN_BLOCKS", blocks),
        ]
        .map(|(name, value)| (name, value.to_string())),
    );
    defines.push(("OFFSET", framing.offset().to_string()));
    let padding = match framing.padding {
        Padding::None | Padding::Constant => "PAD_ZERO",
        Padding::Reflect => "PAD_REFLECT",
        Padding::Mirror => "PAD_MIRROR",
    };
    defines.push((padding, "1".to_owned()));
    defines.extend(spec.emphasis.clone());
    if spec.mean_off {
        defines.push(("MEAN_OFF", "1".to_owned()));
    }
    if spec.frames_first {
        defines.push(("FRAMES_FIRST", "1".to_owned()));
    }
    let blueprint = Blueprint {
        family: "frames",
        entry: "frames",
        source: "frames.cu",
        defines,
        block: block as u32,
        rows_per_block: (frames * rounds) as u32,
        shared_bytes: shared(frames, rounds) as u32,
        register_ceiling: Blueprint::ceiling(block, blocks),
        tables: vec![
            Table { name: "window", data: tables::window_pairs(&plan, &padded) },
            Table { name: "factors", data: tables::factors(&plan) },
            Table { name: "halves", data: tables::halves(&plan, n_fft) },
            Table { name: "bands", data: bands },
            Table { name: "weights", data: weights },
        ],
    };
    Ok(FramesKernel {
        frames: blueprint,
        scalars,
        second,
        values,
        frames_first: spec.frames_first,
        tile: frames * rounds,
        framing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rlx_dsp::mel::{LogMel, Preset};

    #[test]
    fn every_preset_has_a_kernel_with_the_library_s_frames() {
        for preset in Preset::ALL {
            let params = LogMelParams::preset(preset);
            let kernel = log_mel(&params, SampleType::F32).expect("a kernel");
            let plan = LogMel::<f32>::new(params).expect("valid");
            for len in [0, 1, 199, 200, 201, 399, 400, 1024, 16_000, 480_000] {
                // The library refuses a signal of half a frame to be reflected when it is processed, not when counted.
                let short = params.padding == Padding::Reflect && len <= params.n_fft / 2;
                assert_eq!(kernel.count(len), if short { 0 } else { plan.n_frames(len) }, "{preset} {len}");
            }
            assert!(kernel.frames.block % 32 == 0 && kernel.frames.shared_bytes <= 56 << 10);
        }
        assert!(spectrogram(&SpectrogramParams::scipy(1.0, 300), SampleType::F32).is_err());
        let kernel = spectrogram(&SpectrogramParams::scipy(1.0, 1024), SampleType::F32).expect("a kernel");
        assert_eq!((kernel.values, kernel.frames_first, kernel.count(4096)), (513, true, 4));
    }
}
