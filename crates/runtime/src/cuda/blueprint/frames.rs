//! Preparation of a frame before its transform, as constants and tables of `frames.cuh`.

use rlx_dsp::stft::{Framing, Padding};

use super::{Define, FftPlan, SampleType, Table, fft, tables};

/// The frames of a signal.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameSpec {
    /// Transform length, even.
    pub n_fft: usize,
    /// Position of the frames.
    pub framing: Framing,
    /// Weights.
    pub window: Vec<f64>,
    /// First point of the transform that the window covers.
    pub lead: usize,
    /// Whether the mean of the samples under the window is subtracted.
    pub remove_dc: bool,
    /// Pre-emphasis coefficient of the signal before padding; 0 for none.
    pub signal_preemphasis: f64,
    /// Pre-emphasis coefficient inside each frame; 0 for none.
    pub frame_preemphasis: f64,
}

/// The kernel of a frame, except for the use of its spectrum.
pub(super) struct FrameKernel {
    pub(super) plan: FftPlan,
    pub(super) frames: usize,
    pub(super) defines: Vec<Define>,
    /// window, factors, untangle.
    pub(super) tables: Vec<Table>,
}

impl FrameSpec {
    /// Returns the kernel for signals of `len` samples.
    pub(super) fn kernel(&self, len: usize, sample: SampleType) -> Result<FrameKernel, String> {
        let plan = FftPlan::new(self.n_fft / 2)
            .filter(|_| self.n_fft.is_multiple_of(2))
            .ok_or_else(|| format!("no kernel for n_fft {}", self.n_fft))?;
        let frames = self.framing.checked_count(len).map_err(|error| error.to_string())?;
        if self.window.is_empty() || self.lead + self.window.len() > self.n_fft {
            return Err(format!("a window of {} at {} in {}", self.window.len(), self.lead, self.n_fft));
        }
        // Offsets within a signal are 64-bit, the distance between two frames is 32-bit.
        if self.framing.hop > i32::MAX as usize {
            return Err(format!("a hop of {}", self.framing.hop));
        }
        let number = |name, value: String| (name, value);
        let mut defines = plan.defines();
        defines.extend([
            number("HOP", self.framing.hop.to_string()),
            number("OFFSET", format!("({})", self.framing.offset())),
            number("LEAD", self.lead.to_string()),
            number("WIN", self.window.len().to_string()),
            sample.define(),
        ]);
        match self.framing.padding {
            Padding::None | Padding::Constant => {}
            Padding::Reflect => defines.push(number("PAD_REFLECT", "1".to_owned())),
            Padding::Mirror => defines.push(number("PAD_MIRROR", "1".to_owned())),
        }
        if self.remove_dc {
            defines.push(number("REMOVE_DC", "1".to_owned()));
        }
        for (name, c) in
            [("PREEMPHASIS_SIGNAL", self.signal_preemphasis), ("PREEMPHASIS_FRAME", self.frame_preemphasis)]
        {
            if c != 0.0 {
                defines.push(number(name, float(c)?));
            }
        }
        let mut all =
            vec![Table { name: "window", data: tables::frame_window(&plan, &self.window, self.lead) }];
        all.extend(fft::real_tables(&plan));
        Ok(FrameKernel { plan, frames, defines, tables: all })
    }
}

impl FrameKernel {
    /// Returns the frames of a block of about `threads` threads, and its number of threads (whole warps).
    pub(super) fn block(&self, threads: usize) -> (usize, usize) {
        let one = self.plan.threads();
        if one > 32 {
            let rows = (threads / one).max(1);
            (rows, rows * one)
        } else {
            (threads / 32 * (32 / one), threads)
        }
    }
}

/// Formats a constant for the source.
pub(super) fn float(value: f64) -> Result<String, String> {
    let narrow = value as f32;
    if narrow.is_nan() {
        return Err(format!("{value} among the constants of a kernel"));
    }
    Ok(format!("({:?}f)", narrow.clamp(f32::MIN, f32::MAX)))
}
