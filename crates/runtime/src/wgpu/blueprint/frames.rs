//! Transforms of frames: spectra and powers of each segment.

use rlx_compile::params::{Band, Padding, Symmetry, Window};

use super::limits::GroupLimits;
use super::recipe::{MAX_IN_GROUP, Recipe};
use super::source::{Source, stage};
use super::{Blueprint, Buffer, Passes};
use crate::error::{Error, Result};
use crate::session::SampleFormat;

/// Position and preparation of frames in rows of samples.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::wgpu) struct Frames {
    /// Samples per row.
    pub(in crate::wgpu) row_len: usize,
    /// Frames per row.
    pub(in crate::wgpu) segments: usize,
    /// Samples per frame.
    pub(in crate::wgpu) len: usize,
    /// Samples from one frame to the next.
    pub(in crate::wgpu) hop: usize,
    /// Padding of both ends of a row.
    pub(in crate::wgpu) pad: Padding,
    /// Type of a sample.
    pub(in crate::wgpu) samples: SampleFormat,
    /// Whether a sample is a pair.
    pub(in crate::wgpu) complex: bool,
    /// Whether the mean of a frame is subtracted.
    pub(in crate::wgpu) detrend: bool,
    /// Pre-emphasis of each frame.
    pub(in crate::wgpu) preemphasis: Option<f32>,
    /// Window.
    pub(in crate::wgpu) window: (Window, Symmetry),
}

/// Result of the transform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::wgpu) enum Spectrum {
    /// Planes of real and imaginary parts.
    Block,
    /// Pairs.
    Interleaved,
    /// Powers, one-sided ones doubled.
    Power {
        /// Whether they are doubled.
        one_sided: bool,
    },
    /// Magnitudes.
    Magnitude,
}

impl Spectrum {
    /// Returns its number in the shaders.
    pub(super) fn number(self) -> usize {
        match self {
            Self::Block => 0,
            Self::Interleaved => 1,
            Self::Power { .. } => 2,
            Self::Magnitude => 3,
        }
    }
}

/// A transform of frames.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::wgpu) struct FrameTransform {
    /// The frames.
    pub(in crate::wgpu) frames: Frames,
    /// Points.
    pub(in crate::wgpu) n_fft: usize,
    /// Bins of a result.
    pub(in crate::wgpu) bins: usize,
    /// Bins that are computed.
    pub(in crate::wgpu) keep: Option<Band>,
    /// Result that is written.
    pub(in crate::wgpu) spectrum: Spectrum,
}

/// Largest transform of two passes.
const MAX_IN_TWO: usize = 1 << 17;

impl FrameTransform {
    /// Returns texts, tables and launches.
    pub(in crate::wgpu) fn passes(&self, limits: &GroupLimits) -> Result<Passes> {
        let n = self.n_fft;
        if self.frames.pad == Padding::Mirror {
            return Err(Error::unsupported("no padding by mirrored end samples"));
        }
        if let Some(recipe) = Recipe::new(n) {
            return Ok(Passes::one(self.whole(&recipe, limits)?));
        }
        let lacks = |what: String| Err(Error::unsupported(what));
        if !(n.is_power_of_two() && n > MAX_IN_GROUP && n <= MAX_IN_TWO) {
            return lacks(format!("no transform of {n} points"));
        }
        if self.frames.detrend || self.frames.preemphasis.is_some() {
            return lacks(format!("no detrend or pre-emphasis at {n} points"));
        }
        let rows = 1 << (n.ilog2() / 2);
        match (Recipe::new(rows), Recipe::new(n / rows)) {
            (Some(first), Some(second)) => {
                let between = 8 * n * self.frames.segments;
                Ok(Passes::one(self.columns(&first, limits)?).then(between, self.rows(&second, limits)?))
            }
            _ => lacks(format!("no transform of {n} points")),
        }
    }

    fn window(&self) -> Result<Vec<f32>> {
        let (window, symmetry) = self.frames.window.clone();
        let weights = window.coefficients(self.frames.len, symmetry).map_err(Error::Dsp)?;
        Ok(weights.into_iter().map(|w| w as f32).collect())
    }

    /// Adds the constants of the input.
    fn framing(&self, source: &mut Source) {
        let f = &self.frames;
        source
            .count("LEN", f.len)
            .count("HOP", f.hop)
            .count("ROW_LEN", f.row_len)
            .count("SEGMENTS", f.segments)
            .count(
                "PAD",
                match f.pad {
                    Padding::None => 0,
                    Padding::Constant => 1,
                    Padding::Reflect => 2,
                    // Rejected earlier.
                    Padding::Mirror => 3,
                },
            )
            .switch("COMPLEX", f.complex)
            .switch("DETREND", f.detrend)
            .switch("PREEMPHASISED", f.preemphasis.is_some())
            .number("PREEMPHASIS", f.preemphasis.unwrap_or(0.0));
    }

