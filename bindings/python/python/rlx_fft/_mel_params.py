"""Arguments of the mel functions: checked, with the defaults that the originals derive from what was given."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ._checks import choice, real, whole
from ._windows import core_name, given, weights

PRESETS = ("whisper", "librosa", "kaldi", "torchaudio", "nemo")

#: Says that the preset's own value stays, where None means something.
PRESET: Any = "preset"

#: `numpy.pad`'s modes that librosa has beside the core's.
_NUMPY_PADDING = ("edge", "symmetric", "linear_ramp")
_CORE_PADDING = ("none", "constant", "reflect", "mirror")

#: Largest numbers of samples and filters that are no mistake.
_MOST = 1 << 24


def checked(preset: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """What differs from the preset: the given arguments (not None) and what its original derives from them."""
    choice(preset, "preset", PRESETS)
    out: dict[str, Any] = {}
    for name, value in arguments.items():
        if value is None and name not in ("norm", "top_db"):
            continue
        if isinstance(value, str) and value == PRESET:
            continue
        out[name] = _CHECKS[name](value, name)
    if out.get("fmax") == 0:
        raise ValueError("fmax: must be positive, got 0")
    _derive(preset, out)
    if "window" in out:
        out["window"] = _weights(preset, out)
    return out


def _weights(preset: str, out: dict[str, Any]) -> Any:
    """The core's text of a window that it has, else the weights."""
    window, length = out["window"], out.get("win_length", 2048 if preset == "librosa" else 400)
    if isinstance(window, np.ndarray):
        if len(window) != length:
            raise ValueError(f"window: has {len(window)} weights, win_length is {length}")
        return tuple(window.tolist())
    core = core_name(window)
    if core is not None:
        return core
    if preset in ("kaldi", "nemo") and isinstance(window, str) and not window.endswith(("_symmetric", "_periodic")):
        window = f"{window}_symmetric"
    return tuple(weights(window, length)[0].tolist())


def _derive(preset: str, out: dict[str, Any]) -> None:
    sr, n_fft = out.get("sr"), out.get("n_fft")
    if preset in ("kaldi", "nemo"):
        # Windows of 25 ms, frames every 10 ms, a transform of the next power of two.
        if sr is not None:
            out.setdefault("win_length", max(int(sr * 0.001 * 25), 1))
            out.setdefault("hop_length", max(int(sr * 0.001 * 10), 1))
        if n_fft is None and "win_length" in out:
            out["n_fft"] = max(1 << (out["win_length"] - 1).bit_length(), 2)
        return
    if n_fft is not None:
        out.setdefault("win_length", n_fft)
    if preset == "torchaudio":
        if "win_length" in out:
            out.setdefault("hop_length", max(out["win_length"] // 2, 1))
        if sr is not None:
            out.setdefault("fmax", float(sr // 2))


def _length(value: Any, name: str) -> int:
    return whole(value, name, 1, _MOST)


def _positive(value: Any, name: str) -> float:
    value = real(value, name)
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"{name}: must be positive and finite, got {value}")
    return value


def _frequency(value: Any, name: str) -> float:
    value = real(value, name)
    if not (value >= 0 and math.isfinite(value)):
        raise ValueError(f"{name}: must be 0 or more and finite, got {value}")
    return value


def _finite(value: Any, name: str) -> float:
    value = real(value, name)
    if not math.isfinite(value):
        raise ValueError(f"{name}: must be finite, got {value}")
    return value


def _window(value: Any, name: str) -> Any:
    if isinstance(value, (str, tuple)):
        core_name(value)  # Refuses what is no name.
        return value
    return given(value)


def _norm(value: Any, name: str) -> Any:
    if value is None:
        return "none"
    if isinstance(value, str):
        return choice(value, name, ("slaney", "none"))
    value = real(value, name)
    if not value > 0:
        raise ValueError(f"{name}: must be 'slaney', None or a positive order, got {value}")
    return value


def _top_db(value: Any, name: str) -> float | None:
    if value is None:
        return None
    value = real(value, name)
    if not value >= 0:
        raise ValueError(f"{name}: must be 0 or more, or None, got {value}")
    return value


def _flag(value: Any, name: str) -> bool:
    if not isinstance(value, (bool, np.bool_, int)):
        raise TypeError(f"{name}: must be True or False, got {value!r}")
    return bool(value)


_CHECKS: dict[str, Any] = {
    "sr": _positive, "n_fft": _length, "hop_length": _length, "win_length": _length, "n_mels": _length,
    "fmin": _frequency, "fmax": _frequency, "power": _positive, "window": _window,
    "pad_mode": lambda value, name: choice(value, name, _CORE_PADDING + _NUMPY_PADDING),
    "scale": lambda value, name: choice(value, name, ("slaney", "htk", "kaldi")),
    "norm": _norm, "preemphasis": _finite, "top_db": _top_db, "ref_max": _flag, "log": _flag,
    "max_over": lambda value, name: choice(value, name, ("item", "batch")),
}  # fmt: skip


def is_general(changes: dict[str, Any]) -> bool:
    """Whether the core has no transform for these changes."""
    return not isinstance(changes.get("norm", "none"), str) or changes.get("pad_mode") in _NUMPY_PADDING
