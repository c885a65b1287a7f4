"""What SciPy's functions have in common: segments, windows, names of options."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _native
from ._checks import choice, integer, real, shown
from ._memory import room
from ._warnings import warn
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
    #: What tells the weights from others: the window as given, or its bytes.
    key: Any = None

    @property
    def hop(self) -> int:
        return self.nperseg - self.noverlap

    def native(
        self, fs: float, detrend: str, scaling: str, average: str, sides: str, nan_policy: str
    ) -> _native.Segments:
        return _native.Segments(
            fs, self.weights, self.hop, self.nfft, detrend, scaling, average, sides, nan_policy, self.name
        )


#: Longest transform that is no mistake in a unit.
MOST = 1 << 32

#: Longest window given as an array that tells one plan from another by its bytes.
_LONGEST_KEY = 1 << 17

#: Warnings of short signals: SciPy's texts of welch and of spectrogram.
SHORT = {
    "welch": "nperseg={0} is greater than signal length max(len(x), len(y)) = {1}, using nperseg = {1}",
    "spectrogram": "nperseg = {0} is greater than input length  = {1}, using nperseg = {1}",
}


def layout(
    n: int, window: Any, nperseg: Any, noverlap: Any, nfft: Any, *, overlap_share: int = 2, short: str = "welch"
) -> Layout:
    """The segments that SciPy would take of a signal of `n` samples; `short` names the warning of short ones."""
    shrunk = False
    name = None
    key: Any
    if isinstance(window, (str, tuple)):
        nperseg = 256 if nperseg is None else integer(nperseg, "nperseg", None, MOST)
        if nperseg < 1:
            raise ValueError(f"nperseg: {nperseg} is not a positive integer")
        if n < nperseg:
            warn(SHORT[short].format(nperseg, n))
            nperseg, shrunk = n, True
        room("nperseg", nperseg, nperseg)
        values, name = weights(window, nperseg)
        key = window
    else:
        values = given(window)
        nperseg = len(values) if nperseg is None else integer(nperseg, "nperseg")
        if nperseg != len(values):
            raise ValueError(f"nperseg: {nperseg} is not the window's length, {len(values)}")
        if n < nperseg or nperseg < 1:
            raise ValueError(f"window: {nperseg} weights do not fit a signal of {n} samples")
        key = values.tobytes() if nperseg <= _LONGEST_KEY else None
    nfft = nperseg if nfft is None else integer(nfft, "nfft", None, MOST)
    if nfft < nperseg:
        raise ValueError(f"nfft: {nfft} must be greater than or equal to nperseg, {nperseg}")
    room("nfft", nfft, nfft)
    noverlap = nperseg // overlap_share if noverlap is None else integer(noverlap, "noverlap")
    if noverlap >= nperseg:
        raise ValueError(f"noverlap: {noverlap} must be less than nperseg, {nperseg}")
    return Layout(values, name, nperseg, noverlap, nfft, shrunk, key)


def rate(fs: Any) -> float:
    """The sampling frequency as a float."""
    fs = real(fs, "fs")
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
            raise ValueError(f"detrend: {shown(detrend)} is none of 'constant', 'linear', False or a function")
        return name or "none", None
    if detrend is None or (isinstance(detrend, (bool, np.bool_, int)) and not detrend):
        return "none", None
    raise ValueError(f"detrend: {shown(detrend)} is none of 'constant', 'linear', False or a function")


def scalings(scaling: Any) -> str:
    return choice(scaling, "scaling", ("density", "spectrum", "raw"))


def averages(average: Any, allowed: tuple[str, ...] = ("mean", "median", "max", "min")) -> str:
    return choice(average, "average", allowed)


def nan_policies(nan_policy: Any) -> str:
    """The core's name."""
    if isinstance(nan_policy, str):
        head, colon, gap = nan_policy.partition(":")
        if head in _NAN_POLICIES and not colon:
            return _NAN_POLICIES[head]
        if head == "interpolate" and gap.isdecimal():
            return nan_policy
    raise ValueError(
        f"nan_policy: {shown(nan_policy)} is none of 'propagate', 'raise', 'omit', 'interpolate', 'interpolate:MAX_GAP'"
    )


def frequencies(nfft: int, fs: float, onesided: bool) -> np.ndarray:
    return np.fft.rfftfreq(nfft, 1 / fs) if onesided else np.fft.fftfreq(nfft, 1 / fs)


def windows_of(x: np.ndarray, nperseg: int, hop: int) -> np.ndarray:
    """The segments of the last axis, `[…, segments, nperseg]`, without a copy."""
    return np.lib.stride_tricks.sliding_window_view(x, nperseg, axis=-1)[..., ::hop, :]


def detrended(x: np.ndarray, function: Callable, nperseg: int, hop: int) -> np.ndarray:
    """Segments one after the other, each through `function` as SciPy calls it: once a segment, for all rows."""
    segments = windows_of(x, nperseg, hop)
    shape = (*segments.shape[:-2], nperseg)
    joined = np.empty(0)
    for i in range(segments.shape[-2]):
        done = np.asarray(function(segments[..., i, :]))
        if done.shape != shape:
            raise ValueError(f"detrend: returned shape {done.shape} for {shape}")
        if i == 0:
            if done.dtype not in (np.float32, np.float64, np.complex64, np.complex128):
                raise TypeError(f"detrend: returned dtype {done.dtype}")
            joined = np.empty((*shape[:-1], segments.shape[-2] * nperseg), done.dtype)
        joined[..., i * nperseg : (i + 1) * nperseg] = done
    return joined


__all__ = [
    "Layout", "averages", "detrended", "detrending", "frequencies", "layout", "nan_policies", "rate",
    "SHORT", "scalings", "windows_of",
]  # fmt: skip
