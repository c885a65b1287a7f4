"""Log-mel with norms and padding that the core has no transform for, in NumPy around the core's filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ._layout import windows_of
from ._windows import weights

#: Frames that are transformed at a time.
_CHUNK = 4096


def normalized(bank: np.ndarray, norm: float) -> np.ndarray:
    """Each filter divided by its norm of this order, as `librosa.filters.mel` does."""
    sizes = np.linalg.norm(bank, ord=norm, axis=-1, keepdims=True)
    return bank / np.where(sizes < np.finfo(np.float32).tiny, 1, sizes)


def mel(
    x: np.ndarray, core: dict[str, Any], changes: dict[str, Any], bank: Callable[[], np.ndarray], policy: str
) -> np.ndarray:
    """`[…, mels, frames]` (Kaldi's layout: `[…, frames, mels]`); `core` has the core's parameters."""
    if policy == "error" and not np.isfinite(x).all():
        at = np.argwhere(~np.isfinite(x))[0]
        raise ValueError(f"x: sample {at[-1]} of row {at[:-1].tolist()} is {x[tuple(at)]}")
    if policy not in ("error", "propagate"):
        raise ValueError(f"nan_policy: {policy!r}: with this norm or padding 'raise' or 'propagate'")
    c = core["preemphasis_signal"]
    if c:
        x = np.concatenate((x[..., :1], x[..., 1:] - c * x[..., :-1]), axis=-1)
    frames = _frames(_padded(x, core, changes.get("pad_mode", core["pad_mode"])), core)
    if core["drop_last_frame"]:
        frames = frames[..., :-1, :]
    if frames.shape[-2] < 1:
        raise ValueError(f"x: {x.shape[-1]} samples are less than a frame of {core['win_length']}")
    window = _window(changes.get("window", core["window"]), core)
    filters = bank().astype(x.dtype)
    out = np.empty((*frames.shape[:-1], len(filters)), x.dtype)
    for first in range(0, frames.shape[-2], _CHUNK):
        part = frames[..., first : first + _CHUNK, :]
        if core["remove_dc"]:
            part = part - part.mean(axis=-1, keepdims=True)
        c = core["preemphasis_frame"]
        if c:
            part = part - c * np.concatenate((part[..., :1], part[..., :-1]), axis=-1)
        size = np.abs(np.fft.rfft(part * window, core["n_fft"])).astype(x.dtype)
        out[..., first : first + _CHUNK, :] = (size ** core["power"]) @ filters.T
    return _logarithm(out, core)


def _padded(x: np.ndarray, core: dict[str, Any], mode: str) -> np.ndarray:
    if mode == "none":
        return x
    length, hop = _frame_len(core), core["hop_length"]
    if mode == "mirror":
        left, count = length // 2 - hop // 2, (x.shape[-1] + hop // 2) // hop
        right = max((count - 1) * hop + length - left - x.shape[-1], 0)
        return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(max(left, 0), right)], mode="symmetric")[..., max(-left, 0) :]
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(length // 2, length // 2)], mode=mode)  # type: ignore[call-overload]


def _frame_len(core: dict[str, Any]) -> int:
    return core["n_fft"] if core["centred"] else core["win_length"]


def _frames(x: np.ndarray, core: dict[str, Any]) -> np.ndarray:
    length = _frame_len(core)
    if x.shape[-1] < length:
        raise ValueError(f"x: {x.shape[-1]} samples are less than a frame of {length}")
    return windows_of(x, length, core["hop_length"])


def _window(window: Any, core: dict[str, Any]) -> np.ndarray:
    length, whole = core["win_length"], _frame_len(core)
    if isinstance(window, tuple):
        values = np.array(window)
    else:
        values = weights(f"{window}_symmetric" if core["symmetric"] else window, length)[0]
    spare = whole - len(values)
    return np.pad(values, (spare // 2, spare - spare // 2))


def _logarithm(mel: np.ndarray, core: dict[str, Any]) -> np.ndarray:
    kind, first, second = core["log"]
    axes = tuple(range(mel.ndim)) if core["max_over_batch"] else (-2, -1)
    if kind == "decibel":
        top = 10 * np.log10(np.maximum(mel, first))
        reference = mel.max(axis=axes, keepdims=True) if core["ref_max"] else np.asarray(1.0, mel.dtype)
        mel = top - 10 * np.log10(np.maximum(reference, first))
        if second is not None:
            mel = np.maximum(mel, mel.max(axis=axes, keepdims=True) - second)
    elif kind == "log10":
        mel = np.log10(np.maximum(mel, first))
    elif kind == "ln":
        mel = np.log(np.maximum(mel, first))
    elif kind == "ln-plus":
        mel = np.log(mel + first)
    kind, first, second, third = core["normalise"]
    if kind == "clamp":
        mel = (np.maximum(mel, mel.max(axis=axes, keepdims=True) - first) + second) / third
    elif kind == "per-feature":
        mean = mel.mean(axis=-2, keepdims=True)
        mel = (mel - mean) / (mel.std(axis=-2, ddof=1, keepdims=True) + first)
    return mel if core["frames_by_mels"] else np.ascontiguousarray(np.swapaxes(mel, -1, -2))
