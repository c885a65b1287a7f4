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

/// A log-mel spectrogram.
#[derive(Debug, Clone, PartialEq)]
pub struct LogMelOutput<T = f32> {
    /// Number of mel bands.
    pub n_mels: usize,
    /// Number of frames.
    pub n_frames: usize,
    /// Order of `data`.
    pub layout: MelLayout,
    /// The values, row-major in the order of `layout`, in the unit of the parameters' logarithm.
    pub data: Vec<T>,
}

impl<T: Copy> LogMelOutput<T> {
    /// The value of a band in a frame; `None` outside.
    pub fn get(&self, mel: usize, frame: usize) -> Option<T> {
        if mel >= self.n_mels || frame >= self.n_frames {
            return None;
        }
        let at = match self.layout {
            MelLayout::MelsByFrames => mel * self.n_frames + frame,
            MelLayout::FramesByMels => frame * self.n_mels + mel,
        };
        self.data.get(at).copied()
    }

    /// From `[n_mels, n_frames]` values.
    pub(super) fn from_mels(values: Vec<T>, n_mels: usize, layout: MelLayout) -> Self {
        let n_frames = values.len() / n_mels;
        let data = match layout {
            MelLayout::MelsByFrames => values,
            MelLayout::FramesByMels => transpose(&values, n_frames),
        };
        Self { n_mels, n_frames, layout, data }
    }
}

/// `[n, columns]` to `[columns, n]`, in tiles that stay in the cache.
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
