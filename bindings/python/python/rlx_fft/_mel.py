"""Log-mel spectrograms of the reference systems."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from . import _native
from ._arrays import CODES, normalize_axis, numeric, rows
from ._devices import attempt, kept
from ._layout import nan_policies
from ._resident import check, handle, is_resident, on_host
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
    nan_policy: str = "raise",
    stream: Any = None,
) -> Any:
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
    maximum that whisper and `top_db` refer to over all rows, as the original whisper does. float32 stays float32; integers
    are computed in float64.

    device, threads, stream : as in `welch`. A CUDA tensor gives a `DeviceArray`.
    nan_policy : ``"raise"``; ``"omit"``: frames with a NaN or an infinity are NaN and count for no maximum, mean or
        deviation; ``"interpolate[:MAX_GAP]"``: lines over short gaps, then as omit; ``"propagate"``: such frames are NaN,
        and so is all that refers to their maximum, mean or deviation, as in the original systems.

    >>> import numpy as np, rlx_fft
    >>> rlx_fft.melspectrogram(np.zeros(480_000, np.float32)).shape
    (80, 3000)
    """
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
    policy = nan_policies(nan_policy)
    if n_fft is not None and win_length is None:
        changes["win_length"] = n_fft
    if is_resident(x):
        if check(x, axis, device)[1]:
            raise TypeError("x: complex samples have no mel spectrum")
        if policy not in ("error", "propagate"):
            raise ValueError(f"nan_policy: {nan_policy!r}: on a device samples are not checked before")
        on_device = _on_device(_plan("f32", preset, changes, policy), preset, changes)
        lacks = on_device.lacks()
        if lacks is not None:
            raise ValueError(f"{lacks}: not on a device; bring x over first (for a torch tensor: x.cpu())")
        values = on_device.resident(x, handle(stream))
        return values if preset == "kaldi" else values.swapaxes(-1, -2)
    on_host(stream)
    x, _ = numeric(x)
    if x.dtype.kind == "c":
        raise TypeError("x: complex samples have no mel spectrum")
    axis = normalize_axis(axis, x.ndim)
    plan = _plan(CODES[x.dtype], preset, changes, policy)
    data = rows(x, axis)
    out = None
    if device is not None and device != "cpu" and data.size:
        lacks = f"{x.dtype} samples" if x.dtype != np.float32 else _on_device(plan, preset, changes).lacks()
        if lacks is None and policy != "error" and not np.isfinite(data).all():
            lacks = "missing samples"
        out = attempt("melspectrogram", device, data, lacks, lambda: _on_device(plan, preset, changes), threads)
        if out is not None and preset != "kaldi":
            out = np.ascontiguousarray(np.swapaxes(out, -1, -2))
    if out is None:
        out = plan(data, threads)
    if axis == x.ndim - 1:
        return out
    return np.moveaxis(out, (-2, -1), (axis, axis + 1))


def _plan(code: str, preset: str, changes: dict[str, Any], policy: str = "error") -> _native.MelPlan:
    key = ("mel", code, preset, policy, *sorted(changes.items()))
    try:
        return _plans[key][1]
    except (KeyError, TypeError):
        plan = _native.MelPlan(code, preset, changes, policy)
        _remember(key, (np.empty(0), plan))
        return plan


def _on_device(plan: _native.MelPlan, preset: str, changes: dict[str, Any]) -> _native.DevicePlan:
    return kept(("mel", preset, *sorted(changes.items())), lambda: _native.DevicePlan.mel(plan))


def mel_filterbank(preset: str = "whisper", **changes: Any) -> np.ndarray:
    """The filters of `melspectrogram`, `[mels, bins]`; the arguments are those of `melspectrogram`."""
    return _plan("f64", preset, changes).filterbank()
