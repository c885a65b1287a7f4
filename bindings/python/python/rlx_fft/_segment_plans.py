"""Plans over the segments of a signal, kept between calls, and both sides of their spectra."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from . import _native
from ._arrays import CODES
from ._cache import cache
from ._layout import Layout

Detrend = str | bool | Callable[[np.ndarray], np.ndarray] | None
Scaling = Literal["density", "spectrum", "raw"]


def segment_plan(
    make: Callable[[str, _native.Segments], Any], x: np.ndarray, at: Layout, fs: float, trend: str, scaling: str,
    average: str, onesided: bool, policy: str,
) -> Any:  # fmt: skip
    """The native plan of these segments; kept for the next call."""
    rest = fs, trend, scaling, average, "one" if onesided else "two", policy
    key = (make, x.dtype, at.key, at.nperseg, at.hop, at.nfft, *rest)
    try:
        if at.key is not None:
            return cache[key]
    except (KeyError, TypeError):
        pass
    plan = make(CODES[x.dtype], at.native(*rest))
    if at.key is not None:
        cache.put(key, plan, plan)
    return plan


def is_plain(x: np.ndarray) -> bool:
    """Whether a plan can read `x` where it is, along its last axis."""
    return x.size > 0 and x.flags.c_contiguous and x.flags.aligned


def both_sides(spectra: np.ndarray, nfft: int, onesided: bool, x: np.ndarray) -> np.ndarray:
    """The negative frequencies of real samples, which the plan does not compute."""
    if onesided or x.dtype.kind == "c":
        return spectra
    mirrored = spectra[..., 1 : (nfft + 1) // 2][..., ::-1]
    return np.concatenate((spectra, np.conj(mirrored)), axis=-1)


def both_powers(powers: np.ndarray, nfft: int, onesided: bool, x: np.ndarray) -> np.ndarray:
    """The two-sided spectrum of real samples from a device's one-sided one."""
    if onesided or x.dtype.kind == "c":
        return powers
    powers[..., 1 : (nfft + 1) // 2] /= 2
    return both_sides(powers, nfft, onesided, x)


__all__ = ["Detrend", "Scaling", "both_powers", "both_sides", "is_plain", "segment_plan"]
