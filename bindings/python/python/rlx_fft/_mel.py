"""Log-mel spectrograms of the reference systems."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from . import _native
from ._arrays import CODES, normalize_axis, numeric, rows
from ._cache import cache
from ._checks import flag
from ._devices import attempt, kept
from ._explaining import is_asked
from ._layout import nan_policies
from ._mel_general import mel, normalized
from ._mel_params import PRESET, checked, is_general
from ._public import public
from ._resident import answer, check, handle, is_resident, on_host
from ._warnings import warn


@public("x")
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
    window: str | tuple[Any, ...] | np.ndarray | None = None,
    pad_mode: str | None = None,
    scale: Literal["slaney", "htk", "kaldi"] | None = None,
    norm: float | str | None = PRESET,
    preemphasis: float | None = None,
    top_db: float | str | None = PRESET,
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

    The other arguments replace the preset's values, and what the original derives from them follows: torchaudio's hop is half
    the window, Kaldi's and NeMo's windows are 25 ms and their frames 10 ms apart at any `sr`, and without `win_length` the
    window is as long as the transform.

    Parameters
    ----------
    x : real samples of any shape, at the rate `sr`.
    preset : see the table.
    sr : sampling rate, Hz.
    n_fft, hop_length, win_length : samples of the transform, between frames, and of the window.
    n_mels, fmin, fmax : number of filters, and the edges of the lowest and the highest one, Hz.
    power : exponent of the magnitudes, 1 or 2.
    scale : mel scale, ``"slaney"``, ``"htk"`` or ``"kaldi"``.
    preemphasis : coefficient, 0 for none.
    ref_max : whether 0 dB is the maximum instead of 1, of presets in dB.
    window : a name, ``("kaiser", 8.0)`` or the like, or `win_length` weights.
    pad_mode : ``"none"``, ``"constant"``, ``"reflect"``, Kaldi's ``"mirror"``, ``"edge"``, ``"symmetric"`` or ``"linear_ramp"`` (`numpy.pad`).
    norm : ``"slaney"``, None, or the order of a norm that each filter is divided by (1, 2, inf), as in librosa.
    top_db : dB below the maximum that are kept; None keeps all.

    ``log=False`` gives mel energies. ``max_over="batch"`` takes the
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
    given = dict(
        sr=sr, n_fft=n_fft, hop_length=hop_length, win_length=win_length, n_mels=n_mels, fmin=fmin, fmax=fmax, power=power,
        window=window, pad_mode=pad_mode, scale=scale, norm=norm, preemphasis=preemphasis, top_db=top_db, ref_max=ref_max,
        log=None if flag(log, "log") else False, max_over=max_over,
    )  # fmt: skip
    changes = checked(preset, given)
    policy = nan_policies(nan_policy)
    if is_resident(x):
        if check(x, axis, device)[1]:
            raise TypeError("x: complex samples have no mel spectrum")
        if policy not in ("error", "propagate"):
            raise ValueError(f"nan_policy: {nan_policy!r}: on a device samples are not checked before")
        on_device = _on_device(_plan("f32", preset, changes, policy), preset, changes)
        lacks = on_device.lacks()
        if lacks is not None:
            raise ValueError(f"{lacks}: not on a device; bring x over first (for a torch tensor: x.cpu())")
        answer(on_device, x)
        values = on_device.resident(x, handle(stream))
        return values if preset == "kaldi" else values.swapaxes(-1, -2)
    on_host(stream)
    x, _ = numeric(x)
    if x.dtype.kind == "c":
        raise TypeError("x: complex samples have no mel spectrum")
    axis = normalize_axis(axis, x.ndim)
    plan = _plan(CODES[x.dtype], preset, changes, policy)
    _warn_of_empty_filters(plan, preset)
    data = rows(x, axis)
    out = None
    if (is_asked() or (device is not None and device != "cpu")) and data.size:
        general = "this norm or padding" if is_general(changes) else None
        if isinstance(changes.get("window"), tuple):
            general = "a window that is known by its weights only"
        on_host_alone = device in (None, "cpu")
        if general or (x.dtype != np.float32 and not on_host_alone):
            lacks = general or f"{x.dtype} samples"
        else:
            lacks = _on_device(plan, preset, changes).lacks()
        if lacks is None and policy != "error" and not on_host_alone and not np.isfinite(data).all():
            lacks = "missing samples"
        out = attempt("melspectrogram", device, data, lacks, lambda: _on_device(plan, preset, changes), threads)
        if out is not None and preset != "kaldi":
            out = np.ascontiguousarray(np.swapaxes(out, -1, -2))
    if out is None and is_general(changes):
        out = mel(data, plan.core(), changes, lambda: _bank(plan, changes), policy)
    elif out is None:
        out = plan(data, threads)
    if axis == x.ndim - 1:
        return out
    return np.moveaxis(out, (-2, -1), (axis, axis + 1))


def _plan(code: str, preset: str, changes: dict[str, Any], policy: str = "error") -> _native.MelPlan:
    """The core's plan; where the core lacks a norm or padding, that of unscaled filters or of the preset's padding."""
    known = dict(changes)
    if is_general(changes):
        known.pop("pad_mode", None)
        if not isinstance(changes.get("norm", "none"), str):
            known["norm"] = "none"
    key = ("mel", code, preset, policy, *sorted(known.items()))
    try:
        return cache[key]
    except (KeyError, TypeError):
        plan = _native.MelPlan(code, preset, known, policy)
        cache.put(key, plan, plan)
        return plan


def _bank(plan: _native.MelPlan, changes: dict[str, Any]) -> np.ndarray:
    norm = changes.get("norm", "none")
    return plan.filterbank() if isinstance(norm, str) else normalized(plan.filterbank(), norm)


#: Warnings of filters without a bin, by the system whose code warns: librosa's text (NeMo's filters are librosa's) and torchaudio's.
_EMPTY = {
    "librosa": "Empty filters detected in mel frequency basis. Some channels will produce empty responses. "
    "Try increasing your sampling rate (and fmax) or reducing n_mels.",
    "torchaudio": "At least one mel filterbank has all zero values. The value for `n_mels` ({mels}) may be set too high. "
    "Or, the value for `n_freqs` ({bins}) may be set too low.",
}
_EMPTY["nemo"] = _EMPTY["librosa"]


def _warn_of_empty_filters(plan: _native.MelPlan, preset: str) -> None:
    text = _EMPTY.get(preset)
    if text is not None and plan.empty_filters:
        core = plan.core()
        warn(text.format(mels=core["n_mels"], bins=core["n_fft"] // 2 + 1))


def _on_device(plan: _native.MelPlan, preset: str, changes: dict[str, Any]) -> _native.DevicePlan:
    return kept(("mel", preset, *sorted(changes.items())), lambda: _native.DevicePlan.mel(plan))


@public()
def mel_filterbank(
    preset: Literal["whisper", "librosa", "kaldi", "torchaudio", "nemo"] = "whisper",
    *,
    sr: float | None = None,
    n_fft: int | None = None,
    n_mels: int | None = None,
    fmin: float | None = None,
    fmax: float | None = None,
    scale: Literal["slaney", "htk", "kaldi"] | None = None,
    norm: float | str | None = PRESET,
) -> np.ndarray:
    """Returns the filters of `melspectrogram`, `[n_mels, n_fft // 2 + 1]`, float64.

    preset, sr, n_fft, n_mels, fmin, fmax, scale, norm : as in `melspectrogram`.
    """
    changes = checked(
        preset, dict(sr=sr, n_fft=n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax, scale=scale, norm=norm)
    )
    plan = _plan("f64", preset, changes)
    _warn_of_empty_filters(plan, preset)
    return _bank(plan, changes)