    /// Adds the constants of the result.
    fn result(&self, source: &mut Source) {
        let keep = self.keep.unwrap_or(Band { lo: 0, hi: self.bins });
        source
            .count("N_FFT", self.n_fft)
            .count("BINS", self.bins)
            .count("KEEP_LO", keep.lo)
            .count("KEEP_HI", keep.hi)
            .count("OUTPUT", self.spectrum.number())
            .switch("ONE_SIDED", self.spectrum == Spectrum::Power { one_sided: true });
    }

    fn whole(&self, recipe: &Recipe, limits: &GroupLimits) -> Result<Blueprint> {
        let (n, threads) = (recipe.n, recipe.threads());
        let pairs = n.next_multiple_of(16);
        let rows = limits.rows(threads, pairs);
        let in_turn = !limits.fits(rows, threads, pairs);
        let pairs_of_row = if in_turn { n.div_ceil(2).max(threads) } else { pairs };
        limits.check(&format!("a transform of {n}"), rows * threads, 8 * rows * pairs_of_row)?;
        // Pre-emphasis needs neighbouring samples of the frame, so the whole frame has to be in memory at once.
        if in_turn && self.frames.preemphasis.is_some() {
            return Err(Error::unsupported(format!("no pre-emphasis of frames at {n} points")));
        }
        let mut source = Source::default();
        self.framing(&mut source);
        self.result(&mut source);
        launch(&mut source, rows, threads, pairs_of_row);
        source
            .switch("WHOLE", self.frames.len == n)
            .transform(recipe, in_turn)
            .samples(self.frames.samples)
            .stage(stage!("frames"))
            .stage(stage!("row_sum"))
            .stage(stage!("detrend"))
            .stage(stage!("preemphasis_of_frame"))
            .stage(stage!("spectrum_out"))
            .stage(stage!("fft_frames"));
        let twiddles = Buffer::Table(recipe.twiddles().concat());
        Ok(Blueprint {
            name: "fft_frames",
            text: source.finish()?,
            buffers: vec![
                Buffer::Input,
                Buffer::Table(self.window()?),
                twiddles,
                Buffer::Output(0),
                Buffer::Batch,
            ],
            items_of_group: rows,
            items_of_row: self.frames.segments,
        })
    }

    fn columns(&self, recipe: &Recipe, limits: &GroupLimits) -> Result<Blueprint> {
        let (n, threads) = (recipe.n, recipe.threads());
        let columns = self.n_fft / n;
        // An odd distance between rows: neighbouring threads are in different rows here.
        let pairs_of_row = n + 1;
        let rows = (limits.memory / (8 * pairs_of_row)).min(limits.threads / threads).min(columns).max(1);
        limits.check(&format!("a transform of {}", self.n_fft), rows * threads, 8 * rows * pairs_of_row)?;
        let mut source = Source::default();
        self.framing(&mut source);
        launch(&mut source, rows, threads, pairs_of_row);
        source
            .count("COLUMNS", columns)
            .transform(recipe, false)
            .samples(self.frames.samples)
            .stage(stage!("frames"))
            .stage(stage!("fft_columns"));
        let root = |j: usize| {
            let (sin, cos) = (-std::f64::consts::TAU * j as f64 / self.n_fft as f64).sin_cos();
            [cos as f32, sin as f32]
        };
        Ok(Blueprint {
            name: "fft_columns",
            text: source.finish()?,
            buffers: vec![
                Buffer::Input,
                Buffer::Table(self.window()?),
                Buffer::Table(recipe.twiddles().concat()),
                Buffer::Output(0),
                Buffer::Batch,
                Buffer::Table((0..self.n_fft).flat_map(root).collect()),
            ],
            items_of_group: rows,
            items_of_row: self.frames.segments * columns,
        })
    }

    fn rows(&self, recipe: &Recipe, limits: &GroupLimits) -> Result<Blueprint> {
        let (n, threads) = (recipe.n, recipe.threads());
        let rows = limits.rows(threads, n);
        limits.check(&format!("a transform of {}", self.n_fft), rows * threads, 8 * rows * n)?;
        let mut source = Source::default();
        self.result(&mut source);
        launch(&mut source, rows, threads, n);
        source
            .count("ROWS_OF_FRAME", self.n_fft / n)
            .transform(recipe, false)
            .stage(stage!("spectrum_out"))
            .stage(stage!("fft_rows"));
        Ok(Blueprint {
            name: "fft_rows",
            text: source.finish()?,
            buffers: vec![
                Buffer::Input,
                Buffer::Nothing,
                Buffer::Table(recipe.twiddles().concat()),
                Buffer::Output(0),
                Buffer::Batch,
            ],
            items_of_group: rows,
            items_of_row: self.frames.segments * (self.n_fft / n),
        })
    }
}

fn launch(source: &mut Source, rows: usize, threads: usize, pairs_of_row: usize) {
    source
        .count("ROWS", rows)
        .count("GROUP", rows * threads)
        .count("PAIRS_OF_ROW", pairs_of_row)
        .count("PAIRS_OF_GROUP", rows * pairs_of_row);
}
