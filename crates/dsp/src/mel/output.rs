//! The result of a log-mel transform.

/// Order of a log-mel matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum MelLayout {
    /// `[n_mels, n_frames]` (librosa, whisper, torchaudio, NeMo).
    #[default]
    MelsByFrames,
    /// `[n_frames, n_mels]` (Kaldi).
    FramesByMels,
}

/// A log-mel spectrogram with its axes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LogMelOutput<T = f32> {
    /// Number of mel bands.
    pub n_mels: usize,
    /// Number of frames.
    pub n_frames: usize,
    /// Order of `values`.
    pub layout: MelLayout,
    /// The values, row-major in the order of `layout`, in the unit of the parameters' logarithm.
    pub values: Vec<T>,
    /// Middle of each frame in seconds from the first sample of the signal.
    pub times: Vec<f64>,
    /// Centre of each mel band in Hz.
    pub freqs: Vec<f64>,
}

impl<T: Copy> LogMelOutput<T> {
    /// Returns the value of a band in a frame; `None` outside.
    pub fn get(&self, mel: usize, frame: usize) -> Option<T> {
        if mel >= self.n_mels || frame >= self.n_frames {
            return None;
        }
        let at = match self.layout {
            MelLayout::MelsByFrames => mel * self.n_frames + frame,
            MelLayout::FramesByMels => frame * self.n_mels + mel,
        };
        self.values.get(at).copied()
    }
}

/// Converts values `[n_mels, n_frames]` to this order.
pub(super) fn in_layout<T: Copy>(values: Vec<T>, n_mels: usize, layout: MelLayout) -> Vec<T> {
    match layout {
        MelLayout::MelsByFrames => values,
        MelLayout::FramesByMels => {
            let n_frames = values.len() / n_mels;
            transpose(&values, n_frames)
        }
    }
}

/// Transposes `[n, columns]` to `[columns, n]`, in tiles that fit in the cache.
fn transpose<T: Copy>(values: &[T], columns: usize) -> Vec<T> {
    const TILE: usize = 16;
    let n = values.len() / columns;
    let mut out = values.to_vec();
    for top in (0..n).step_by(TILE) {
        for column in 0..columns {
            for row in top..n.min(top + TILE) {
                out[column * n + row] = values[row * columns + column];
            }
        }
    }
    out
}
