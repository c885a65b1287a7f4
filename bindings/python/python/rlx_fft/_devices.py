"""What can run where."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import _native
from ._explaining import Answer, question
from ._warnings import warn

_log = logging.getLogger("rlx_fft")

#: Plans by what they compute; their programs are kept with them.
_plans: dict[tuple, _native.DevicePlan] = {}
_MOST_PLANS = 64


def devices() -> dict[str, list[dict[str, Any]]]:
    """Devices that can be opened (`devices`, the CPU first) and those that cannot with the reason (`absent`).

    The report of `rlx-fft devices --json`.
    """
    return json.loads(_native.devices_json())


def attempt(
    function: str,
    device: str | None,
    x: np.ndarray,
    lacks: str | None,
    plan: Callable[[], _native.DevicePlan],
    threads: int | None,
) -> np.ndarray | None:
    """What the named device (or that which ``"auto"`` finds the cheapest) gives; None where the CPU has to answer.

    `lacks` says what of the call no device has. An unknown or absent device is an error that lists what there is. Where a
    device was named and the CPU answers, a warning says why.
    """
    if question.get() is not None:
        raise Answer(_explained(function, device, x, lacks, plan, threads))
    if device is None or device == "cpu":
        return None
    if not isinstance(device, str):
        raise TypeError(f"device: must be a name, got {type(device).__name__}")
    named = _native.find_device(device)  # None for "auto"
    if named == "cpu":
        return None
    if lacks is None:
        done = plan().run(x, device, threads)
        if done is not None:
            _log.info("%s: %s rows on %s", function, x.shape[:-1], done[1])
            return done[0]
        said = plan().refusal(device, math.prod(x.shape[:-1]), x.shape[-1]) if named is not None else None
        lacks = said or "not there, or not worth it"
    if named is not None:
        warn(f"{function}: computed on the CPU, not on {device}: {lacks}")
    _log.info("%s on %r: %s; the CPU answers", function, device, lacks)
    return None


def _explained(
    function: str, device: str | None, x: np.ndarray, lacks: str | None, plan: Callable[[], _native.DevicePlan], threads: int | None
) -> list[str]:
    """The regions of the plan that the call would run, with their places and reasons."""
    if device is not None and not isinstance(device, str):
        raise TypeError(f"device: must be a name, got {type(device).__name__}")
    name = "cpu" if device is None else _native.find_device(device) or "auto"
    if lacks is not None:
        return [f"{function}: cpu" if name == "cpu" else f"{function}: cpu; {name}: {lacks}"]
    return plan().explain(math.prod(x.shape[:-1]), x.shape[-1], name, threads)


def cross_plan(
    at: Any, fs: float, trend: str, scaling: str, average: str, onesided: bool, policy: str, is_complex: bool, channels: int,
    pairs: tuple[tuple[int, int], ...], coherence: bool,
) -> _native.DevicePlan:  # fmt: skip
    """The plan of pairs of `channels` signals that lie one behind the other in a row."""
    key = ("cross", at.name, at.nperseg, at.hop, at.nfft, fs, trend, scaling, average, onesided, policy, is_complex, channels,
           pairs, coherence)  # fmt: skip

    def make() -> _native.DevicePlan:
        segments = at.native(fs, trend, scaling, average, "one" if onesided else "two", policy)
        return _native.DevicePlan.cross(segments, is_complex, channels, list(pairs), coherence)

    return kept(key, make)


def on_cpu(device: str | None, function: str) -> None:
    """For what no device computes: a name is checked, and that the CPU answers is said."""
    attempt(function, device, np.empty(0), "no device computes it", lambda: None, None)  # type: ignore[arg-type, return-value]


def lacking(x: np.ndarray, at: Any, function: Callable | None = None) -> str | None:
    """What no device has of an estimate over segments."""
    if function is not None:
        return "a detrending function"
    if x.dtype not in (np.float32, np.complex64):
        return f"{x.dtype} samples"
    if at.name is None:
        return "a window that is known by its weights only"
    if at.nfft < 2:
        return "segments of one sample"
    return None


def plan_of(
    kind: str, at: Any, fs: float, trend: str, scaling: str, average: str, policy: str, is_complex: bool, k: int = 0,
    mode: str = "psd",
) -> _native.DevicePlan:
    """The plan of an estimate over segments: ``"psd"``, ``"spectrogram"`` (in a mode) or ``"peaks"``."""
    if at.name is None:
        # Only explained, and not worth keeping: the weights are no key.
        return _made(kind, at, fs, trend, scaling, average, policy, is_complex, k, mode)
    key = (kind, at.name, at.nperseg, at.hop, at.nfft, fs, trend, scaling, average, policy, is_complex, k, mode)
    return kept(key, lambda: _made(kind, at, fs, trend, scaling, average, policy, is_complex, k, mode))


def _made(
    kind: str, at: Any, fs: float, trend: str, scaling: str, average: str, policy: str, is_complex: bool, k: int,
    mode: str,
) -> _native.DevicePlan:
    segments = at.native(fs, trend, scaling, average, "two" if is_complex else "one", policy)
    if kind == "peaks":
        return _native.DevicePlan.peaks(segments, k)
    if kind == "spectrogram":
        return _native.DevicePlan.spectrogram(segments, is_complex, mode)
    return _native.DevicePlan.psd(segments, is_complex)


def kept(key: tuple, make: Callable[[], _native.DevicePlan]) -> _native.DevicePlan:
    """The plan of an earlier call."""
    try:
        return _plans[key]
    except KeyError:
        if len(_plans) >= _MOST_PLANS:
            _plans.clear()
        _plans[key] = made = make()
        return made
