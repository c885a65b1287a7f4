"""Windows of short-time transforms and their duals."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _native
from ._checks import shown
from ._arrays import as_array
from ._public import public


def weights(window: Any, name: str, kind: str = "biufc") -> np.ndarray:
    """A window that the caller has computed, finite and 1-D, as it is."""
    window = as_array(window, name)
    if window.ndim != 1 or window.size == 0:
        raise ValueError(f"{name}: must be 1-D and not empty, got shape {window.shape}")
    if window.dtype.kind not in kind:
        raise ValueError(f"{name}: weights of dtype {window.dtype}")
    if not np.isfinite(window).all():
        raise ValueError(f"{name}: must have finite entries")
    return window


def as_complex(window: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(window, dtype=np.complex128)


def checked_hop(hop: Any, most: int | None = None) -> int:
    if not isinstance(hop, (int, np.integer)) or isinstance(hop, bool):
        raise ValueError(f"hop: must be an integer, got {shown(hop)}")
    if hop < 1 or (most is not None and hop > most):
        raise ValueError(f"hop: must be 1 {'or more' if most is None else f'to {most}'}, got {hop}")
    return int(hop)


def _like(values: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Complex values in the type of the window."""
    return (values if window.dtype.kind == "c" else values.real).astype(window.dtype)


def canonical(window: np.ndarray, hop: int) -> np.ndarray:
    if window.dtype.kind in "biu":
        raise ValueError(f"win: integers ({window.dtype}) have no dual window; convert to float")
    return _like(_native.canonical_dual(as_complex(window), hop, float(np.finfo(window.dtype).resolution)), window)


@public()
def closest_STFT_dual_window(
    win: Any, hop: int, desired_dual: Any = None, *, scaled: bool = True
) -> tuple[np.ndarray, float | complex]:
    """The dual window of `win` that is nearest to `desired_dual`, as `scipy.signal.closest_STFT_dual_window`.

    Parameters
    ----------
    win : weights `[m]` of the short-time transform, real or complex.
    hop : samples from one slice to the next, 1 to m.
    desired_dual : weights `[m]`; None is all ones.
    scaled : nearest to any multiple of `desired_dual` instead of to itself.

    Returns
    -------
    dual_win : the dual window `[m]`.
    alpha : the multiple; 1 without `scaled`.
    """
    window = weights(win, "win")
    desired = np.ones_like(window) if desired_dual is None else weights(desired_dual, "desired_dual")
    if desired.shape != window.shape:
        raise ValueError(f"desired_dual: shape {desired.shape}, expected that of win, {window.shape}")
    hop = checked_hop(hop, len(window))
    if window.dtype.kind in "biu":
        raise ValueError(f"win: integers ({window.dtype}) have no dual window; convert to float")
    resolution = float(np.finfo(window.dtype).resolution)
    dual, parts = _native.closest_dual(as_complex(window), hop, as_complex(desired), bool(scaled), resolution)
    alpha = complex(*parts)
    kind = np.result_type(window, desired)
    if kind.kind != "c":
        return dual.real.astype(kind), alpha.real
    return dual.astype(kind), alpha


def frozen(values: np.ndarray) -> np.ndarray:
    values = values.view()
    values.flags.writeable = False
    return values


__all__ = ["closest_STFT_dual_window"]
