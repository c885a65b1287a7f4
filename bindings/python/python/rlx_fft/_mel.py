"""Log-mel spectrograms of the reference systems."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from . import _native
from ._arrays import CODES, normalize_axis, numeric, rows
from ._layout import require_cpu
from ._spectral import _plans, _remember

PRESETS = ("whisper", "librosa", "kaldi", "torchaudio", "nemo")


def melspectrogram(
    x: Any,
    preset: Literal["whisper", "librosa", "kaldi", "torchaudio", "nemo"] = "whisper",
    *,
    sr: float | None = None,
    n_fft: int | None = None,
    hop_length: int | None = None,
    win_length: int | None = None,
    n_mels: int | None = None,
    fmin: float | None = None,
    fmax: float | None = None,
    power: float | None = None,
    window: str | None = None,
    pad_mode: Literal["none", "constant", "reflect", "mirror"] | None = None,
    scale: Literal["slaney", "htk", "kaldi"] | None = None,
    norm: Literal["slaney", "none"] | None = None,
    preemphasis: float | None = None,
    top_db: float | None = None,
    ref_max: bool | None = None,
    log: bool = True,
    max_over: Literal["item", "batch"] | None = None,
    axis: int = -1,
    device: str | None = None,
    threads: int | None = None,
) -> np.ndarray:
    """Log-mel spectrogram along an axis, in the unit and layout of the system that `preset` names.

    ============  ========================================================================  ====================
    preset        is                                                                        shape, unit
    ============  ========================================================================  ====================
    whisper       openai/whisper `log_mel_spectrogram` (80 mels; ``n_mels=128`` for v3)     mels × frames, scaled
    librosa       `power_to_db(feature.melspectrogram(y))` at 22,050 Hz                     mels × frames, dB
    kaldi         `compute-fbank-feats` without dither; 16-bit samples are ±32768           frames × mels, ln
    torchaudio    `MelSpectrogram()` and `AmplitudeToDB()`                                  mels × frames, dB
    nemo          `AudioToMelSpectrogramPreprocessor` at evaluation, 80 features            mels × frames, per band
    ============  ========================================================================  ====================

    The other arguments replace the preset's values. ``log=False`` gives mel energies. ``max_over="batch"`` takes the
    maximum that whisper and `top_db` refer to over all rows, as the original whisper does. A NaN or an infinity is an
    error. float32 stays float32; integers are computed in float64.

    >>> import numpy as np, rlx_fft
    >>> rlx_fft.melspectrogram(np.zeros(480_000, np.float32)).shape
    (80, 3000)
    """
    require_cpu(device, "melspectrogram")
    changes = {
        name: value
        for name, value in (
            ("sr", sr), ("n_fft", n_fft), ("hop_length", hop_length), ("win_length", win_length), ("n_mels", n_mels),
            ("fmin", fmin), ("fmax", fmax), ("power", power), ("window", window), ("pad_mode", pad_mode),
            ("scale", scale), ("norm", norm), ("preemphasis", preemphasis), ("top_db", top_db), ("ref_max", ref_max),
            ("log", None if log else False), ("max_over", max_over),
        )
        if value is not None
    }  # fmt: skip
    x, _ = numeric(x)
    if x.dtype.kind == "c":
        raise TypeError("x: complex samples have no mel spectrum")
    axis = normalize_axis(axis, x.ndim)
    if n_fft is not None and win_length is None:
        changes["win_length"] = n_fft
    plan = _plan(CODES[x.dtype], preset, changes)
    out = plan(rows(x, axis), threads)
    if axis == x.ndim - 1:
        return out
    return np.moveaxis(out, (-2, -1), (axis, axis + 1))


def _plan(code: str, preset: str, changes: dict[str, Any]) -> _native.MelPlan:
    key = ("mel", code, preset, *sorted(changes.items()))
    try:
        return _plans[key][1]
    except (KeyError, TypeError):
        plan = _native.MelPlan(code, preset, changes)
        _remember(key, (np.empty(0), plan))
        return plan


def mel_filterbank(preset: str = "whisper", **changes: Any) -> np.ndarray:
    """The filters of `melspectrogram`, `[mels, bins]`; the arguments are those of `melspectrogram`."""
    return _plan("f64", preset, changes).filterbank()
