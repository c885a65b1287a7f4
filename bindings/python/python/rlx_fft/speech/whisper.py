"""Whisper's features for `transformers`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._mel import melspectrogram

try:
    from transformers import WhisperFeatureExtractor as _Original
except ImportError as error:
    raise ImportError("rlx_fft.speech.WhisperFeatureExtractor needs transformers: pip install transformers") from error


class WhisperFeatureExtractor(_Original):  # type: ignore[misc, valid-type, unused-ignore]
    """`transformers.WhisperFeatureExtractor` whose log-mel spectrogram this package computes.

    Arguments, batching, padding, truncation, masks, `from_pretrained` and `save_pretrained` are those of the original class;
    features agree with its own within 1e-4. Dithered features and those of another `device` than ``"cpu"`` it computes itself.
    """

    def _features(self, waveforms: Any) -> np.ndarray:
        """`[batch, feature_size, frames]`, float32, of `[batch, samples]`."""
        x = np.ascontiguousarray(waveforms, dtype=np.float32)
        return melspectrogram(
            x, "whisper", sr=self.sampling_rate, n_fft=self.n_fft, hop_length=self.hop_length, n_mels=self.feature_size,
            fmax=8000.0, nan_policy="propagate",
        )  # fmt: skip

    def _is_ours(self, device: Any) -> bool:
        return str(device or "cpu") == "cpu" and not getattr(self, "dither", 0.0)

    def _np_extract_fbank_features(self, waveform_batch: Any, device: Any = "cpu") -> np.ndarray:
        if not self._is_ours(device):
            return super()._np_extract_fbank_features(waveform_batch, device)
        return self._features(waveform_batch)

    def _torch_extract_fbank_features(self, waveform: Any, device: Any = "cpu") -> np.ndarray:
        if not self._is_ours(device):
            return super()._torch_extract_fbank_features(waveform, device)
        return self._features(waveform)
