"""What SciPy's functions have in common: segments, windows, names of options."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _native
from ._arrays import _int
from ._windows import given, weights

_NAN_POLICIES = {
    "propagate": "propagate",
    "raise": "error",
    "error": "error",
    "omit": "skip-segment",
    "skip": "skip-segment",
    "skip-segment": "skip-segment",
    "interpolate": "interpolate",
}


@dataclass(frozen=True)
class Layout:
    """Segments of a signal and their window."""

    weights: np.ndarray
    #: The window's name in the core, if it has it.
    name: str | None
    nperseg: int
    noverlap: int
    nfft: int
    #: Whether nperseg was cut to the signal's length.
    shrunk: bool

    @property
    def hop(self) -> int:
        return self.nperseg - self.noverlap

    def native(
        self, fs: float, detrend: str, scaling: str, average: str, sides: str, nan_policy: str
    ) -> _native.Segments:
        return _native.Segments(
            fs, self.weights, self.hop, self.nfft, detrend, scaling, average, sides, nan_policy, self.name
        )


def layout(
    n: int, window: Any, nperseg: Any, noverlap: Any, nfft: Any, *, overlap_share: int = 2, stacklevel: int = 3
) -> Layout:
    """The segments that SciPy would take of a signal of `n` samples. `stacklevel` counts from the caller."""
    shrunk = False
    name = None
    if isinstance(window, (str, tuple)):
        nperseg = 256 if nperseg is None else _int(nperseg, "nperseg")
        if nperseg < 1:
            raise ValueError(f"nperseg: {nperseg} is not a positive integer")
        if n < nperseg:
            warnings.warn(
                f"nperseg={nperseg} is greater than signal length max(len(x), len(y)) = {n}, using nperseg = {n}",
                UserWarning,
                stacklevel=stacklevel + 1,
            )
            nperseg, shrunk = n, True
        values, name = weights(window, nperseg)
    else:
        values = given(window)
        nperseg = len(values) if nperseg is None else _int(nperseg, "nperseg")
        if nperseg != len(values):
            raise ValueError(f"nperseg: {nperseg} is not the window's length, {len(values)}")
        if n < nperseg or nperseg < 1:
            raise ValueError(f"window: {nperseg} weights do not fit a signal of {n} samples")
    nfft = nperseg if nfft is None else _int(nfft, "nfft")
    if nfft < nperseg:
        raise ValueError(f"nfft: {nfft} must be greater than or equal to nperseg, {nperseg}")
    noverlap = nperseg // overlap_share if noverlap is None else _int(noverlap, "noverlap")
    if noverlap >= nperseg:
        raise ValueError(f"noverlap: {noverlap} must be less than nperseg, {nperseg}")
    return Layout(values, name, nperseg, noverlap, nfft, shrunk)


def rate(fs: Any) -> float:
    """The sampling frequency as a float."""
    try:
        fs = float(fs)
    except (TypeError, ValueError) as error:
        raise type(error)(f"fs: {error}") from error
    if not (fs > 0 and np.isfinite(fs)):
        raise ValueError(f"fs: must be positive and finite, got {fs}")
    return fs


def detrending(detrend: Any) -> tuple[str, Callable[[np.ndarray], np.ndarray] | None]:
    """The core's name, or a function that is applied before."""
    if callable(detrend):
        return "none", detrend
    if isinstance(detrend, str):
        name = {"linear": "linear", "l": "linear", "constant": "constant", "c": "constant"}.get(detrend)
        if name is None and detrend:
            raise ValueError(f"detrend: {detrend!r} is none of 'constant', 'linear', False or a function")
        return name or "none", None
    if not detrend:
        return "none", None
    raise ValueError(f"detrend: {detrend!r} is none of 'constant', 'linear', False or a function")


def scalings(scaling: Any) -> str:
    if scaling not in ("density", "spectrum", "raw"):
        raise ValueError(f"scaling: {scaling!r} is none of 'density', 'spectrum', 'raw'")
    return scaling


def averages(average: Any, allowed: tuple[str, ...] = ("mean", "median", "max", "min")) -> str:
    if average not in allowed:
        raise ValueError(f"average: {average!r} is none of {', '.join(map(repr, allowed))}")
    return average


def nan_policies(nan_policy: Any) -> str:
    """The core's name."""
    if isinstance(nan_policy, str):
        head, colon, gap = nan_policy.partition(":")
        if head in _NAN_POLICIES and not colon:
            return _NAN_POLICIES[head]
        if head == "interpolate" and gap.isdecimal():
            return nan_policy
    raise ValueError(
        f"nan_policy: {nan_policy!r} is none of 'propagate', 'raise', 'omit', 'interpolate', 'interpolate:MAX_GAP'"
    )


def frequencies(nfft: int, fs: float, onesided: bool) -> np.ndarray:
    return np.fft.rfftfreq(nfft, 1 / fs) if onesided else np.fft.fftfreq(nfft, 1 / fs)


def windows_of(x: np.ndarray, nperseg: int, hop: int) -> np.ndarray:
    """The segments of the last axis, `[…, segments, nperseg]`, without a copy."""
    return np.lib.stride_tricks.sliding_window_view(x, nperseg, axis=-1)[..., ::hop, :]


def detrended(x: np.ndarray, function: Callable, nperseg: int, hop: int) -> np.ndarray:
    """Segments one after the other, each through `function` as SciPy calls it: once a segment, for all rows."""
    segments = windows_of(x, nperseg, hop)
    done = [np.asarray(function(segments[..., i, :])) for i in range(segments.shape[-2])]
    for segment in done:
        if segment.shape != segments.shape[:-2] + (nperseg,):
            raise ValueError(f"detrend: returned shape {segment.shape} for {segments.shape[:-2] + (nperseg,)}")
    joined = np.concatenate(done, axis=-1)
    if joined.dtype not in (np.float32, np.float64, np.complex64, np.complex128):
        raise TypeError(f"detrend: returned dtype {joined.dtype}")
    return joined


__all__ = [
    "Layout", "averages", "detrended", "detrending", "frequencies", "layout", "nan_policies", "rate",
    "scalings", "windows_of",
]  # fmt: skip
